/* SPDX-License-Identifier: MIT */
/* When frames begin: deadlines, cost, margin, on times that are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "compositor/scene/frame_clock.h"

#define MS NSEC_PER_MSEC
#define PERIOD (NSEC_PER_SEC / 60)

static void deadline_leaves_room(void **state)
{
	struct frame_clock clock;
	uint64_t flip = 1000 * MS;

	(void)state;
	frame_clock_init(&clock, 60000, true, 500 * NSEC_PER_USEC);
	assert_int_equal(clock.period_ns, PERIOD);
	/* Nothing is known yet, so at once. */
	assert_int_equal(frame_clock_deadline(&clock, 5 * MS), 5 * MS);
	frame_clock_committed(&clock, flip - 4 * MS, flip - 2 * MS);
	assert_int_equal(frame_clock_flipped(&clock, flip, flip + MS), flip);
	/* Blank 0.5 ms, cost 2 ms, margin 1 ms. */
	assert_int_equal(frame_clock_deadline(&clock, flip + MS),
			 flip + PERIOD - 3500 * NSEC_PER_USEC);
	/* Past it but for the margin, the frame still may make it: at once. */
	assert_int_equal(frame_clock_deadline(&clock, flip + PERIOD - 3 * MS),
			 flip + PERIOD - 3 * MS);
	/* It can not: a frame begun now would be in the way of a newer one. */
	assert_int_equal(frame_clock_deadline(&clock, flip + PERIOD - MS),
			 flip + 2 * PERIOD - 3500 * NSEC_PER_USEC);
	/* Long idle: the grid goes on. */
	assert_int_equal(frame_clock_deadline(&clock, flip + 100 * PERIOD + MS),
			 flip + 101 * PERIOD - 3500 * NSEC_PER_USEC);
}

static void misses_widen_the_margin(void **state)
{
	struct frame_clock clock;
	uint64_t now = 1000 * MS, planned, margin;

	(void)state;
	frame_clock_init(&clock, 60000, true, 0);
	(void)frame_clock_flipped(&clock, now, now);
	for (unsigned i = 0; i < 100; i++) {
		planned = frame_clock_deadline(&clock, now);
		frame_clock_committed(&clock, planned, planned + MS);
		now += 2 * PERIOD; /* one vblank late each time */
		(void)frame_clock_flipped(&clock, now, now);
	}
	assert_int_equal(clock.missed, 100);
	assert_int_equal(clock.margin_ns, PERIOD / 4);
	/* A minute without a miss brings it down, not to nothing. */
	for (unsigned i = 0; i < 60 * 60; i++) {
		planned = frame_clock_deadline(&clock, now);
		frame_clock_committed(&clock, planned, planned + MS);
		now += PERIOD;
		(void)frame_clock_flipped(&clock, now, now);
	}
	assert_int_equal(clock.missed, 100);
	margin = clock.margin_ns;
	assert_true(margin < PERIOD / 6 && margin > 0);
	/* Begun too late on purpose, as after idling: not a miss. */
	frame_clock_committed(&clock, now + PERIOD - 1, now + PERIOD + MS);
	(void)frame_clock_flipped(&clock, now + 2 * PERIOD, now + 2 * PERIOD);
	assert_int_equal(clock.missed, 100);
}

static void cost_jumps_up_and_decays(void **state)
{
	struct frame_clock clock;

	(void)state;
	frame_clock_init(&clock, 60000, true, 0);
	frame_clock_committed(&clock, 0, 5 * MS);
	assert_int_equal(clock.cost_ns, 5 * MS);
	for (unsigned i = 0; i < 300; i++) {
		frame_clock_committed(&clock, 0, MS);
	}
	assert_in_range(clock.cost_ns, MS, MS + MS / 10);
	/* A stall of a second does not put the deadline before the flip before. */
	frame_clock_committed(&clock, 0, NSEC_PER_SEC);
	assert_in_range(clock.cost_ns, MS, MS + MS / 10);
	/* Two in a row are what frames cost now. */
	frame_clock_committed(&clock, 0, MS);
	frame_clock_committed(&clock, 0, 9 * MS);
	frame_clock_committed(&clock, 0, 8 * MS);
	assert_int_equal(clock.cost_ns, 8 * MS);
	/* A renderer that needs more than a period aims at the vblank after the next. */
	for (unsigned i = 0; i < 2; i++) {
		frame_clock_committed(&clock, 0, PERIOD + 2 * MS);
	}
	(void)frame_clock_flipped(&clock, 1000 * MS, 1000 * MS);
	assert_int_equal(frame_clock_deadline(&clock, 1000 * MS),
			 1000 * MS + 2 * PERIOD - (PERIOD + 3 * MS));
	/* Whatever it takes, there is a next frame. */
	for (unsigned i = 0; i < 2; i++) {
		frame_clock_committed(&clock, 0, 3600 * NSEC_PER_SEC);
	}
	assert_true(frame_clock_deadline(&clock, 1000 * MS) < 1000 * MS + 4 * PERIOD);
}

static void devices_without_vblank_get_one_frame_a_period(void **state)
{
	struct frame_clock clock;
	uint64_t start = 100 * MS, planned = start;

	(void)state;
	frame_clock_init(&clock, 60000, false, 0);
	assert_int_equal(frame_clock_deadline(&clock, start), start);
	/* Each wake-up is late, and told of as flipped at once: the rate is the mode's all the same. */
	for (unsigned i = 0; i < 600; i++) {
		frame_clock_committed(&clock, planned, planned + 2 * MS);
		(void)frame_clock_flipped(&clock, planned + 2 * MS, planned + 2 * MS);
		planned = frame_clock_deadline(&clock, planned + 2 * MS);
	}
	assert_int_equal(planned, start + 600 * PERIOD);
	/* Nothing to show for a while: the next one goes at once, and nothing is made up for. */
	assert_int_equal(frame_clock_deadline(&clock, planned + 500 * MS), planned + 500 * MS);
	frame_clock_committed(&clock, planned, planned + 500 * MS);
	assert_true(frame_clock_deadline(&clock, planned + 501 * MS) >= planned + 500 * MS);
	frame_clock_committed(&clock, planned + 501 * MS, planned + 502 * MS);
	assert_int_equal(frame_clock_deadline(&clock, planned + 502 * MS),
			 planned + 501 * MS + PERIOD);
}

/* A monitor that is named 60 Hz and runs at another rate: the grid stays on its vblanks, idle or not. */
static void periods_are_measured(void **state)
{
	static const int64_t off_ppm[] = {-10000, -1000, -17, 0, 1000, 10000};
	struct frame_clock clock;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(off_ppm); i++) {
		uint64_t true_ns = (uint64_t)((int64_t)PERIOD +
					      (int64_t)PERIOD * off_ppm[i] / 1000000);
		uint64_t vblank = 1000 * MS, found;

		frame_clock_init(&clock, 60000, true, 0);
		for (unsigned n = 0; n < 300; n++, vblank += true_ns) {
			(void)frame_clock_flipped(&clock, vblank, vblank);
		}
		assert_in_range(clock.period_ns, true_ns - PERIOD / 10000, true_ns + PERIOD / 10000);
		/* A minute later it still knows where the vblanks are. */
		vblank += 3600 * true_ns;
		found = frame_clock_deadline(&clock, vblank - true_ns / 2);
		assert_in_range(found, vblank - MS - MS / 2, vblank - MS + MS / 2);
	}
}

/* A mode set takes a while, and its vblanks are elsewhere: that says nothing of their distance. */
static void a_jump_is_no_period(void **state)
{
	struct frame_clock clock;
	uint64_t vblank = 1000 * MS;

	(void)state;
	frame_clock_init(&clock, 60000, true, 0);
	for (unsigned n = 0; n < 100; n++, vblank += PERIOD) {
		(void)frame_clock_flipped(&clock, vblank, vblank);
	}
	for (unsigned n = 0; n < 5; n++) {
		vblank += 4 * PERIOD + PERIOD * 2 / 5;
		(void)frame_clock_flipped(&clock, vblank, vblank);
	}
	assert_in_range(clock.period_ns, PERIOD - PERIOD / 1000, PERIOD + PERIOD / 1000);
	/* At once on the new ones. */
	assert_in_range(frame_clock_deadline(&clock, vblank + 1), vblank + PERIOD - MS,
			vblank + PERIOD - MS + MS / 20);
}

static void times_that_lie_are_bent(void **state)
{
	struct frame_clock clock;

	(void)state;
	frame_clock_init(&clock, 60000, true, 0);
	assert_int_equal(frame_clock_flipped(&clock, 900 * MS, 100 * MS),
			 100 * MS); /* from the future */
	assert_int_equal(frame_clock_flipped(&clock, 50 * MS, 120 * MS),
			 100 * MS); /* before the last */
	assert_true(frame_clock_deadline(&clock, 120 * MS) >= 120 * MS);
	/* A mode without a rate, a blank as long as the frame. */
	frame_clock_init(&clock, 0, true, NSEC_PER_SEC);
	assert_true(clock.period_ns > 0 && clock.vblank_ns < clock.period_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadline_leaves_room),
		cmocka_unit_test(misses_widen_the_margin),
		cmocka_unit_test(cost_jumps_up_and_decays),
		cmocka_unit_test(devices_without_vblank_get_one_frame_a_period),
		cmocka_unit_test(periods_are_measured),
		cmocka_unit_test(a_jump_is_no_period),
		cmocka_unit_test(times_that_lie_are_bent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
