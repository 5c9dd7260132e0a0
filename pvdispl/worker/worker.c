/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/worker.h"

#include <time.h>

#include "pvdispl/worker/display.h"

sd_event_source *worker_timer(struct worker *worker, sd_event_time_handler_t fn, void *data)
{
	sd_event_source *timer = NULL;

	/* One millisecond: a quarter of a second, which is the default, would be seen. */
	if (sd_event_add_time(worker->event, &timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, fn, data) <
	    0) {
		return NULL;
	}
	sd_event_source_set_enabled(timer, SD_EVENT_OFF);
	return timer;
}

void worker_timer_arm(sd_event_source *timer, uint64_t at_ns)
{
	sd_event_source_set_time(timer, at_ns / NSEC_PER_USEC);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

void worker_timer_disarm(sd_event_source *timer)
{
	sd_event_source_set_enabled(timer, SD_EVENT_OFF);
}

void worker_server_ready(struct worker *worker)
{
	struct display *display;

	list_for_each(display, &worker->displays, link) {
		display_server_ready(display);
	}
}

void worker_server_gone(struct worker *worker)
{
	struct display *display, *next;

	list_for_each_safe(display, next, &worker->displays, link) {
		display_server_gone(display);
	}
}
