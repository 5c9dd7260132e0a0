/* SPDX-License-Identifier: MIT */
/* The host's chords: what they are called, when they are complete. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "hid/seat/seat_priv.h"

struct key_name {
	const char *name;
	uint32_t code;
};

static const struct key_name key_names[] = {
	{"a", KEY_A},
	{"b", KEY_B},
	{"c", KEY_C},
	{"d", KEY_D},
	{"e", KEY_E},
	{"f", KEY_F},
	{"g", KEY_G},
	{"h", KEY_H},
	{"i", KEY_I},
	{"j", KEY_J},
	{"k", KEY_K},
	{"l", KEY_L},
	{"m", KEY_M},
	{"n", KEY_N},
	{"o", KEY_O},
	{"p", KEY_P},
	{"q", KEY_Q},
	{"r", KEY_R},
	{"s", KEY_S},
	{"t", KEY_T},
	{"u", KEY_U},
	{"v", KEY_V},
	{"w", KEY_W},
	{"x", KEY_X},
	{"y", KEY_Y},
	{"z", KEY_Z},
	{"0", KEY_0},
	{"1", KEY_1},
	{"2", KEY_2},
	{"3", KEY_3},
	{"4", KEY_4},
	{"5", KEY_5},
	{"6", KEY_6},
	{"7", KEY_7},
	{"8", KEY_8},
	{"9", KEY_9},
	{"f1", KEY_F1},
	{"f2", KEY_F2},
	{"f3", KEY_F3},
	{"f4", KEY_F4},
	{"f5", KEY_F5},
	{"f6", KEY_F6},
	{"f7", KEY_F7},
	{"f8", KEY_F8},
	{"f9", KEY_F9},
	{"f10", KEY_F10},
	{"f11", KEY_F11},
	{"f12", KEY_F12},
	{"tab", KEY_TAB},
	{"delete", KEY_DELETE},
	{"escape", KEY_ESC},
	{"left", KEY_LEFT},
	{"right", KEY_RIGHT},
	{"up", KEY_UP},
	{"down", KEY_DOWN},
	{"space", KEY_SPACE},
	{"enter", KEY_ENTER},
	{"backspace", KEY_BACKSPACE},
	{"insert", KEY_INSERT},
	{"home", KEY_HOME},
	{"end", KEY_END},
	{"pageup", KEY_PAGEUP},
	{"pagedown", KEY_PAGEDOWN},
	{"pause", KEY_PAUSE},
	{"print", KEY_SYSRQ},
	{"menu", KEY_COMPOSE},
	{"brightnessup", KEY_BRIGHTNESSUP},
	{"brightnessdown", KEY_BRIGHTNESSDOWN},
};

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(word, name, len) == 0;
}

static bool *chord_modifier(struct seat_chord *chord, const char *word, size_t len)
{
	if (word_is(word, len, "ctrl")) {
		return &chord->ctrl;
	}
	if (word_is(word, len, "alt")) {
		return &chord->alt;
	}
	if (word_is(word, len, "shift")) {
		return &chord->shift;
	}
	if (word_is(word, len, "meta")) {
		return &chord->meta;
	}
	return NULL;
}

static uint32_t key_by_name(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_names); i++) {
		if (word_is(word, len, key_names[i].name)) {
			return key_names[i].code;
		}
	}
	return 0;
}

/* One word of the chord; each modifier once, one key. */
static bool chord_take_word(struct seat_chord *chord, const char *word, size_t len)
{
	bool *modifier = chord_modifier(chord, word, len);

	if (modifier) {
		bool is_new = !*modifier;

		*modifier = true;
		return is_new;
	}
	if (chord->key) {
		return false;
	}
	chord->key = key_by_name(word, len);
	return chord->key != 0;
}

/* No guest needs it for anything else. */
static bool stands_alone(uint32_t key)
{
	return key == KEY_BRIGHTNESSUP || key == KEY_BRIGHTNESSDOWN;
}

struct modifier {
	const char *left_name, *right_name; /* in a pair */
	uint32_t left, right;
};

static const struct modifier modifiers[] = {
	{"leftctrl", "rightctrl", KEY_LEFTCTRL, KEY_RIGHTCTRL},
	{"leftalt", "rightalt", KEY_LEFTALT, KEY_RIGHTALT},
	{"leftshift", "rightshift", KEY_LEFTSHIFT, KEY_RIGHTSHIFT},
	{"leftmeta", "rightmeta", KEY_LEFTMETA, KEY_RIGHTMETA},
};

/* "leftctrl+rightctrl", in either order. */
static bool chord_take_pair(struct seat_chord *chord, const char *text)
{
	size_t len = strcspn(text, "+");
	const char *second = text[len] ? text + len + 1 : "";

	for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++) {
		const struct modifier *m = &modifiers[i];

		if ((word_is(text, len, m->left_name) && strcasecmp(second, m->right_name) == 0) ||
		    (word_is(text, len, m->right_name) && strcasecmp(second, m->left_name) == 0)) {
			*chord = (struct seat_chord){.key = m->left, .pair = m->right};
			return true;
		}
	}
	return false;
}

int seat_chord_parse(const char *text, struct seat_chord *out)
{
	struct seat_chord chord = {0};

	if (chord_take_pair(&chord, text)) {
		*out = chord;
		return 0;
	}
	for (;;) {
		size_t len = strcspn(text, "+");

		if (!chord_take_word(&chord, text, len)) {
			return -EINVAL;
		}
		if (text[len] == '\0') {
			break;
		}
		text += len + 1;
	}
	if (!chord.key ||
	    !(chord.ctrl || chord.alt || chord.shift || chord.meta || stands_alone(chord.key))) {
		return -EINVAL;
	}
	*out = chord;
	return 0;
}

/* ---- when they are complete ---- */

static bool either_down(const struct seat *seat, const struct modifier *modifier)
{
	return seat->keys.down[modifier->left] || seat->keys.down[modifier->right];
}

static struct seat_chord modifiers_down(const struct seat *seat)
{
	return (struct seat_chord){
		.ctrl = either_down(seat, &modifiers[0]),
		.alt = either_down(seat, &modifiers[1]),
		.shift = either_down(seat, &modifiers[2]),
		.meta = either_down(seat, &modifiers[3]),
	};
}

/* What is down of modifiers while it is complete: a pair's own are of its kind. */
static struct seat_chord chord_modifiers(const struct seat_chord *chord)
{
	struct seat_chord needs = *chord;

	needs.ctrl |= chord->pair == KEY_RIGHTCTRL;
	needs.alt |= chord->pair == KEY_RIGHTALT;
	needs.shift |= chord->pair == KEY_RIGHTSHIFT;
	needs.meta |= chord->pair == KEY_RIGHTMETA;
	return needs;
}

static bool covers(const struct seat_chord *down, const struct seat_chord *chord)
{
	return down->ctrl >= chord->ctrl && down->alt >= chord->alt &&
	       down->shift >= chord->shift && down->meta >= chord->meta;
}

/* The code is its last key, and the other one of a pair is down. */
static bool chord_ends_with(const struct seat *seat, const struct seat_chord *chord, uint32_t code)
{
	if (!chord->key) {
		return false;
	}
	if (!chord->pair) {
		return code == chord->key;
	}
	return (code == chord->key && seat->keys.down[chord->pair]) ||
	       (code == chord->pair && seat->keys.down[chord->key]);
}

static bool chord_is_complete(const struct seat *seat, enum seat_action action, uint32_t code)
{
	const struct seat_chord *chord = &seat->chords[action];
	struct seat_chord down, needs;

	if (!chord_ends_with(seat, chord, code)) {
		return false;
	}
	down = modifiers_down(seat);
	needs = chord_modifiers(chord);
	return covers(&down, &needs) && (action == SEAT_ACTION_ATTENTION || covers(&needs, &down));
}

const struct seat_chord *seat_chord_completed(const struct seat *seat, uint32_t code)
{
	if (chord_is_complete(seat, SEAT_ACTION_ATTENTION, code)) {
		return &seat->chords[SEAT_ACTION_ATTENTION];
	}
	for (unsigned i = 0; i < SEAT_CHORDS; i++) {
		if (chord_is_complete(seat, (enum seat_action)i, code)) {
			return &seat->chords[i];
		}
	}
	return NULL;
}

/* Whether the host is to be told, or the chord is only kept from everybody. */
static bool action_means(enum seat_mode mode, enum seat_action action)
{
	switch (action) {
	case SEAT_ACTION_ATTENTION:
	case SEAT_ACTION_LOCK:
	case SEAT_ACTION_BRIGHTER:
	case SEAT_ACTION_DARKER:
		return true;
	case SEAT_ACTION_SWITCH:
	case SEAT_ACTION_SWITCH_BACK:
	case SEAT_ACTION_LAYOUT:
	case SEAT_ACTION_CAPTURE:
	case SEAT_CHORDS:
		break;
	}
	return mode == SEAT_GUESTS;
}

/* The devices, bit by bit, that hold a modifier. */
static uint64_t devices_with_modifiers(const struct seat *seat)
{
	uint64_t devices = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++) {
		devices |= seat->keys.down[modifiers[i].left] | seat->keys.down[modifiers[i].right];
	}
	return devices;
}

void seat_action(struct seat *seat, enum seat_action action)
{
	if (action_means(seat->mode, action)) {
		seat->sink->action(seat->data, action);
	}
}

void seat_chord_complete(struct seat *seat, const struct seat_chord *chord, uint32_t code)
{
	enum seat_action action = (enum seat_action)(chord - seat->chords);
	bool means = action_means(seat->mode, action);

	seat->chord_devices = devices_with_modifiers(seat);
	/* The holder may know the key from another keyboard. */
	seat_key_release(seat, code);
	for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++) {
		seat_key_release(seat, modifiers[i].left);
		seat_key_release(seat, modifiers[i].right);
	}
	seat_end_frame(seat);
	/* Both then and now: what was typed at a menu does not mean guests, even if the menu has gone by itself. */
	if (means) {
		seat_action(seat, action);
	}
}

void seat_chord_update(struct seat *seat)
{
	if (seat->chord_devices) {
		seat->chord_devices &= devices_with_modifiers(seat);
	}
}

/* ---- what is typed for a guest ---- */

/* The keys of a chord in the order in which one presses them. */
static unsigned chord_codes(const struct seat_chord *chord, uint32_t codes[6])
{
	const bool wanted[] = {chord->ctrl, chord->alt, chord->shift, chord->meta};
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++) {
		if (wanted[i]) {
			codes[n++] = modifiers[i].left;
		}
	}
	if (chord->pair) {
		codes[n++] = chord->pair;
	}
	codes[n++] = chord->key;
	return n;
}

static void key_say(struct seat *seat, struct seat_guest *guest, uint32_t code, bool pressed)
{
	seat_tell(seat, guest);
	seat->sink->key(seat->data, guest, code, pressed);
	seat_end_frame(seat);
}

bool seat_send_chord(struct seat *seat, struct seat_guest *guest, const struct seat_chord *chord)
{
	uint32_t codes[6];
	unsigned n = chord_codes(chord, codes);

	if (!guest || guest != seat->keyboard || seat->mode != SEAT_GUESTS || !chord->key) {
		return false;
	}
	seat_end_frame(seat);
	/* What is down already is not pressed twice; it is up for the guest when this is over. */
	for (unsigned i = 0; i < n; i++) {
		seat_key_release(seat, codes[i]);
		key_say(seat, guest, codes[i], true);
	}
	for (unsigned i = n; i > 0; i--) {
		key_say(seat, guest, codes[i - 1], false);
	}
	return true;
}
