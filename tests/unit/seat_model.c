/* SPDX-License-Identifier: MIT */
#include "tests/unit/seat_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

struct seat_model model;

const uint32_t model_keys[KEYS] = {KEY_A,        KEY_B,         KEY_ESC,       KEY_VOLUMEUP,
				   KEY_TAB,      KEY_DELETE,    KEY_LEFTALT,   KEY_LEFTMETA,
				   KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTSHIFT, KEY_RIGHTSHIFT};
const uint32_t model_buttons[BUTTONS] = {BTN_LEFT, BTN_RIGHT};

unsigned model_below(unsigned n)
{
	model.random ^= model.random << 13;
	model.random ^= model.random >> 7;
	model.random ^= model.random << 17;
	return (unsigned)((model.random >> 20) % n);
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

bool model_is_down(uint32_t code)
{
	size_t key = index_of(model_keys, KEYS, code);

	for (unsigned i = 0; i < DEVICES; i++) {
		if (model.key_down[i][key]) {
			return true;
		}
	}
	return false;
}

bool model_allows(unsigned device, const struct seat_guest *guest)
{
	return guest == seat_host || !guest || !(guest->barred >> device & 1);
}

struct seat_guest *model_key_recipient(size_t key)
{
	bool is_hosts = model.mode != SEAT_GUESTS ||
			(model.is_kept && model_keys[key] == KEY_VOLUMEUP);

	return is_hosts ? seat_host : model.keyboard;
}

/* Devices that hold the key and may reach who would get it. */
unsigned model_key_live(size_t key)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		n += model.key_down[i][key] && model_allows(i, model_key_recipient(key));
	}
	return n;
}

unsigned model_button_live(size_t button)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		n += model.button_down[i][button] && !model.button_void[i][button];
	}
	return n;
}

bool model_is_shown(const struct seat_head *head)
{
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		if (model.world.shown[i] == head) {
			return true;
		}
	}
	return false;
}

/* ---- the host may call the seat from inside of its own events and actions ---- */

void model_mode_draw(void)
{
	static const enum seat_mode modes[] = {SEAT_GUESTS, SEAT_GUESTS, SEAT_HOST, SEAT_LOCKED};

	model.mode = modes[model_below(4)];
	seat_set_mode(model.seat, model.mode);
	assert_int_equal(seat_mode(model.seat), model.mode);
	assert_true(model.mode == SEAT_GUESTS || !seat_capture(model.seat));
}

void model_keyboard_draw(void)
{
	unsigned guest = model_below(GUESTS + 1);

	model.keyboard = guest < GUESTS ? &model.guests[guest] : NULL;
	seat_set_keyboard(model.seat, model.keyboard);
	assert_ptr_equal(seat_keyboard(model.seat), model.keyboard);
}

static void host_acts(const struct seat_guest *guest)
{
	if (guest != seat_host || model_below(10)) {
		return;
	}
	model.mode_changed = true;
	if (model_below(3)) {
		model_mode_draw();
	} else {
		model_keyboard_draw();
	}
}

/* ---- the recipients' side: every event is judged as it comes ---- */

struct belief *model_belief(const struct seat_guest *guest)
{
	assert_non_null(guest);
	return &model.beliefs[guest == seat_host ? HOST : guest - model.guests];
}

static struct belief *told(const struct seat_guest *guest, bool is_news)
{
	struct belief *belief = model_belief(guest);

	if (is_news) {
		assert_true(model.mode == SEAT_GUESTS || guest == seat_host);
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
	assert_true(model_is_shown(head));
	assert_true(x >= 0 && y >= 0 && x < WORLD_HEAD_SIZE && y < WORLD_HEAD_SIZE);
}

static void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	size_t key = index_of(model_keys, KEYS, code);
	struct belief *belief = told(guest, pressed);

	assert_true(belief->keys[key] != pressed);
	belief->keys[key] = pressed;
	if (pressed) {
		assert_in_range(model.device, 0, DEVICES - 1);
		assert_ptr_equal(guest, model_key_recipient(key));
		assert_true(model_allows(model.device, guest));
		assert_false(model.blocked[model.device]);
		model.presses++;
	}
	host_acts(guest);
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
	struct belief *belief = told(guest, model.mode == SEAT_GUESTS);

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
	assert_true(guest->traits.pointer == SEAT_POINTER_RELATIVE ||
		    seat_capture(model.seat) == guest);
	assert_true(model_allows(model.device, guest));
}

static void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct belief *belief = told(guest, pressed);
	size_t button = index_of(model_buttons, BUTTONS, code);

	assert_true(belief->over);
	assert_true(belief->buttons[button] != pressed);
	belief->buttons[button] = pressed;
	if (pressed) {
		assert_true(model_allows(model.device, guest));
		model.presses++;
	}
	host_acts(guest);
}

static void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	assert_true(told(guest, true)->over);
	assert_true(model_allows(model.device, guest));
}

static void on_touch_down(void *data, struct seat_guest *guest, struct seat_head *head, int contact,
			  double x, double y)
{
	struct belief *belief = told(guest, true);

	assert_in_range(contact, 0, SEAT_MAX_CONTACTS - 1);
	for (unsigned i = 0; i <= HOST; i++) {
		assert_false(model.beliefs[i].contacts[contact]);
	}
	check_place(guest, head, x, y);
	assert_true(model_allows(model.device, guest));
	belief->contacts[contact] = true;
	belief->touched[contact] = head;
	host_acts(guest);
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
	host_acts(guest);
}

static void on_frame(void *data, struct seat_guest *guest)
{
	struct belief *belief = model_belief(guest);

	assert_true(belief->unframed);
	belief->unframed = false;
	host_acts(guest);
}

static void on_action(void *data, enum seat_action action)
{
	/* Whatever the host does now, nobody believes to have a modifier. */
	for (unsigned i = 0; i <= HOST; i++) {
		for (size_t k = FIRST_MODIFIER; k < KEYS; k++) {
			assert_false(model.beliefs[i].keys[k]);
		}
	}
	model.actions++;
	model.last_action = action;
	host_acts(seat_host);
}

const struct seat_sink model_sink = {
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
	const struct seat_guest *guest = i == HOST ? seat_host : &model.guests[i];

	for (size_t k = 0; k < KEYS; k++) {
		if (model.beliefs[i].keys[k]) {
			assert_ptr_equal(guest, model_key_recipient(k));
			assert_true(model_key_live(k) > 0);
		}
	}
}

static void check_pointer(void)
{
	struct seat_guest *capture = seat_capture(model.seat);
	unsigned over = 0;

	for (unsigned i = 0; i <= HOST; i++) {
		const struct belief *belief = &model.beliefs[i];

		for (size_t k = 0; k < BUTTONS; k++) {
			assert_true(!belief->buttons[k] || (belief->over && model_button_live(k)));
		}
		over += belief->over;
		assert_true(i == HOST || !belief->over || model.mode == SEAT_GUESTS);
		assert_true(i == HOST || !belief->over || model_is_shown(belief->entered));
		assert_true(!belief->over || seat_pointer_owner(model.seat) ==
						     (i == HOST ? seat_host : &model.guests[i]));
		assert_true(!belief->over || !capture || capture == &model.guests[i]);
	}
	assert_true(over <= 1);
}

static void check_contacts(unsigned i)
{
	const struct belief *belief = &model.beliefs[i];

	for (unsigned k = 0; k < SEAT_MAX_CONTACTS; k++) {
		assert_true(!belief->contacts[k] || i == HOST ||
			    (model_is_shown(belief->touched[k]) && model.mode == SEAT_GUESTS));
	}
}

void model_check_place(void)
{
	bool is_somewhere = false, exists = false;
	double x, y;

	seat_pointer_position(model.seat, &x, &y);
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		const struct world_rect *at = &model.world.rects[i];

		exists |= model.world.exists[i];
		is_somewhere |= model.world.exists[i] && x >= at->x && y >= at->y &&
				x < at->x + at->w && y < at->y + at->h;
	}
	assert_true(is_somewhere || !exists);
}

void model_check(bool may_be_unframed)
{
	assert_string_equal(model.world.log, ""); /* its only complaint: a head that is gone */
	for (unsigned i = 0; i <= HOST; i++) {
		assert_true(may_be_unframed || !model.beliefs[i].unframed);
		check_keys(i);
		check_contacts(i);
	}
	check_pointer();
	model.device = DEVICES;
}

const struct seat_guest *model_over(void)
{
	for (unsigned i = 0; i <= HOST; i++) {
		if (model.beliefs[i].over) {
			return i == HOST ? seat_host : &model.guests[i];
		}
	}
	return NULL;
}
