/* SPDX-License-Identifier: MIT */
/* What of the host's is up: the highest is shown and gets the input, and no guest gets anything meanwhile. */
#include "tests/input_bench.h"

struct teller {
	const char *name;
	bool has_panel;
	const char *words; /* of its panel */
};

static struct teller tellers[TRUSTED_LEVELS];

static bool tell_panel(void *data, struct panel *panel)
{
	struct teller *teller = data;

	panel->n_rows = 1;
	panel->rows[0].kind = PANEL_ITEM;
	panel->rows[0].id = 1;
	snprintf(panel->rows[0].text, PANEL_TEXT_SIZE, "%s", teller->words);
	return teller->has_panel;
}

static void tell_key(void *data, uint32_t code, bool pressed, uint64_t time_ns)
{
	assert_true(time_ns > 0);
	say("%s:%u%c ", ((struct teller *)data)->name, code, pressed ? '+' : '-');
}

static void tell_point(void *data, struct scene_output *output, double x, double y)
{
	say("%s:%s@%g,%g ", ((struct teller *)data)->name, output->name, x, y);
}

static void tell_button(void *data, uint32_t code, bool pressed)
{
	say("%s:button%c ", ((struct teller *)data)->name, pressed ? '+' : '-');
}

static void tell_active(void *data, bool has_input)
{
	say("%s:%s ", ((struct teller *)data)->name, has_input ? "active" : "below");
}

static const struct trusted_ops ops = {
	.panel = tell_panel,
	.key = tell_key,
	.point = tell_point,
	.button = tell_button,
	.active = tell_active,
};
/* One that wants to know nothing. */
static const struct trusted_ops silent;

static void show(enum trusted_level level, const char *name)
{
	tellers[level] = (struct teller){name, true, name};
	trusted_show(bench->server.trusted, level, &ops, &tellers[level]);
}

static void hide(enum trusted_level level)
{
	trusted_hide(bench->server.trusted, level);
}

/* What the first monitor's glass shows of a panel: whether it can be clicked in its middle. */
static bool has_panel_on_glass(void)
{
	const struct scene_output *output = repaint_output(bench->server.repaint, 0);

	return scene_panel_id(output, 320, 252) == 1;
}

static void press(uint32_t code)
{
	trusted_seat_sink.key(&bench->server, NULL, code, true);
}

static void guests_lose_everything_at_once(void **state)
{
	key(KEY_A, true);
	forget_log();
	show(TRUSTED_MENU, "menu");
	/* The pointer is the host's from then on, wherever it is. */
	assert_log("a:30- menu:M-0@0,0 [-] ");
	assert_true(trusted_has_input(bench->server.trusted));
	key(KEY_A, false);
	frames(2);
	assert_true(has_panel_on_glass());
	assert_null(shown_on(0));
	assert_null(owner());
	hide(TRUSTED_MENU);
	assert_false(trusted_has_input(bench->server.trusted));
	/* Not before the glass shows it again. */
	assert_null(owner());
	frames(2);
	assert_false(has_panel_on_glass());
	assert_ptr_equal(owner(), bench->a);
	assert_log("[a] ");
}

static void the_highest_has_it(void **state)
{
	show(TRUSTED_MENU, "menu");
	forget_log();
	press(KEY_A);
	show(TRUSTED_LOCK, "lock");
	press(KEY_B);
	/* Something lower comes up, goes and comes: nothing to whoever has the input. */
	hide(TRUSTED_MENU);
	show(TRUSTED_PROMPT, "prompt");
	press(KEY_C);
	show(TRUSTED_LOCK_MENU, "menu");
	press(KEY_D);
	hide(TRUSTED_LOCK_MENU);
	press(KEY_E);
	hide(TRUSTED_LOCK);
	press(KEY_F);
	hide(TRUSTED_PROMPT);
	press(KEY_G);
	/* Each mode of the seat begins with telling where the pointer is. */
	assert_log("menu:30+ menu:below lock:M-0@0,0 lock:48+ lock:46+ lock:below menu:32+ "
		   "lock:active lock:18+ prompt:active prompt:M-0@0,0 prompt:33+ ");
	frames(2);
	assert_ptr_equal(owner(), bench->a);
}

static void points_are_pixels_of_their_monitor(void **state)
{
	show(TRUSTED_MENU, "menu");
	forget_log();
	trusted_seat_sink.pointer_enter(&bench->server, NULL, NULL, 10, 20);
	trusted_seat_sink.pointer_motion(&bench->server, NULL, NULL, 640 + 30, 40);
	trusted_seat_sink.pointer_motion(&bench->server, NULL, NULL, -5, 40);
	trusted_seat_sink.pointer_button(&bench->server, NULL, BTN_LEFT, true);
	trusted_seat_sink.frame(&bench->server, NULL);
	assert_log("menu:M-0@10,20 menu:M-1@30,40 menu:button+ ");
	hide(TRUSTED_MENU);
	/* Over the host's own areas, with nothing up: nobody's. */
	trusted_seat_sink.pointer_button(&bench->server, NULL, BTN_LEFT, true);
	trusted_show(bench->server.trusted, TRUSTED_MENU, &silent, NULL);
	trusted_seat_sink.pointer_motion(&bench->server, NULL, NULL, 10, 20);
	trusted_seat_sink.pointer_button(&bench->server, NULL, BTN_LEFT, true);
	trusted_seat_sink.pointer_axis(&bench->server, NULL, SEAT_AXIS_VERTICAL, 120);
	trusted_seat_sink.touch_down(&bench->server, NULL, NULL, 0, 10, 20);
	trusted_seat_sink.touch_motion(&bench->server, NULL, 0, 10, 20);
	trusted_seat_sink.touch_up(&bench->server, NULL, 0);
	press(KEY_A);
	assert_log("");
	hide(TRUSTED_MENU);
}

/* A trusted client draws the lock: the menu's panel must not stay, and what comes above has one again. */
static void who_has_no_panel_shows_none(void **state)
{
	show(TRUSTED_MENU, "menu");
	frames(2);
	assert_true(has_panel_on_glass());
	tellers[TRUSTED_LOCK] = (struct teller){"client", false, ""};
	trusted_show(bench->server.trusted, TRUSTED_LOCK, &ops, &tellers[TRUSTED_LOCK]);
	frames(2);
	assert_false(has_panel_on_glass());
	show(TRUSTED_LOCK_MENU, "above");
	frames(2);
	assert_true(has_panel_on_glass());
	hide(TRUSTED_LOCK_MENU);
	hide(TRUSTED_LOCK);
	hide(TRUSTED_MENU);
	frames(2);
	assert_false(has_panel_on_glass());
}

static void monitors_that_come_show_it(void **state)
{
	show(TRUSTED_MENU, "menu");
	frames(2);
	monitor_unplug(0);
	monitor_plug(0, 640, 480);
	frames(3);
	assert_true(has_panel_on_glass());
	assert_null(shown_on(0));
	hide(TRUSTED_MENU);
}

#define TRUSTED_TEST(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUSTED_TEST(guests_lose_everything_at_once),
		TRUSTED_TEST(the_highest_has_it),
		TRUSTED_TEST(points_are_pixels_of_their_monitor),
		TRUSTED_TEST(who_has_no_panel_shows_none),
		TRUSTED_TEST(monitors_that_come_show_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
