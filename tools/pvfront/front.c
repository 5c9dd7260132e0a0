/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/front.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static int store_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct front *front = data;
	char *path, *token;
	int ret;

	while ((ret = xen_store_next_event(front->xen, &path, &token)) == 0) {
		free(path);
		free(token);
		front->store_changes++;
	}
	if (ret != -EAGAIN) {
		log_error(LOG_HOST, "the store is gone: %s", strerror(-ret));
		front->stop = true;
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return 0;
}

static int signal_came(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct front *front = data;

	if (info->ssi_signo == SIGUSR1) {
		front->report_wanted = true;
	} else {
		front->stop = true;
	}
	return 0;
}

static int add_signals(struct front *front)
{
	const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaddset(&set, signals[i]);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) {
		return -errno;
	}
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		int ret = sd_event_add_signal(front->event, NULL, signals[i], signal_came, front);

		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

int front_init(struct front *front, const struct options *options)
{
	int ret;

	*front = (struct front){.options = options};
	ret = sd_event_default(&front->event);
	if (ret >= 0) {
		ret = add_signals(front);
	}
	if (ret < 0) {
		return ret;
	}
	ret = xen_open(&front->xen, options->xen);
	if (ret < 0) {
		log_error(LOG_ADMIN, "cannot open --xen=%s: %s", options->xen, strerror(-ret));
		return ret;
	}
	return sd_event_add_io(front->event, &front->store_source, xen_store_fd(front->xen),
			       EPOLLIN, store_readable, front);
}

void front_finish(struct front *front)
{
	sd_event_source_disable_unref(front->store_source);
	xen_close(front->xen);
	sd_event_unref(front->event);
}

int front_wait(struct front *front, front_condition condition, void *data, uint64_t timeout_ns)
{
	uint64_t end = timeout_ns > UINT64_MAX - now_ns() ? UINT64_MAX : now_ns() + timeout_ns;
	bool late = false;

	while (!condition(data)) {
		uint64_t now = now_ns();
		int ret;

		if (front->stop) {
			return -EINTR;
		}
		if (late) {
			return -ETIMEDOUT;
		}
		/* One turn in any case, so that who is always late still hears of everything. */
		late = now >= end;
		ret = sd_event_run(front->event,
				   late ? 0 : (end - now + NSEC_PER_USEC - 1) / NSEC_PER_USEC);
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}
