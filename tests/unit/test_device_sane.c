/* SPDX-License-Identifier: MIT */
/* Nonsense from a device: what gets through, what is put right, what is counted, and that no release is ever lost. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "hid/devices/sane.h"

#define START (10 * NSEC_PER_SEC)

struct desk {
	struct sane sane;
	unsigned lines[SANE_FAULTS]; /* of the log */
};

static void complain(void *data, enum sane_fault fault)
{
	struct desk *desk = data;

	desk->lines[fault]++;
}

static int setup(void **state)
{
	struct desk *desk = xcalloc(1, sizeof(*desk));

	sane_init(&desk->sane, complain, desk);
	assert_int_equal(sane_time(&desk->sane, START, START), START);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void ordinary_input_passes(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	double x = 0.5, y = 1, dx = -3.5, dy = 2, v120 = 120;

	assert_true(sane_key(sane, KEY_A, true));
	assert_true(sane_key(sane, KEY_A, false));
	assert_true(sane_key(sane, KEY_MAX - 1, true));
	assert_true(sane_button(sane, BTN_LEFT, true));
	assert_true(sane_button(sane, BTN_LEFT, false));
	assert_true(sane_motion(sane, &dx, &dy));
	assert_true(dx == -3.5 && dy == 2);
	assert_true(sane_position(sane, &x, &y));
	assert_true(x == 0.5 && y == 1);
	assert_true(sane_scroll(sane, &v120));
	assert_true(sane_touch_down(sane, 9, &x, &y));
	assert_true(sane_touch_motion(sane, 9, &x, &y));
	assert_true(sane_touch_up(sane, 9));
	for (unsigned i = 0; i < SANE_FAULTS; i++) {
		assert_int_equal(sane->faults[i], 0);
	}
}

static void impossible_codes_are_left_out(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	double x = 0, y = 0;

	assert_false(sane_key(sane, 0, true));
	assert_false(sane_key(sane, KEY_CNT, true));
	assert_false(sane_key(sane, UINT32_MAX, true));
	assert_false(sane_key(sane, UINT32_MAX, false));
	/* A keyboard is no mouse, and a mouse no keyboard. */
	assert_false(sane_key(sane, BTN_LEFT, true));
	assert_false(sane_button(sane, KEY_A, true));
	assert_false(sane_touch_down(sane, -1, &x, &y));
	assert_false(sane_touch_down(sane, SANE_MAX_SLOTS, &x, &y));
	assert_false(sane_touch_up(sane, SANE_MAX_SLOTS));
	assert_int_equal(sane->faults[SANE_CODE], 9);
	assert_int_equal(desk->lines[SANE_CODE], 1);
}

static void twice_is_once(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	double x = 0, y = 0;

	assert_true(sane_key(sane, KEY_A, true));
	assert_false(sane_key(sane, KEY_A, true));
	assert_true(sane_key(sane, KEY_A, false));
	assert_false(sane_key(sane, KEY_A, false));
	assert_true(sane_touch_down(sane, 1, &x, &y));
	assert_false(sane_touch_down(sane, 1, &x, &y));
	assert_true(sane_touch_up(sane, 1));
	assert_false(sane_touch_up(sane, 1));
	assert_int_equal(sane->faults[SANE_REPEAT], 4);
	assert_int_equal(desk->lines[SANE_REPEAT], 1);
	/* Nobody has heard of it. */
	assert_false(sane_touch_motion(sane, 1, &x, &y));
}

static void numbers_that_are_none(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	double bad = NAN, good = 0.5;

	assert_false(sane_motion(sane, &bad, &good));
	assert_false(sane_position(sane, &good, &bad));
	assert_false(sane_scroll(sane, &bad));
	assert_false(sane_touch_down(sane, 0, &bad, &good));
	bad = INFINITY;
	assert_false(sane_motion(sane, &bad, &good));
	/* Nothing of it is left in what comes after. */
	bad = 1;
	assert_true(sane_motion(sane, &bad, &good));
	assert_true(bad == 1 && good == 0.5);
}

static void jumps_end_at_the_edge(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	double x = -0.2, y = 7, dx = 1e300, dy = 0;

	assert_true(sane_position(sane, &x, &y));
	assert_true(x == 0 && y == 1);
	x = 5;
	assert_true(sane_touch_down(sane, 0, &x, &y));
	assert_true(x == 1);
	assert_true(sane_motion(sane, &dx, &dy));
	assert_true(dx == SANE_MAX_MOTION_PX);
	assert_int_equal(desk->lines[SANE_JUMP], 1);
}

static void time_only_goes_on(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;

	/* A little behind is how taps are told. */
	assert_int_equal(sane_time(sane, START - NSEC_PER_MSEC, START), START);
	assert_int_equal(sane->faults[SANE_TIME], 0);
	assert_int_equal(sane_time(sane, START + NSEC_PER_SEC, START + NSEC_PER_MSEC),
			 START + NSEC_PER_MSEC);
	assert_int_equal(sane_time(sane, 0, START + 2 * NSEC_PER_MSEC), START + 2 * NSEC_PER_MSEC);
	assert_int_equal(sane_time(sane, UINT64_MAX, START + 3 * NSEC_PER_MSEC),
			 START + 3 * NSEC_PER_MSEC);
	assert_int_equal(sane->faults[SANE_TIME], 3);
	assert_int_equal(desk->lines[SANE_TIME], 1);
}

/* Each press of a code that gets through is followed by exactly one release, whatever the flood left out. */
static void floods_lose_no_release(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	unsigned presses = 0;

	for (unsigned i = 0; i < 100000; i++) {
		uint32_t code = KEY_ESC + i % 80;
		bool pressed, released;

		sane_time(sane, START + i * 1000, START + i * 1000);
		pressed = sane_key(sane, code, true);
		released = sane_key(sane, code, false);
		assert_int_equal(pressed, released);
		presses += pressed;
	}
	/* A tenth of a second: the burst and a hundred. */
	assert_in_range(presses, SANE_PRESS_BURST + 90, SANE_PRESS_BURST + 110);
	assert_int_equal(desk->lines[SANE_FLOOD], 1);
	assert_int_equal(sane->faults[SANE_REPEAT], 0);
}

static void floods_of_motion_are_merged(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	unsigned passed = 0;
	double sum = 0, dx = 0, dy = 0;

	for (unsigned i = 0; i < 50000; i++) {
		dx = 1;
		dy = 0;
		if (sane_motion(sane, &dx, &dy)) {
			sum += dx;
			passed++;
		}
	}
	assert_int_equal(passed, SANE_MOTION_BURST);
	sane_time(sane, START + NSEC_PER_SEC, START + NSEC_PER_SEC);
	dx = 1;
	assert_true(sane_motion(sane, &dx, &dy));
	assert_true(sum + dx == 50001);
}

static void a_fast_mouse_is_no_flood(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;

	/* 8000 reports in a second, for a while. */
	for (uint64_t i = 0; i < 80000; i++) {
		double dx = 1, dy = 0;
		uint64_t time_ns = START + i * NSEC_PER_SEC / 8000;

		sane_time(sane, time_ns, time_ns);
		assert_true(sane_motion(sane, &dx, &dy));
	}
	assert_int_equal(sane->faults[SANE_FLOOD], 0);
}

static void unplugged_with_keys_down(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;

	sane_unplugged(sane, false);
	assert_int_equal(desk->lines[SANE_STUCK], 0);
	assert_true(sane_key(sane, KEY_A, true));
	sane_unplugged(sane, false);
	assert_int_equal(desk->lines[SANE_STUCK], 1);
	/* What comes to its place begins with nothing down. */
	assert_true(sane_key(sane, KEY_A, true));
}

/* Random nonsense: what is let through is a history that the seat can believe. */
static void whatever_comes_makes_sense(void **state)
{
	struct desk *desk = *state;
	struct sane *sane = &desk->sane;
	bool down[KEY_CNT] = {0}, slots[SANE_MAX_SLOTS] = {0};
	uint32_t seed = 7;

	for (unsigned i = 0; i < 300000; i++) {
		uint32_t code, kind;
		double x, y;
		int slot;

		seed = seed * 1664525 + 1013904223;
		kind = seed >> 29;
		code = (seed >> 8) % 900;
		slot = (int)(seed >> 10) % 80 - 8;
		x = (seed >> 4 & 0xff) / 100.0 - 0.5;
		y = (seed >> 12 & 0xff) / 100.0 - 0.5;
		sane_time(sane, START + (seed >> 6) * 1000ull, START + i * 100000ull);
		if (kind < 2 && sane_key(sane, code, kind)) {
			assert_int_not_equal(down[code], kind);
			down[code] = kind;
		} else if (kind < 4 && kind >= 2 && sane_button(sane, code, kind - 2)) {
			assert_int_not_equal(down[code], kind - 2);
			down[code] = kind - 2;
		} else if (kind == 4 && sane_touch_down(sane, slot, &x, &y)) {
			assert_false(slots[slot]);
			assert_true(x >= 0 && x <= 1 && y >= 0 && y <= 1);
			slots[slot] = true;
		} else if (kind == 5 && sane_touch_up(sane, slot)) {
			assert_true(slots[slot]);
			slots[slot] = false;
		} else if (kind == 6 && sane_touch_motion(sane, slot, &x, &y)) {
			assert_true(slots[slot]);
		}
	}
	for (uint32_t code = 0; code < KEY_CNT; code++) {
		if (down[code]) {
			assert_true(sane_key(sane, code, false) || sane_button(sane, code, false));
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ordinary_input_passes),
		TEST(impossible_codes_are_left_out),
		TEST(twice_is_once),
		TEST(numbers_that_are_none),
		TEST(jumps_end_at_the_edge),
		TEST(time_only_goes_on),
		TEST(floods_lose_no_release),
		TEST(floods_of_motion_are_merged),
		TEST(a_fast_mouse_is_no_flood),
		TEST(unplugged_with_keys_down),
		TEST(whatever_comes_makes_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
