/* SPDX-License-Identifier: MIT */
/* vitrine-broker: finds guests' devices in the store, gives each guest a worker, and each worker what is its guest's. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stats.h"
#include "pvdispl/broker/broker.h"
#include "pvdispl/broker/guest.h"
#include "pvdispl/broker/host.h"
#include "pvdispl/broker/registry.h"
#include "pvdispl/broker/state_dir.h"
#include "pvdispl/broker/xenstore_parse.h"

#define LOOPBACK_PREFIX "loopback:"

/* Numbers 0 to 2 must not come to be sockets that a worker then has as its standard streams. */
static int fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			return -errno;
		}
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

/* Held until the process ends. Returns the fd or -errno; logged. */
static int take_lock(const char *runtime_dir)
{
	char *path = xasprintf("%s/broker.lock", runtime_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int ret = fd < 0 ? -errno : fd;

	if (fd < 0) {
		log_error(
			LOG_ADMIN,
			"cannot open %s: %s; create the directory, or give another with --runtime-dir",
			path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		ret = -errno;
		log_error(LOG_ADMIN,
			  "%s is locked: another vitrine-broker runs there; stop it first", path);
		close_fd(&fd);
	}
	free(path);
	return ret;
}

/* The loopback's store need not say which domain this is: the option does. */
static int read_own_domid(struct broker *broker)
{
	const char *number = broker->options->xen + strlen(LOOPBACK_PREFIX);
	size_t len;
	char *value = xen_store_read(broker->xen, "domid", &len);
	int ret = -ENOENT;

	if (value) {
		ret = xenstore_parse_number(value, len, 0, XENSTORE_MAX_DOMID, &broker->domid);
		free(value);
	} else if (xen_kind(broker->xen) == XEN_LOOPBACK) {
		ret = xenstore_parse_number(number, strcspn(number, ":"), 0, XENSTORE_MAX_DOMID,
					    &broker->domid);
	}
	if (ret < 0) {
		log_error(LOG_HOST,
			  "xenstore has no domid for this domain: run xen-init-dom0 first");
	}
	return ret;
}

static int open_xen(struct broker *broker)
{
	int ret = xen_open(&broker->xen, broker->options->xen);

	if (ret < 0) {
		log_error(
			LOG_ADMIN,
			"cannot reach Xen by --xen=%s: %s; is this a Xen control domain with xenstored running?",
			broker->options->xen, strerror(-ret));
		return ret;
	}
	ret = read_own_domid(broker);
	if (ret == 0) {
		host_probe(broker);
	}
	return ret;
}

static void write_stats(void *data, FILE *out)
{
	const struct broker *broker = data;
	const struct guest *guest;
	uint64_t maps = 0, grants = 0;
	unsigned guests = 0;

	list_for_each(guest, &broker->guests, link) {
		guest_report(guest, out);
		maps += guest->maps;
		grants += guest->grants;
		guests++;
	}
	fprintf(out, "guests %u\n", guests);
	fprintf(out, "server %s\n", server_is_connected(broker->server) ? "connected" : "away");
	fprintf(out, "maps_prepared %llu\n", (unsigned long long)maps);
	fprintf(out, "grants_handed %llu\n", (unsigned long long)grants);
	host_report(broker, out);
	fprintf(out, "fds %u\n", count_fds());
}

/* ---- the end: workers go, devices stay as they are ---- */

static int handle_post(sd_event_source *source, void *data)
{
	struct broker *broker = data;
	const struct guest *guest;

	if (!broker->stopping) {
		return 0;
	}
	list_for_each(guest, &broker->guests, link) {
		if (guest->worker) {
			return 0;
		}
	}
	return sd_event_exit(broker->event, 0);
}

static int handle_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct broker *broker = data;
	struct guest *guest;

	if (broker->stopping) {
		return 0;
	}
	sd_notify(0, "STOPPING=1");
	broker->stopping = true;
	list_for_each(guest, &broker->guests, link) {
		guest_stop(guest);
	}
	return 0;
}

static int set_up_loop(struct broker *broker)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGCHLD};
	sigset_t set;
	int ret = sd_event_default(&broker->event);

	sigemptyset(&set);
	for (unsigned i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaddset(&set, signals[i]);
	}
	/* Before any library starts a thread. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < 2 && ret >= 0; i++) {
		ret = sd_event_add_signal(broker->event, NULL, signals[i], handle_signal, broker);
	}
	if (ret >= 0) {
		ret = sd_event_add_post(broker->event, NULL, handle_post, broker);
	}
	if (ret < 0) {
		log_error(LOG_HOST, "event loop: %s", strerror(-ret));
		return ret;
	}
	(void)sd_event_set_watchdog(broker->event, 1);
	return 0;
}

static int set_up(struct broker *broker, struct stats_socket **stats)
{
	const char *dir = broker->options->runtime_dir;
	char *path;
	int ret = set_up_loop(broker);

	if (ret == 0) {
		ret = open_xen(broker);
	}
	if (ret == 0) {
		ret = server_create(&broker->server, broker->event, dir, &broker->host,
				    &guest_server_ops);
	}
	if (ret < 0) {
		return ret;
	}
	broker->state_dir = state_dir_open(dir);
	if (broker->state_dir < 0) {
		return broker->state_dir;
	}
	path = xasprintf("%s/broker.stats", dir);
	ret = stats_socket_create(stats, broker->event, path, write_stats, broker);
	if (ret < 0) {
		log_error(LOG_ADMIN, "cannot listen on %s: %s; check who may write that directory",
			  path, strerror(-ret));
	}
	free(path);
	return ret < 0 ? ret : registry_create(&broker->registry, broker);
}

static void tear_down(struct broker *broker, struct stats_socket *stats)
{
	struct guest *guest, *next;

	broker->stopping = true;
	stats_socket_destroy(stats);
	list_for_each_safe(guest, next, &broker->guests, link) {
		guest_destroy(guest);
	}
	registry_destroy(broker->registry);
	if (broker->server) {
		server_destroy(broker->server);
	}
	close_fd(&broker->state_dir);
	xen_close(broker->xen);
	sd_event_unref(broker->event);
}

static int run(struct broker *broker)
{
	struct stats_socket *stats = NULL;
	int ret = set_up(broker, &stats);

	if (ret == 0) {
		if (!broker->own_uids) {
			log_warn(LOG_ADMIN,
				 "not root: all workers share uid %u, guests are not kept from each other by it",
				 (unsigned)getuid());
		}
		log_info(LOG_US, "serving the guests of domain %u", broker->domid);
		sd_notify(0, "READY=1");
		ret = sd_event_loop(broker->event);
	}
	tear_down(broker, stats);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options;
	struct broker broker = {.options = &options, .state_dir = -1};
	int lock, status, ret;

	log_init("vitrine-broker", LOG_LEVEL_INFO);
	ret = options_parse(&options, argc, argv);
	if (ret != 0) {
		return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	log_init("vitrine-broker", options.log_level);
	list_init(&broker.guests);
	broker.own_uids = geteuid() == 0;
	if (fill_standard_fds() < 0) {
		return EXIT_FAILURE;
	}
	lock = take_lock(options.runtime_dir);
	if (lock < 0) {
		return EXIT_FAILURE;
	}
	status = run(&broker);
	close_fd(&lock);
	return status;
}
