/* SPDX-License-Identifier: MIT */
/* Keys and buttons: who was told that they are down, and the releases that it is owed. */
#include "hid/seat/seat_priv.h"

static uint64_t live(const struct seat_codes *codes, uint32_t code)
{
	return codes->down[code] & ~codes->barred[code];
}

struct seat_guest *seat_key_recipient(const struct seat *seat, uint32_t code)
{
	bool is_kept = seat->kept[code / 64] >> code % 64 & 1;

	return is_kept || seat->mode != SEAT_GUESTS ? seat_host : seat->keyboard;
}

/* ---- releases ---- */

void seat_key_release(struct seat *seat, uint32_t code)
{
	struct seat_guest *guest = seat->keys.holder[code];

	if (guest) {
		seat->keys.holder[code] = NULL;
		seat->keys.held--;
		seat_tell(seat, guest);
		seat->sink->key(seat->data, guest, code, false);
	}
}

static void button_release(struct seat *seat, uint32_t code)
{
	struct seat_guest *guest = seat->buttons.holder[code];

	if (guest) {
		seat->buttons.holder[code] = NULL;
		seat->buttons.held--;
		seat_tell(seat, guest);
		seat->sink->pointer_button(seat->data, guest, code, false);
	}
}

void seat_keys_release(struct seat *seat)
{
	for (unsigned code = 0; seat->keys.held && code < KEY_CNT; code++) {
		seat_key_release(seat, code);
	}
}

void seat_buttons_release(struct seat *seat)
{
	for (unsigned code = 0; seat->buttons.held && code < KEY_CNT; code++) {
		button_release(seat, code);
	}
}

static void codes_forget(struct seat_codes *codes, const struct seat_guest *guest)
{
	for (unsigned code = 0; codes->held && code < KEY_CNT; code++) {
		if (codes->holder[code] == guest) {
			codes->holder[code] = NULL;
			codes->held--;
		}
	}
}

void seat_codes_forget(struct seat *seat, const struct seat_guest *guest)
{
	codes_forget(&seat->keys, guest);
	codes_forget(&seat->buttons, guest);
}

static void code_lift(struct seat_codes *codes, uint32_t code, uint64_t devices)
{
	codes->down[code] &= ~devices;
	codes->barred[code] &= ~devices;
}

void seat_codes_lift(struct seat *seat, uint64_t devices)
{
	for (unsigned code = 0; code < KEY_CNT; code++) {
		code_lift(&seat->keys, code, devices);
		if (!live(&seat->keys, code)) {
			seat_key_release(seat, code);
		}
		code_lift(&seat->buttons, code, devices);
		if (!live(&seat->buttons, code)) {
			button_release(seat, code);
		}
	}
}

/* ---- what the policy says of those that are down ---- */

/* The devices that hold this and may not reach the guest. */
static uint64_t barred_from(const struct seat *seat, uint64_t down, struct seat_guest *guest)
{
	uint64_t barred = 0;

	for (; guest && down; down &= down - 1) {
		unsigned device = (unsigned)__builtin_ctzll(down);

		if (!seat_allows(seat, device, guest)) {
			barred |= UINT64_C(1) << device;
		}
	}
	return barred;
}

static void key_settle(struct seat *seat, uint32_t code)
{
	struct seat_guest *guest = seat_key_recipient(seat, code);

	seat->keys.barred[code] = barred_from(seat, seat->keys.down[code], guest);
	if (!live(&seat->keys, code) || seat->keys.holder[code] != guest) {
		seat_key_release(seat, code);
	}
}

static void button_settle(struct seat *seat, uint32_t code)
{
	struct seat_codes *buttons = &seat->buttons;

	buttons->barred[code] |= barred_from(seat, buttons->down[code], buttons->holder[code]);
	if (!live(buttons, code)) {
		button_release(seat, code);
	}
}

void seat_codes_settle(struct seat *seat)
{
	for (unsigned code = 0; code < KEY_CNT; code++) {
		if (seat->keys.down[code]) {
			key_settle(seat, code);
		}
		if (seat->buttons.holder[code]) {
			button_settle(seat, code);
		}
	}
}

/* ---- events ---- */

/* True when this is news: false for repeats and for numbers that do not exist. */
static bool codes_take(struct seat_codes *codes, unsigned device, uint32_t code, bool pressed)
{
	uint64_t bit;

	if (device >= SEAT_MAX_DEVICES || code == 0 || code >= KEY_CNT) {
		return false;
	}
	bit = UINT64_C(1) << device;
	if (((codes->down[code] & bit) != 0) == pressed) {
		return false;
	}
	codes->down[code] ^= bit;
	codes->barred[code] &= ~bit;
	return true;
}

/*
 * Whether guest is to be told of this press: not when the device may not reach it, nor when the code is down elsewhere,
 * and whoever it belongs to knows already.
 */
static bool code_press(struct seat *seat, struct seat_codes *codes, unsigned device, uint32_t code,
		       struct seat_guest *guest)
{
	if (!guest || codes->barred[code] >> device & 1) {
		seat->dropped++;
		return false;
	}
	if (live(codes, code) != UINT64_C(1) << device) {
		return false;
	}
	codes->holder[code] = guest;
	codes->held++;
	seat_tell(seat, guest);
	return true;
}

static void key_pressed(struct seat *seat, unsigned device, uint32_t code)
{
	const struct seat_chord *chord = seat_chord_completed(seat, code);
	struct seat_guest *guest = seat_key_recipient(seat, code);

	seat->keys.barred[code] |= barred_from(seat, UINT64_C(1) << device, guest);
	/* Before anything is sent, and for each keyboard: a key stuck on one must not keep the chord from another. */
	if (chord) {
		seat_chord_complete(seat, chord, code);
		return;
	}
	if (seat->chord_devices >> device & 1) {
		seat->dropped++;
		return;
	}
	if (code_press(seat, &seat->keys, device, code, guest)) {
		seat->sink->key(seat->data, guest, code, true);
	}
}

void seat_key(struct seat *seat, unsigned device, uint32_t code, bool pressed, uint64_t time_ns)
{
	if (!codes_take(&seat->keys, device, code, pressed)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (pressed) {
		key_pressed(seat, device, code);
	} else {
		if (!live(&seat->keys, code)) {
			seat_key_release(seat, code);
		}
		seat_chord_update(seat);
	}
	seat_end_frame(seat);
}

static void button_pressed(struct seat *seat, unsigned device, uint32_t code)
{
	struct seat_guest *guest = seat_pointer_claim(seat, device);

	if (!guest) {
		seat->buttons.barred[code] |= UINT64_C(1) << device;
	}
	if (code_press(seat, &seat->buttons, device, code, guest)) {
		seat->sink->pointer_button(seat->data, guest, code, true);
	}
}

void seat_button(struct seat *seat, unsigned device, uint32_t code, bool pressed, uint64_t time_ns)
{
	if (!codes_take(&seat->buttons, device, code, pressed)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (pressed) {
		button_pressed(seat, device, code);
	} else if (!live(&seat->buttons, code)) {
		button_release(seat, code);
		/* A drag may have ended outside of the head that it began on. */
		seat_pointer_update(seat);
	}
	seat_end_frame(seat);
}
