/* SPDX-License-Identifier: MIT */
/*
 * Seat, focus and scene joined by input.c, over real scene, frame loop and renderer. The monitors
 * flip only when the test says so; the time is virtual. What guests are told is logged in words.
 */
#include "tests/input_bench.h"

/* ---- tests ---- */

static void test_first_guest(void **state)
{
	struct scene_guest *a;

	tap(KEY_A);
	a = guest_add("a", 1);
	assert_ptr_equal(scene_front(bench->server.scene), a);
	/* Its frame is drawn and on its way, but not on the glass. */
	pass(PERIOD_NS);
	assert_true(bench->monitors[0].flying);
	assert_null(owner());
	tap(KEY_A);
	assert_log("");
	flip(0);
	/* The other monitor does not name it yet. */
	assert_null(owner());
	flip(1);
	assert_ptr_equal(owner(), a);
	assert_ptr_equal(shown_on(0), a);
	assert_ptr_equal(named_on(1), a);
	tap(KEY_B);
	assert_log("[a] a:48+ a:48- ");
}

static void test_second_guest_waits(void **state)
{
	struct scene_guest *a = guest_add("a", 1);

	frames(3);
	assert_ptr_equal(owner(), a);
	guest_add("b", 2);
	frames(3);
	assert_ptr_equal(owner(), a);
	assert_ptr_equal(scene_front(bench->server.scene), a);
}

static void test_switch_follows_the_frame(void **state)
{
	key(KEY_A, true);
	assert_log("a:30+ ");
	chord(KEY_TAB);
	/*
	 * At once: the old owner lets go of everything. The key that completes the chord came
	 * nowhere.
	 */
	assert_log("a:29+ a:56+ a:29- a:56- a:30- [-] ");
	assert_null(owner());
	tap(KEY_B);
	pass(PERIOD_NS);
	tap(KEY_B);
	assert_log("");
	flip(1); /* it names b, which is on the first monitor now */
	assert_null(owner());
	flip(0);
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(shown_on(0), bench->b);
	assert_ptr_equal(named_on(0), bench->b);
	assert_ptr_equal(named_on(1), bench->b);
	/* What was held across the switch belongs to nobody until it is up. */
	key(KEY_A, false);
	tap(KEY_B);
	assert_log("[b] b:48+ b:48- ");
}

static void test_switch_waits_for_all_monitors(void **state)
{
	struct scene_guest *c = guest_add("c", 2);

	chord(KEY_TAB);
	frames(3);
	chord(KEY_TAB);
	pass(PERIOD_NS);
	forget_log();
	flip(0);
	assert_null(owner());
	flip(1);
	assert_ptr_equal(owner(), c);
	assert_ptr_equal(shown_on(0), c);
	assert_ptr_equal(shown_on(1), c);
}

static void test_switch_alone(void **state)
{
	struct scene_guest *a = guest_add("a", 1);

	guest_add("headless", 0);
	frames(3);
	forget_log();
	chord(KEY_TAB);
	assert_ptr_equal(owner(), a);
	frames(2);
	assert_ptr_equal(owner(), a);
}

static void test_attention(void **state)
{
	chord(KEY_DELETE);
	assert_log("a:29+ a:56+ a:29- a:56- [-] ");
	assert_true(input_attention(bench->server.input));
	frames(3);
	assert_null(shown_on(0));
	assert_null(owner());
	tap(KEY_A);
	chord(KEY_TAB);
	chord(KEY_DELETE);
	assert_log("");
	assert_ptr_equal(scene_front(bench->server.scene), bench->a);
	tap(KEY_ESC);
	assert_false(input_attention(bench->server.input));
	tap(KEY_B);
	pass(PERIOD_NS);
	assert_null(owner());
	assert_log("");
	flip(1);
	flip(0);
	assert_ptr_equal(owner(), bench->a);
	tap(KEY_B);
	assert_log("[a] a:48+ a:48- ");
}

static void test_attention_while_owner_leaves(void **state)
{
	chord(KEY_DELETE);
	frames(2);
	guest_remove(bench->a);
	frames(3);
	assert_null(owner());
	assert_true(input_attention(bench->server.input));
	forget_log();
	tap(KEY_ESC);
	frames(2);
	assert_ptr_equal(owner(), bench->b);
	tap(KEY_B);
	assert_log("[b] b:48+ b:48- ");
}

static void test_late_frames(void **state)
{
	chord(KEY_TAB);
	pass(PERIOD_NS);
	forget_log();
	/* No flip for three periods: the host's card is to come, and nobody has the input. */
	pass(4 * PERIOD_NS);
	assert_null(owner());
	/* The frames that were under way show b after all: that is enough. */
	flip(0);
	assert_null(owner());
	flip(1);
	assert_ptr_equal(owner(), bench->b);
	frames(2);
	assert_ptr_equal(shown_on(0), bench->b);
}

static void test_late_frames_card(void **state)
{
	unsigned n = 0;

	/* The monitor is busy with a frame of before the switch, and slow. */
	scene_output_damage_all(repaint_output(bench->server.repaint, 0));
	pass(PERIOD_NS);
	assert_true(bench->monitors[0].flying);
	chord(KEY_TAB);
	pass(4 * PERIOD_NS);
	flip(0);
	assert_ptr_equal(shown_on(0), bench->a);
	pass(PERIOD_NS);
	flip(0);
	/* The card is on the glass, and goes again; then comes b's frame, however slowly. */
	assert_null(shown_on(0));
	assert_null(owner());
	while (!owner() && n++ < 4) {
		pass(5 * PERIOD_NS);
		flip(0);
		flip(1);
	}
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(shown_on(0), bench->b);
}

static void test_owner_leaves(void **state)
{
	key(KEY_A, true);
	forget_log();
	guest_remove(bench->a);
	/* Nothing is sent to a guest that is gone. */
	assert_log("[-] ");
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	assert_log("[b] ");
	guest_remove(bench->b);
	frames(2);
	assert_null(owner());
	assert_null(scene_front(bench->server.scene));
}

static void test_owner_loses_its_heads(void **state)
{
	seat_motion_absolute(input_seat(bench->server.input), MOUSE, 0, 0.5, 0.5, 0);
	key(KEY_A, true);
	forget_log();
	head_remove(bench->a, 0);
	assert_log("a:out a:30- [-] ");
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	key(KEY_A, false);
}

static void test_monitors_go_and_come(void **state)
{
	monitor_unplug(1);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	key(KEY_A, true);
	monitor_unplug(0);
	turn();
	/* Shown nowhere: it lets go and has nothing. */
	assert_null(owner());
	assert_non_null(strstr(bench->log, "a:30- "));
	pass(10 * PERIOD_NS);
	assert_null(owner());
	monitor_plug(0, 800, 600);
	forget_log();
	tap(KEY_B);
	assert_log("");
	frames(4);
	assert_ptr_equal(owner(), bench->a);
	assert_ptr_equal(shown_on(0), bench->a);
	key(KEY_A, false);
}

static void test_pointer(void **state)
{
	struct seat *seat = input_seat(bench->server.input);
	struct rect dst = bench->a->heads[0]->dst;

	/* The middle of pixel 10, 20 of the guest: shown one to one. */
	assert_int_equal(dst.w, 320);
	seat_motion_absolute(seat, MOUSE, 0, (dst.x + 10.5) / 640, (dst.y + 20.5) / 480, 0);
	seat_motion_absolute(seat, MOUSE, 0, (dst.x + 319.5) / 640, (dst.y + 239.5) / 480, 0);
	assert_log("a:in0@10.5,20.5 a:to319.5,239.5 ");
	/* The strip is the host's. */
	seat_motion_absolute(seat, MOUSE, 0, 0.5, 2.0 / 480, 0);
	/* Its own cursor is parked where it is least in the way. */
	assert_log("a:to319.996,239.996 a:out ");
	/* b is on the other monitor: the pointer is its own there, the keyboard is not. */
	seat_motion_absolute(seat, MOUSE, 1, 0.5, 0.5, 0);
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
	tap(KEY_A);
	assert_log("b:in0@160,108 b:button+ b:button- a:30+ a:30- ");
	/* A drag goes on outside, clamped to the head. */
	seat_motion_absolute(seat, MOUSE, 0, (dst.x + 10.5) / 640, (dst.y + 20.5) / 480, 0);
	seat_button(seat, MOUSE, BTN_LEFT, true, 0);
	seat_motion_absolute(seat, MOUSE, 0, 0, 0, 0);
	assert_log("b:to319.996,239.996 b:out a:in0@10.5,20.5 a:button+ a:to0,0 ");
	seat_button(seat, MOUSE, BTN_LEFT, false, 0);
}

/*
 * The owner's monitor goes and its picture moves to one whose glass still shows somebody else: until
 * the flip there, it has nothing.
 */
static void test_owner_moves_to_another_glass(void **state)
{
	struct seat *seat = input_seat(bench->server.input);

	assert_ptr_equal(shown_on(1), bench->b);
	key(KEY_A, true);
	forget_log();
	monitor_unplug(0);
	/* Even before the loop turns. */
	tap(KEY_B);
	assert_null(owner());
	turn();
	tap(KEY_B);
	seat_motion_absolute(seat, MOUSE, 1, 0.5, 0.5, 0);
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	assert_log("a:30- [-] ");
	frames(3);
	assert_ptr_equal(shown_on(1), bench->a);
	assert_ptr_equal(owner(), bench->a);
	key(KEY_A, false);
}

/*
 * The owner makes a second head, which takes the place of somebody else's picture. Until it is on
 * the glass, a touch there is on that other guest's picture: nobody's.
 */
static void test_touch_is_on_what_the_glass_shows(void **state)
{
	struct seat *seat = input_seat(bench->server.input);

	input_head_placed(bench->server.input, scene_head_add(bench->a, 1, 320, 240, NULL));
	turn();
	assert_ptr_equal(bench->a->heads[1]->output, repaint_output(bench->server.repaint, 1));
	assert_ptr_equal(shown_on(1), bench->b);
	assert_ptr_equal(owner(), bench->a);
	forget_log();
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	seat_motion_absolute(seat, MOUSE, 1, 0.5, 0.5, 0);
	assert_log("");
	seat_touch_up(seat, MOUSE, 0, 0);
	frames(2);
	/* The pointer is over it without having moved. */
	assert_log("a:in1@160,108 ");
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	assert_log("a:down ");
	seat_touch_up(seat, MOUSE, 0, 0);
}

/* Wherever b's input begins, b's picture and name are on the glass, and nobody else's. */
static void assert_b_has_it(void)
{
	assert_ptr_equal(owner(), bench->b);
	assert_ptr_equal(shown_on(0), bench->b);
	assert_ptr_equal(named_on(0), bench->b);
	forget_log();
	tap(KEY_B);
	assert_log("b:48+ b:48- ");
}

static void test_refused_frames(void **state)
{
	bench->monitors[0].refuses = true;
	chord(KEY_TAB);
	forget_log();
	for (unsigned i = 0; i < 8; i++) {
		frames(1);
		assert_null(owner());
		assert_ptr_equal(shown_on(0), bench->a);
		tap(KEY_B);
	}
	assert_log("");
	bench->monitors[0].refuses = false;
	frames(6);
	assert_b_has_it();
}

static void test_a_guest_without_a_picture(void **state)
{
	struct frame frame;
	const char *card = "";

	/* No guest here has one. */
	chord(KEY_TAB);
	frames(30);
	assert_b_has_it();
	scene_output_picture(repaint_output(bench->server.repaint, 0), &frame);
	for (unsigned i = 0; i < frame.n_layers; i++) {
		if (frame.layers[i].kind == LAYER_CARD) {
			card = frame.layers[i].card->lines[0];
		}
	}
	assert_string_equal(card, "b: no picture yet");
	frame_finish(&frame);
}

static void test_a_monitor_goes_dark_meanwhile(void **state)
{
	struct scene_output *output = repaint_output(bench->server.repaint, 0);

	chord(KEY_TAB);
	pass(PERIOD_NS);
	scene_output_set_power(output, false);
	turn();
	forget_log();
	frames(3);
	tap(KEY_B);
	assert_null(owner());
	assert_log("");
	scene_output_set_power(output, true);
	frames(3);
	assert_b_has_it();
}

static void test_the_session_goes_meanwhile(void **state)
{
	chord(KEY_TAB);
	pass(PERIOD_NS);
	assert_true(bench->monitors[0].flying);
	for (unsigned i = 0; i < 2; i++) {
		bench->monitors[i].flying = false;
		repaint_output_away(bench->server.repaint, i);
	}
	forget_log();
	pass(10 * PERIOD_NS);
	tap(KEY_B);
	assert_null(owner());
	assert_log("");
	for (unsigned i = 0; i < 2; i++) {
		repaint_output_listener.damaged(bench->server.repaint, &bench->monitors[i].base);
	}
	frames(6);
	assert_b_has_it();
}

static void test_a_flip_is_lost(void **state)
{
	chord(KEY_TAB);
	pass(PERIOD_NS);
	/* The frame was taken, and nothing is told of it. */
	bench->monitors[0].flying = false;
	forget_log();
	for (unsigned i = 0; i < 20; i++) {
		pass(PERIOD_NS);
		flip(1);
		tap(KEY_B);
	}
	assert_null(owner());
	assert_log("");
	pass(NSEC_PER_SEC);
	frames(8);
	assert_b_has_it();
}

static void test_the_new_owner_dies_meanwhile(void **state)
{
	key(KEY_A, true);
	chord(KEY_TAB);
	pass(PERIOD_NS);
	flip(1);
	forget_log();
	guest_remove(bench->b);
	/* The frame under way shows b's mark. */
	flip(0);
	tap(KEY_B);
	assert_null(owner());
	assert_log("");
	frames(2);
	assert_ptr_equal(owner(), bench->a);
	assert_ptr_equal(shown_on(0), bench->a);
	assert_ptr_equal(named_on(1), bench->a);
	key(KEY_A, false);
}

#define JOIN_TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOIN_TEST(test_first_guest, setup),
		JOIN_TEST(test_second_guest_waits, setup),
		JOIN_TEST(test_switch_follows_the_frame, setup_two),
		JOIN_TEST(test_switch_waits_for_all_monitors, setup_two),
		JOIN_TEST(test_switch_alone, setup),
		JOIN_TEST(test_attention, setup_two),
		JOIN_TEST(test_attention_while_owner_leaves, setup_two),
		JOIN_TEST(test_late_frames, setup_two),
		JOIN_TEST(test_late_frames_card, setup_two),
		JOIN_TEST(test_owner_leaves, setup_two),
		JOIN_TEST(test_owner_loses_its_heads, setup_two),
		JOIN_TEST(test_monitors_go_and_come, setup_two),
		JOIN_TEST(test_pointer, setup_two),
		JOIN_TEST(test_owner_moves_to_another_glass, setup_two),
		JOIN_TEST(test_touch_is_on_what_the_glass_shows, setup_two),
		JOIN_TEST(test_refused_frames, setup_two),
		JOIN_TEST(test_a_guest_without_a_picture, setup_two),
		JOIN_TEST(test_a_monitor_goes_dark_meanwhile, setup_two),
		JOIN_TEST(test_the_session_goes_meanwhile, setup_two),
		JOIN_TEST(test_a_flip_is_lost, setup_two),
		JOIN_TEST(test_the_new_owner_dies_meanwhile, setup_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
