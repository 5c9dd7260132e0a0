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

#include "tests/unit/seat_model.h"

#define DEFAULT_STEPS 300000

/* ---- what happens: keys ---- */

static bool holds_modifier(unsigned device)
{
	for (size_t k = FIRST_MODIFIER; k < KEYS; k++) {
		if (model.key_down[device][k]) {
			return true;
		}
	}
	return false;
}

static bool ctrl_down(void)
{
	return model_is_down(KEY_LEFTCTRL) || model_is_down(KEY_RIGHTCTRL);
}

static bool shift_down(void)
{
	return model_is_down(KEY_LEFTSHIFT) || model_is_down(KEY_RIGHTSHIFT);
}

/* The chord that this key completes by going down now: SEAT_CHORDS if none. */
static enum seat_action chord_of(uint32_t code)
{
	bool alt = model_is_down(KEY_LEFTALT), meta = model_is_down(KEY_LEFTMETA);

	if (code == KEY_DELETE && ctrl_down() && alt) {
		return SEAT_ACTION_ATTENTION;
	}
	if (code == KEY_TAB && meta && !ctrl_down() && !alt && !shift_down()) {
		return SEAT_ACTION_SWITCH;
	}
	if (((code == KEY_LEFTSHIFT && model_is_down(KEY_RIGHTSHIFT)) ||
	     (code == KEY_RIGHTSHIFT && model_is_down(KEY_LEFTSHIFT))) &&
	    !ctrl_down() && !alt && !meta) {
		return SEAT_ACTION_LOCK;
	}
	return SEAT_CHORDS;
}

static void blocks_settle(void)
{
	for (unsigned i = 0; i < DEVICES; i++) {
		model.blocked[i] = model.blocked[i] && holds_modifier(i);
	}
}

static void chord_pressed(unsigned device, size_t key, enum seat_action action)
{
	bool means = action != SEAT_ACTION_SWITCH || model.mode == SEAT_GUESTS;

	model.mode_changed = false;
	model.key_down[device][key] = true;
	seat_key(model.seat, device, model_keys[key], true, 0);
	assert_int_equal(model.presses, 0);
	if (model.mode_changed) {
		/* Which may have happened before the action, and made it mean nothing. */
		assert_true(model.actions <= means);
	} else {
		assert_int_equal(model.actions, means);
	}
	assert_true(!model.actions || model.last_action == action);
	for (unsigned i = 0; i < DEVICES; i++) {
		model.blocked[i] = holds_modifier(i);
	}
}

static void key_pressed(unsigned device, size_t key)
{
	struct seat_guest *guest = model_key_recipient(key);
	enum seat_action action = chord_of(model_keys[key]);
	bool expected = guest && model_allows(device, guest) && !model.blocked[device] &&
			!model_key_live(key);

	model.presses = model.actions = 0;
	if (action != SEAT_CHORDS) {
		chord_pressed(device, key, action);
		return;
	}
	model.key_down[device][key] = true;
	seat_key(model.seat, device, model_keys[key], true, 0);
	assert_int_equal(model.actions, 0);
	assert_int_equal(model.presses, expected);
}

static void step_key(void)
{
	unsigned device = model_below(DEVICES);
	size_t key = model_below(KEYS);

	model.device = device;
	if (model.key_down[device][key]) {
		model.key_down[device][key] = false;
		blocks_settle();
		seat_key(model.seat, device, model_keys[key], false, 0);
	} else {
		key_pressed(device, key);
	}
	model_check(false);
}

/* ---- the pointer ---- */

static void button_pressed(unsigned device, size_t button)
{
	bool is_first = model_button_live(button) == 0;
	const struct seat_guest *guest;

	model.presses = 0;
	model.mode_changed = false;
	model.button_down[device][button] = true;
	seat_button(model.seat, device, model_buttons[button], true, 0);
	if (model.mode_changed) {
		/* The host called the seat meanwhile: whose the press was can't be told from where the pointer is now. */
		model.button_down[device][button] = false;
		seat_button(model.seat, device, model_buttons[button], false, 0);
		return;
	}
	guest = model_over();
	model.button_void[device][button] = !guest || !model_allows(device, guest);
	assert_int_equal(model.presses, is_first && !model.button_void[device][button]);
}

static void step_button(void)
{
	unsigned device = model_below(DEVICES);
	size_t button = model_below(BUTTONS);

	model.device = device;
	if (model.button_down[device][button]) {
		model.button_down[device][button] = false;
		model.button_void[device][button] = false;
		seat_button(model.seat, device, model_buttons[button], false, 0);
	} else {
		button_pressed(device, button);
	}
	model_check(false);
}

static double fraction(void)
{
	return model_below(1001) / 1000.0;
}

static bool any_button_held(void)
{
	for (unsigned i = 0; i <= HOST; i++) {
		for (size_t k = 0; k < BUTTONS; k++) {
			if (model.beliefs[i].buttons[k]) {
				return true;
			}
		}
	}
	return false;
}

/* Who has the pointer after this device moved it: whose picture it is over, if nobody holds on to it. */
static void check_owner(unsigned device)
{
	struct seat_guest *guest = NULL;
	struct seat_head *head;
	double x, y, head_x, head_y;

	if (model.mode_changed || any_button_held() || seat_capture(model.seat)) {
		return;
	}
	seat_pointer_position(model.seat, &x, &y);
	if (model.mode != SEAT_GUESTS ||
	    !world_space.pick(&model, x, y, &guest, &head, &head_x, &head_y)) {
		guest = seat_host;
	}
	assert_ptr_equal(model_over(), model_allows(device, guest) ? guest : NULL);
}

static void step_pointer(void)
{
	unsigned device = model_below(DEVICES);
	bool moves = true;
	int output;

	model.device = device;
	model.mode_changed = false;
	switch (model_below(4)) {
	case 0:
		seat_motion(model.seat, device, (int)model_below(161) - 80,
			    (int)model_below(161) - 80, 0);
		break;
	case 1:
		output = (int)model_below(WORLD_OUTPUTS + 1);
		/* Where there is none, nothing happens. */
		moves = output < WORLD_OUTPUTS && model.world.exists[output];
		seat_motion_absolute(model.seat, device, output, fraction(), fraction(), 0);
		break;
	case 2:
		moves = false;
		seat_motion_absolute(model.seat, device, -1, fraction(), fraction(), 0);
		break;
	default:
		moves = false;
		seat_axis(model.seat, device,
			  model_below(2) ? SEAT_AXIS_VERTICAL : SEAT_AXIS_HORIZONTAL,
			  (int)model_below(241) - 120, 0);
		break;
	}
	if (moves) {
		check_owner(device);
	}
	model_check(false);
	model_check_place();
}

static void step_capture(void)
{
	unsigned guest = model_below(GUESTS + 1);

	seat_set_capture(model.seat, guest < GUESTS ? &model.guests[guest] : NULL);
	assert_true(model.mode == SEAT_GUESTS || !seat_capture(model.seat));
	model_check(false);
}

/* ---- contacts ---- */

static void touch(unsigned device)
{
	int slot = (int)model_below(14), output = (int)model_below(WORLD_OUTPUTS + 1) - 1;

	model.device = device;
	switch (model_below(5)) {
	case 0:
	case 1:
		seat_touch_down(model.seat, device, output, slot, fraction(), fraction(), 0);
		break;
	case 2:
	case 3:
		seat_touch_motion(model.seat, device, output, slot, fraction(), fraction(), 0);
		break;
	default:
		seat_touch_up(model.seat, device, slot, 0);
		break;
	}
	model_check(true);
}

static void step_touch(void)
{
	unsigned device = model_below(DEVICES);

	for (unsigned n = model_below(4); n > 0; n--) {
		touch(device);
	}
	if (model_below(20)) {
		seat_touch_frame(model.seat, device);
	} else {
		seat_touch_cancel(model.seat, device);
	}
	model_check(false);
}

/* ---- guests, host, administrator ---- */

static void step_keyboard(void)
{
	model_keyboard_draw();
	model_check(false);
}

static void step_mode(void)
{
	model_mode_draw();
	model_check(false);
}

static void layout_step(unsigned output, struct seat_head *head)
{
	if (model.world.shown[output]) {
		seat_forget_head(model.seat, model.world.shown[output]);
		model_check(false);
		model.world.shown[output] = NULL;
	}
	model.world.shown[output] = head && !model_is_shown(head) ? head : NULL;
	model.world.exists[output] = model.world.shown[output] || model_below(3);
	seat_layout_changed(model.seat);
	model_check(false);
	model_check_place();
}

/* An output shows something else, or comes or goes. */
static void step_layout(void)
{
	layout_step(model_below(WORLD_OUTPUTS),
		    model_below(4) ? &model.heads[model_below(GUESTS)][model_below(HEADS)] : NULL);
}

static void step_guest_gone(void)
{
	struct seat_guest *guest = &model.guests[model_below(GUESTS)];

	memset(model_belief(guest), 0, sizeof(struct belief));
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		if (model.world.shown[i] && model.world.shown[i]->guest == guest) {
			model.world.shown[i] = NULL;
		}
	}
	if (model.keyboard == guest) {
		model.keyboard = NULL;
	}
	seat_forget_guest(model.seat, guest);
	assert_ptr_equal(seat_keyboard(model.seat), model.keyboard);
	model_check(false);
	assert_false(model_belief(guest)->over);
	seat_layout_changed(model.seat);
	model_check(false);
}

/* Who may reach whom, which keys are the host's, what guests take. */
static void step_policy(void)
{
	static const uint32_t kept[] = {KEY_VOLUMEUP};
	struct seat_guest *guest = &model.guests[model_below(GUESTS)];

	if (model_below(4) == 0) {
		model.is_kept = !model.is_kept;
		seat_set_kept_keys(model.seat, kept, model.is_kept);
		model_check(false);
		return;
	}
	guest->barred = model_below(2) ? model_below(1u << DEVICES) : 0;
	guest->traits.pointer = (enum seat_pointer_kind)(1 + model_below(3));
	guest->traits.parks = model_below(2);
	for (unsigned i = 0; i < DEVICES; i++) {
		for (size_t k = 0; k < BUTTONS; k++) {
			model.button_void[i][k] |= model.beliefs[guest - model.guests].buttons[k] &&
						   model.button_down[i][k] &&
						   !model_allows(i, guest);
		}
	}
	seat_policy_changed(model.seat);
	model_check(false);
	assert_true(!model_over() || model_over() == seat_pointer_owner(model.seat));
}

static void step_device(void)
{
	unsigned device = model_below(DEVICES);
	bool all = model_below(4) == 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		if (all || i == device) {
			memset(model.key_down[i], 0, sizeof(model.key_down[i]));
			memset(model.button_down[i], 0, sizeof(model.button_down[i]));
			memset(model.button_void[i], 0, sizeof(model.button_void[i]));
		}
	}
	blocks_settle();
	if (all) {
		seat_all_up(model.seat);
	} else if (model_below(2)) {
		seat_device_removed(model.seat, device);
	} else {
		seat_device_added(model.seat, device);
	}
	model_check(false);
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
	at = model_below(total);
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

	memset(&model, 0, sizeof(model));
	model.random = seed ? seed : 1;
	model.device = DEVICES;
	world_init(&model.world, WORLD_OUTPUTS);
	model.world.resistance[0][1] = 30;
	model.world.resistance[1][2] = INFINITY;
	for (unsigned i = 0; i < GUESTS; i++) {
		model.guests[i].traits.pointer = SEAT_POINTER_BOTH;
		model.guests[i].traits.speed = 0.5 + i;
		for (unsigned k = 0; k < HEADS; k++) {
			model.heads[i][k] = (struct seat_head){&model.guests[i], k};
		}
	}
	model.seat = seat_create(&model_sink, &world_policy_space, &model, &attention, &switch_key);
	seat_set_chord(model.seat, SEAT_ACTION_LOCK, &lock);
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
	seat_destroy(model.seat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promises_hold_in_any_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
