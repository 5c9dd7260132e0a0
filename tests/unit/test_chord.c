/* SPDX-License-Identifier: MIT */
/* The names of chords, and when they are complete: seen from the guest, which must never see the completing key. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "tests/unit/seat_world.h"

static struct seat_guest guest_a = {.letter = 'A'};
static struct seat_guest guest_b = {.letter = 'B'};
static struct world world;
static struct seat *seat;

static int setup(void **state)
{
	struct seat_chord attention, switch_key;

	world_init(&world, 1);
	if (seat_chord_parse("ctrl+alt+delete", &attention) != 0 ||
	    seat_chord_parse("meta+tab", &switch_key) != 0) {
		return -1;
	}
	seat = seat_create(&world_sink, &world_space, &world, &attention, &switch_key);
	seat_set_keyboard(seat, &guest_a);
	return 0;
}

static int teardown(void **state)
{
	seat_destroy(seat);
	return 0;
}

static void key(unsigned device, uint32_t code, bool pressed)
{
	seat_key(seat, device, code, pressed, 0);
}

#define expect(text) assert_string_equal(world_take_log(&world), text)

static void chords_have_names(void **state)
{
	struct seat_chord chord;

	assert_int_equal(seat_chord_parse("ctrl+alt+tab", &chord), 0);
	assert_true(chord.ctrl && chord.alt && !chord.shift && !chord.meta);
	assert_int_equal(chord.key, KEY_TAB);
	assert_int_equal(seat_chord_parse("Shift+META+F12", &chord), 0);
	assert_true(!chord.ctrl && !chord.alt && chord.shift && chord.meta);
	assert_int_equal(chord.key, KEY_F12);
	assert_int_equal(seat_chord_parse("q+ctrl", &chord), 0);
	assert_int_equal(chord.key, KEY_Q);
	assert_int_equal(seat_chord_parse("alt+0", &chord), 0);
	assert_int_equal(chord.key, KEY_0);
}

static void both_keys_of_a_modifier_have_a_name(void **state)
{
	struct seat_chord chord;

	assert_int_equal(seat_chord_parse("LeftCtrl+rightctrl", &chord), 0);
	assert_true(!chord.ctrl && !chord.alt && !chord.shift && !chord.meta);
	assert_true(chord.key == KEY_LEFTCTRL && chord.pair == KEY_RIGHTCTRL);
	assert_int_equal(seat_chord_parse("rightmeta+leftmeta", &chord), 0);
	assert_true(chord.key == KEY_LEFTMETA && chord.pair == KEY_RIGHTMETA);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "+",
					  "a",
					  "ctrl",
					  "ctrl+",
					  "+a",
					  "ctrl++a",
					  "ctrl+a+b",
					  "ctrl+alt",
					  "ctrl+ctrl+a",
					  "ctrl+nokey",
					  "ctrl a",
					  "ctrl+ a",
					  "ctrl+f13",
					  "ctrl+aa",
					  "control+a",
					  "ctrl+a ",
					  "ctrl+delete+",
					  "f1+f2",
					  "leftctrl",
					  "leftctrl+rightalt",
					  "leftctrl+leftctrl",
					  "leftctrl+a",
					  "leftctrl+rightctrl+a",
					  "alt+leftctrl+rightctrl",
					  "leftctrl+"};
	struct seat_chord chord = {.key = 7};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(seat_chord_parse(bad[i], &chord), -EINVAL);
	}
	assert_int_equal(chord.key, 7);
}

static void modifiers_that_were_seen_are_released(void **state)
{
	key(0, KEY_LEFTCTRL, true);
	key(0, KEY_RIGHTALT, true);
	expect("A:key 29 down A:. A:key 100 down A:. ");
	key(0, KEY_DELETE, true);
	expect("A:key 29 up A:key 100 up A:. !:attention ");
	/* Still down, they belong to nobody, and so does what is pressed with them. */
	key(0, KEY_X, true);
	key(0, KEY_X, false);
	key(0, KEY_DELETE, false);
	key(0, KEY_LEFTCTRL, false);
	key(0, KEY_X, true);
	key(0, KEY_RIGHTALT, false);
	key(0, KEY_X, false);
	expect("");
	key(0, KEY_X, true);
	expect("A:key 45 down A:. ");
}

static void keyboards_count_together(void **state)
{
	key(0, KEY_LEFTCTRL, true);
	key(1, KEY_LEFTALT, true);
	world_take_log(&world);
	key(2, KEY_DELETE, true);
	expect("A:key 29 up A:key 56 up A:. !:attention ");
}

static void a_stuck_key_does_not_hold_the_chord_back(void **state)
{
	key(3, KEY_DELETE, true);
	expect("A:key 111 down A:. ");
	key(0, KEY_LEFTCTRL, true);
	key(0, KEY_LEFTALT, true);
	world_take_log(&world);
	key(0, KEY_DELETE, true);
	expect("A:key 111 up A:key 29 up A:key 56 up A:. !:attention ");
	key(0, KEY_DELETE, false);
	key(3, KEY_DELETE, false);
	expect("");
}

static void more_modifiers_do_not_hide_attention(void **state)
{
	key(0, KEY_LEFTSHIFT, true);
	key(0, KEY_RIGHTMETA, true);
	key(0, KEY_RIGHTCTRL, true);
	key(0, KEY_LEFTALT, true);
	world_take_log(&world);
	key(0, KEY_DELETE, true);
	expect("A:key 97 up A:key 56 up A:key 42 up A:key 126 up A:. !:attention ");
}

static void the_switch_key_is_exact(void **state)
{
	key(0, KEY_LEFTMETA, true);
	key(0, KEY_LEFTSHIFT, true);
	world_take_log(&world);
	key(0, KEY_TAB, true);
	expect("A:key 15 down A:. ");
	key(0, KEY_TAB, false);
	key(0, KEY_LEFTSHIFT, false);
	world_take_log(&world);
	key(0, KEY_TAB, true);
	expect("A:key 125 up A:. !:switch ");
}

static void the_switch_key_works_again_while_held(void **state)
{
	key(0, KEY_LEFTMETA, true);
	key(0, KEY_TAB, true);
	key(0, KEY_TAB, false);
	world_take_log(&world);
	seat_set_keyboard(seat, &guest_b);
	key(0, KEY_TAB, true);
	expect("!:switch ");
	key(0, KEY_TAB, false);
	key(0, KEY_LEFTMETA, false);
	expect("");
	key(0, KEY_TAB, true);
	expect("B:key 15 down B:. ");
}

static void chords_work_while_nobody_owns_the_keyboard(void **state)
{
	seat_set_keyboard(seat, NULL);
	key(0, KEY_LEFTCTRL, true);
	key(0, KEY_LEFTALT, true);
	key(0, KEY_DELETE, true);
	expect("!:attention ");
}

static void the_host_has_all_keys_but_chords(void **state)
{
	key(0, KEY_A, true);
	world_take_log(&world);
	seat_set_mode(seat, SEAT_HOST);
	expect("A:key 30 up H:enter 0,0 A:. H:. ");
	key(0, KEY_LEFTMETA, true);
	key(0, KEY_TAB, true);
	/* There is nothing to switch to, and the key is nobody's. */
	expect("H:key 125 down H:. H:key 125 up H:. ");
	key(0, KEY_LEFTMETA, false);
	key(0, KEY_ESC, true);
	expect("H:key 1 down H:. ");
	key(0, KEY_LEFTCTRL, true);
	key(0, KEY_LEFTALT, true);
	world_take_log(&world);
	key(0, KEY_DELETE, true);
	expect("H:key 29 up H:key 56 up H:. !:attention ");
	seat_all_up(seat);
	world_take_log(&world);
	seat_set_mode(seat, SEAT_GUESTS);
	world_take_log(&world);
	key(0, KEY_ESC, true);
	expect("A:key 1 down A:. ");
}

static void numbers_that_do_not_exist_do_nothing(void **state)
{
	key(SEAT_MAX_DEVICES, KEY_A, true);
	key(0, KEY_CNT, true);
	key(0, UINT32_MAX, true);
	key(0, 0, true);
	seat_button(seat, SEAT_MAX_DEVICES, BTN_LEFT, true, 0);
	seat_button(seat, 0, KEY_CNT, true, 0);
	seat_device_removed(seat, SEAT_MAX_DEVICES);
	seat_device_removed(seat, UINT32_MAX);
	expect("");
}

static struct seat_chord chord_of(const char *text)
{
	struct seat_chord chord = {0};

	assert_int_equal(seat_chord_parse(text, &chord), 0);
	return chord;
}

static void press(uint32_t modifier, uint32_t code)
{
	key(0, modifier, true);
	key(0, code, true);
	key(0, code, false);
	key(0, modifier, false);
}

/* Each chord is told by its own action, and its completing key to nobody. */
static void other_chords_are_told(void **state)
{
	const struct seat_chord layout = chord_of("meta+space"), brighter = chord_of("meta+up");

	seat_set_chord(seat, SEAT_ACTION_LAYOUT, &layout);
	seat_set_chord(seat, SEAT_ACTION_BRIGHTER, &brighter);
	press(KEY_LEFTMETA, KEY_SPACE);
	expect("A:key 125 down A:. A:key 125 up A:. !:layout ");
	press(KEY_LEFTMETA, KEY_UP);
	expect("A:key 125 down A:. A:key 125 up A:. !:brighter ");
	press(KEY_LEFTMETA, KEY_DOWN);
	expect("A:key 125 down A:. A:key 108 down A:. A:key 108 up A:. A:key 125 up A:. ");
	/* While the host has all input there is no other layout, but there is light. */
	seat_set_mode(seat, SEAT_HOST);
	world_take_log(&world);
	press(KEY_LEFTMETA, KEY_SPACE);
	expect("H:key 125 down H:. H:key 125 up H:. ");
	press(KEY_LEFTMETA, KEY_UP);
	expect("H:key 125 down H:. H:key 125 up H:. !:brighter ");
}

/* Also while the old chord is held: nothing of it sticks. */
static void chords_change_at_any_time(void **state)
{
	const struct seat_chord none = {0}, other = chord_of("ctrl+a");

	key(0, KEY_LEFTMETA, true);
	key(0, KEY_TAB, true);
	expect("A:key 125 down A:. A:key 125 up A:. !:switch ");
	seat_set_chord(seat, SEAT_ACTION_SWITCH, &none);
	key(0, KEY_TAB, false);
	key(0, KEY_LEFTMETA, false);
	press(KEY_LEFTMETA, KEY_TAB);
	expect("A:key 125 down A:. A:key 15 down A:. A:key 15 up A:. A:key 125 up A:. ");
	seat_set_chord(seat, SEAT_ACTION_SWITCH, &other);
	press(KEY_LEFTCTRL, KEY_A);
	expect("A:key 29 down A:. A:key 29 up A:. !:switch ");
	/* No chord has no key: not even the code that no key has completes it. */
	seat_set_chord(seat, SEAT_ACTION_SWITCH, &none);
	key(0, KEY_RESERVED, true);
	assert_null(strstr(world_take_log(&world), "switch"));
}

static void set_attention(const char *text)
{
	const struct seat_chord chord = chord_of(text);

	seat_set_chord(seat, SEAT_ACTION_ATTENTION, &chord);
}

/* In either order, on one keyboard or two, with whatever else is down. */
static void both_keys_of_a_modifier_are_a_chord(void **state)
{
	set_attention("leftctrl+rightctrl");
	key(0, KEY_LEFTCTRL, true);
	key(0, KEY_RIGHTCTRL, true);
	expect("A:key 29 down A:. A:key 29 up A:. !:attention ");
	key(0, KEY_RIGHTCTRL, false);
	key(0, KEY_LEFTCTRL, false);
	expect("");
	key(1, KEY_LEFTALT, true);
	key(1, KEY_RIGHTCTRL, true);
	world_take_log(&world);
	key(0, KEY_LEFTCTRL, true);
	expect("A:key 97 up A:key 56 up A:. !:attention ");
	seat_all_up(seat);
	world_take_log(&world);
	/* One alone, again and again, on each keyboard, is none. */
	key(0, KEY_LEFTCTRL, true);
	key(1, KEY_LEFTCTRL, true);
	key(0, KEY_LEFTCTRL, false);
	key(0, KEY_LEFTCTRL, true);
	key(0, KEY_LEFTCTRL, true);
	expect("A:key 29 down A:. ");
}

static void others_are_exact_in_pairs_as_well(void **state)
{
	const struct seat_chord lock = chord_of("leftshift+rightshift");

	seat_set_chord(seat, SEAT_ACTION_LOCK, &lock);
	key(0, KEY_LEFTALT, true);
	key(0, KEY_LEFTSHIFT, true);
	world_take_log(&world);
	key(0, KEY_RIGHTSHIFT, true);
	expect("A:key 54 down A:. ");
	key(0, KEY_RIGHTSHIFT, false);
	key(0, KEY_LEFTALT, false);
	world_take_log(&world);
	key(0, KEY_RIGHTSHIFT, true);
	expect("A:key 42 up A:. !:lock ");
}

/* Held for as long as one likes, and repeated by a keyboard: told once. */
static void a_held_chord_is_one(void **state)
{
	key(0, KEY_LEFTCTRL, true);
	for (int i = 0; i < 100; i++) {
		key(0, KEY_LEFTCTRL, true);
	}
	key(0, KEY_LEFTALT, true);
	world_take_log(&world);
	for (int i = 0; i < 100; i++) {
		key(0, KEY_DELETE, true);
	}
	expect("A:key 29 up A:key 56 up A:. !:attention ");
	key(0, KEY_DELETE, false);
	key(0, KEY_DELETE, true);
	expect("!:attention ");
}

/* A modifier that is stuck on one keyboard neither keeps the chord from another, nor what is typed after it. */
static void a_stuck_modifier_takes_no_keyboard_away(void **state)
{
	key(3, KEY_LEFTCTRL, true);
	key(0, KEY_LEFTALT, true);
	world_take_log(&world);
	key(0, KEY_DELETE, true);
	expect("A:key 29 up A:key 56 up A:. !:attention ");
	key(0, KEY_DELETE, false);
	/* Still holding Alt, this keyboard's keys are nobody's. */
	key(0, KEY_X, true);
	key(0, KEY_X, false);
	key(0, KEY_LEFTALT, false);
	expect("");
	key(0, KEY_X, true);
	expect("A:key 45 down A:. ");
	/* Ctrl again, on the keyboard that works: its own, and no blocked one's. */
	key(0, KEY_RIGHTCTRL, true);
	key(0, KEY_C, true);
	expect("A:key 97 down A:. A:key 46 down A:. ");
	key(3, KEY_X, true);
	key(3, KEY_Y, true);
	expect("");
}

/* Locked, only what opens nothing is told; what completes the others is nobody's either. */
static void a_lock_leaves_few_chords(void **state)
{
	static const struct {
		enum seat_action action;
		const char *text, *told;
	} chords[] = {
		{SEAT_ACTION_SWITCH, "meta+a", ""},
		{SEAT_ACTION_SWITCH_BACK, "meta+b", ""},
		{SEAT_ACTION_LAYOUT, "meta+c", ""},
		{SEAT_ACTION_CAPTURE, "meta+d", ""},
		{SEAT_ACTION_LOCK, "meta+e", "!:lock "},
		{SEAT_ACTION_BRIGHTER, "meta+f", "!:brighter "},
		{SEAT_ACTION_DARKER, "meta+g", "!:darker "},
		{SEAT_ACTION_ATTENTION, "meta+h", "!:attention "},
	};
	static const enum seat_mode modes[] = {SEAT_HOST, SEAT_LOCKED};

	for (size_t i = 0; i < ARRAY_SIZE(chords); i++) {
		const struct seat_chord chord = chord_of(chords[i].text);

		seat_set_chord(seat, chords[i].action, &chord);
		for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
			seat_set_mode(seat, modes[k]);
			key(0, KEY_LEFTMETA, true);
			world_take_log(&world);
			key(0, chord.key, true);
			assert_memory_equal(world.log, "H:key 125 up H:. ", 17);
			assert_string_equal(world_take_log(&world) + 17, chords[i].told);
			seat_all_up(seat);
			seat_set_mode(seat, SEAT_GUESTS);
		}
	}
}

/* The host's chord, typed for a guest: in order, and only while it has the keyboard. */
static void a_chord_can_be_sent(void **state)
{
	const struct seat_chord delete = chord_of("ctrl+alt+delete");
	const struct seat_chord pair = chord_of("leftctrl+rightctrl");

	assert_true(seat_send_chord(seat, &guest_a, &delete));
	expect("A:key 29 down A:. A:key 56 down A:. A:key 111 down A:. "
	       "A:key 111 up A:. A:key 56 up A:. A:key 29 up A:. ");
	assert_true(seat_send_chord(seat, &guest_a, &pair));
	expect("A:key 97 down A:. A:key 29 down A:. A:key 29 up A:. A:key 97 up A:. ");
	/* What is held is pressed anew, and then up: no guest sees a key go down twice. */
	key(0, KEY_LEFTALT, true);
	world_take_log(&world);
	assert_true(seat_send_chord(seat, &guest_a, &delete));
	expect("A:key 29 down A:. A:key 56 up A:key 56 down A:. A:key 111 down A:. "
	       "A:key 111 up A:. A:key 56 up A:. A:key 29 up A:. ");
	key(0, KEY_LEFTALT, false);
	assert_false(seat_send_chord(seat, &guest_b, &delete));
	assert_false(seat_send_chord(seat, NULL, &delete));
	assert_false(seat_send_chord(seat, &guest_a, &(struct seat_chord){0}));
	seat_set_mode(seat, SEAT_HOST);
	world_take_log(&world);
	assert_false(seat_send_chord(seat, &guest_a, &delete));
	expect("");
}

/* A menu that closes with the first key that is released. */
static void close_on_release(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	world_sink.key(data, guest, code, pressed);
	if (guest == seat_host && !pressed) {
		seat_set_mode(seat, SEAT_GUESTS);
	}
}

/* What was struck while the host had all input does not mean guests, though the host gives it back by that. */
static void a_chord_means_what_it_did_when_struck(void **state)
{
	const struct seat_chord none = {0}, switch_key = chord_of("meta+tab");
	struct seat_sink sink = world_sink;

	seat_destroy(seat);
	sink.key = close_on_release;
	seat = seat_create(&sink, &world_space, &world, &none, &switch_key);
	seat_set_keyboard(seat, &guest_a);
	seat_set_mode(seat, SEAT_HOST);
	key(0, KEY_LEFTMETA, true);
	world_take_log(&world);
	key(0, KEY_TAB, true);
	assert_int_equal(seat_mode(seat), SEAT_GUESTS);
	assert_null(strstr(world_take_log(&world), "switch"));
	seat_all_up(seat);
	/* And now it means them. */
	key(0, KEY_LEFTMETA, true);
	key(0, KEY_TAB, true);
	assert_non_null(strstr(world_take_log(&world), "switch"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chords_have_names, setup, teardown),
		cmocka_unit_test_setup_teardown(both_keys_of_a_modifier_have_a_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(anything_else_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(modifiers_that_were_seen_are_released, setup,
						teardown),
		cmocka_unit_test_setup_teardown(keyboards_count_together, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stuck_key_does_not_hold_the_chord_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(more_modifiers_do_not_hide_attention, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_switch_key_is_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(the_switch_key_works_again_while_held, setup,
						teardown),
		cmocka_unit_test_setup_teardown(chords_work_while_nobody_owns_the_keyboard, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_host_has_all_keys_but_chords, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_that_do_not_exist_do_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(other_chords_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(chords_change_at_any_time, setup, teardown),
		cmocka_unit_test_setup_teardown(both_keys_of_a_modifier_are_a_chord, setup,
						teardown),
		cmocka_unit_test_setup_teardown(others_are_exact_in_pairs_as_well, setup, teardown),
		cmocka_unit_test_setup_teardown(a_held_chord_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stuck_modifier_takes_no_keyboard_away, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_lock_leaves_few_chords, setup, teardown),
		cmocka_unit_test_setup_teardown(a_chord_can_be_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(a_chord_means_what_it_did_when_struck, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
