/* SPDX-License-Identifier: MIT */
/* The attention menu over real seat, focus and scene: by keys, mouse and finger, and what may happen while it is open. */
#include "tests/input_bench.h"

static struct seat *seat(void)
{
	return input_seat(bench->server.input);
}

static bool is_open(void)
{
	return trusted_is_up(bench->server.trusted, TRUSTED_MENU);
}

static void open_menu(void)
{
	chord(KEY_DELETE);
	frames(2);
	assert_true(is_open());
	assert_null(owner());
	forget_log();
}

/* The middle of the row that says so on the monitor's glass, from 0 to 1. */
static bool find_row(unsigned monitor, unsigned wanted, double *x, double *y)
{
	const struct scene_output *output = repaint_output(bench->server.repaint, monitor);
	int from = -1, to = -1;

	for (int at = 0; at < output->height; at++) {
		int row = scene_panel_row(output, output->width / 2.0, at);

		if (row == (int)wanted) {
			from = from < 0 ? at : from;
			to = at;
		}
	}
	*x = 0.5;
	*y = (from + to) / 2.0 / output->height;
	return from >= 0;
}

/* Rows of the main page: the title, then the guests in their order. */
enum {
	ROW_A = 1,
	ROW_B = 2
};
/* Of a guest's page. */
enum {
	ROW_FRONT = 1,
	ROW_CHORD = 2
};

static void by_keys(void **state)
{
	open_menu();
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	tap(KEY_ENTER);
	assert_false(is_open());
	/* Not a key of it all came to a guest, and nobody has the keyboard before the glass says so. */
	assert_log("");
	assert_null(owner());
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(scene_front(bench->server.scene), bench->b);
	forget_log();
	tap(KEY_A);
	assert_log("b:30+ b:30- ");
}

static void by_mouse(void **state)
{
	double x, y;

	open_menu();
	assert_true(find_row(1, ROW_B, &x, &y));
	seat_motion_absolute(seat(), MOUSE, 1, x, y, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	frames(2);
	assert_true(find_row(0, ROW_FRONT, &x, &y));
	seat_motion_absolute(seat(), MOUSE, 0, x, y, 0);
	/* Let go elsewhere, it is no click. */
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_motion_absolute(seat(), MOUSE, 0, 0.01, 0.9, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	assert_true(is_open());
	/* Nor is it one when it was pressed elsewhere. */
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_motion_absolute(seat(), MOUSE, 0, x, y, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	assert_true(is_open());
	seat_button(seat(), MOUSE, BTN_RIGHT, true, 0);
	seat_button(seat(), MOUSE, BTN_RIGHT, false, 0);
	assert_true(is_open());
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	assert_false(is_open());
	assert_log("");
	frames(3);
	assert_ptr_equal(owner(), bench->b);
}

/* The page turns under a pointer that lies still: the next click is on what is there now. */
static void a_pointer_that_lies_still(void **state)
{
	double x, y, front_x, front_y;

	open_menu();
	/* Pages are of different height: where a row of the second one will be is found by opening it. */
	tap(KEY_ENTER);
	frames(2);
	assert_true(find_row(0, ROW_FRONT, &front_x, &front_y));
	tap(KEY_ESC);
	frames(2);
	assert_true(find_row(0, ROW_B, &x, &y));
	seat_motion_absolute(seat(), MOUSE, 0, front_x, front_y, 0);
	tap(KEY_HOME);
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	/* Not on the glass yet: a click would be on what was there. */
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	assert_true(is_open());
	frames(2);
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	assert_false(is_open());
	frames(3);
	assert_ptr_equal(owner(), bench->b);
}

static void touch(unsigned monitor, int slot, unsigned row)
{
	double x, y;

	assert_true(find_row(monitor, row, &x, &y));
	seat_touch_down(seat(), MOUSE, (int)monitor, slot, x, y, 0);
	seat_touch_frame(seat(), MOUSE);
}

static void lift(int slot)
{
	seat_touch_up(seat(), MOUSE, slot, 0);
	seat_touch_frame(seat(), MOUSE);
}

static void by_finger(void **state)
{
	open_menu();
	touch(1, 0, ROW_B);
	/* Of a second finger nothing is taken. */
	touch(0, 1, ROW_A);
	lift(1);
	lift(0);
	frames(2);
	touch(0, 0, ROW_FRONT);
	lift(0);
	assert_false(is_open());
	assert_log("");
	frames(3);
	assert_ptr_equal(owner(), bench->b);
}

/* The key that took the guest to the front is still down: it is nobody's until it is up. */
static void the_last_key_is_nobodys(void **state)
{
	open_menu();
	tap(KEY_ENTER);
	key(KEY_ENTER, true);
	assert_false(is_open());
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	forget_log();
	key(KEY_ENTER, false);
	assert_log("");
}

static void the_attention_keys_go_to_whom_they_are_sent(void **state)
{
	open_menu();
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	assert_false(is_open());
	assert_log("");
	frames(4);
	assert_ptr_equal(owner(), bench->b);
	assert_false(is_open());
	assert_non_null(strstr(bench->log, "[b] b:29+ b:56+ b:111+ b:111- "));
	assert_null(strstr(bench->log, "a:"));
	forget_log();
	/* Once. */
	frames(3);
	chord(KEY_TAB);
	frames(3);
	assert_null(strstr(bench->log, "111"));
}

/* Somebody else gets the keyboard after all: the keys are forgotten, and never come later. */
static void the_attention_keys_go_to_nobody_else(void **state)
{
	open_menu();
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	guest_remove(bench->b);
	frames(4);
	assert_ptr_equal(owner(), bench->a);
	bench->b = guest_add("b", 1);
	frames(2);
	chord(KEY_TAB);
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	assert_null(strstr(bench->log, "111"));
}

static void guests_die_under_it(void **state)
{
	double x, y;

	open_menu();
	tap(KEY_DOWN);
	tap(KEY_ENTER);
	frames(2);
	assert_true(find_row(0, ROW_FRONT, &x, &y));
	seat_motion_absolute(seat(), MOUSE, 0, x, y, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	guest_remove(bench->b);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	assert_true(is_open());
	frames(3);
	/* What is left: a, and the menu. */
	tap(KEY_ENTER);
	tap(KEY_ENTER);
	assert_false(is_open());
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

static void it_is_on_every_monitor_that_there_is(void **state)
{
	double x, y;

	open_menu();
	monitor_unplug(0);
	frames(2);
	assert_true(find_row(1, ROW_A, &x, &y));
	monitor_plug(0, 320, 240);
	frames(3);
	assert_true(find_row(0, ROW_A, &x, &y));
	monitor_unplug(0);
	monitor_unplug(1);
	turn();
	tap(KEY_ESC);
	assert_false(is_open());
	monitor_plug(1, 640, 480);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

static void input_is_detached_and_attached(void **state)
{
	open_menu();
	tap(KEY_D);
	tap(KEY_ENTER);
	assert_false(is_open());
	frames(3);
	assert_null(owner());
	tap(KEY_A);
	assert_log("");
	open_menu();
	tap(KEY_A);
	tap(KEY_ENTER);
	assert_false(is_open());
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

/* Other settings while it is open: what they say of guests is listed at once. */
static void a_reload_shows(void **state)
{
	struct settings *settings = bench->server.settings;
	double x, y;

	open_menu();
	assert_false(find_row(0, ROW_B + 1, &x, &y));
	strcpy(settings->guests[settings->n_guests].name, "mail");
	strcpy(settings->guests[settings->n_guests++].start, "/bin/true");
	menu_guests_changed(bench->server.menu);
	frames(2);
	assert_true(find_row(0, ROW_B + 1, &x, &y));
	tap(KEY_ESC);
}

static void the_chord_begins_anew(void **state)
{
	open_menu();
	tap(KEY_ENTER);
	chord(KEY_DELETE);
	assert_true(is_open());
	/* The main page again: one Escape leads out. */
	tap(KEY_ESC);
	assert_false(is_open());
}

static void keys_of_the_host_do_nothing_meanwhile(void **state)
{
	open_menu();
	chord(KEY_TAB);
	frames(2);
	assert_true(is_open());
	assert_ptr_equal(scene_front(bench->server.scene), bench->a);
	assert_int_equal(input_switch_to(bench->server.input, bench->b), -EBUSY);
	tap(KEY_ESC);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

static bool lock_panel(void *data, struct panel *panel)
{
	panel->n_rows = 1;
	panel->rows[0].kind = PANEL_TITLE;
	return true;
}

static const struct trusted_ops lock_ops = {.panel = lock_panel};

static void show_lock(void)
{
	trusted_show(bench->server.trusted, TRUSTED_LOCK, &lock_ops, NULL);
}

/* Nothing is left of it when the screen is unlocked, and no click that began before counts. */
static void a_lock_closes_it(void **state)
{
	open_menu();
	tap(KEY_DOWN);
	key(KEY_ENTER, true);
	show_lock();
	assert_false(is_open());
	frames(2);
	trusted_hide(bench->server.trusted, TRUSTED_LOCK);
	assert_false(is_open());
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	key(KEY_ENTER, false);
	assert_null(strstr(bench->log, ":28"));
}

static void over_a_lock_it_leads_back_to_it(void **state)
{
	show_lock();
	chord(KEY_DELETE);
	assert_true(trusted_is_up(bench->server.trusted, TRUSTED_LOCK_MENU));
	assert_false(is_open());
	frames(2);
	/* What is chosen first is the way back; no letter finds a guest. */
	tap(KEY_B);
	tap(KEY_HOME);
	tap(KEY_ENTER);
	assert_false(trusted_is_up(bench->server.trusted, TRUSTED_LOCK_MENU));
	assert_true(trusted_is_up(bench->server.trusted, TRUSTED_LOCK));
	frames(3);
	assert_null(owner());
	trusted_hide(bench->server.trusted, TRUSTED_LOCK);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

/* A trusted client unlocks while it is open. */
static void it_goes_with_the_lock(void **state)
{
	show_lock();
	chord(KEY_DELETE);
	assert_true(trusted_is_up(bench->server.trusted, TRUSTED_LOCK_MENU));
	trusted_hide(bench->server.trusted, TRUSTED_LOCK);
	assert_false(trusted_has_input(bench->server.trusted));
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

#define MENU_TEST(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MENU_TEST(by_keys),
		MENU_TEST(by_mouse),
		MENU_TEST(by_finger),
		MENU_TEST(a_pointer_that_lies_still),
		MENU_TEST(the_last_key_is_nobodys),
		MENU_TEST(the_attention_keys_go_to_whom_they_are_sent),
		MENU_TEST(the_attention_keys_go_to_nobody_else),
		MENU_TEST(guests_die_under_it),
		MENU_TEST(it_is_on_every_monitor_that_there_is),
		MENU_TEST(input_is_detached_and_attached),
		MENU_TEST(a_reload_shows),
		MENU_TEST(the_chord_begins_anew),
		MENU_TEST(keys_of_the_host_do_nothing_meanwhile),
		MENU_TEST(a_lock_closes_it),
		MENU_TEST(over_a_lock_it_leads_back_to_it),
		MENU_TEST(it_goes_with_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
