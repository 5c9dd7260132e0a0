/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "config/settings.h"
#include "helpers/command/helper.h"

#include "build-config.h"

#define WARN_NS (10 * NSEC_PER_SEC)
#define WARN_LINES 10u

static const char usage[] =
	"vitrine-command: runs the configured commands that start, stop and reboot guests\n"
	"\n"
	"Started by systemd when the display server asks for it; without that it listens itself.\n"
	"\n"
	"  --config=FILE       the display server's (" SETTINGS_DEFAULT_PATH ")\n"
	"  --runtime-dir=DIR   where to listen, on command.sock (/run/vitrine)\n"
	"  --peer=USER         whom the display server runs as (vitrine); root may, too\n"
	"  --idle=SECONDS      ends after so long without a request (never)\n"
	"  --help, --version\n";

enum option_code {
	OPT_CONFIG = 256,
	OPT_RUNTIME_DIR,
	OPT_PEER,
	OPT_IDLE,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},
	{"peer", required_argument, NULL, OPT_PEER},
	{"idle", required_argument, NULL, OPT_IDLE},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int take_idle(struct helper_options *options, const char *value)
{
	uint64_t seconds;

	if (parse_uint(value, strlen(value), 86400, &seconds) < 0) {
		log_error(LOG_ADMIN, "--idle '%s': give seconds, at most 86400", value);
		return -EINVAL;
	}
	options->idle_s = (unsigned)seconds;
	return 0;
}

/* 0; 1: nothing else is to be done; -EINVAL, logged. */
static int options_parse(struct helper_options *options, int argc, char **argv)
{
	int code;

	*options = (struct helper_options){SETTINGS_DEFAULT_PATH, "/run/vitrine", "vitrine", 0};
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		switch (code) {
		case OPT_CONFIG:
			options->config = optarg;
			break;
		case OPT_RUNTIME_DIR:
			options->runtime_dir = optarg;
			break;
		case OPT_PEER:
			options->peer = optarg;
			break;
		case OPT_IDLE:
			if (take_idle(options, optarg) < 0) {
				return -EINVAL;
			}
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			return 1;
		case OPT_VERSION:
			puts("vitrine-command " VITRINE_VERSION);
			return 1;
		default:
			return -EINVAL;
		}
	}
	if (optind < argc) {
		log_error(LOG_ADMIN, "'%s' is not an option", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

/* ---- listening ---- */

static int listen_at(const struct helper_options *options)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct passwd *owner = getpwnam(options->peer);
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", options->runtime_dir,
			 COMMAND_SOCKET);
	int fd = -1;

	if (n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		log_error(LOG_ADMIN, "%s: the path is too long", options->runtime_dir);
		return -ENAMETOOLONG;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(address.sun_path);
	umask(0177);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, (int)HELPER_CLIENTS) < 0) {
		int ret = -errno;

		log_error(LOG_ADMIN, "%s: %s", address.sun_path, strerror(-ret));
		close_fd(&fd);
		return ret;
	}
	if (geteuid() == 0 && owner && chown(address.sun_path, owner->pw_uid, (gid_t)-1) < 0) {
		log_warn(LOG_HOST, "%s: its owner could not be changed", address.sun_path);
	}
	return fd;
}

static int listener_get(const struct helper_options *options)
{
	int n = sd_listen_fds(1);

	if (n == 1 && sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_SEQPACKET, 1) > 0) {
		return SD_LISTEN_FDS_START;
	}
	return listen_at(options);
}

/* ---- the loop ---- */

static int handle_idle(sd_event_source *source, uint64_t usec, void *data)
{
	struct helper *helper = data;

	if (helper->n_clients > 0 || helper->n_jobs > 0) {
		helper_touch(helper);
		return 0;
	}
	return sd_event_exit(helper->event, 0);
}

void helper_touch(struct helper *helper)
{
	if (!helper->idle) {
		return;
	}
	if (sd_event_source_set_time_relative(helper->idle,
					      (uint64_t)helper->options->idle_s * 1000000) < 0 ||
	    sd_event_source_set_enabled(helper->idle, SD_EVENT_ONESHOT) < 0) {
		log_debug(LOG_US, "this process stays longer than it has to");
	}
}

void helper_warn(struct helper *helper, const char *fmt, ...)
{
	uint64_t now = now_ns();
	char line[256];
	va_list args;

	if (now - helper->warned_ns > WARN_NS) {
		helper->warned_ns = now;
		helper->warnings = 0;
	}
	if (helper->warnings++ < WARN_LINES) {
		va_start(args, fmt);
		vsnprintf(line, sizeof(line), fmt, args);
		va_end(args);
		log_warn(LOG_ADMIN, "%s", line);
	}
}

static int helper_start(struct helper *helper)
{
	int ret = sd_event_new(&helper->event);
	sigset_t child;

	/* As sd-event wants it, to wait for children. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	list_init(&helper->clients);
	list_init(&helper->jobs);
	if (ret >= 0) {
		ret = sd_event_add_signal(helper->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK,
					  NULL, NULL);
	}
	if (ret >= 0) {
		ret = sd_event_add_signal(helper->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK,
					  NULL, NULL);
	}
	if (ret >= 0 && helper->options->idle_s > 0) {
		ret = sd_event_add_time_relative(helper->event, &helper->idle, CLOCK_MONOTONIC,
						 (uint64_t)helper->options->idle_s * 1000000, 0,
						 handle_idle, helper);
	}
	return ret < 0 ? ret : clients_listen(helper, helper->listener);
}

static int run(const struct helper_options *options)
{
	struct helper helper = {.options = options, .listener = listener_get(options)};
	int ret = helper.listener;

	if (ret >= 0) {
		ret = helper_start(&helper);
		if (ret >= 0) {
			ret = sd_event_loop(helper.event);
		}
		clients_finish(&helper);
		jobs_finish(&helper);
		sd_event_source_disable_unref(helper.idle);
		sd_event_unref(helper.event);
		close_fd(&helper.listener);
	}
	if (ret < 0) {
		log_error(LOG_HOST, "no requests can be served: %s", strerror(-ret));
	}
	return ret;
}

int main(int argc, char **argv)
{
	struct helper_options options;
	int ret;

	log_init("vitrine-command", LOG_LEVEL_INFO);
	ret = options_parse(&options, argc, argv);
	if (ret != 0) {
		return ret < 0 ? 2 : EXIT_SUCCESS;
	}
	signal(SIGPIPE, SIG_IGN);
	return run(&options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
