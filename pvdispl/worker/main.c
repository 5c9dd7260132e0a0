/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "build-config.h"
#include "hid/kbdif/sink.h"
#include "pvdispl/worker/client.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/input.h"
#include "pvdispl/worker/sandbox.h"
#include "pvdispl/worker/worker.h"

static const char help[] =
	"usage: vitrine-pv [--help | --version]\n"
	"\n"
	"Shows the PV displays of one guest on the display server and gives its PV keyboards their\n"
	"input. vitrine-broker starts it, one per guest, with a socket as file descriptor 3; it is no\n"
	"use by itself. It gives up all that it does not need before it sees anything of the guest.\n";

/* ---- life ---- */

static void worker_finish(struct worker *worker)
{
	/* First: what is let go of now is what the next worker takes over. */
	state_close(&worker->state);
	displays_finish(worker);
	client_disconnect(worker);
	inputs_finish(worker);
	sink_destroy(worker->sink);
	broker_link_finish(&worker->broker);
	sd_event_unref(worker->event);
}

static int worker_init(struct worker *worker, int *state_fd)
{
	struct worker_hello hello;
	int ret;

	memset(worker, 0, sizeof(*worker));
	list_init(&worker->displays);
	list_init(&worker->inputs);
	broker_link_init(&worker->broker);
	worker->sink = sink_create();
	ret = sd_event_new(&worker->event);
	if (ret < 0) {
		log_error(LOG_HOST, "cannot make an event loop: %s", strerror(-ret));
		return ret;
	}
	ret = broker_link_hello(&worker->broker, &hello, state_fd);
	if (ret < 0) {
		log_error(LOG_US, "no greeting from the broker on descriptor %d: %s", BROKER_FD,
			  strerror(-ret));
		return ret;
	}
	memcpy(worker->name, hello.name, sizeof(worker->name));
	worker->xen_kind = hello.xen_kind;
	worker->limits = hello.limits;
	return 0;
}

static int ignore_timer(sd_event_source *source, uint64_t usec, void *data)
{
	return 0;
}

/*
 * The first timer that sd-event arms has it read the machine's boot id, which the sandbox will not
 * allow any more.
 */
static int warm_up(struct worker *worker)
{
	sd_event_source *timer = worker_timer(worker, ignore_timer, NULL);
	int ret;

	if (!timer) {
		return -ENOMEM;
	}
	worker_timer_arm(timer, now_ns() + 60 * NSEC_PER_SEC);
	ret = sd_event_run(worker->event, 0);
	sd_event_source_disable_unref(timer);
	return MIN(ret, 0);
}

static int serve(struct worker *worker, int *state_fd)
{
	int ret = warm_up(worker);

	/* Writing to a server that is gone is an error to be seen where it happens. */
	signal(SIGPIPE, SIG_IGN);
	if (ret == 0) {
		ret = sandbox_enter(worker->xen_kind);
	}
	if (ret == 0) {
		/* What is in it may be a guest's doing. */
		ret = state_open(&worker->state, *state_fd);
		*state_fd = -1;
	}
	if (ret == 0) {
		ret = broker_link_start(worker);
	}
	return ret < 0 ? ret : sd_event_loop(worker->event);
}

static int run(void)
{
	struct worker worker;
	int state_fd = -1;
	int ret;

	if (fcntl(BROKER_FD, F_GETFD) < 0) {
		log_error(
			LOG_ADMIN,
			"descriptor %d is not the broker's socket: start vitrine-broker, which starts this",
			BROKER_FD);
		return 1;
	}
	ret = worker_init(&worker, &state_fd);
	if (ret == 0) {
		ret = serve(&worker, &state_fd);
	}
	close_fd(&state_fd);
	worker_finish(&worker);
	return ret < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	int option = getopt_long(argc, argv, "", options, NULL);

	log_init("vitrine-pv", LOG_LEVEL_INFO);
	if (option == 'h') {
		fputs(help, stdout);
		return 0;
	}
	if (option == 'v') {
		puts("vitrine-pv " VITRINE_VERSION);
		return 0;
	}
	if (option != -1 || optind < argc) {
		fputs("vitrine-pv: it takes no arguments; see --help\n", stderr);
		return 2;
	}
	/* It is started by descriptor, of which the kernel would make its name. */
	prctl(PR_SET_NAME, "vitrine-pv");
	return run();
}
