/* SPDX-License-Identifier: MIT */
#include "compositor/session/sleep.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Two clocks are not read at once. A sleep takes longer. */
#define LEAST_NS (100 * NSEC_PER_MSEC)
/* After frames and input: all of them are to begin anew. */
#define SLEEP_PRIORITY (-5)

static uint64_t clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* For a time that never comes, so that only a jump ends it. */
static int arm(int fd)
{
	const struct itimerspec never = {.it_value = {.tv_sec = INT_MAX}};
	const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

	return timerfd_settime(fd, flags, &never, NULL) < 0 ? -errno : 0;
}

bool sleep_watch_look(struct sleep_watch *watch, uint64_t boot_ns, uint64_t monotonic_ns)
{
	uint64_t slept_ns = boot_ns > monotonic_ns ? boot_ns - monotonic_ns : 0;
	bool slept = slept_ns > watch->slept_ns + LEAST_NS;

	watch->slept_ns = slept_ns;
	return slept;
}

static int handle_jump(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct sleep_watch *watch = data;
	uint64_t boot_ns = clock_read(CLOCK_BOOTTIME);
	uint64_t expirations;

	/* ECANCELED, or it is 2038: either way it is armed anew, or not at all. */
	if (read(fd, &expirations, sizeof(expirations)) >= 0 || arm(fd) < 0) {
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	if (sleep_watch_look(watch, boot_ns, clock_read(CLOCK_MONOTONIC))) {
		watch->woke(watch->data);
	}
	return 0;
}

int sleep_watch_init(struct sleep_watch *watch, sd_event *event, void (*woke)(void *data),
		     void *data)
{
	uint64_t boot_ns = clock_read(CLOCK_BOOTTIME);
	int r;

	*watch = (struct sleep_watch){.woke = woke, .data = data};
	sleep_watch_look(watch, boot_ns, clock_read(CLOCK_MONOTONIC));
	watch->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->fd < 0) {
		return -errno;
	}
	r = arm(watch->fd);
	if (r == 0) {
		r = sd_event_add_io(event, &watch->source, watch->fd, EPOLLIN, handle_jump, watch);
	}
	if (r >= 0) {
		r = sd_event_source_set_priority(watch->source, SLEEP_PRIORITY);
	}
	if (r < 0) {
		sleep_watch_finish(watch);
	}
	return r;
}

void sleep_watch_finish(struct sleep_watch *watch)
{
	watch->source = sd_event_source_disable_unref(watch->source);
	if (watch->fd >= 0) {
		close(watch->fd);
	}
	watch->fd = -1;
}
