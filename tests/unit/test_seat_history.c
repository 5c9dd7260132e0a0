/* SPDX-License-Identifier: MIT */
/*
 * Random histories of everything that devices, guests, the host and the layout can do, against a model that holds what the
 * seat promises. SEAT_SEED and SEAT_STEPS choose another history; the seed is printed.
 */
#include <math.h>
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

#define GUESTS 4
#define HEADS 2
#define DEVICES 4
#define HOST GUESTS /* its place among the recipients */
#define DEFAULT_STEPS 300000

static const uint32_t keys[] = {KEY_A,        KEY_B,         KEY_ESC,       KEY_VOLUMEUP,
				KEY_TAB,      KEY_DELETE,    KEY_LEFTALT,   KEY_LEFTMETA,
				KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTSHIFT, KEY_RIGHTSHIFT};
#define KEYS ARRAY_SIZE(keys)
#define FIRST_MODIFIER 6 /* in keys: these and all that follow */
static const uint32_t buttons[] = {BTN_LEFT, BTN_RIGHT};
#define BUTTONS ARRAY_SIZE(buttons)

/* What one recipient believes, from what it was sent. */
struct belief {
	bool keys[KEYS], buttons[BUTTONS];
	bool contacts[SEAT_MAX_CONTACTS];
	struct seat_head *touched[SEAT_MAX_CONTACTS];
	bool over;
	struct seat_head *entered;
	bool unframed;
};

static struct {
	struct world world; /* first: the space's functions take it from here */
	struct seat *seat;
	uint64_t random;
	struct seat_guest guests[GUESTS];
	struct seat_head heads[GUESTS][HEADS];
	struct belief beliefs[GUESTS + 1];
	struct seat_guest *keyboard;
	enum seat_mode mode;
	bool is_kept; /* the volume key */
	/* Fingers of the person at the machine. */
	bool key_down[DEVICES][KEYS], button_down[DEVICES][BUTTONS];
	bool button_void[DEVICES][BUTTONS]; /* went down where the device reaches nobody */
	bool blocked[DEVICES];              /* a chord's modifiers are not up yet */
	/* During one call. */
	unsigned device;  /* whose event it is, DEVICES: nobody's */
	unsigned presses; /* keys and buttons that were sent as pressed */
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

/* ---- what the person and the administrator did ---- */

static bool is_down(uint32_t code)
{
	size_t key = index_of(keys, KEYS, code);

	for (unsigned i = 0; i < DEVICES; i++) {
		if (m.key_down[i][key]) {
			return true;
		}
	}
	return false;
}

static bool allowed(unsigned device, const struct seat_guest *guest)
{
	return guest == seat_host || !guest || !(guest->barred >> device & 1);
}

static struct seat_guest *key_recipient(size_t key)
{
	bool is_hosts = m.mode != SEAT_GUESTS || (m.is_kept && keys[key] == KEY_VOLUMEUP);

	return is_hosts ? seat_host : m.keyboard;
}

/* Devices that hold the key and may reach who would get it. */
static unsigned key_live(size_t key)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		n += m.key_down[i][key] && allowed(i, key_recipient(key));
	}
	return n;
}

static unsigned button_live(size_t button)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		n += m.button_down[i][button] && !m.button_void[i][button];
	}
	return n;
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

/* ---- the recipients' side: every event is judged as it comes ---- */

static struct belief *belief_of(const struct seat_guest *guest)
{
	assert_non_null(guest);
	return &m.beliefs[guest == seat_host ? HOST : guest - m.guests];
}

static struct belief *told(const struct seat_guest *guest, bool is_news)
{
	struct belief *belief = belief_of(guest);

	if (is_news) {
		assert_true(m.mode == SEAT_GUESTS || guest == seat_host);
	}
	belief->unframed = true;
	return belief;
}

static void check_place(const struct seat_guest *guest, const struct seat_head *head, double x,
			double y)
{
	if (guest == seat_host) {
		assert_null(head);
		return;
	}
	assert_non_null(head);
	assert_ptr_equal(head->guest, guest);
	assert_true(is_shown(head));
	assert_true(x >= 0 && y >= 0 && x < WORLD_HEAD_SIZE && y < WORLD_HEAD_SIZE);
}

static void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	size_t key = index_of(keys, KEYS, code);
	struct belief *belief = told(guest, pressed);

	assert_true(belief->keys[key] != pressed);
	belief->keys[key] = pressed;
	if (pressed) {
		assert_in_range(m.device, 0, DEVICES - 1);
		assert_ptr_equal(guest, key_recipient(key));
		assert_true(allowed(m.device, guest));
		assert_false(m.blocked[m.device]);
		m.presses++;
	}
}

static void on_enter(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		     double y)
{
	bool is_leave = guest == seat_host ? isnan(x) : !head;
	struct belief *belief = told(guest, !is_leave);

	if (is_leave) {
		assert_true(belief->over);
	} else {
		assert_true(!belief->over || belief->entered != head);
		check_place(guest, head, x, y);
	}
	belief->over = !is_leave;
	belief->entered = head;
}

static void on_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		      double y)
{
	/* Parking is the one thing that a guest is told when the host takes over. */
	struct belief *belief = told(guest, m.mode == SEAT_GUESTS);

	assert_true(belief->over);
	assert_ptr_equal(belief->entered, head);
	check_place(guest, head, x, y);
	if (guest != seat_host) {
		assert_true(guest->traits.pointer & SEAT_POINTER_ABSOLUTE);
	}
}

static void on_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	assert_true(told(guest, true)->over);
	assert_true(guest->traits.pointer & SEAT_POINTER_RELATIVE);
	assert_true(guest->traits.pointer == SEAT_POINTER_RELATIVE || seat_capture(m.seat) == guest);
	assert_true(allowed(m.device, guest));
}

static void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct belief *belief = told(guest, pressed);
	size_t button = index_of(buttons, BUTTONS, code);

	assert_true(belief->over);
	assert_true(belief->buttons[button] != pressed);
	belief->buttons[button] = pressed;
	if (pressed) {
		assert_true(allowed(m.device, guest));
		m.presses++;
	}
}

static void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	assert_true(told(guest, true)->over);
	assert_true(allowed(m.device, guest));
}

static void on_touch_down(void *data, struct seat_guest *guest, struct seat_head *head, int contact,
			  double x, double y)
{
	struct belief *belief = told(guest, true);

	assert_in_range(contact, 0, SEAT_MAX_CONTACTS - 1);
	for (unsigned i = 0; i <= HOST; i++) {
		assert_false(m.beliefs[i].contacts[contact]);
	}
	check_place(guest, head, x, y);
	assert_true(allowed(m.device, guest));
	belief->contacts[contact] = true;
	belief->touched[contact] = head;
}

static void on_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	struct belief *belief = told(guest, true);

	assert_true(belief->contacts[contact]);
	check_place(guest, belief->touched[contact], x, y);
}

static void on_touch_up(void *data, struct seat_guest *guest, int contact)
{
	struct belief *belief = told(guest, false);

	assert_true(belief->contacts[contact]);
	belief->contacts[contact] = false;
	belief->touched[contact] = NULL;
}

static void on_frame(void *data, struct seat_guest *guest)
{
	struct belief *belief = belief_of(guest);

	assert_true(belief->unframed);
	belief->unframed = false;
}

static void on_action(void *data, enum seat_action action)
{
	/* Whatever the host does now, nobody believes to have a modifier. */
	for (unsigned i = 0; i <= HOST; i++) {
		for (size_t k = FIRST_MODIFIER; k < KEYS; k++) {
			assert_false(m.beliefs[i].keys[k]);
		}
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

/* ---- what must hold after every call ---- */

static void check_keys(unsigned i)
{
	const struct seat_guest *guest = i == HOST ? seat_host : &m.guests[i];

	for (size_t k = 0; k < KEYS; k++) {
		if (m.beliefs[i].keys[k]) {
			assert_ptr_equal(guest, key_recipient(k));
			assert_true(key_live(k) > 0);
		}
	}
}

static void check_pointer(void)
{
	struct seat_guest *capture = seat_capture(m.seat);
	unsigned over = 0;

	for (unsigned i = 0; i <= HOST; i++) {
		const struct belief *belief = &m.beliefs[i];

		for (size_t k = 0; k < BUTTONS; k++) {
			assert_true(!belief->buttons[k] || (belief->over && button_live(k)));
		}
		over += belief->over;
		assert_true(i == HOST || !belief->over || m.mode == SEAT_GUESTS);
		assert_true(i == HOST || !belief->over || is_shown(belief->entered));
		assert_true(!belief->over ||
			    seat_pointer_owner(m.seat) == (i == HOST ? seat_host : &m.guests[i]));
		assert_true(!belief->over || !capture || capture == &m.guests[i]);
	}
	assert_true(over <= 1);
}

static void check_contacts(unsigned i)
{
	const struct belief *belief = &m.beliefs[i];

	for (unsigned k = 0; k < SEAT_MAX_CONTACTS; k++) {
		assert_true(!belief->contacts[k] || i == HOST ||
			    (is_shown(belief->touched[k]) && m.mode == SEAT_GUESTS));
	}
}

static void check_place_of_pointer(void)
{
	bool is_somewhere = false, exists = false;
	double x, y;

	seat_pointer_position(m.seat, &x, &y);
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		const struct world_rect *at = &m.world.rects[i];

		exists |= m.world.exists[i];
		is_somewhere |= m.world.exists[i] && x >= at->x && y >= at->y &&
				x < at->x + at->w && y < at->y + at->h;
	}
	assert_true(is_somewhere || !exists);
}

static void check_all(bool may_be_unframed)
{
	assert_string_equal(m.world.log, ""); /* its only complaint: a head that is gone */
	for (unsigned i = 0; i <= HOST; i++) {
		assert_true(may_be_unframed || !m.beliefs[i].unframed);
		check_keys(i);
		check_contacts(i);
	}
	check_pointer();
	m.device = DEVICES;
}

/* ---- what happens: keys ---- */

static bool holds_modifier(unsigned device)
{
	for (size_t k = FIRST_MODIFIER; k < KEYS; k++) {
		if (m.key_down[device][k]) {
			return true;
		}
	}
	return false;
}

static bool ctrl_down(void)
{
	return is_down(KEY_LEFTCTRL) || is_down(KEY_RIGHTCTRL);
}

static bool shift_down(void)
{
	return is_down(KEY_LEFTSHIFT) || is_down(KEY_RIGHTSHIFT);
}

/* The chord that this key completes by going down now: SEAT_CHORDS if none. */
static enum seat_action chord_of(uint32_t code)
{
	bool alt = is_down(KEY_LEFTALT), meta = is_down(KEY_LEFTMETA);

	if (code == KEY_DELETE && ctrl_down() && alt) {
		return SEAT_ACTION_ATTENTION;
	}
	if (code == KEY_TAB && meta && !ctrl_down() && !alt && !shift_down()) {
		return SEAT_ACTION_SWITCH;
	}
	if (((code == KEY_LEFTSHIFT && is_down(KEY_RIGHTSHIFT)) ||
	     (code == KEY_RIGHTSHIFT && is_down(KEY_LEFTSHIFT))) &&
	    !ctrl_down() && !alt && !meta) {
		return SEAT_ACTION_LOCK;
	}
	return SEAT_CHORDS;
}

static void blocks_settle(void)
{
	for (unsigned i = 0; i < DEVICES; i++) {
		m.blocked[i] = m.blocked[i] && holds_modifier(i);
	}
}

static void chord_pressed(unsigned device, size_t key, enum seat_action action)
{
	bool means = action != SEAT_ACTION_SWITCH || m.mode == SEAT_GUESTS;

	m.key_down[device][key] = true;
	seat_key(m.seat, device, keys[key], true, 0);
	assert_int_equal(m.presses, 0);
	assert_int_equal(m.actions, means);
	assert_true(!means || m.last_action == action);
	for (unsigned i = 0; i < DEVICES; i++) {
		m.blocked[i] = holds_modifier(i);
	}
}

static void key_pressed(unsigned device, size_t key)
{
	struct seat_guest *guest = key_recipient(key);
	enum seat_action action = chord_of(keys[key]);
	bool expected = guest && allowed(device, guest) && !m.blocked[device] && !key_live(key);

	m.presses = m.actions = 0;
	if (action != SEAT_CHORDS) {
		chord_pressed(device, key, action);
		return;
	}
	m.key_down[device][key] = true;
	seat_key(m.seat, device, keys[key], true, 0);
	assert_int_equal(m.actions, 0);
	assert_int_equal(m.presses, expected);
}

static void step_key(void)
{
	unsigned device = below(DEVICES);
	size_t key = below(KEYS);

	m.device = device;
	if (m.key_down[device][key]) {
		m.key_down[device][key] = false;
		blocks_settle();
		seat_key(m.seat, device, keys[key], false, 0);
	} else {
		key_pressed(device, key);
	}
	check_all(false);
}

/* ---- the pointer ---- */

static const struct seat_guest *over_whom(void)
{
	for (unsigned i = 0; i <= HOST; i++) {
		if (m.beliefs[i].over) {
			return i == HOST ? seat_host : &m.guests[i];
		}
	}
	return NULL;
}

static void button_pressed(unsigned device, size_t button)
{
	bool is_first = button_live(button) == 0;
	const struct seat_guest *guest;

	m.presses = 0;
	m.button_down[device][button] = true;
	seat_button(m.seat, device, buttons[button], true, 0);
	guest = over_whom();
	m.button_void[device][button] = !guest || !allowed(device, guest);
	assert_int_equal(m.presses, is_first && !m.button_void[device][button]);
}

static void step_button(void)
{
	unsigned device = below(DEVICES);
	size_t button = below(BUTTONS);

	m.device = device;
	if (m.button_down[device][button]) {
		m.button_down[device][button] = false;
		m.button_void[device][button] = false;
		seat_button(m.seat, device, buttons[button], false, 0);
	} else {
		button_pressed(device, button);
	}
	check_all(false);
}

static double fraction(void)
{
	return below(1001) / 1000.0;
}

static void step_pointer(void)
{
	unsigned device = below(DEVICES);

	m.device = device;
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
	check_place_of_pointer();
}

static void step_capture(void)
{
	unsigned guest = below(GUESTS + 1);

	seat_set_capture(m.seat, guest < GUESTS ? &m.guests[guest] : NULL);
	assert_true(m.mode == SEAT_GUESTS || !seat_capture(m.seat));
	check_all(false);
}

/* ---- contacts ---- */

static void touch(unsigned device)
{
	int slot = (int)below(14), output = (int)below(WORLD_OUTPUTS + 1) - 1;

	m.device = device;
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

/* ---- guests, host, administrator ---- */

static void step_keyboard(void)
{
	unsigned guest = below(GUESTS + 1);

	m.keyboard = guest < GUESTS ? &m.guests[guest] : NULL;
	seat_set_keyboard(m.seat, m.keyboard);
	assert_ptr_equal(seat_keyboard(m.seat), m.keyboard);
	check_all(false);
}

static void step_mode(void)
{
	static const enum seat_mode modes[] = {SEAT_GUESTS, SEAT_GUESTS, SEAT_HOST, SEAT_LOCKED};

	m.mode = modes[below(4)];
	seat_set_mode(m.seat, m.mode);
	assert_true(m.mode == SEAT_GUESTS || !seat_capture(m.seat));
	check_all(false);
}

static void layout_step(unsigned output, struct seat_head *head)
{
	if (m.world.shown[output]) {
		seat_forget_head(m.seat, m.world.shown[output]);
		check_all(false);
		m.world.shown[output] = NULL;
	}
	m.world.shown[output] = head && !is_shown(head) ? head : NULL;
	m.world.exists[output] = m.world.shown[output] || below(3);
	seat_layout_changed(m.seat);
	check_all(false);
	check_place_of_pointer();
}

/* An output shows something else, or comes or goes. */
static void step_layout(void)
{
	layout_step(below(WORLD_OUTPUTS), below(4) ? &m.heads[below(GUESTS)][below(HEADS)] : NULL);
}

static void step_guest_gone(void)
{
	struct seat_guest *guest = &m.guests[below(GUESTS)];

	memset(belief_of(guest), 0, sizeof(struct belief));
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		if (m.world.shown[i] && m.world.shown[i]->guest == guest) {
			m.world.shown[i] = NULL;
		}
	}
	if (m.keyboard == guest) {
		m.keyboard = NULL;
	}
	seat_forget_guest(m.seat, guest);
	assert_ptr_equal(seat_keyboard(m.seat), m.keyboard);
	check_all(false);
	assert_false(belief_of(guest)->over);
	seat_layout_changed(m.seat);
	check_all(false);
}

/* Who may reach whom, which keys are the host's, what guests take. */
static void step_policy(void)
{
	static const uint32_t kept[] = {KEY_VOLUMEUP};
	struct seat_guest *guest = &m.guests[below(GUESTS)];

	if (below(4) == 0) {
		m.is_kept = !m.is_kept;
		seat_set_kept_keys(m.seat, kept, m.is_kept);
		check_all(false);
		return;
	}
	guest->barred = below(2) ? below(1u << DEVICES) : 0;
	guest->traits.pointer = (enum seat_pointer_kind)(1 + below(3));
	guest->traits.parks = below(2);
	for (unsigned i = 0; i < DEVICES; i++) {
		for (size_t k = 0; k < BUTTONS; k++) {
			m.button_void[i][k] |= m.beliefs[guest - m.guests].buttons[k] &&
					       m.button_down[i][k] && !allowed(i, guest);
		}
	}
	seat_policy_changed(m.seat);
	check_all(false);
	assert_true(!over_whom() || over_whom() == seat_pointer_owner(m.seat));
}

static void step_device(void)
{
	unsigned device = below(DEVICES);
	bool all = below(4) == 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		if (all || i == device) {
			memset(m.key_down[i], 0, sizeof(m.key_down[i]));
			memset(m.button_down[i], 0, sizeof(m.button_down[i]));
			memset(m.button_void[i], 0, sizeof(m.button_void[i]));
		}
	}
	blocks_settle();
	if (all) {
		seat_all_up(m.seat);
	} else if (below(2)) {
		seat_device_removed(m.seat, device);
	} else {
		seat_device_added(m.seat, device);
	}
	check_all(false);
}

struct step {
	unsigned weight;
	void (*run)(void);
};

static const struct step steps[] = {
	{400, step_key},     {120, step_button}, {250, step_pointer},  {200, step_touch},
	{30, step_keyboard}, {15, step_mode},    {5, step_guest_gone}, {30, step_layout},
	{15, step_device},   {15, step_capture}, {20, step_policy},
};

static void step(void)
{
	unsigned total = 0, at;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		total += steps[i].weight;
	}
	at = below(total);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (at < steps[i].weight) {
			steps[i].run();
			return;
		}
		at -= steps[i].weight;
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
	const struct seat_chord lock = {.key = KEY_LEFTSHIFT, .pair = KEY_RIGHTSHIFT};

	memset(&m, 0, sizeof(m));
	m.random = seed ? seed : 1;
	m.device = DEVICES;
	world_init(&m.world, WORLD_OUTPUTS);
	m.world.resistance[0][1] = 30;
	m.world.resistance[1][2] = INFINITY;
	for (unsigned i = 0; i < GUESTS; i++) {
		m.guests[i].traits.pointer = SEAT_POINTER_BOTH;
		m.guests[i].traits.speed = 0.5 + i;
		for (unsigned k = 0; k < HEADS; k++) {
			m.heads[i][k] = (struct seat_head){&m.guests[i], k};
		}
	}
	m.seat = seat_create(&sink, &world_policy_space, &m, &attention, &switch_key);
	seat_set_chord(m.seat, SEAT_ACTION_LOCK, &lock);
}

static void promises_hold_in_any_history(void **state)
{
	uint64_t seed, n = number_from("SEAT_STEPS", DEFAULT_STEPS);

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		seed = 1;
	}
	seed = number_from("SEAT_SEED", seed);
	print_message("SEAT_SEED=%llu\n", (unsigned long long)seed);
	setup_model(seed);
	for (uint64_t i = 0; i < n; i++) {
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
