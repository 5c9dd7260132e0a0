/* SPDX-License-Identifier: MIT */
/*
 * Random histories of everything that devices, guests and the layout can do, against a model that holds what the seat
 * promises. SEAT_SEED and SEAT_STEPS choose another history; the seed is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "tests/unit/seat_world.h"

#define GUESTS 3
#define HEADS 2
#define DEVICES 3
#define DEFAULT_STEPS 300000

static const uint32_t keys[] = {KEY_A,        KEY_B,        KEY_ESC,       KEY_TAB,
				KEY_DELETE,   KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTALT,
				KEY_LEFTMETA, KEY_LEFTSHIFT};
#define KEYS ARRAY_SIZE(keys)
static const uint32_t buttons[] = {BTN_LEFT, BTN_RIGHT};
#define BUTTONS ARRAY_SIZE(buttons)

/* What one guest believes, from what it was sent. */
struct belief {
	bool keys[KEYS], buttons[BUTTONS];
	struct seat_head *contacts[SEAT_MAX_CONTACTS];
	struct seat_head *entered;
	bool unframed;
};

static struct {
	struct world world; /* first: the space's functions take it from here */
	struct seat *seat;
	uint64_t random;
	struct seat_guest guests[GUESTS];
	struct seat_head heads[GUESTS][HEADS];
	struct belief beliefs[GUESTS];
	struct seat_guest *owner;
	bool grabbed;
	/* Fingers of the person at the machine. */
	bool key_down[DEVICES][KEYS], button_down[DEVICES][BUTTONS];
	/* Down since before it could belong to the recipient: nobody's until it is up. */
	bool key_tainted[KEYS], button_tainted[BUTTONS];
	bool in_chord[2]; /* attention, switch: completed and its modifiers not up yet */
	/* During one call. */
	unsigned presses; /* keys that were sent as pressed */
	uint32_t last_press;
	unsigned actions;
	enum seat_action last_action;
} m;

static unsigned below(unsigned n)
{
	m.random ^= m.random << 13;
	m.random ^= m.random >> 7;
	m.random ^= m.random << 17;
	return (unsigned)((m.random >> 20) % n);
}

static size_t index_of(const uint32_t *codes, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++) {
		if (codes[i] == code) {
			return i;
		}
	}
	fail_msg("a code that no device has");
	return 0;
}

/* ---- the guests' side: every event is judged as it comes ---- */

static struct belief *recipient(const struct seat_guest *guest)
{
	assert_non_null(guest);
	assert_false(m.grabbed);
	assert_ptr_equal(guest, m.owner);
	m.beliefs[guest - m.guests].unframed = true;
	return &m.beliefs[guest - m.guests];
}

static bool is_shown(const struct seat_head *head)
{
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		if (m.world.shown[i] == head) {
			return true;
		}
	}
	return false;
}

static void check_place(const struct seat_guest *guest, const struct seat_head *head, double x,
			double y)
{
	assert_non_null(head);
	assert_ptr_equal(head->guest, guest);
	assert_true(is_shown(head));
	assert_true(x >= 0 && y >= 0 && x < WORLD_HEAD_SIZE && y < WORLD_HEAD_SIZE);
}

static void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct belief *belief = recipient(guest);
	size_t key = index_of(keys, KEYS, code);

	assert_true(belief->keys[key] != pressed);
	belief->keys[key] = pressed;
	if (pressed) {
		assert_false(m.key_tainted[key]);
		assert_false(m.in_chord[0] || m.in_chord[1]);
		m.presses++;
		m.last_press = code;
	}
}

static void on_enter(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		     double y)
{
	struct belief *belief = recipient(guest);

	assert_ptr_not_equal(belief->entered, head);
	if (head) {
		check_place(guest, head, x, y);
	}
	belief->entered = head;
}

static void on_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		      double y)
{
	assert_ptr_equal(recipient(guest)->entered, head);
	check_place(guest, head, x, y);
}

static void on_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	recipient(guest);
}

static void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct belief *belief = recipient(guest);
	size_t button = index_of(buttons, BUTTONS, code);

	assert_true(belief->buttons[button] != pressed);
	assert_false(pressed && m.button_tainted[button]);
	belief->buttons[button] = pressed;
}

static void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	recipient(guest);
}

static void on_touch_down(void *data, struct seat_guest *guest, struct seat_head *head, int contact,
			  double x, double y)
{
	struct belief *belief = recipient(guest);

	assert_in_range(contact, 0, SEAT_MAX_CONTACTS - 1);
	assert_null(belief->contacts[contact]);
	check_place(guest, head, x, y);
	belief->contacts[contact] = head;
}

static void on_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	struct belief *belief = recipient(guest);

	check_place(guest, belief->contacts[contact], x, y);
}

static void on_touch_up(void *data, struct seat_guest *guest, int contact)
{
	struct belief *belief = recipient(guest);

	assert_non_null(belief->contacts[contact]);
	belief->contacts[contact] = NULL;
}

static void on_frame(void *data, struct seat_guest *guest)
{
	struct belief *belief = recipient(guest);

	belief->unframed = false;
}

static bool holds(const struct belief *belief, uint32_t code)
{
	return belief->keys[index_of(keys, KEYS, code)];
}

static void on_action(void *data, enum seat_action action)
{
	/* Whatever the host does now, no guest believes that it has a modifier. */
	for (unsigned i = 0; action != SEAT_ACTION_DISMISS && i < GUESTS; i++) {
		assert_false(holds(&m.beliefs[i], KEY_LEFTCTRL));
		assert_false(holds(&m.beliefs[i], KEY_RIGHTCTRL));
		assert_false(holds(&m.beliefs[i], KEY_LEFTALT));
		assert_false(holds(&m.beliefs[i], KEY_LEFTMETA));
		assert_false(holds(&m.beliefs[i], KEY_LEFTSHIFT));
	}
	m.actions++;
	m.last_action = action;
}

static const struct seat_sink sink = {
	.key = on_key,
	.pointer_enter = on_enter,
	.pointer_motion = on_motion,
	.pointer_relative = on_relative,
	.pointer_button = on_button,
	.pointer_axis = on_axis,
	.touch_down = on_touch_down,
	.touch_motion = on_touch_motion,
	.touch_up = on_touch_up,
	.frame = on_frame,
	.action = on_action,
};

/* ---- the model ---- */

static bool is_key_down(size_t key)
{
	return m.key_down[0][key] || m.key_down[1][key] || m.key_down[2][key];
}

static bool is_button_down(size_t button)
{
	return m.button_down[0][button] || m.button_down[1][button] || m.button_down[2][button];
}

static bool is_down(uint32_t code)
{
	return is_key_down(index_of(keys, KEYS, code));
}

static bool ctrl_down(void)
{
	return is_down(KEY_LEFTCTRL) || is_down(KEY_RIGHTCTRL);
}

/* All that is down now was down before the recipient changed. */
static void taint_all(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		m.key_tainted[i] = is_key_down(i);
	}
	for (size_t i = 0; i < BUTTONS; i++) {
		m.button_tainted[i] = is_button_down(i);
	}
}

static void fingers_moved(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		m.key_tainted[i] &= is_key_down(i);
	}
	for (size_t i = 0; i < BUTTONS; i++) {
		m.button_tainted[i] &= is_button_down(i);
	}
	m.in_chord[0] &= ctrl_down() || is_down(KEY_LEFTALT);
	m.in_chord[1] &= is_down(KEY_LEFTMETA);
}

static void check_nothing_held(const struct belief *belief)
{
	static const struct belief nothing;

	assert_memory_equal(belief, &nothing, sizeof(nothing));
}

/* After every call. */
static void check_all(bool may_be_unframed)
{
	assert_string_equal(m.world.log, ""); /* its only complaint: a head that is gone */
	for (unsigned i = 0; i < GUESTS; i++) {
		struct belief *belief = &m.beliefs[i];

		if (&m.guests[i] != m.owner || m.grabbed) {
			check_nothing_held(belief);
			continue;
		}
		assert_true(may_be_unframed || !belief->unframed);
		for (size_t k = 0; k < KEYS; k++) {
			assert_true(!belief->keys[k] || is_key_down(k));
		}
		for (size_t k = 0; k < BUTTONS; k++) {
			assert_true(!belief->buttons[k] || is_button_down(k));
		}
	}
}

/* ---- what happens ---- */

static void key_pressed(unsigned device, size_t key)
{
	bool was_down = is_key_down(key);
	bool attention = keys[key] == KEY_DELETE && ctrl_down() && is_down(KEY_LEFTALT);
	bool switching = keys[key] == KEY_TAB && is_down(KEY_LEFTMETA) && !ctrl_down() &&
			 !is_down(KEY_LEFTALT) && !is_down(KEY_LEFTSHIFT);
	bool dismiss = m.grabbed && keys[key] == KEY_ESC;
	bool in_chord = m.in_chord[0] || m.in_chord[1];
	bool expected = m.owner && !m.grabbed && !was_down && !in_chord && !attention && !switching;

	m.presses = 0;
	m.actions = 0;
	m.key_down[device][key] = true;
	seat_key(m.seat, device, keys[key], true, 0);
	assert_int_equal(m.presses, expected);
	assert_true(!expected || m.last_press == keys[key]);
	assert_int_equal(m.actions, attention || (switching && !m.grabbed) || dismiss);
	if (m.actions) {
		assert_int_equal(m.last_action, attention ? SEAT_ACTION_ATTENTION :
						switching ? SEAT_ACTION_SWITCH :
							    SEAT_ACTION_DISMISS);
	}
	if (attention || switching) {
		m.in_chord[attention ? 0 : 1] = true;
		m.in_chord[attention ? 1 : 0] = false;
		m.key_tainted[key] = true;
		for (size_t i = index_of(keys, KEYS, KEY_LEFTCTRL); i < KEYS; i++) {
			m.key_tainted[i] = is_key_down(i);
		}
	} else if (!expected && !was_down) {
		m.key_tainted[key] = true;
	}
}

static void step_key(void)
{
	unsigned device = below(DEVICES);
	size_t key = below(KEYS);

	if (m.key_down[device][key]) {
		m.key_down[device][key] = false;
		fingers_moved();
		seat_key(m.seat, device, keys[key], false, 0);
	} else {
		key_pressed(device, key);
	}
	check_all(false);
}

static void step_button(void)
{
	unsigned device = below(DEVICES);
	size_t button = below(BUTTONS);
	bool pressed = !m.button_down[device][button];

	m.button_down[device][button] = pressed;
	fingers_moved();
	seat_button(m.seat, device, buttons[button], pressed, 0);
	check_all(false);
}

static double fraction(void)
{
	return below(1001) / 1000.0;
}

static void step_pointer(void)
{
	unsigned device = below(DEVICES);

	switch (below(3)) {
	case 0:
		seat_motion(m.seat, device, (int)below(161) - 80, (int)below(161) - 80, 0);
		break;
	case 1:
		seat_motion_absolute(m.seat, device, (int)below(WORLD_OUTPUTS + 2) - 1, fraction(),
				     fraction(), 0);
		break;
	default:
		seat_axis(m.seat, device, below(2) ? SEAT_AXIS_VERTICAL : SEAT_AXIS_HORIZONTAL,
			  (int)below(241) - 120, 0);
		break;
	}
	check_all(false);
}

static void touch(unsigned device)
{
	int slot = (int)below(14), output = (int)below(WORLD_OUTPUTS + 1) - 1;

	switch (below(5)) {
	case 0:
	case 1:
		seat_touch_down(m.seat, device, output, slot, fraction(), fraction(), 0);
		break;
	case 2:
	case 3:
		seat_touch_motion(m.seat, device, output, slot, fraction(), fraction(), 0);
		break;
	default:
		seat_touch_up(m.seat, device, slot, 0);
		break;
	}
	check_all(true);
}

static void step_touch(void)
{
	unsigned device = below(DEVICES);

	for (unsigned n = below(4); n > 0; n--) {
		touch(device);
	}
	if (below(20)) {
		seat_touch_frame(m.seat, device);
	} else {
		seat_touch_cancel(m.seat, device);
	}
	check_all(false);
}

static void step_owner(void)
{
	unsigned guest = below(GUESTS + 1);
	struct seat_guest *next = guest < GUESTS ? &m.guests[guest] : NULL;
	struct seat_guest *before = m.owner;

	if (next == before) {
		seat_set_owner(m.seat, next);
		check_all(false);
		return;
	}
	/* The old one may be told of releases, the new one of its pointer, nobody of anything else. */
	seat_set_owner(m.seat, NULL);
	m.owner = NULL;
	taint_all();
	check_all(false);
	m.owner = next;
	seat_set_owner(m.seat, next);
	check_all(false);
	assert_ptr_equal(seat_owner(m.seat), next);
}

static void step_grab(void)
{
	bool grabbed = !m.grabbed;

	if (grabbed) {
		seat_set_grabbed(m.seat, true);
		m.grabbed = true;
		taint_all();
	} else {
		m.grabbed = false;
		taint_all();
		seat_set_grabbed(m.seat, false);
	}
	check_all(false);
}

static void step_guest_gone(void)
{
	struct seat_guest *guest = &m.guests[below(GUESTS)];

	if (guest == m.owner) {
		memset(&m.beliefs[guest - m.guests], 0, sizeof(struct belief));
		m.owner = NULL;
		taint_all();
	}
	seat_forget_guest(m.seat, guest);
	check_all(false);
	assert_ptr_equal(seat_owner(m.seat), m.owner);
}

/* An output shows something else, or comes or goes. */
static void step_layout(void)
{
	unsigned output = below(WORLD_OUTPUTS);
	struct seat_head *head = below(4) ? &m.heads[below(GUESTS)][below(HEADS)] : NULL;

	if (m.world.shown[output]) {
		seat_forget_head(m.seat, m.world.shown[output]);
		check_all(false);
		m.world.shown[output] = NULL;
	}
	if (head && is_shown(head)) {
		head = NULL;
	}
	m.world.shown[output] = head;
	m.world.exists[output] = head || below(3);
	seat_layout_changed(m.seat);
	check_all(false);
	for (unsigned i = 0; i < GUESTS; i++) {
		const struct belief *belief = &m.beliefs[i];

		assert_true(!belief->entered || is_shown(belief->entered));
		for (unsigned k = 0; k < SEAT_MAX_CONTACTS; k++) {
			assert_true(!belief->contacts[k] || is_shown(belief->contacts[k]));
		}
	}
}

static void step_device(void)
{
	unsigned device = below(DEVICES);
	bool all = below(4) == 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		if (all || i == device) {
			memset(m.key_down[i], 0, sizeof(m.key_down[i]));
			memset(m.button_down[i], 0, sizeof(m.button_down[i]));
		}
	}
	fingers_moved();
	if (all) {
		seat_all_up(m.seat);
	} else if (below(2)) {
		seat_device_removed(m.seat, device);
	} else {
		seat_device_added(m.seat, device);
	}
	check_all(false);
}

static void step(void)
{
	unsigned what = below(1000);

	if (what < 400) {
		step_key();
	} else if (what < 500) {
		step_button();
	} else if (what < 700) {
		step_pointer();
	} else if (what < 900) {
		step_touch();
	} else if (what < 930) {
		step_owner();
	} else if (what < 950) {
		step_grab();
	} else if (what < 955) {
		step_guest_gone();
	} else if (what < 985) {
		step_layout();
	} else {
		step_device();
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void setup_model(uint64_t seed)
{
	const struct seat_chord attention = {.ctrl = true, .alt = true, .key = KEY_DELETE};
	const struct seat_chord switch_key = {.meta = true, .key = KEY_TAB};

	memset(&m, 0, sizeof(m));
	m.random = seed ? seed : 1;
	for (unsigned i = 0; i < GUESTS; i++) {
		for (unsigned k = 0; k < HEADS; k++) {
			m.heads[i][k] = (struct seat_head){&m.guests[i], k};
		}
	}
	m.seat = seat_create(&sink, &world_space, &m, &attention, &switch_key);
}

static void promises_hold_in_any_history(void **state)
{
	uint64_t seed, steps = number_from("SEAT_STEPS", DEFAULT_STEPS);

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		seed = 1;
	}
	seed = number_from("SEAT_SEED", seed);
	print_message("SEAT_SEED=%llu\n", (unsigned long long)seed);
	setup_model(seed);
	for (uint64_t i = 0; i < steps; i++) {
		step();
	}
	seat_destroy(m.seat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promises_hold_in_any_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
