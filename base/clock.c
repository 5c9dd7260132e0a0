/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"

/* Of sd-event's own coalescing: the smallest it takes, since 0 means its default of 250 ms. */
#define ACCURACY_USEC 1

struct clock_source {
	sd_event *event; /* NULL: virtual */
	uint64_t virtual_ns;
	uint64_t arms;      /* orders virtual timers of the same time */
	struct list timers; /* clock_timer.link */
};

struct clock_timer {
	struct list link; /* clock_source.timers */
	struct clock_source *clock;
	clock_timer_fn fn;
	void *data;
	uint64_t at_ns;          /* UINT64_MAX: disarmed */
	uint64_t arm;            /* number of the arming */
	sd_event_source *source; /* NULL: virtual */
};

int clock_real_create(struct clock_source **out, sd_event *event)
{
	struct clock_source *clock = xcalloc(1, sizeof(*clock));

	clock->event = sd_event_ref(event);
	list_init(&clock->timers);
	*out = clock;
	return 0;
}

struct clock_source *clock_virtual_create(uint64_t start_ns)
{
	struct clock_source *clock = xcalloc(1, sizeof(*clock));

	clock->virtual_ns = start_ns;
	list_init(&clock->timers);
	return clock;
}

void clock_destroy(struct clock_source *clock)
{
	if (!clock) {
		return;
	}
	if (!list_empty(&clock->timers)) {
		abort(); /* a timer would outlive its clock */
	}
	sd_event_unref(clock->event);
	free(clock);
}

uint64_t clock_now(struct clock_source *clock)
{
	return clock->event ? now_ns() : clock->virtual_ns;
}

static int handle_time(sd_event_source *source, uint64_t usec, void *data)
{
	struct clock_timer *timer = data;

	timer->at_ns = UINT64_MAX;
	timer->fn(timer->data, now_ns()); /* may destroy the timer */
	return 0;
}

static int timer_attach(struct clock_timer *timer, int64_t priority)
{
	int ret = sd_event_add_time(timer->clock->event, &timer->source, CLOCK_MONOTONIC,
				    UINT64_MAX, ACCURACY_USEC, handle_time, timer);

	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(timer->source, priority);
	if (ret < 0) {
		return ret;
	}
	return sd_event_source_set_enabled(timer->source, SD_EVENT_OFF);
}

struct clock_timer *clock_timer_create(struct clock_source *clock, int64_t priority,
				       clock_timer_fn fn, void *data)
{
	struct clock_timer *timer = xcalloc(1, sizeof(*timer));

	timer->clock = clock;
	timer->fn = fn;
	timer->data = data;
	timer->at_ns = UINT64_MAX;
	list_append(&clock->timers, &timer->link);
	if (clock->event && timer_attach(timer, priority) < 0) {
		clock_timer_destroy(timer);
		return NULL;
	}
	return timer;
}

void clock_timer_destroy(struct clock_timer *timer)
{
	if (!timer) {
		return;
	}
	sd_event_source_disable_unref(timer->source);
	list_remove(&timer->link);
	free(timer);
}

void clock_timer_arm(struct clock_timer *timer, uint64_t at_ns)
{
	if (at_ns == UINT64_MAX) {
		clock_timer_disarm(timer);
		return;
	}
	timer->at_ns = at_ns;
	timer->arm = timer->clock->arms++;
	if (timer->source) {
		/* Rounded up: never early. Neither call can fail on a source of ours. */
		uint64_t usec = at_ns / NSEC_PER_USEC + (at_ns % NSEC_PER_USEC ? 1 : 0);

		(void)sd_event_source_set_time(timer->source, usec);
		(void)sd_event_source_set_enabled(timer->source, SD_EVENT_ONESHOT);
	}
}

void clock_timer_disarm(struct clock_timer *timer)
{
	timer->at_ns = UINT64_MAX;
	if (timer->source) {
		(void)sd_event_source_set_enabled(timer->source, SD_EVENT_OFF);
	}
}

uint64_t clock_timer_at(const struct clock_timer *timer)
{
	return timer->at_ns;
}

static struct clock_timer *earliest(struct clock_source *clock)
{
	struct clock_timer *timer, *first = NULL;

	list_for_each(timer, &clock->timers, link) {
		if (timer->at_ns == UINT64_MAX) {
			continue;
		}
		if (!first || timer->at_ns < first->at_ns ||
		    (timer->at_ns == first->at_ns && timer->arm < first->arm)) {
			first = timer;
		}
	}
	return first;
}

void clock_virtual_spend(struct clock_source *clock, uint64_t ns)
{
	if (clock->event) {
		abort();
	}
	clock->virtual_ns += ns;
}

void clock_virtual_advance(struct clock_source *clock, uint64_t to_ns)
{
	struct clock_timer *timer;

	if (clock->event) {
		abort();
	}
	while ((timer = earliest(clock)) && timer->at_ns <= to_ns) {
		clock->virtual_ns = MAX(clock->virtual_ns, timer->at_ns);
		timer->at_ns = UINT64_MAX;
		timer->fn(timer->data, clock->virtual_ns);
	}
	clock->virtual_ns = MAX(clock->virtual_ns, to_ns);
}
