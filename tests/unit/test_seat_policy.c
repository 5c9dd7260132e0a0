/* SPDX-License-Identifier: MIT */
/* Which device reaches which guest, how guests are treated, who catches the pointer, what the host keeps. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "tests/unit/seat_world.h"

#define MOUSE 0
#define OTHER 1 /* the device that is not trusted everywhere */

static struct seat_guest a, b;
static struct seat_head a0 = {&a, 0}, a1 = {&a, 1}, b0 = {&b, 0};
static struct world world;
static struct seat *seat;

/* A is on outputs 0 and 1, B on 2; A has the keyboard; the pointer is in the middle of output 0. */
static int setup(void **state)
{
	const struct seat_chord attention = {.ctrl = true, .alt = true, .key = KEY_DELETE};
	const struct seat_chord capture = {.ctrl = true, .alt = true, .key = KEY_G};
	const struct seat_traits plain = {.pointer = SEAT_POINTER_BOTH, .speed = 1};

	a = (struct seat_guest){.letter = 'A', .traits = plain};
	b = (struct seat_guest){.letter = 'B', .traits = plain};
	world_init(&world, 3);
	world.shown[0] = &a0;
	world.shown[1] = &a1;
	world.shown[2] = &b0;
	seat = seat_create(&world_sink, &world_policy_space, &world, &attention,
			   &(struct seat_chord){0});
	seat_set_chord(seat, SEAT_ACTION_CAPTURE, &capture);
	seat_set_keyboard(seat, &a);
	seat_motion_absolute(seat, MOUSE, 0, 0.5, 0.5, 0);
	world_take_log(&world);
	return 0;
}

static int teardown(void **state)
{
	seat_destroy(seat);
	return 0;
}

#define expect(text) assert_string_equal(world_take_log(&world), text)

static void bar(struct seat_guest *guest, unsigned device)
{
	guest->barred = UINT64_C(1) << device;
	seat_policy_changed(seat);
}

/* ---- devices and guests ---- */

static void a_keyboard_may_be_kept_from_a_guest(void **state)
{
	bar(&a, OTHER);
	seat_key(seat, OTHER, KEY_A, true, 0);
	expect("");
	assert_int_equal(seat_dropped(seat), 1);
	/* It holds nothing back from keyboards that may. */
	seat_key(seat, 2, KEY_A, true, 0);
	expect("A:key 30 down A:. ");
	seat_key(seat, OTHER, KEY_A, false, 0);
	expect("");
	seat_key(seat, OTHER, KEY_A, true, 0);
	seat_key(seat, 2, KEY_A, false, 0);
	expect("A:key 30 up A:. ");
	/* Its chords are the host's all the same. */
	seat_key(seat, OTHER, KEY_LEFTCTRL, true, 0);
	seat_key(seat, OTHER, KEY_LEFTALT, true, 0);
	seat_key(seat, OTHER, KEY_DELETE, true, 0);
	expect("!:attention ");
	seat_all_up(seat);
	/* Others it reaches. */
	seat_set_keyboard(seat, &b);
	seat_key(seat, OTHER, KEY_A, true, 0);
	expect("B:key 30 down B:. ");
	/* Who comes next does not get what it holds, nor is that in anybody's way. */
	seat_set_keyboard(seat, &a);
	expect("B:key 30 up B:. ");
	seat_key(seat, 2, KEY_A, true, 0);
	expect("A:key 30 down A:. ");
}

static void the_host_is_in_reach_of_all(void **state)
{
	bar(&a, OTHER);
	seat_set_mode(seat, SEAT_HOST);
	world_take_log(&world);
	seat_key(seat, OTHER, KEY_A, true, 0);
	seat_motion(seat, OTHER, 1, 0, 0);
	expect("H:key 30 down H:. H:at 51,50 H:. ");
}

static void what_is_forbidden_is_let_go(void **state)
{
	seat_key(seat, OTHER, KEY_A, true, 0);
	seat_key(seat, 2, KEY_B, true, 0);
	seat_button(seat, OTHER, BTN_LEFT, true, 0);
	seat_touch_down(seat, OTHER, 0, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, OTHER, 2, 1, 0.5, 0.5, 0);
	seat_touch_frame(seat, OTHER);
	world_take_log(&world);
	bar(&a, OTHER);
	expect("A:key 30 up A:button 272 up A:touch 0 up A:leave A:. ");
	assert_null(seat_pointer_owner(seat));
	/* Allowed again, it is not pressed again. */
	bar(&a, 63);
	expect("A:enter 0 80,80 A:. ");
	seat_key(seat, OTHER, KEY_A, false, 0);
	seat_button(seat, OTHER, BTN_LEFT, false, 0);
	seat_touch_up(seat, OTHER, 0, 0);
	expect("");
	seat_touch_up(seat, OTHER, 1, 0);
	seat_touch_frame(seat, OTHER);
	expect("B:touch 1 up B:. ");
}

static void a_mouse_may_be_kept_from_a_guest(void **state)
{
	bar(&b, OTHER);
	/* It moves the pointer, over a guest that learns nothing of it. */
	seat_motion_absolute(seat, OTHER, 2, 0.5, 0.5, 0);
	expect("A:leave A:. ");
	assert_null(seat_pointer_owner(seat));
	seat_button(seat, OTHER, BTN_LEFT, true, 0);
	seat_axis(seat, OTHER, SEAT_AXIS_VERTICAL, 120, 0);
	seat_motion(seat, OTHER, 3, 0, 0);
	expect("");
	/* Another one's click is where that one sees the pointer. */
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	expect("B:enter 0 86,80 B:button 272 down B:. ");
	seat_button(seat, OTHER, BTN_LEFT, false, 0);
	/* Nor does it take part in what is under way. */
	seat_motion(seat, OTHER, -200, 0, 0);
	seat_button(seat, OTHER, BTN_RIGHT, true, 0);
	seat_button(seat, OTHER, BTN_RIGHT, false, 0);
	expect("");
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
	expect("B:button 272 up B:. ");
}

/* What moved the pointer there is gone: the pointer is whose picture it is over. */
static void an_unwelcome_mouse_may_go(void **state)
{
	bar(&b, OTHER);
	seat_motion_absolute(seat, OTHER, 2, 0.5, 0.5, 0);
	world_take_log(&world);
	seat_device_removed(seat, OTHER);
	expect("B:enter 0 80,80 B:. ");
}

static void a_touchscreen_may_be_kept_from_a_guest(void **state)
{
	bar(&a, OTHER);
	seat_touch_down(seat, OTHER, 0, 0, 0.5, 0.5, 0);
	seat_touch_motion(seat, OTHER, 2, 0, 0.5, 0.5, 0);
	seat_touch_up(seat, OTHER, 0, 0);
	seat_touch_frame(seat, OTHER);
	expect("");
}

/* ---- traits ---- */

static void positions_or_motions_never_both(void **state)
{
	a.traits.pointer = SEAT_POINTER_BOTH;
	seat_motion(seat, MOUSE, 5, 0, 0);
	expect("A:at 0 90,80 A:. ");
	a.traits.pointer = SEAT_POINTER_ABSOLUTE;
	seat_motion(seat, MOUSE, 5, 0, 0);
	expect("A:at 0 100,80 A:. ");
	a.traits.pointer = SEAT_POINTER_RELATIVE;
	seat_motion(seat, MOUSE, 5, 0, 0);
	expect("A:by 5,0 A:. ");
	/* At an edge as well, where the pointer does not move. */
	seat_motion(seat, MOUSE, 0, -40, 0);
	seat_motion(seat, MOUSE, 0, -1000, 0);
	expect("A:by 0,-40 A:. A:by 0,-1000 A:leave H:enter 65,0 A:. H:. ");
}

static void speed_is_the_guests(void **state)
{
	double x, y;

	a.traits.speed = 0.25;
	for (int i = 0; i < 8; i++) {
		seat_motion(seat, MOUSE, 1, 0.5, 0);
	}
	seat_pointer_position(seat, &x, &y);
	assert_true(x == 52 && y == 51);
	a.traits.pointer = SEAT_POINTER_RELATIVE;
	world_take_log(&world);
	seat_motion(seat, MOUSE, 1, -1, 0);
	expect("A:by 0.25,-0.25 A:. ");
	/* Out of its bounds it is at them; no number is none. */
	a.traits.speed = 1e9;
	seat_motion(seat, MOUSE, 1, 0, 0);
	a.traits.speed = -3;
	seat_motion(seat, MOUSE, 1, 0, 0);
	a.traits.speed = (double)NAN;
	seat_motion(seat, MOUSE, 1, 0, 0);
	expect("A:by 10,0 A:. A:by 0.1,0 A:. A:by 1,0 A:. ");
}

static void scrolling_may_be_reversed(void **state)
{
	a.traits.reversed_scroll = true;
	seat_axis(seat, MOUSE, SEAT_AXIS_VERTICAL, 15, 0);
	seat_axis(seat, MOUSE, SEAT_AXIS_HORIZONTAL, -120, 0);
	seat_axis(seat, MOUSE, SEAT_AXIS_VERTICAL, INT_MIN, 0);
	expect("A:scroll 0 -15 A:. A:scroll 1 120 A:. ");
}

static void a_guest_that_is_left_parks_its_cursor(void **state)
{
	a.traits.parks = b.traits.parks = true;
	seat_motion_absolute(seat, MOUSE, 2, 0.5, 0.5, 0);
	expect("A:at 0 159,159 A:leave B:enter 0 80,80 A:. B:. ");
	/* To the host's ground, and when the host takes over; a button that is held does not drag there. */
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_set_mode(seat, SEAT_HOST);
	expect("B:button 272 up B:at 0 159,159 B:leave H:enter 250,50 B:. H:. ");
	seat_set_mode(seat, SEAT_GUESTS);
	world_take_log(&world);
	/* What has no positions has no corner; and a head that goes takes its cursor along. */
	b.traits.pointer = SEAT_POINTER_RELATIVE;
	seat_motion_absolute(seat, MOUSE, 0, 0.5, 0.5, 0);
	expect("B:leave A:enter 0 80,80 B:. A:. ");
	seat_forget_head(seat, &a0);
	expect("A:leave H:enter 50,50 A:. H:. ");
}

/* A card that covers it is no reason to move what cannot be seen; nor is where it comes back. */
static void what_is_covered_does_not_park(void **state)
{
	a.traits.parks = true;
	world.shown[0] = NULL;
	seat_layout_changed(seat);
	expect("A:leave H:enter 50,50 A:. H:. ");
	world.shown[0] = &a0;
	seat_layout_changed(seat);
	expect("H:leave A:enter 0 80,80 H:. A:. ");
	/* Another monitor's place, since its own is gone: it has left. */
	world.exists[0] = false;
	seat_layout_changed(seat);
	expect("A:at 0 159,159 A:leave H:enter 100,50 A:. H:. ");
}

/* ---- capture ---- */

static void a_caught_pointer_stays_with_its_guest(void **state)
{
	double x, y;

	seat_set_capture(seat, &a);
	assert_ptr_equal(seat_capture(seat), &a);
	seat_motion(seat, MOUSE, 1000, 0, 0);
	seat_motion(seat, MOUSE, -7, 2, 0);
	expect("A:by 1000,0 A:. A:by -7,2 A:. ");
	/* It is where it was when it is free. */
	seat_set_capture(seat, NULL);
	seat_pointer_position(seat, &x, &y);
	assert_true(x == 50 && y == 50);
	seat_motion(seat, MOUSE, 1, 0, 0);
	expect("A:at 0 82,80 A:. ");
}

/* One that knows positions only is told those, on its own outputs. */
static void a_caught_pointer_is_confined(void **state)
{
	double x, y;

	a.traits.pointer = SEAT_POINTER_ABSOLUTE;
	seat_set_capture(seat, &a);
	seat_motion(seat, MOUSE, 1000, 0, 0);
	expect("A:at 0 159,80 A:. ");
	seat_pointer_position(seat, &x, &y);
	assert_true(x < 200);
	/* From head to head, and no further. */
	seat_motion(seat, MOUSE, -30, 0, 0);
	expect("A:enter 1 119.992,80 A:. ");
	seat_motion_absolute(seat, MOUSE, 2, 0.5, 0.5, 0);
	expect("A:at 1 159,80 A:. ");
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
	expect("A:button 272 down A:. A:button 272 up A:. ");
}

static void a_capture_ends_by_itself(void **state)
{
	seat_set_capture(seat, &a);
	seat_set_mode(seat, SEAT_LOCKED);
	assert_null(seat_capture(seat));
	seat_set_capture(seat, &a);
	assert_null(seat_capture(seat));
	seat_set_mode(seat, SEAT_GUESTS);
	seat_set_capture(seat, &a);
	seat_forget_head(seat, &a0);
	world.shown[0] = NULL;
	seat_layout_changed(seat);
	assert_ptr_equal(seat_capture(seat), &a);
	seat_forget_head(seat, &a1);
	world.shown[1] = NULL;
	seat_layout_changed(seat);
	assert_null(seat_capture(seat));
	/* Nor can what is not shown catch it. */
	seat_set_capture(seat, &a);
	assert_null(seat_capture(seat));
	seat_set_capture(seat, &b);
	seat_forget_guest(seat, &b);
	assert_null(seat_capture(seat));
}

static void a_caught_pointer_is_told_by_chord(void **state)
{
	seat_set_capture(seat, &a);
	seat_key(seat, 2, KEY_LEFTCTRL, true, 0);
	seat_key(seat, 2, KEY_LEFTALT, true, 0);
	world_take_log(&world);
	seat_key(seat, 2, KEY_G, true, 0);
	expect("A:key 29 up A:key 56 up A:. !:capture ");
}

/* What is dragged elsewhere is let go before another guest catches the pointer. */
static void a_drag_does_not_go_on_into_a_capture(void **state)
{
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_set_capture(seat, &b);
	expect("A:button 272 up A:leave A:. ");
	seat_motion(seat, MOUSE, 20, 0, 0);
	expect("B:enter 0 20,80 B:. ");
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
	expect("");
}

static void a_device_out_of_reach_moves_no_caught_pointer(void **state)
{
	a.traits.pointer = SEAT_POINTER_ABSOLUTE;
	bar(&a, OTHER);
	seat_set_capture(seat, &a);
	seat_motion(seat, OTHER, 10, 0, 0);
	seat_motion_absolute(seat, OTHER, 0, 0.2, 0.2, 0);
	seat_button(seat, OTHER, BTN_LEFT, true, 0);
	expect("");
	seat_motion(seat, MOUSE, 1, 0, 0);
	expect("A:at 0 82,80 A:. ");
}

/* ---- monitors that a guest drives by itself ---- */

static void a_guest_without_a_head_gets_motions_alone(void **state)
{
	world.driven[1] = &b;
	world.shown[1] = NULL;
	b.traits.pointer = SEAT_POINTER_RELATIVE;
	seat_motion(seat, MOUSE, 70, 0, 0);
	expect("A:leave A:. ");
	assert_ptr_equal(seat_pointer_owner(seat), &b);
	seat_motion(seat, MOUSE, 5, 0, 0);
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	expect("B:by 5,0 B:. B:button 272 down B:. ");
	/* A drag goes on over another's picture. */
	seat_motion(seat, MOUSE, -80, 0, 0);
	expect("B:by -80,0 B:. ");
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
	expect("B:button 272 up A:enter 0 70,80 B:. A:. ");
	/* From there to where it has a head, and back. */
	seat_motion(seat, MOUSE, 100, 0, 0);
	world_take_log(&world);
	seat_motion(seat, MOUSE, 80, 0, 0);
	expect("B:by 80,0 B:enter 0 30,80 B:. ");
	seat_motion(seat, MOUSE, -80, 0, 0);
	expect("B:by -80,0 B:leave B:. ");
	/* And nothing to be touched. */
	seat_touch_down(seat, 1, 1, 0, 0.5, 0.5, 0);
	seat_touch_frame(seat, 1);
	expect("");
}

/* ---- keys of the host ---- */

static void kept_keys_are_the_hosts(void **state)
{
	const uint32_t kept[] = {KEY_VOLUMEUP, KEY_POWER, UINT32_MAX};

	seat_key(seat, 2, KEY_VOLUMEUP, true, 0);
	world_take_log(&world);
	seat_set_kept_keys(seat, kept, 3);
	expect("A:key 115 up A:. ");
	seat_key(seat, 2, KEY_VOLUMEUP, false, 0);
	expect("");
	seat_key(seat, 2, KEY_VOLUMEUP, true, 0);
	/* Whoever has the keyboard. */
	seat_set_keyboard(seat, &b);
	seat_key(seat, 2, KEY_VOLUMEUP, false, 0);
	expect("H:key 115 down H:. H:key 115 up H:. ");
	seat_key(seat, 2, KEY_POWER, true, 0);
	seat_set_kept_keys(seat, NULL, 0);
	expect("H:key 116 down H:. H:key 116 up H:. ");
	seat_key(seat, 2, KEY_POWER, false, 0);
	seat_key(seat, 2, KEY_POWER, true, 0);
	expect("B:key 116 down B:. ");
}

/* ---- swipes ---- */

static void swipe(unsigned fingers, double dx, double dy, bool cancelled)
{
	seat_swipe_begin(seat, OTHER, fingers, 0);
	for (int i = 0; i < 10; i++) {
		seat_swipe_update(seat, OTHER, dx / 10, dy / 10, 0);
	}
	seat_swipe_end(seat, OTHER, cancelled, 0);
}

static void three_fingers_switch(void **state)
{
	swipe(3, -200, 20, false);
	expect("!:switch ");
	swipe(3, 200, -20, false);
	expect("!:back ");
	swipe(3, -200, 0, true);
	swipe(3, -200, 150, false);
	swipe(3, 20, 0, false);
	swipe(4, -200, 0, false);
	swipe(2, -200, 0, false);
	swipe(3, (double)NAN, 0, false);
	seat_swipe_end(seat, OTHER, false, 0);
	seat_swipe_begin(seat, SEAT_MAX_DEVICES, 3, 0);
	seat_swipe_update(seat, SEAT_MAX_DEVICES, -200, 0, 0);
	seat_swipe_end(seat, SEAT_MAX_DEVICES, false, 0);
	expect("");
	/* A touchpad that goes, and a host that takes over, end it. */
	seat_swipe_begin(seat, OTHER, 3, 0);
	seat_swipe_update(seat, OTHER, -200, 0, 0);
	seat_device_removed(seat, OTHER);
	seat_swipe_end(seat, OTHER, false, 0);
	seat_set_mode(seat, SEAT_HOST);
	world_take_log(&world);
	swipe(3, -200, 0, false);
	expect("");
}

#define policy_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		policy_test(a_keyboard_may_be_kept_from_a_guest),
		policy_test(the_host_is_in_reach_of_all),
		policy_test(what_is_forbidden_is_let_go),
		policy_test(a_mouse_may_be_kept_from_a_guest),
		policy_test(an_unwelcome_mouse_may_go),
		policy_test(a_touchscreen_may_be_kept_from_a_guest),
		policy_test(positions_or_motions_never_both),
		policy_test(speed_is_the_guests),
		policy_test(scrolling_may_be_reversed),
		policy_test(a_guest_that_is_left_parks_its_cursor),
		policy_test(what_is_covered_does_not_park),
		policy_test(a_caught_pointer_stays_with_its_guest),
		policy_test(a_caught_pointer_is_confined),
		policy_test(a_capture_ends_by_itself),
		policy_test(a_caught_pointer_is_told_by_chord),
		policy_test(a_drag_does_not_go_on_into_a_capture),
		policy_test(a_device_out_of_reach_moves_no_caught_pointer),
		policy_test(a_guest_without_a_head_gets_motions_alone),
		policy_test(kept_keys_are_the_hosts),
		policy_test(three_fingers_switch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
