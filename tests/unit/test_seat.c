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

static struct seat_guest a = {.letter = 'A'}, b = {.letter = 'B'};
static struct seat_head a0 = {&a, 0}, a1 = {&a, 1}, b0 = {&b, 0};
static struct world world;
static struct seat *seat;

/* Outputs 0 and 1 show A's heads, 2 shows B's; A has the keyboard; the pointer is in the middle of output 0. */
static int setup(void **state)
{
	const struct seat_chord attention = {.ctrl = true, .alt = true, .key = KEY_DELETE};
	const struct seat_chord switch_key = {.meta = true, .key = KEY_TAB};

	world_init(&world, 3);
	world.shown[0] = &a0;
	world.shown[1] = &a1;
	world.shown[2] = &b0;
	seat = seat_create(&world_sink, &world_space, &world, &attention, &switch_key);
	seat_set_keyboard(seat, &a);
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
	world_take_log(&world);
	seat_set_keyboard(seat, &b);
	expect("A:key 30 up A:. ");
	assert_ptr_equal(seat_keyboard(seat), &b);
	/* What is still down belongs to nobody, on no keyboard. */
	seat_key(seat, 1, KEY_A, true, 0);
	seat_key(seat, 0, KEY_A, false, 0);
	seat_key(seat, 1, KEY_A, false, 0);
	expect("");
	seat_key(seat, 1, KEY_A, true, 0);
	expect("B:key 30 down B:. ");
}

/* The keyboard's owner, the pointer's and those of contacts are different guests. */
static void each_event_has_its_own_owner(void **state)
{
	seat_set_keyboard(seat, &b);
	seat_key(seat, 0, KEY_A, true, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_touch_down(seat, 1, 1, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, 1, 2, 1, 0.5, 0.5, 0);
	seat_touch_frame(seat, 1);
	expect("B:key 30 down B:. A:button 272 down A:. "
	       "A:touch 0 on 1 80,80 B:touch 1 on 0 80,80 A:. B:. ");
	/* The keyboard goes; pointer and contacts stay where they are. */
	seat_set_keyboard(seat, &a);
	expect("B:key 30 up B:. ");
	seat_button(seat, 0, BTN_LEFT, false, 0);
	seat_touch_cancel(seat, 1);
	expect("A:button 272 up A:. A:touch 0 up B:touch 1 up A:. B:. ");
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
	seat_set_keyboard(seat, &a);
	expect("");
}

static void nobody_gets_no_keys(void **state)
{
	uint64_t dropped = seat_dropped(seat);

	seat_set_keyboard(seat, NULL);
	seat_key(seat, 0, KEY_A, true, 0);
	seat_key(seat, 0, KEY_B, true, 0);
	expect("");
	assert_int_equal(seat_dropped(seat) - dropped, 2);
	/* Down since before: also when somebody comes. */
	seat_set_keyboard(seat, &a);
	seat_key(seat, 0, KEY_A, false, 0);
	expect("");
}

static void the_pointer_crosses_from_guest_to_guest(void **state)
{
	seat_motion(seat, 0, 70, 0, 0);
	expect("A:by 70,0 A:enter 1 20,80 A:. ");
	assert_ptr_equal(seat_pointer_owner(seat), &a);
	/* The ground between pictures is the host's. */
	seat_motion(seat, 0, 75, 0, 0);
	expect("A:by 75,0 A:leave H:enter 195,50 A:. H:. ");
	assert_ptr_equal(seat_pointer_owner(seat), seat_host);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("H:button 272 down H:. H:button 272 up H:. ");
	seat_motion(seat, 0, 20, 0, 0);
	expect("H:leave B:enter 0 10,80 H:. B:. ");
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("B:button 272 down B:. B:button 272 up B:. ");
	seat_motion(seat, 0, 500, 0, 0);
	expect("B:by 500,0 B:leave H:enter 299.996,50 B:. H:. ");
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
	expect("A:leave H:enter 99.9961,99.9961 A:. H:. ");
}

/* Until the button is up; then the pointer is whose it is over. */
static void a_drag_goes_on_outside_of_its_guest(void **state)
{
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_motion(seat, 0, 0, -45, 0);
	expect("A:by 0,-45 A:at 0 80,0 A:. ");
	seat_motion_absolute(seat, 0, 2, 0.5, 0.5, 0);
	expect("A:at 0 159,80 A:. ");
	seat_button(seat, 1, BTN_RIGHT, true, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("A:button 273 down A:. A:button 272 up A:. ");
	seat_button(seat, 1, BTN_RIGHT, false, 0);
	expect("A:button 273 up A:leave B:enter 0 80,80 A:. B:. ");
}

/* Its own other head is no outside. */
static void a_drag_goes_from_head_to_head(void **state)
{
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_motion(seat, 0, 100, 0, 0);
	expect("A:by 100,0 A:enter 1 80,80 A:. ");
}

static void scrolling_goes_to_the_owner(void **state)
{
	seat_axis(seat, 0, SEAT_AXIS_HORIZONTAL, -15, 0);
	seat_axis(seat, 0, SEAT_AXIS_VERTICAL, 0, 0);
	expect("A:scroll 1 -15 A:. ");
}

static void a_hidden_head_is_left(void **state)
{
	seat_touch_down(seat, 0, 0, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, 1, 1, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	world_take_log(&world);
	seat_forget_head(seat, &a0);
	/* Off the glass, it holds nothing there. */
	expect("A:touch 0 up A:button 272 up A:leave H:enter 50,50 A:. H:. ");
	world.shown[0] = NULL;
	seat_layout_changed(seat);
	seat_motion(seat, 0, 70, 0, 0);
	expect("H:leave A:enter 1 20,80 H:. A:. ");
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("");
}

static void a_head_that_moved_is_found_again(void **state)
{
	seat_forget_head(seat, &a0);
	expect("A:leave H:enter 50,50 A:. H:. ");
	world.shown[0] = NULL;
	world.shown[2] = &a0;
	seat_layout_changed(seat);
	seat_motion_absolute(seat, 0, 2, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, 2, 0, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	expect("H:leave A:enter 0 80,80 H:. A:. A:touch 0 on 0 80,80 A:. ");
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
	seat_forget_guest(seat, &b);
	assert_ptr_equal(seat_keyboard(seat), &a);
	/* Not even the end of a group that has begun. */
	seat_touch_down(seat, 0, 0, 0, 0.5, 0.5, 0);
	world_take_log(&world);
	world.shown[0] = world.shown[1] = NULL;
	seat_forget_guest(seat, &a);
	assert_null(seat_keyboard(seat));
	assert_null(seat_pointer_owner(seat));
	seat_key(seat, 0, KEY_A, false, 0);
	seat_button(seat, 0, BTN_LEFT, false, 0);
	seat_touch_up(seat, 0, 0, 0);
	seat_touch_frame(seat, 0);
	expect("H:enter 50,50 H:. ");
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
	seat_key(seat, 0, KEY_A, true, 0);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	seat_touch_down(seat, 1, 2, 0, 0.5, 0.5, 0);
	seat_touch_frame(seat, 1);
	world_take_log(&world);
	seat_set_mode(seat, SEAT_HOST);
	expect("A:key 30 up B:touch 0 up A:button 272 up A:leave H:enter 50,50 A:. B:. H:. ");
	/* All of it is the host's, wherever it happens, and whoever is to have the keyboard. */
	seat_set_keyboard(seat, &b);
	seat_key(seat, 0, KEY_B, true, 0);
	seat_motion(seat, 0, 5, 0, 0);
	seat_button(seat, 0, BTN_RIGHT, true, 0);
	seat_axis(seat, 0, SEAT_AXIS_VERTICAL, 120, 0);
	seat_touch_down(seat, 1, 2, 3, 0.5, 0.5, 0);
	seat_touch_frame(seat, 1);
	expect("H:key 48 down H:. H:at 55,50 H:. H:button 273 down H:. H:scroll 0 120 H:. "
	       "H:touch 0 250,50 H:. ");
	/* What was down before belongs to nobody: neither now nor when it is over. */
	seat_key(seat, 1, KEY_A, true, 0);
	seat_button(seat, 1, BTN_LEFT, true, 0);
	expect("");
	seat_set_mode(seat, SEAT_GUESTS);
	expect("H:key 48 up H:touch 0 up H:button 273 up H:leave A:enter 0 90,80 H:. A:. ");
	seat_key(seat, 0, KEY_B, false, 0);
	seat_button(seat, 0, BTN_RIGHT, false, 0);
	seat_touch_motion(seat, 1, 0, 3, 0.6, 0.6, 0);
	seat_touch_up(seat, 1, 3, 0);
	expect("");
	seat_key(seat, 0, KEY_B, true, 0);
	expect("B:key 48 down B:. ");
}

/* From one mode of the host's to the other as well: who typed for a menu does not type for a lock. */
static void each_mode_begins_with_nothing_held(void **state)
{
	seat_set_mode(seat, SEAT_HOST);
	seat_key(seat, 0, KEY_A, true, 0);
	world_take_log(&world);
	seat_set_mode(seat, SEAT_LOCKED);
	expect("H:key 30 up H:leave H:enter 50,50 H:. ");
	assert_int_equal(seat_mode(seat), SEAT_LOCKED);
}

/* A menu that Escape closes, a button opens, and a finger locks. */
static void host_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	world_sink.key(data, guest, code, pressed);
	if (guest == seat_host && code == KEY_ESC && pressed) {
		seat_set_mode(seat, SEAT_GUESTS);
	}
}

static void host_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	world_sink.pointer_button(data, guest, code, pressed);
	if (guest == seat_host && pressed) {
		seat_set_mode(seat, SEAT_HOST);
	}
}

static void host_touch_down(void *data, struct seat_guest *guest, struct seat_head *head,
			    int contact, double x, double y)
{
	world_sink.touch_down(data, guest, head, contact, x, y);
	if (guest == seat_host) {
		seat_set_mode(seat, SEAT_LOCKED);
	}
}

static void the_host_may_call_from_its_events(void **state)
{
	struct seat_sink sink = world_sink;
	const struct seat_chord none = {0};

	seat_destroy(seat);
	sink.key = host_key;
	sink.pointer_button = host_button;
	sink.touch_down = host_touch_down;
	seat = seat_create(&sink, &world_space, &world, &none, &none);
	seat_set_keyboard(seat, &a);
	seat_motion_absolute(seat, 0, 0, 0.01, 0.5, 0);
	world_take_log(&world);
	seat_button(seat, 0, BTN_LEFT, true, 0);
	expect("H:button 272 down H:. H:button 272 up H:leave H:enter 1,50 H:. ");
	seat_button(seat, 0, BTN_LEFT, false, 0);
	expect("");
	seat_key(seat, 0, KEY_ESC, true, 0);
	expect("H:key 1 down H:. H:key 1 up H:leave H:enter 1,50 H:. ");
	seat_key(seat, 0, KEY_ESC, false, 0);
	expect("");
	seat_key(seat, 0, KEY_ESC, true, 0);
	expect("A:key 1 down A:. ");
	seat_touch_down(seat, 1, 0, 0, 0.01, 0.5, 0);
	seat_touch_up(seat, 1, 0, 0);
	seat_touch_frame(seat, 1);
	expect("H:touch 0 1,50 H:. A:key 1 up H:touch 0 up H:leave H:enter 1,50 A:. H:. ");
}

static uint64_t framed_ns;
static unsigned framed_device;

static void note_time(void *data, struct seat_guest *guest)
{
	framed_ns = seat_event_ns(seat);
	framed_device = seat_event_device(seat);
}

/* A group is as old as what began it, whatever the clock of the device does meanwhile. */
static void groups_know_their_time_and_device(void **state)
{
	struct seat_sink sink = world_sink;
	const struct seat_chord none = {0};

	seat_destroy(seat);
	sink.frame = note_time;
	seat = seat_create(&sink, &world_space, &world, &none, &none);
	seat_set_keyboard(seat, &a);
	seat_key(seat, 3, KEY_A, true, 100);
	assert_true(framed_ns == 100 && framed_device == 3);
	seat_key(seat, 3, KEY_A, false, 50);
	assert_true(framed_ns == 50 && framed_device == 3);
	seat_touch_down(seat, 1, 0, 0, 0.5, 0.5, 200);
	seat_touch_motion(seat, 1, 0, 0, 0.6, 0.5, 190);
	seat_touch_frame(seat, 1);
	assert_true(framed_ns == 200 && framed_device == 1);
	/* Another device's event ends it. */
	seat_touch_motion(seat, 1, 0, 0, 0.5, 0.5, 300);
	seat_button(seat, 2, BTN_LEFT, true, 400);
	assert_true(framed_ns == 400 && framed_device == 2);
	/* And what no device did has none. */
	seat_set_mode(seat, SEAT_HOST);
	assert_true(framed_ns == 0 && framed_device == SEAT_MAX_DEVICES);
}

#define seat_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		seat_test(releases_come_before_another_owner),
		seat_test(each_event_has_its_own_owner),
		seat_test(two_keyboards_press_a_key_once),
		seat_test(the_owner_set_again_loses_nothing),
		seat_test(nobody_gets_no_keys),
		seat_test(the_pointer_crosses_from_guest_to_guest),
		seat_test(absolute_positions_are_exact),
		seat_test(a_drag_goes_on_outside_of_its_guest),
		seat_test(a_drag_goes_from_head_to_head),
		seat_test(scrolling_goes_to_the_owner),
		seat_test(a_hidden_head_is_left),
		seat_test(a_head_that_moved_is_found_again),
		seat_test(a_dragged_head_may_be_gone_already),
		seat_test(a_guest_that_is_gone_is_told_nothing),
		seat_test(a_lost_session_lifts_everything),
		seat_test(the_host_takes_and_gives_back),
		seat_test(each_mode_begins_with_nothing_held),
		seat_test(the_host_may_call_from_its_events),
		seat_test(groups_know_their_time_and_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
