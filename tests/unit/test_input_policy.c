/* SPDX-License-Identifier: MIT */
/* What the configuration says of devices and guests, in force over real seat, focus and scene; and keyboards' lights. */
#include "tests/input_bench.h"

/* The configuration is another from here on, as after a reload. */
static void configure(const char *text)
{
	struct settings *old = bench->server.settings;
	char *errors = NULL;
	size_t size;
	FILE *out = open_memstream(&errors, &size);

	bench->server.settings = settings_parse("v.conf", text, strlen(text), out);
	assert_int_equal(fclose(out), 0);
	if (!bench->server.settings) {
		fail_msg("%s", errors);
	}
	free(errors);
	free(old);
	input_reload_devices(bench->server.input);
}

/* The bench's keyboard and mouse by names, which get their numbers. */
static void devices_name(void)
{
	struct roster *roster = input_roster(bench->server.input);

	assert_int_equal(roster_add(roster, &(struct device_identity){.name = "Keys"}), KEYBOARD);
	assert_int_equal(roster_add(roster, &(struct device_identity){.name = "Mouse"}), MOUSE);
}

static int setup_named(void **state)
{
	setup_two(state);
	devices_name();
	return 0;
}

static void test_kept_keyboard(void **state)
{
	configure("[device Keys]\nnot-guests = b\n");
	tap(KEY_A);
	assert_log("a:30+ a:30- ");
	/* Its chords are the host's all the same. */
	chord(KEY_TAB);
	frames(4);
	assert_ptr_equal(owner(), bench->b);
	forget_log();
	tap(KEY_A);
	assert_log("");
	/* Another keyboard may. */
	seat_key(input_seat(bench->server.input), 2, KEY_B, true, 1);
	seat_key(input_seat(bench->server.input), 2, KEY_B, false, 1);
	assert_log("b:48+ b:48- ");
}

/* What is no longer allowed is up at once, and stays unknown until it was let go and allowed again. */
static void test_reload_releases(void **state)
{
	struct seat *seat = input_seat(bench->server.input);

	key(KEY_A, true);
	seat_motion_absolute(seat, MOUSE, 0, 0.5, 0.5, 1);
	seat_button(seat, MOUSE, BTN_LEFT, true, 1);
	forget_log();
	configure("[device Keys]\nguests = b\n[device Mouse]\ndisabled = yes\n");
	assert_non_null(strstr(bench->log, "a:30- "));
	assert_non_null(strstr(bench->log, "a:button- "));
	forget_log();
	seat_button(seat, MOUSE, BTN_LEFT, false, 1);
	key(KEY_A, false);
	tap(KEY_A);
	assert_log("");
	configure("");
	forget_log();
	tap(KEY_A);
	assert_log("a:30+ a:30- ");
}

static uint32_t lights(void)
{
	return input_leds(bench->server.input);
}

/* Lights are those of who has the keyboard; a guest that has it not changes none. */
static void test_lights_follow_the_keyboard(void **state)
{
	struct input *input = bench->server.input;

	input_guest_leds(input, bench->b, DEVICES_LED_CAPS_LOCK);
	assert_int_equal(lights(), 0);
	input_guest_leds(input, bench->a, DEVICES_LED_NUM_LOCK);
	assert_int_equal(lights(), DEVICES_LED_NUM_LOCK);
	pass(LIGHTS_PAUSE_NS);
	chord(KEY_TAB);
	frames(4);
	assert_ptr_equal(owner(), bench->b);
	assert_int_equal(lights(), DEVICES_LED_CAPS_LOCK);
	pass(LIGHTS_PAUSE_NS);
	chord(KEY_TAB);
	frames(4);
	assert_int_equal(lights(), DEVICES_LED_NUM_LOCK);
	pass(LIGHTS_PAUSE_NS);
	/* Whoever goes takes its lights along. */
	guest_remove(bench->a);
	frames(4);
	assert_int_equal(lights(), DEVICES_LED_CAPS_LOCK);
}

/* At the menu or the lock they would say how a guest reads the keys that are not its own. */
static void test_lights_are_dark_for_the_host(void **state)
{
	input_guest_leds(bench->server.input, bench->a, DEVICES_LED_NUM_LOCK);
	pass(LIGHTS_PAUSE_NS);
	input_set_mode(bench->server.input, SEAT_HOST);
	frames(4);
	assert_int_equal(lights(), 0);
	input_guest_leds(bench->server.input, bench->a, DEVICES_LEDS);
	pass(LIGHTS_PAUSE_NS);
	assert_int_equal(lights(), 0);
	input_set_mode(bench->server.input, SEAT_GUESTS);
	frames(4);
	pass(LIGHTS_PAUSE_NS);
	assert_int_equal(lights(), DEVICES_LEDS);
}

/* A guest that blinks is slowed down, and what it wants in the end is what is seen. */
static void test_lights_are_slow(void **state)
{
	struct input *input = bench->server.input;
	unsigned changes = 0;
	uint32_t before = lights();

	for (unsigned i = 0; i < 1000; i++) {
		input_guest_leds(input, bench->a, i % 2 ? DEVICES_LED_SCROLL_LOCK : 0);
		pass(NSEC_PER_MSEC);
		changes += lights() != before;
		before = lights();
	}
	assert_in_range(changes, 3, 6);
	input_guest_leds(input, bench->a, DEVICES_LED_NUM_LOCK);
	pass(LIGHTS_PAUSE_NS);
	assert_int_equal(lights(), DEVICES_LED_NUM_LOCK);
}

/* Of guests that do not tell, by the strokes that they got. */
static void test_lights_by_policy(void **state)
{
	tap(KEY_NUMLOCK);
	assert_int_equal(lights(), DEVICES_LED_NUM_LOCK);
	pass(LIGHTS_PAUSE_NS);
	configure("[guest a]\nnum-lock = off\n");
	assert_int_equal(lights(), 0);
	pass(LIGHTS_PAUSE_NS);
	configure("[guest b]\nnum-lock = on\n");
	assert_int_equal(lights(), DEVICES_LED_NUM_LOCK);
	pass(LIGHTS_PAUSE_NS);
	/* A stroke that the other one got is none of its own. */
	tap(KEY_NUMLOCK);
	pass(LIGHTS_PAUSE_NS);
	assert_int_equal(lights(), 0);
	chord(KEY_TAB);
	frames(4);
	assert_int_equal(lights(), DEVICES_LED_NUM_LOCK);
}

#define POLICY_TEST(name) cmocka_unit_test_setup_teardown(name, setup_named, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST(test_kept_keyboard),
		POLICY_TEST(test_reload_releases),
		POLICY_TEST(test_lights_follow_the_keyboard),
		POLICY_TEST(test_lights_are_dark_for_the_host),
		POLICY_TEST(test_lights_are_slow),
		POLICY_TEST(test_lights_by_policy),
	};

	log_init("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
