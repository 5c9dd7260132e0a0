/* SPDX-License-Identifier: MIT */
/*
 * What must hold of what recipients are told, by the world alone: which keys and fingers are down, what is on which
 * glass, who was told that it has the keyboard. The numbers are those of the invariants in docs/security.md.
 */
#include <string.h>

#include "tests/history/history.h"

unsigned history_index(const uint32_t *codes, unsigned n, uint32_t code)
{
	for (unsigned i = 0; i < n; i++) {
		if (codes[i] == code) {
			return i;
		}
	}
	return n;
}

static bool may_reach(const struct seat_guest *guest, unsigned device)
{
	return !(guest->barred >> device & 1);
}

/* Held on a device that may reach the guest. */
static uint32_t held_for(const struct seat_guest *guest, const uint32_t held[DEVICES])
{
	uint32_t codes = 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		codes |= may_reach(guest, i) ? held[i] : 0;
	}
	return codes;
}

static uint32_t all_down(const struct history *h)
{
	uint32_t keys = 0;

	for (unsigned i = 0; i < DEVICES; i++) {
		keys |= h->down[i];
	}
	return keys;
}

/* ---- what the seat tells ---- */

/* Anything but a release. */
static struct belief *news_for(struct history *h, struct seat_guest *guest, const char *what)
{
	if (!guest->is_alive) {
		history_fail(h, "%s for a guest that is gone", what);
	}
	if (h->is_locked) {
		history_fail(h, "6: %s for a guest while locked", what);
	}
	if (h->menu) {
		history_fail(h, "4: %s for a guest while the host has all input", what);
	}
	if (!world_on_glass(h, guest)) {
		history_fail(h, "3: %s for a guest that is on no glass", what);
	}
	h->told++;
	return &h->beliefs[guest->number];
}

static void named_check(struct history *h, const struct seat_guest *guest)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		const struct output *output = &h->outputs[i];

		if (output->is_lit && output->glass.exists &&
		    (output->glass.name != guest->number ||
		     output->glass.name_life != guest->life)) {
			history_fail(h, "2: a key for guest %u, whom monitor %u does not name",
				     guest->number, i);
		}
	}
}

static void key_pressed(struct history *h, struct seat_guest *guest, unsigned key)
{
	struct belief *belief = news_for(h, guest, "a key");
	uint32_t bit = 1u << key, down = all_down(h);

	named_check(h, guest);
	if (!belief->has_keyboard) {
		history_fail(h, "3: a key for a guest that has not got the keyboard");
	}
	if (belief->keys & bit) {
		history_fail(h, "a key is pressed twice");
	}
	if (!(held_for(guest, h->down) & bit)) {
		history_fail(h, "a key that is down nowhere it may come from");
	}
	if (h->device >= DEVICES || ++h->receivers > 1) {
		history_fail(h, "2: one press has more than one receiver, or nobody pressed");
	}
	if (bit == KEY_BIT_KEPT) {
		history_fail(h, "a key that the host keeps");
	}
	if (bit == KEY_BIT_DELETE && (down & KEY_BITS_CTRL) && (down & KEY_BITS_ALT)) {
		history_fail(h, "4: the key that completes the attention chord");
	}
	belief->keys |= bit;
}

static void key_host(struct history *h, unsigned key, bool pressed)
{
	if (pressed && ++h->receivers > 1) {
		history_fail(h, "2: one press has more than one receiver");
	}
	if (pressed && h->menu && history_keys[key] == history_keys[2]) {
		h->close = true;
	}
	if (pressed && h->is_locked && !h->menu) {
		seat_lock_typed(&h->lock);
		h->is_typed = h->attempt != 0;
	}
}

static void worker_frame(struct history *h, struct seat_guest *guest);

static void on_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct history *h = data;
	unsigned key = history_index(history_keys, KEYS, code);
	struct worker *worker;

	if (key >= KEYS) {
		history_fail(h, "a key that nobody has");
	} else if (guest == seat_host) {
		key_host(h, key, pressed);
	} else if (pressed) {
		key_pressed(h, guest, key);
	} else if (!(h->beliefs[guest->number].keys & 1u << key)) {
		history_fail(h, "a release of what was not pressed");
	} else {
		h->beliefs[guest->number].keys &= ~(1u << key);
	}
	if (guest != seat_host) {
		worker = &h->workers[guest->number];
		if (worker->is_up && (pressed || history_planted != PLANTED_RELEASE)) {
			guest_input_key(&worker->input, code, pressed);
		}
	}
}

static void alone_check(struct history *h, const struct seat_guest *guest)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		if (i != guest->number && (h->beliefs[i].entered || h->beliefs[i].buttons)) {
			history_fail(h, "2: the pointer is guest %u's and guest %u's", i,
				     guest->number);
		}
	}
}

static void place_check(struct history *h, const struct seat_guest *guest,
			const struct seat_head *head, double x, double y)
{
	if (head->guest != guest || !head->exists || !world_head_is_seen(h, head)) {
		history_fail(h, "3: a place on a head that is not its own, or not to be seen");
	}
	if (!(x >= 0 && y >= 0 && x < HEAD_SIZE && y < HEAD_SIZE)) {
		history_fail(h, "a place outside of the head");
	}
}

/* The pointer leaves the guest: its own cursor goes to the far corner, which tells it nothing but that. */
static bool is_parking(const struct history *h, const struct seat_guest *guest,
		       const struct seat_head *head, double x, double y)
{
	return guest->traits.parks && h->beliefs[guest->number].entered == head &&
	       x >= HEAD_SIZE - 1 && y >= HEAD_SIZE - 1;
}

static void on_place(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		     double y)
{
	struct history *h = data;

	if (guest == seat_host) {
		return;
	}
	if (head && !is_parking(h, guest, head, x, y)) {
		news_for(h, guest, "the pointer");
		place_check(h, guest, head, x, y);
		alone_check(h, guest);
	}
	h->beliefs[guest->number].entered = head;
	if (h->workers[guest->number].is_up) {
		guest_input_pointer(&h->workers[guest->number].input, head, x, y);
	}
}

static void on_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	struct history *h = data;

	if (guest != seat_host) {
		news_for(h, guest, "motion");
		alone_check(h, guest);
		if (h->workers[guest->number].is_up) {
			guest_input_relative(&h->workers[guest->number].input, dx, dy);
		}
	}
}

static void on_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct history *h = data;
	uint32_t bit = 1u << history_index(history_buttons, BUTTONS, code);
	struct belief *belief;

	if (guest == seat_host) {
		return;
	}
	belief = &h->beliefs[guest->number];
	if (((belief->buttons & bit) != 0) == pressed) {
		history_fail(h, "a button that is pressed or released twice");
	}
	if (pressed) {
		news_for(h, guest, "a button");
		alone_check(h, guest);
		if (!(held_for(guest, h->pressed) & bit)) {
			history_fail(h, "a button that is down nowhere it may come from");
		}
		belief->buttons |= bit;
		h->clicked = guest->number;
	} else {
		belief->buttons &= ~bit;
	}
	if (h->workers[guest->number].is_up) {
		guest_input_button(&h->workers[guest->number].input, code, pressed);
	}
}

static void on_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	struct history *h = data;

	if (guest != seat_host) {
		news_for(h, guest, "scrolling");
		if (h->workers[guest->number].is_up) {
			guest_input_axis(&h->workers[guest->number].input, axis, v120);
		}
	}
}

static void on_touch_down(void *data, struct seat_guest *guest, struct seat_head *head, int contact,
			  double x, double y)
{
	struct history *h = data;

	if (guest == seat_host) {
		return;
	}
	news_for(h, guest, "a touch");
	place_check(h, guest, head, x, y);
	if (h->contact_guest[contact] != NOBODY) {
		history_fail(h, "2: a contact of two guests");
	}
	if (world_at(h, h->touch_x, h->touch_y) != head) {
		history_fail(h, "2: a touch for whom the finger does not touch");
	}
	h->contact_guest[contact] = guest->number;
	h->contact_device[contact] = h->device;
	h->contact_slot[contact] = h->slot;
	h->beliefs[guest->number].contacts |= 1u << contact;
	h->clicked = guest->number;
	if (h->workers[guest->number].is_up) {
		guest_input_touch_down(&h->workers[guest->number].input, contact, head, x, y);
	}
}

static void on_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	struct history *h = data;

	if (guest == seat_host) {
		return;
	}
	news_for(h, guest, "a touch");
	if (h->contact_guest[contact] != guest->number) {
		history_fail(h, "2: a contact moves for another guest");
	}
	if (h->workers[guest->number].is_up) {
		guest_input_touch_motion(&h->workers[guest->number].input, contact, x, y);
	}
}

static void on_touch_up(void *data, struct seat_guest *guest, int contact)
{
	struct history *h = data;

	if (guest == seat_host) {
		return;
	}
	if (h->contact_guest[contact] != guest->number) {
		history_fail(h, "2: a contact ends for another guest");
	}
	h->contact_guest[contact] = NOBODY;
	h->beliefs[guest->number].contacts &= ~(1u << contact);
	if (h->workers[guest->number].is_up) {
		guest_input_touch_up(&h->workers[guest->number].input, contact);
	}
}

static void worker_frame(struct history *h, struct seat_guest *guest)
{
	struct worker *worker = &h->workers[guest->number];

	if (worker->is_up) {
		guest_input_frame(&worker->input, h->now_ns);
		h->behind += worker->input.behind;
	}
}

static void on_frame(void *data, struct seat_guest *guest)
{
	if (guest != seat_host) {
		worker_frame(data, guest);
	}
}

const struct seat_sink oracle_sink = {
	.key = on_key,
	.pointer_enter = on_place,
	.pointer_motion = on_place,
	.pointer_relative = on_relative,
	.pointer_button = on_button,
	.pointer_axis = on_axis,
	.touch_down = on_touch_down,
	.touch_motion = on_touch_motion,
	.touch_up = on_touch_up,
	.frame = on_frame,
	.action = desk_action,
};

static void keyboard_tell(struct history *h, struct seat_guest *guest, bool has_it)
{
	struct worker *worker = &h->workers[guest->number];

	h->beliefs[guest->number].has_keyboard = has_it;
	if (worker->is_up) {
		guest_input_focus(&worker->input, has_it);
		worker_frame(h, guest);
	}
}

void oracle_keyboard(struct history *h, struct seat_guest *guest)
{
	if (h->keyboard && h->keyboard->is_alive && history_planted != PLANTED_OWNER) {
		keyboard_tell(h, h->keyboard, false);
	}
	h->keyboard = guest;
	if (guest) {
		news_for(h, guest, "the keyboard");
		named_check(h, guest);
		keyboard_tell(h, guest, true);
	}
}

/* ---- what happens ---- */

void oracle_key(struct history *h, unsigned device, unsigned key, bool pressed)
{
	uint32_t bit = 1u << key, down = all_down(h);
	bool completes = pressed && !(h->down[device] & bit) && bit == KEY_BIT_DELETE &&
			 (down & KEY_BITS_CTRL) && (down & KEY_BITS_ALT);

	h->down[device] = pressed ? h->down[device] | bit : h->down[device] & ~bit;
	h->device = device;
	h->receivers = 0;
	h->attentions = 0;
	seat_key(h->seat, device, history_keys[key], pressed, h->now_ns);
	h->device = DEVICES;
	if (h->attentions != completes) {
		history_fail(h, "4: the attention chord is %scomplete, the host was %stold",
			     completes ? "" : "not ", h->attentions ? "" : "not ");
	}
	for (unsigned i = 0; completes && i < GUESTS; i++) {
		if (h->beliefs[i].keys & KEY_BITS_MODIFIERS) {
			history_fail(h, "4: guest %u holds a modifier of the attention chord", i);
		}
	}
}

void oracle_opened(struct history *h)
{
	if (!h->may_open) {
		history_fail(h, "6: the lock is open without a right answer");
	}
	h->is_locked = false;
	h->has_client = false;
	h->attempt = 0;
	h->opened++;
}

/* ---- after each operation ---- */

static void contacts_check(struct history *h)
{
	for (unsigned i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (h->contact_guest[i] != NOBODY &&
		    (!(h->touching[h->contact_device[i]] >> h->contact_slot[i] & 1) ||
		     !may_reach(&h->guests[h->contact_guest[i]], h->contact_device[i]))) {
			history_fail(h, "5: a contact sticks at guest %u", h->contact_guest[i]);
		}
	}
}

static void belief_check(struct history *h, unsigned number, bool is_hosts)
{
	const struct seat_guest *guest = &h->guests[number];
	const struct belief *belief = &h->beliefs[number];

	if ((belief->keys && (!belief->has_keyboard || (belief->keys & ~held_for(guest, h->down)))) ||
	    (belief->buttons & ~held_for(guest, h->pressed))) {
		history_fail(h, "5: something sticks at guest %u", number);
	}
	if (is_hosts && (belief->keys || belief->buttons || belief->contacts || belief->entered ||
			 belief->has_keyboard)) {
		history_fail(h, "5: guest %u holds something while the host has all input", number);
	}
	if (belief->entered && !belief->entered->exists) {
		history_fail(h, "3: the pointer is on a head that is gone");
	}
	if (belief->has_keyboard && !world_on_glass(h, guest)) {
		history_fail(h, "3: guest %u has the keyboard and is on no glass", number);
	}
}

void oracle_check(struct history *h)
{
	unsigned owners = 0, pointers = 0;

	for (unsigned i = 0; i < GUESTS; i++) {
		const struct belief *belief = &h->beliefs[i];

		owners += belief->has_keyboard;
		pointers += belief->entered || belief->buttons;
		if (belief->keys || belief->buttons || belief->contacts || belief->entered ||
		    belief->has_keyboard) {
			belief_check(h, i, h->menu || h->is_locked);
		}
	}
	if (owners > 1 || pointers > 1) {
		history_fail(h, "2: %u guests have the keyboard, %u the pointer", owners, pointers);
	}
	contacts_check(h);
	if (h->is_locked != seat_lock_is_locked(&h->lock)) {
		history_fail(h, "6: the lock is %s by itself", h->is_locked ? "open" : "closed");
	}
	for (unsigned i = 0; i < OUTPUTS && h->lock.state == SEAT_LOCK_CLOSED; i++) {
		const struct frame *glass = &h->outputs[i].glass;

		if (h->outputs[i].is_lit && glass->exists && glass->n_views) {
			history_fail(h, "6: said to be dark, and monitor %u shows guests", i);
		}
	}
}
