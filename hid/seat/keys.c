/* SPDX-License-Identifier: MIT */
/* Keys and buttons: who was told that they are down, and the releases that it is owed. */
#include "hid/seat/seat_priv.h"

bool seat_buttons_sent(const struct seat *seat)
{
	for (unsigned code = 0; code < KEY_CNT; code++) {
		if (seat->buttons.sent[code]) {
			return true;
		}
	}
	return false;
}

void seat_key_release(struct seat *seat, uint32_t code)
{
	if (seat->keys.sent[code]) {
		seat->keys.sent[code] = false;
		seat->sink->key(seat->data, seat_recipient(seat), code, false);
		seat->unframed = true;
	}
}

static void button_release(struct seat *seat, uint32_t code)
{
	if (seat->buttons.sent[code]) {
		seat->buttons.sent[code] = false;
		seat->sink->pointer_button(seat->data, seat_recipient(seat), code, false);
		seat->unframed = true;
	}
}

void seat_codes_release(struct seat *seat)
{
	for (unsigned code = 0; code < KEY_CNT; code++) {
		seat_key_release(seat, code);
		button_release(seat, code);
	}
}

void seat_codes_forget(struct seat *seat)
{
	for (unsigned code = 0; code < KEY_CNT; code++) {
		seat->keys.sent[code] = false;
		seat->buttons.sent[code] = false;
	}
}

void seat_codes_lift(struct seat *seat, uint64_t devices)
{
	for (unsigned code = 0; code < KEY_CNT; code++) {
		seat->keys.down[code] &= ~devices;
		if (!seat->keys.down[code]) {
			seat_key_release(seat, code);
		}
		seat->buttons.down[code] &= ~devices;
		if (!seat->buttons.down[code]) {
			button_release(seat, code);
		}
	}
}

/* True when this is news: false for repeats and for numbers that do not exist. */
static bool codes_take(struct seat_codes *codes, unsigned device, uint32_t code, bool pressed)
{
	uint64_t bit;

	if (device >= SEAT_MAX_DEVICES || code == 0 || code >= KEY_CNT) {
		return false;
	}
	bit = 1ull << device;
	if (((codes->down[code] & bit) != 0) == pressed) {
		return false;
	}
	codes->down[code] ^= bit;
	return true;
}

/* Down on one device only. If on more, whoever it belongs to knows already. */
static bool first_press(const struct seat_codes *codes, uint32_t code)
{
	return (codes->down[code] & (codes->down[code] - 1)) == 0;
}

static void key_pressed(struct seat *seat, uint32_t code)
{
	const struct seat_chord *chord = seat_chord_completed(seat, code);

	/* Before anything else, and for each keyboard: a key stuck on one must not keep the chord from another. */
	if (chord) {
		seat_chord_complete(seat, chord, code);
		return;
	}
	if (seat->grabbed && code == KEY_ESC) {
		seat->sink->action(seat->data, SEAT_ACTION_DISMISS);
		return;
	}
	if (!first_press(&seat->keys, code)) {
		return;
	}
	if (!seat_recipient(seat) || seat->chord) {
		seat->dropped++;
		return;
	}
	seat->keys.sent[code] = true;
	seat->sink->key(seat->data, seat_recipient(seat), code, true);
	seat->unframed = true;
	seat_end_frame(seat);
}

void seat_key(struct seat *seat, unsigned device, uint32_t code, bool pressed, uint64_t time_ns)
{
	if (!codes_take(&seat->keys, device, code, pressed)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (pressed) {
		key_pressed(seat, code);
		return;
	}
	if (!seat->keys.down[code]) {
		seat_key_release(seat, code);
		seat_chord_update(seat);
		seat_end_frame(seat);
	}
}

static void button_pressed(struct seat *seat, uint32_t code)
{
	if (!first_press(&seat->buttons, code)) {
		return;
	}
	if (!seat_pointer_recipient(seat)) {
		seat->dropped++;
		return;
	}
	seat->buttons.sent[code] = true;
	seat->sink->pointer_button(seat->data, seat_recipient(seat), code, true);
	seat->unframed = true;
}

void seat_button(struct seat *seat, unsigned device, uint32_t code, bool pressed, uint64_t time_ns)
{
	if (!codes_take(&seat->buttons, device, code, pressed)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (pressed) {
		button_pressed(seat, code);
	} else if (!seat->buttons.down[code]) {
		button_release(seat, code);
		/* A drag may have ended outside of the head that it began on. */
		seat_pointer_update(seat, NULL);
	}
	seat_end_frame(seat);
}
