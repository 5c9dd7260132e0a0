/* SPDX-License-Identifier: MIT */
/* vitrine-loopback: plays hypervisor and store where there is no Xen. For tests and demonstrations only. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "base/util.h"
#include "xen/loopback/hub.h"

static const char usage[] =
	"usage: vitrine-loopback [--socket=PATH]\n"
	"\n"
	"Plays hypervisor and store for programs started with --xen=loopback:DOMID:PATH. Who can reach the\n"
	"socket can be any domain: for tests and demonstrations.\n"
	"\n"
	"  --socket=PATH   where to listen; default $XDG_RUNTIME_DIR/vitrine-loopback\n"
	"  --help          this text\n";

static char *default_socket(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	return runtime ? xasprintf("%s/vitrine-loopback", runtime) : NULL;
}

/* Returns -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, char **path)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			free(*path);
			*path = xstrdup(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs("vitrine-loopback: see vitrine-loopback --help\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vitrine-loopback: unexpected argument %s; see --help\n",
			argv[optind]);
		return 2;
	}
	return -1;
}

static int serve(const char *path)
{
	sd_event *event = NULL;
	struct hub *hub = NULL;
	sigset_t signals;
	int ret = sd_event_default(&event);

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (ret >= 0) {
		ret = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	}
	if (ret >= 0) {
		ret = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	}
	if (ret >= 0) {
		ret = hub_create(&hub, event, path);
	}
	if (ret < 0) {
		log_error(LOG_ADMIN, "cannot listen on %s: %s; choose another --socket", path,
			  strerror(-ret));
	} else {
		log_info(LOG_US, "listening on %s", path);
		sd_notify(0, "READY=1");
		ret = sd_event_loop(event);
	}
	hub_destroy(hub);
	sd_event_unref(event);
	return ret < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	char *path = default_socket();
	int status = parse_options(argc, argv, &path);

	log_init("vitrine-loopback", LOG_LEVEL_INFO);
	if (status < 0 && !path) {
		log_error(LOG_ADMIN, "XDG_RUNTIME_DIR is not set; say --socket=PATH");
		status = 2;
	}
	if (status < 0) {
		status = serve(path);
	}
	free(path);
	return status;
}
