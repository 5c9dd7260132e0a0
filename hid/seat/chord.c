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

int seat_chord_parse(const char *text, struct seat_chord *out)
{
	struct seat_chord chord = {0};

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

static bool either_down(const struct seat *seat, uint32_t left, uint32_t right)
{
	return seat->keys.down[left] || seat->keys.down[right];
}

static struct seat_chord modifiers_down(const struct seat *seat)
{
	return (struct seat_chord){
		.ctrl = either_down(seat, KEY_LEFTCTRL, KEY_RIGHTCTRL),
		.alt = either_down(seat, KEY_LEFTALT, KEY_RIGHTALT),
		.shift = either_down(seat, KEY_LEFTSHIFT, KEY_RIGHTSHIFT),
		.meta = either_down(seat, KEY_LEFTMETA, KEY_RIGHTMETA),
	};
}

static bool covers(const struct seat_chord *down, const struct seat_chord *chord)
{
	return down->ctrl >= chord->ctrl && down->alt >= chord->alt &&
	       down->shift >= chord->shift && down->meta >= chord->meta;
}

const struct seat_chord *seat_chord_completed(const struct seat *seat, uint32_t code)
{
	const struct seat_chord *attention = &seat->chords[SEAT_ACTION_ATTENTION];
	struct seat_chord down = modifiers_down(seat);

	if (code == attention->key && covers(&down, attention)) {
		return attention;
	}
	for (unsigned i = 0; i < SEAT_CHORDS; i++) {
		const struct seat_chord *chord = &seat->chords[i];

		if (chord != attention && chord->key && code == chord->key &&
		    covers(&down, chord) && covers(chord, &down)) {
			return chord;
		}
	}
	return NULL;
}

void seat_chord_complete(struct seat *seat, const struct seat_chord *chord, uint32_t code)
{
	static const uint32_t modifiers[] = {KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTALT,
					     KEY_RIGHTALT, KEY_LEFTSHIFT, KEY_RIGHTSHIFT,
					     KEY_LEFTMETA, KEY_RIGHTMETA};
	enum seat_action action;

	seat->chord = chord;
	seat_chord_update(seat); /* forgotten at once when it has no modifiers */
	/* The recipient may know the key from another keyboard that holds it. */
	seat_key_release(seat, code);
	for (size_t i = 0; i < ARRAY_SIZE(modifiers); i++) {
		seat_key_release(seat, modifiers[i]);
	}
	seat_end_frame(seat);
	action = (enum seat_action)(chord - seat->chords);
	if (!seat->grabbed || (action != SEAT_ACTION_SWITCH && action != SEAT_ACTION_LAYOUT)) {
		seat->sink->action(seat->data, action);
	}
}

void seat_chord_update(struct seat *seat)
{
	const struct seat_chord *chord = seat->chord;
	struct seat_chord down = modifiers_down(seat);

	if (chord && !(chord->ctrl && down.ctrl) && !(chord->alt && down.alt) &&
	    !(chord->shift && down.shift) && !(chord->meta && down.meta)) {
		seat->chord = NULL;
	}
}
