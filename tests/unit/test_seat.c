/* SPDX-License-Identifier: MIT */
/* Who gets which event: one case at a time. Random histories are in test_seat_history.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "tests/unit/seat_world.h"

static struct seat_guest a = {'A'}, b = {'B'};
static struct seat_head a0 = {&a, 0}, a1 = {&a, 1}, b0 = {&b, 0};
static struct world world;
static struct seat *seat;

/* Outputs 0 and 1 show A's heads, 2 shows B's; A is the owner; its pointer is in the middle of output 0. */
static int setup(void **state)
{
	const struct seat_chord attention = {.ctrl = true, .alt = true, .key = KEY_DELETE};
	const struct seat_chord switch_key = {.meta = true, .key = KEY_TAB};

	memset(&world, 0, sizeof(world));
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		world.exists[i] = true;
	}
	world.shown[0] = &a0;
	world.shown[1] = &a1;
	world.shown[2] = &b0;
	seat = seat_create(&world_sink, &world_space, &world, &attention, &switch_key);
	seat_set_owner(seat, &a);
	seat_motion_absolute(seat, 0, 0, 0.5, 0.5, 0);
	world_take_log(&world);
	return 0;
}

static int teardown(void **state)
{
	seat_destroy(seat);
	return 0;
}

#define expect(text) assert_string_equal(world_take_log(&world), text)

static void releases_come_before_another_owner(void **state)
{
	seat_key(seat, 0, KEY_A, true, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_touch_down(seat, 1, 0, 0, 0.5, 0.5, 0);
	seat_touch_frame(seat, 1);
	world_take_log(&world);
	seat_set_owner(seat, &b);
	expect("A:key 30 up A:button 272 up A:touch 0 up A:leave A:. ");
	/* B is on output 2: the pointer waits at its edge. */
	seat_motion(seat, 0, 10, 0, 0);
	expect("B:by 10,0 B:enter 0 0,80 B:. ");
	/* What is still down belongs to nobody. */
	seat_touch_motion(seat, 1, 0, 0, 0.6, 0.6, 0);
	seat_touch_up(seat, 1, 0, 0);
	seat_touch_frame(seat, 1);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	seat_key(seat, 1, KEY_A, true, 0);
	seat_key(seat, 0, KEY_A, false, 0);
	seat_key(seat, 1, KEY_A, false, 0);
	expect("");
	seat_key(seat, 1, KEY_A, true, 0);
	expect("B:key 30 down B:. ");
}

static void two_keyboards_press_a_key_once(void **state)
{
	seat_key(seat, 0, KEY_A, true, 0);
	expect("A:key 30 down A:. ");
	seat_key(seat, 0, KEY_A, true, 0);
	seat_key(seat, 1, KEY_A, true, 0);
	seat_key(seat, 0, KEY_A, false, 0);
	expect("");
	seat_device_removed(seat, 1);
	expect("A:key 30 up A:. ");
	seat_key(seat, 1, KEY_A, false, 0);
	expect("");
}

static void the_owner_set_again_loses_nothing(void **state)
{
	seat_key(seat, 0, KEY_A, true, 0);
	world_take_log(&world);
	seat_set_owner(seat, &a);
	expect("");
}

static void nobody_gets_nothing(void **state)
{
	uint64_t dropped = seat_dropped(seat);

	seat_set_owner(seat, NULL);
	expect("A:leave A:. ");
	seat_key(seat, 0, KEY_A, true, 0);
	seat_motion(seat, 0, 1, 1, 0);
	seat_motion_absolute(seat, 0, 0, 0.4, 0.4, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_axis(seat, 0, SEAT_AXIS_VERTICAL, 120, 0);
	seat_touch_down(seat, 0, 0, 0, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	expect("");
	assert_int_equal(seat_dropped(seat) - dropped, 6);
}

static void motion_stays_on_the_owners_outputs(void **state)
{
	seat_motion(seat, 0, 70, 0, 0);
	expect("A:by 70,0 A:enter 1 20,80 A:. ");
	/* Output 2 is B's: the pointer stops at the edge, on the host's ground. */
	seat_motion(seat, 0, 500, 0, 0);
	expect("A:by 500,0 A:leave A:. ");
	/* Still told of at the edge: a guest that wants motion, not places, has no edge. */
	seat_motion(seat, 0, 5, 0, 0);
	expect("A:by 5,0 A:. ");
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("A:button 272 down A:. A:button 272 up A:. ");
	seat_motion(seat, 0, -20, -1000, 0);
	seat_motion(seat, 0, 0, 50, 0);
	expect("A:by -20,-1000 A:. A:by 0,50 A:enter 1 139.992,80 A:. ");
}

static void absolute_positions_are_exact(void **state)
{
	seat_motion_absolute(seat, 0, 1, 0.1, 0.9 - 0.001, 0);
	expect("A:enter 1 0,159 A:. ");
	seat_motion_absolute(seat, 0, 1, 0.6, 0.25, 0);
	expect("A:at 1 100,30 A:. ");
	seat_motion_absolute(seat, 0, 1, 0.6, 0.25, 0);
	expect("");
	/* Over the whole layout. */
	seat_motion_absolute(seat, 0, -1, 0.5 / 3, 0.5, 0);
	expect("A:enter 0 80,80 A:. ");
	/* No such output, no such number. */
	seat_motion_absolute(seat, 0, 7, 0.5, 0.5, 0);
	seat_motion_absolute(seat, 0, SEAT_MAX_OUTPUTS, 0.5, 0.5, 0);
	seat_motion_absolute(seat, 0, 0, (double)NAN, 0.5, 0);
	seat_motion(seat, 0, (double)INFINITY, 0, 0);
	expect("");
	seat_motion_absolute(seat, 0, 0, 1.0, 1.0, 0);
	expect("A:leave A:. ");
}

static void a_press_over_anothers_output_is_nobodys(void **state)
{
	seat_motion_absolute(seat, 0, 2, 0.5, 0.5, 0);
	expect("A:leave A:. ");
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_axis(seat, 0, SEAT_AXIS_VERTICAL, 120, 0);
	seat_motion_absolute(seat, 0, 0, 0.5, 0.5, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("A:enter 0 80,80 A:. ");
}

static void a_drag_goes_on_outside_of_its_head(void **state)
{
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_motion(seat, 0, 0, -45, 0);
	expect("A:by 0,-45 A:at 0 80,0 A:. ");
	seat_motion(seat, 0, -45, 0, 0);
	expect("A:by -45,0 A:at 0 0,0 A:. ");
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("A:button 272 up A:leave A:. ");
}

static void scrolling_goes_to_the_owner(void **state)
{
	seat_axis(seat, 0, SEAT_AXIS_HORIZONTAL, -15, 0);
	seat_axis(seat, 0, SEAT_AXIS_VERTICAL, 0, 0);
	expect("A:scroll 1 -15 A:. ");
}

static void contacts_are_held_by_their_head(void **state)
{
	seat_touch_down(seat, 0, 0, 5, 0.5, 0.5, 0);
	seat_touch_down(seat, 1, 1, 5, 0.25, 0.5, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 on 0 80,80 A:touch 1 on 1 30,80 A:. ");
	/* Clamped to the head that it began on, wherever it goes. */
	seat_touch_motion(seat, 0, 0, 5, 1, 0, 0);
	seat_touch_motion(seat, 1, 2, 5, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 at 159,0 A:touch 1 at 159,80 A:. ");
	seat_touch_up(seat, 0, 5, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 up A:. ");
	seat_touch_cancel(seat, 1);
	expect("A:touch 1 up A:. ");
}

static void a_slot_that_is_touched_twice_is_lifted_first(void **state)
{
	seat_touch_down(seat, 0, 0, 3, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, 0, 3, 0.25, 0.5, 0);
	seat_touch_up(seat, 0, 3, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 on 0 80,80 A:touch 0 up A:touch 0 on 0 30,80 A:touch 0 up A:. ");
}

static void a_first_touch_elsewhere_is_nobodys(void **state)
{
	seat_touch_down(seat, 0, 2, 0, 0.5, 0.5, 0);   /* on B */
	seat_touch_down(seat, 0, 0, 1, 0.05, 0.05, 0); /* on the host's ground */
	seat_touch_motion(seat, 0, 0, 0, 0.5, 0.5, 0); /* now on A */
	seat_touch_motion(seat, 0, 0, 1, 0.5, 0.5, 0);
	seat_touch_up(seat, 0, 0, 0);
	seat_touch_up(seat, 0, 1, 0);
	seat_touch_frame(seat, 0);
	expect("");
}

static void contacts_end_at_the_limit(void **state)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		seat_touch_down(seat, 0, 0, i, 0.5, 0.5, 0);
	}
	world_take_log(&world);
	seat_touch_down(seat, 0, 0, SEAT_MAX_CONTACTS, 0.5, 0.5, 0);
	seat_touch_up(seat, 0, SEAT_MAX_CONTACTS, 0);
	expect("");
	seat_touch_up(seat, 0, 7, 0);
	seat_touch_down(seat, 0, 0, 99, 0.5, 0.5, 0);
	expect("A:touch 7 up A:touch 7 on 0 80,80 ");
}

static void a_hidden_head_is_left(void **state)
{
	seat_touch_down(seat, 0, 0, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, 1, 1, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_forget_head(seat, &a0);
	expect("A:touch 0 up A:leave A:. ");
	world.shown[0] = NULL;
	seat_layout_changed(seat);
	/* Output 1 alone shows the owner now. */
	seat_motion(seat, 0, 10, 0, 0);
	expect("A:by 10,0 A:enter 1 0,80 A:. ");
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("A:button 272 up A:. ");
}

static void a_dragged_head_may_be_gone_already(void **state)
{
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	world.shown[0] = NULL;
	seat_forget_head(seat, &a0);
	seat_motion(seat, 0, 1, 0, 0);
	assert_null(strstr(world_take_log(&world), "gone"));
}

static void a_guest_that_is_gone_is_told_nothing(void **state)
{
	seat_key(seat, 0, KEY_A, true, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_touch_down(seat, 0, 0, 0, 0.5, 0.5, 0);
	world_take_log(&world);
	seat_forget_guest(seat, &b);
	assert_ptr_equal(seat_owner(seat), &a);
	seat_forget_guest(seat, &a);
	assert_null(seat_owner(seat));
	seat_key(seat, 0, KEY_A, false, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	seat_touch_up(seat, 0, 0, 0);
	seat_touch_frame(seat, 0);
	expect("");
}

static void a_lost_session_lifts_everything(void **state)
{
	seat_key(seat, 0, KEY_A, true, 0);
	seat_button(seat, 1, BTN_LEFT, true, 0);
	seat_touch_down(seat, 2, 0, 0, 0.5, 0.5, 0);
	seat_touch_frame(seat, 2);
	world_take_log(&world);
	seat_all_up(seat);
	expect("A:key 30 up A:button 272 up A:touch 0 up A:. ");
	/* The keys are up, so a press counts again. */
	seat_key(seat, 0, KEY_A, true, 0);
	expect("A:key 30 down A:. ");
}

static void the_host_takes_and_gives_back(void **state)
{
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_set_grabbed(seat, true);
	expect("A:button 272 up A:leave A:. ");
	seat_motion(seat, 0, 5, 0, 0);
	seat_set_owner(seat, &b);
	seat_set_owner(seat, &a);
	seat_touch_down(seat, 0, 0, 0, 0.5, 0.5, 0);
	expect("");
	seat_set_grabbed(seat, false);
	seat_motion_absolute(seat, 0, 0, 0.5, 0.5, 0);
	seat_touch_motion(seat, 0, 0, 0, 0.6, 0.6, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	assert_non_null(strstr(world_take_log(&world), "A:enter"));
	expect("");
}

#define seat_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		seat_test(releases_come_before_another_owner),
		seat_test(two_keyboards_press_a_key_once),
		seat_test(the_owner_set_again_loses_nothing),
		seat_test(nobody_gets_nothing),
		seat_test(motion_stays_on_the_owners_outputs),
		seat_test(absolute_positions_are_exact),
		seat_test(a_press_over_anothers_output_is_nobodys),
		seat_test(a_drag_goes_on_outside_of_its_head),
		seat_test(scrolling_goes_to_the_owner),
		seat_test(contacts_are_held_by_their_head),
		seat_test(a_slot_that_is_touched_twice_is_lifted_first),
		seat_test(a_first_touch_elsewhere_is_nobodys),
		seat_test(contacts_end_at_the_limit),
		seat_test(a_hidden_head_is_left),
		seat_test(a_dragged_head_may_be_gone_already),
		seat_test(a_guest_that_is_gone_is_told_nothing),
		seat_test(a_lost_session_lifts_everything),
		seat_test(the_host_takes_and_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
