/* SPDX-License-Identifier: MIT */
/* base/clock: order and exactness of virtual timers, and that real ones are never early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

struct note {
	struct clock_source *clock;
	struct clock_timer *timer;
	struct note *rearm, *destroy;
	uint64_t rearm_at;
	uint64_t fired_at;
	unsigned fired, order;
};

static unsigned fired_total;

static void handle_note(void *data, uint64_t now_ns)
{
	struct note *note = data;

	note->fired++;
	note->fired_at = now_ns;
	note->order = ++fired_total;
	if (note->rearm) {
		clock_timer_arm(note->rearm->timer, note->rearm_at);
		note->rearm = NULL;
	}
	if (note->destroy) {
		clock_timer_destroy(note->destroy->timer);
		note->destroy->timer = NULL;
	}
}

static void note_init(struct note *note, struct clock_source *clock)
{
	*note = (struct note){.clock = clock};
	note->timer = clock_timer_create(clock, 0, handle_note, note);
	assert_non_null(note->timer);
}

static void virtual_timers_run_in_order(void **state)
{
	struct clock_source *clock = clock_virtual_create(1000);
	struct note a, b, c;

	(void)state;
	note_init(&a, clock);
	note_init(&b, clock);
	note_init(&c, clock);
	fired_total = 0;
	clock_timer_arm(a.timer, 3000);
	clock_timer_arm(b.timer, 2000);
	clock_timer_arm(c.timer, 2000);
	assert_int_equal(clock_timer_at(a.timer), 3000);
	clock_virtual_advance(clock, 1999);
	assert_int_equal(fired_total, 0);
	assert_int_equal(clock_now(clock), 1999);
	clock_virtual_advance(clock, 5000);
	assert_int_equal(b.order, 1);
	assert_int_equal(c.order, 2);
	assert_int_equal(a.order, 3);
	assert_int_equal(a.fired_at, 3000);
	assert_int_equal(b.fired_at, 2000);
	assert_true(clock_timer_at(a.timer) == UINT64_MAX);
	assert_int_equal(clock_now(clock), 5000);
	clock_timer_destroy(a.timer);
	clock_timer_destroy(b.timer);
	clock_timer_destroy(c.timer);
	clock_destroy(clock);
}

static void virtual_timers_may_change_each_other(void **state)
{
	struct clock_source *clock = clock_virtual_create(0);
	struct note a, b, c;

	(void)state;
	note_init(&a, clock);
	note_init(&b, clock);
	note_init(&c, clock);
	a.rearm = &a;
	a.rearm_at = 5; /* in the past: at once, and time does not run backwards */
	a.destroy = &b;
	clock_timer_arm(a.timer, 10);
	clock_timer_arm(b.timer, 20);
	clock_timer_arm(c.timer, 15);
	clock_timer_disarm(c.timer);
	clock_virtual_advance(clock, 100);
	assert_int_equal(a.fired, 2);
	assert_int_equal(a.fired_at, 10);
	assert_int_equal(b.fired, 0);
	assert_int_equal(c.fired, 0);
	clock_timer_destroy(a.timer);
	clock_timer_destroy(c.timer);
	clock_destroy(clock);
}

static void real_timers_are_not_early(void **state)
{
	struct clock_source *clock;
	sd_event *event;
	struct note soon, past, never;
	uint64_t at;

	(void)state;
	assert_int_equal(sd_event_new(&event), 0);
	assert_int_equal(clock_real_create(&clock, event), 0);
	note_init(&soon, clock);
	note_init(&past, clock);
	note_init(&never, clock);
	fired_total = 0;
	at = clock_now(clock) + 3 * NSEC_PER_MSEC + 1;
	clock_timer_arm(soon.timer, at);
	clock_timer_arm(past.timer, 1);
	clock_timer_arm(never.timer, at - NSEC_PER_MSEC);
	clock_timer_disarm(never.timer);
	while (!soon.fired) {
		assert_true(sd_event_run(event, UINT64_MAX) > 0);
	}
	assert_true(soon.fired_at >= at);
	assert_int_equal(soon.fired, 1);
	assert_int_equal(past.order, 1);
	assert_int_equal(never.fired, 0);
	/* Armed again after it fired, as each frame does. */
	clock_timer_arm(soon.timer, 1);
	assert_true(sd_event_run(event, UINT64_MAX) > 0);
	assert_int_equal(soon.fired, 2);
	clock_timer_destroy(soon.timer);
	clock_timer_destroy(past.timer);
	clock_timer_destroy(never.timer);
	clock_destroy(clock);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(virtual_timers_run_in_order),
		cmocka_unit_test(virtual_timers_may_change_each_other),
		cmocka_unit_test(real_timers_are_not_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
