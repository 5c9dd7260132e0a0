/* SPDX-License-Identifier: MIT */
/* What follows from where the pointer is: who is asked the keyboard for, who catches the pointer, whose cursor is seen. */
#include "tests/input_bench.h"

static struct layout layout; /* of the test that runs */
static char host_keys[128];

static struct seat *seat(void)
{
	return input_seat(bench->server.input);
}

static const struct scene_output *monitor(unsigned i)
{
	return repaint_output(bench->server.repaint, i);
}

static void follows(enum settings_follows what)
{
	bench->server.settings->keyboard_follows = what;
}

/* As layouts.c puts one in force. */
static void take_layout(void)
{
	assert_int_equal(scene_set_layout(bench->server.scene, &layout), 0);
	input_outputs_changed(bench->server.input);
	frames(3);
	forget_log();
	memset(&layout, 0, sizeof(layout));
}

/* To the middle of a monitor, which is the middle of its guest's picture. */
static void point_at(unsigned i)
{
	seat_motion_absolute(seat(), MOUSE, (int)i, 0.5, 0.55, 0);
	turn();
}

/* Somewhere between picture and edge: the host's ground. */
static void point_beside(unsigned i)
{
	seat_motion_absolute(seat(), MOUSE, (int)i, 0.02, 0.5, 0);
	turn();
}

static void click(void)
{
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	turn();
}

static void move(double dx, double dy)
{
	seat_motion(seat(), MOUSE, dx, dy, 0);
	turn();
}

static const char *note(void)
{
	struct frame frame;
	const char *found = "";

	scene_output_picture(repaint_output(bench->server.repaint, 0), &frame);
	for (unsigned i = 0; i < frame.n_layers; i++) {
		if (frame.layers[i].kind == LAYER_STRIP && frame.layers[i].strip.note) {
			found = frame.layers[i].strip.note;
		}
	}
	frame_finish(&frame);
	return found;
}

static bool pointer_is(const struct scene_guest *guest)
{
	return seat_pointer_owner(seat()) == (const struct seat_guest *)guest;
}

static bool has_cursor(unsigned i)
{
	return scene_cursor_output(bench->server.scene) == monitor(i);
}

/* ---- the keyboard follows ---- */

static void a_click_asks_for_the_keyboard(void **state)
{
	follows(FOLLOWS_CLICK);
	key(KEY_A, true);
	point_at(1);
	frames(20);
	assert_ptr_equal(owner(), bench->a);
	forget_log();
	click();
	/* The pointer is b's already; a lets go of the keyboard, and until the glass says so nobody has it. */
	assert_non_null(strstr(bench->log, "b:button+ b:button- a:30- [-] "));
	assert_null(owner());
	tap(KEY_B);
	forget_log();
	pass(PERIOD_NS);
	flip(1);
	assert_null(owner());
	flip(0);
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(named_on(0), bench->b);
	assert_ptr_equal(named_on(1), bench->b);
	/* No picture has moved. */
	assert_ptr_equal(shown_on(0), bench->a);
	assert_ptr_equal(scene_front(bench->server.scene), bench->a);
	tap(KEY_B);
	assert_log("[b] b:48+ b:48- ");
	key(KEY_A, false);
}

static void a_first_touch_asks_for_it_as_well(void **state)
{
	follows(FOLLOWS_CLICK);
	seat_touch_down(seat(), MOUSE, 1, 0, 0.5, 0.55, 0);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	/* The next contact is on a: the first one stays b's. */
	forget_log();
	seat_touch_down(seat(), MOUSE, 0, 1, 0.5, 0.55, 0);
	frames(2);
	assert_ptr_equal(owner(), bench->a);
	assert_non_null(strstr(bench->log, "a:down "));
	assert_null(strstr(bench->log, "b:up "));
	seat_touch_up(seat(), MOUSE, 0, 0);
	seat_touch_up(seat(), MOUSE, 1, 0);
}

static void by_default_it_stays(void **state)
{
	point_at(1);
	click();
	seat_touch_down(seat(), MOUSE, 1, 0, 0.5, 0.55, 0);
	frames(20);
	assert_ptr_equal(owner(), bench->a);
	seat_touch_up(seat(), MOUSE, 0, 0);
}

static void the_pointer_takes_it_along_when_it_stays(void **state)
{
	follows(FOLLOWS_POINTER);
	point_at(1);
	frames(5);
	/* Only crossing. */
	point_at(0);
	frames(20);
	assert_ptr_equal(owner(), bench->a);
	point_at(1);
	frames(20);
	assert_ptr_equal(owner(), bench->b);
	/* Over the host's ground it stays where it is. */
	point_beside(0);
	frames(20);
	assert_ptr_equal(owner(), bench->b);
}

static void a_picture_that_comes_takes_nothing(void **state)
{
	follows(FOLLOWS_POINTER);
	point_at(0);
	frames(20);
	guest_remove(bench->b);
	bench->b = guest_add("b", 1);
	frames(3);
	/* Brought under the pointer that rests: the keyboard follows the switch, not the picture. */
	layout.n_outputs = 1;
	strcpy(layout.outputs[0].name, "M-0");
	layout.outputs[0].n_regions = 1;
	layout.outputs[0].regions[0] =
		(struct layout_region){.shows = LAYOUT_GUEST, .w = 1, .h = 1, .guest = "b"};
	take_layout();
	frames(20);
	assert_true(pointer_is(bench->b));
	assert_ptr_equal(owner(), bench->a);
}

static void the_switch_key_leaves_pictures_where_they_are(void **state)
{
	follows(FOLLOWS_CLICK);
	chord(KEY_TAB);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(shown_on(0), bench->a);
	/* One that is shown nowhere has to come. */
	guest_add("c", 1);
	chord(KEY_TAB);
	frames(3);
	assert_string_equal(owner()->mark.name, "c");
	assert_string_equal(shown_on(0)->mark.name, "c");
}

static void it_is_given_to_who_is_shown_alone(void **state)
{
	struct scene_guest *c = guest_add("c", 1);

	frames(2);
	assert_int_equal(input_give_keyboard(bench->server.input, c), -EACCES);
	assert_int_equal(input_give_keyboard(bench->server.input, bench->b), 0);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	/* It goes: the one in front has it again. */
	guest_remove(bench->b);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	input_set_mode(bench->server.input, SEAT_HOST);
	assert_int_equal(input_give_keyboard(bench->server.input, bench->a), -EBUSY);
	input_set_mode(bench->server.input, SEAT_GUESTS);
}

static void what_the_layout_keeps_out_of_reach_is_not_touched(void **state)
{
	strcpy(layout.reachable[0], "a");
	layout.n_reachable = 1;
	layout.n_outputs = 1;
	strcpy(layout.outputs[0].name, "M-1");
	layout.outputs[0].n_regions = 1;
	layout.outputs[0].regions[0] =
		(struct layout_region){.shows = LAYOUT_GUEST, .w = 1, .h = 1, .guest = "b"};
	take_layout();
	assert_ptr_equal(shown_on(1), bench->b);
	follows(FOLLOWS_POINTER);
	point_at(1);
	click();
	seat_touch_down(seat(), MOUSE, 1, 0, 0.5, 0.55, 0);
	frames(20);
	assert_null(strstr(bench->log, "b:"));
	assert_ptr_equal(owner(), bench->a);
	seat_touch_up(seat(), MOUSE, 0, 0);
}

static void who_goes_is_told_nothing(void **state)
{
	point_at(0);
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_touch_down(seat(), MOUSE, 0, 0, 0.5, 0.55, 0);
	key(KEY_A, true);
	forget_log();
	/* Its picture is still on the glass, under pointer and finger. */
	guest_remove(bench->a);
	move(1, 1);
	seat_touch_motion(seat(), MOUSE, 0, 0, 0.5, 0.56, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	assert_null(strstr(bench->log, "a:"));
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	key(KEY_A, false);
}

/* ---- capture ---- */

static void the_chord_catches_and_frees(void **state)
{
	point_at(1);
	forget_log();
	chord(KEY_G);
	turn();
	assert_ptr_equal(seat_capture(seat()), bench->b);
	assert_string_equal(note(), "pointer caught: ctrl+alt+g frees it");
	/* It is played with keyboard and mouse. */
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	forget_log();
	move(-2000, 0);
	assert_log("b:by-2000,0 ");
	assert_true(pointer_is(bench->b));
	chord(KEY_G);
	turn();
	assert_null(seat_capture(seat()));
	assert_string_equal(note(), "");
	move(-2000, 0);
	assert_false(pointer_is(bench->b));
}

static void whatever_is_the_hosts_frees(void **state)
{
	point_at(0);
	chord(KEY_G);
	assert_non_null(seat_capture(seat()));
	chord(KEY_DELETE);
	turn();
	assert_null(seat_capture(seat()));
	assert_string_equal(note(), "");
	tap(KEY_ESC);
	frames(3);
	chord(KEY_G);
	assert_non_null(seat_capture(seat()));
	chord(KEY_TAB);
	turn();
	assert_null(seat_capture(seat()));
	frames(3);
	/* The guest dies, or is hidden. */
	point_at(0);
	chord(KEY_G);
	turn();
	assert_ptr_equal(seat_capture(seat()), bench->b);
	guest_remove(bench->b);
	assert_null(seat_capture(seat()));
	frames(3);
	point_at(0);
	chord(KEY_G);
	turn();
	assert_ptr_equal(seat_capture(seat()), bench->a);
	scene_output_set_power(repaint_output(bench->server.repaint, 0), false);
	scene_output_set_power(repaint_output(bench->server.repaint, 1), false);
	turn();
	assert_null(seat_capture(seat()));
}

static void who_takes_motions_alone_is_caught_by_a_click(void **state)
{
	bench->relative = bench->b;
	point_at(1);
	assert_null(seat_capture(seat()));
	click();
	assert_ptr_equal(seat_capture(seat()), bench->b);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	forget_log();
	move(3, 4);
	assert_log("b:by3,4 ");
	chord(KEY_G);
	turn();
	/* The others are not. */
	point_at(0);
	click();
	assert_null(seat_capture(seat()));
}

static void the_administrator_has_a_say_in_capture(void **state)
{
	struct settings_guest *guest = &bench->server.settings->guests[0];

	*guest = bench->server.settings->guest_defaults;
	strcpy(guest->name, "b");
	bench->server.settings->n_guests = 1;
	guest->capture = CAPTURE_NEVER;
	bench->relative = bench->b;
	point_at(1);
	click();
	chord(KEY_G);
	turn();
	assert_null(seat_capture(seat()));
	guest->capture = CAPTURE_CHORD;
	click();
	assert_null(seat_capture(seat()));
	chord(KEY_G);
	assert_non_null(seat_capture(seat()));
	chord(KEY_G);
	bench->relative = NULL;
	guest->capture = CAPTURE_CLICK;
	click();
	assert_ptr_equal(seat_capture(seat()), bench->b);
}

/* ---- detached ---- */

static void detached_nobody_has_anything(void **state)
{
	point_at(0);
	key(KEY_A, true);
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_touch_down(seat(), MOUSE, 0, 0, 0.5, 0.55, 0);
	forget_log();
	input_detach(bench->server.input);
	turn();
	assert_non_null(strstr(bench->log, "a:30- "));
	assert_non_null(strstr(bench->log, "a:button- "));
	assert_non_null(strstr(bench->log, "a:up "));
	assert_string_equal(note(), "input is detached");
	frames(3);
	assert_null(named_on(0));
	forget_log();
	key(KEY_A, false);
	tap(KEY_B);
	click();
	move(5, 5);
	seat_touch_down(seat(), MOUSE, 1, 1, 0.5, 0.55, 0);
	seat_touch_up(seat(), MOUSE, 1, 0);
	frames(3);
	assert_log("");
	/* Whatever changes in the scene, it stays so. */
	guest_add("c", 1);
	chord(KEY_DELETE);
	tap(KEY_ESC);
	frames(3);
	tap(KEY_B);
	assert_log("");
	chord(KEY_TAB);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	assert_string_equal(note(), "");
	forget_log();
	tap(KEY_B);
	assert_log("a:48+ a:48- ");
}

/* ---- the host's cursor ---- */

static void the_hosts_cursor_is_where_no_guests_is(void **state)
{
	assert_null(scene_cursor_output(bench->server.scene));
	point_beside(0);
	assert_true(has_cursor(0));
	point_at(0);
	assert_null(scene_cursor_output(bench->server.scene));
	point_beside(1);
	assert_true(has_cursor(1));
	/* The strip is the host's. */
	seat_motion_absolute(seat(), MOUSE, 0, 0.5, 0.01, 0);
	turn();
	assert_true(has_cursor(0));
	pass(2 * NSEC_PER_SEC);
	move(1, 0);
	pass(2 * NSEC_PER_SEC);
	assert_true(has_cursor(0));
	pass(2 * NSEC_PER_SEC);
	assert_null(scene_cursor_output(bench->server.scene));
	/* A key moves nothing. */
	tap(KEY_B);
	turn();
	assert_null(scene_cursor_output(bench->server.scene));
	move(1, 0);
	assert_true(has_cursor(0));
}

static void with_the_menu_up_it_is_the_hosts_everywhere(void **state)
{
	point_at(0);
	pass(4 * NSEC_PER_SEC);
	chord(KEY_DELETE);
	frames(2);
	assert_null(scene_cursor_output(bench->server.scene));
	move(1, 1);
	assert_true(has_cursor(0));
	tap(KEY_ESC);
	frames(3);
	assert_true(pointer_is(bench->a));
	assert_null(scene_cursor_output(bench->server.scene));
}

/* ---- edges ---- */

static void edges_resist_and_walls_stop(void **state)
{
	layout.n_outputs = 1;
	strcpy(layout.outputs[0].name, "M-0");
	layout.outputs[0].resistance = 50;
	take_layout();
	seat_motion_absolute(seat(), MOUSE, 0, 0.999, 0.5, 0);
	move(20, 0);
	move(20, 0);
	assert_false(has_cursor(1));
	move(20, 0);
	assert_true(has_cursor(1));
	/* Back there is none. */
	move(-40, 0);
	assert_true(has_cursor(0));
	layout.n_outputs = 2;
	strcpy(layout.outputs[0].name, "M-0");
	strcpy(layout.outputs[1].name, "M-1");
	layout.outputs[1].walls = LAYOUT_WALL_LEFT;
	take_layout();
	seat_motion_absolute(seat(), MOUSE, 0, 0.999, 0.5, 0);
	for (unsigned i = 0; i < 50; i++) {
		move(100, 0);
	}
	assert_true(has_cursor(0));
	/* From the other side, too. */
	point_beside(1);
	for (unsigned i = 0; i < 50; i++) {
		move(-100, 0);
	}
	assert_true(has_cursor(1));
}

/* ---- monitors that guests drive by themselves ---- */

static void external_layout(void)
{
	layout.n_externals = 1;
	layout.externals[0] = (struct layout_external){
		.label = "games",
		.guest = "b",
		.place = {.side = LAYOUT_LEFT_OF, .beside = "M-0"},
		.width = 500,
		.height = 480,
	};
	/* Its other screens are not shown here. */
	layout.n_outputs = 2;
	for (unsigned i = 0; i < 2; i++) {
		snprintf(layout.outputs[i].name, sizeof(layout.outputs[i].name), "M-%u", i);
		layout.outputs[i].n_regions = 1;
		layout.outputs[i].regions[0] =
			(struct layout_region){.shows = LAYOUT_GUEST, .w = 1, .h = 1, .guest = "a"};
	}
	layout.outputs[1].regions[0].shows = LAYOUT_NOTHING;
	take_layout();
}

static void the_pointer_crosses_into_a_guests_own_monitor(void **state)
{
	external_layout();
	follows(FOLLOWS_POINTER);
	point_beside(0);
	assert_true(has_cursor(0));
	move(-100, 0);
	/* It is not ours to draw on. */
	assert_null(scene_cursor_output(bench->server.scene));
	assert_true(pointer_is(bench->b));
	assert_string_equal(note(), "input is on b's own monitor");
	forget_log();
	move(-10, 5);
	assert_log("b:by-10,5 ");
	/* The keyboard follows when all of our monitors say so. */
	frames(2);
	pass(120 * NSEC_PER_MSEC);
	assert_null(owner());
	pass(PERIOD_NS);
	flip(0);
	assert_ptr_equal(named_on(0), bench->b);
	assert_null(owner());
	tap(KEY_B);
	flip(1);
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(named_on(0), bench->b);
	assert_ptr_equal(named_on(1), bench->b);
	forget_log();
	tap(KEY_B);
	click();
	assert_log("b:48+ b:48- b:button+ b:button- ");
	/* And back. */
	move(1000, 0);
	assert_string_equal(note(), "input is on b's own monitor");
	point_at(0);
	frames(20);
	assert_ptr_equal(owner(), bench->a);
	assert_string_equal(note(), "");
}

static void positions_on_it_go_to_what_its_worker_offers(void **state)
{
	external_layout();
	bench->has_external = true;
	point_beside(0);
	move(-100, 0);
	assert_true(pointer_is(bench->b));
	assert_int_equal(bench->external.width, 500);
	forget_log();
	move(-10, 5);
	assert_non_null(strstr(bench->log, "b:to"));
	assert_null(strstr(bench->log, "b:by"));
	/* A drag goes on at its edge. */
	seat_button(seat(), MOUSE, BTN_LEFT, true, 0);
	seat_motion_absolute(seat(), MOUSE, 1, 0.5, 1, 0);
	assert_non_null(strstr(bench->log, "b:to499.996,479.996 "));
	seat_button(seat(), MOUSE, BTN_LEFT, false, 0);
	/* The worker goes. */
	move(-3000, 0);
	bench->has_external = false;
	input_head_removed(bench->server.input, &bench->external);
	turn();
	forget_log();
	move(-10, 5);
	assert_log("b:by-10,5 ");
}

static void a_guests_own_monitor_goes_with_it(void **state)
{
	double x, y;

	external_layout();
	follows(FOLLOWS_POINTER);
	point_beside(0);
	move(-100, 0);
	pass(160 * NSEC_PER_MSEC);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	forget_log();
	guest_remove(bench->b);
	frames(3);
	assert_null(strstr(bench->log, "b:"));
	assert_ptr_equal(owner(), bench->a);
	assert_string_equal(note(), "");
	seat_pointer_position(seat(), &x, &y);
	assert_true(x >= 0);
	/* Nobody is there to go to. */
	point_beside(0);
	move(-1000, 0);
	assert_true(has_cursor(0));
}

static void without_a_monitor_of_ours_nobody_would_know(void **state)
{
	external_layout();
	assert_int_equal(input_give_keyboard(bench->server.input, bench->b), 0);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	monitor_unplug(0);
	turn();
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	monitor_unplug(1);
	turn();
	assert_null(owner());
	pass(10 * PERIOD_NS);
	tap(KEY_B);
	monitor_plug(0, 640, 480);
	frames(3);
	assert_ptr_equal(owner(), bench->b);
}

/* ---- the host's keys ---- */

static void hear(struct control *control, const char *signal, const char *guest, const char *detail)
{
	size_t used = strlen(host_keys);

	if (strcmp(signal, "HostKey") == 0) {
		snprintf(host_keys + used, sizeof(host_keys) - used, "%s ", detail);
	}
}

static void kept_keys_are_told_by_name(void **state)
{
	struct settings *settings = bench->server.settings;

	host_keys[0] = '\0';
	bench->server.tell = hear;
	tap(KEY_VOLUMEUP);
	assert_log("a:115+ a:115- ");
	settings->keep_keys[settings->n_keep_keys++] = KEY_VOLUMEUP;
	input_set_chords(bench->server.input, settings);
	tap(KEY_VOLUMEUP);
	tap(KEY_MUTE);
	assert_log("a:113+ a:113- ");
	/* With something of the host's up it gets all keys; it tells of none but those. */
	chord(KEY_DELETE);
	tap(KEY_B);
	tap(KEY_MUTE);
	tap(KEY_VOLUMEUP);
	tap(KEY_ESC);
	assert_string_equal(host_keys, "volumeup volumeup ");
}

#define JOIN_TEST(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOIN_TEST(a_click_asks_for_the_keyboard),
		JOIN_TEST(a_first_touch_asks_for_it_as_well),
		JOIN_TEST(by_default_it_stays),
		JOIN_TEST(the_pointer_takes_it_along_when_it_stays),
		JOIN_TEST(a_picture_that_comes_takes_nothing),
		JOIN_TEST(the_switch_key_leaves_pictures_where_they_are),
		JOIN_TEST(it_is_given_to_who_is_shown_alone),
		JOIN_TEST(what_the_layout_keeps_out_of_reach_is_not_touched),
		JOIN_TEST(who_goes_is_told_nothing),
		JOIN_TEST(the_chord_catches_and_frees),
		JOIN_TEST(whatever_is_the_hosts_frees),
		JOIN_TEST(who_takes_motions_alone_is_caught_by_a_click),
		JOIN_TEST(the_administrator_has_a_say_in_capture),
		JOIN_TEST(detached_nobody_has_anything),
		JOIN_TEST(the_hosts_cursor_is_where_no_guests_is),
		JOIN_TEST(with_the_menu_up_it_is_the_hosts_everywhere),
		JOIN_TEST(edges_resist_and_walls_stop),
		JOIN_TEST(the_pointer_crosses_into_a_guests_own_monitor),
		JOIN_TEST(positions_on_it_go_to_what_its_worker_offers),
		JOIN_TEST(a_guests_own_monitor_goes_with_it),
		JOIN_TEST(without_a_monitor_of_ours_nobody_would_know),
		JOIN_TEST(kept_keys_are_told_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
