/* SPDX-License-Identifier: MIT */
/*
 * The machine slept and woke up. The kernel cancels timers of the wall clock when that jumps, which it does on waking
 * (and when it is set); how much longer the machine has been up than its clocks have run says which of the two it was.
 */
#ifndef SESSION_SLEEP_H
#define SESSION_SLEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct sleep_watch {
	int fd;
	sd_event_source *source;
	uint64_t slept_ns; /* in all, as of the last look */
	void (*woke)(void *data);
	void *data;
};

/* 0 or -errno. */
MUST_USE int sleep_watch_init(struct sleep_watch *watch, sd_event *event, void (*woke)(void *data),
			      void *data);
void sleep_watch_finish(struct sleep_watch *watch);
/* True when the machine slept since the last look: of CLOCK_BOOTTIME and CLOCK_MONOTONIC, read in this order. */
bool sleep_watch_look(struct sleep_watch *watch, uint64_t boot_ns, uint64_t monotonic_ns);

#endif
