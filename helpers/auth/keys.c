/* SPDX-License-Identifier: MIT */
#include "helpers/auth/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xkbcommon/xkbcommon-compose.h>
#include <xkbcommon/xkbcommon.h>

#include "base/log.h"
#include "config/settings.h"

/* Between codes of Linux and those of X11, which keymaps are written for. */
#define XKB_OFFSET 8
/* Where X11 keeps the sequences of dead keys that all of UTF-8 shares. */
#define COMPOSE_LOCALE "en_US.UTF-8"

struct keys {
	struct xkb_context *context;
	struct xkb_keymap *keymap;
	struct xkb_state *state;
	struct xkb_compose_table *table; /* NULL: dead keys are dead */
	struct xkb_compose_state *compose;
};

/* What it would say has keys in it. */
static void say_nothing(struct xkb_context *context, enum xkb_log_level level, const char *format,
			va_list args)
{
}

static int keymap_create(struct keys *keys, const struct settings *settings)
{
	const struct xkb_rule_names names = {
		.rules = "evdev",
		.layout = settings->lock.layout,
		.variant = settings->lock.layout_variant,
		.options = settings->lock.layout_options,
	};

	keys->keymap = xkb_keymap_new_from_names(keys->context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (!keys->keymap) {
		log_error(LOG_ADMIN,
			  "[lock] layout=%s: there is no such keyboard layout, variant or option",
			  settings->lock.layout);
		return -EINVAL;
	}
	keys->state = xkb_state_new(keys->keymap);
	return keys->state ? 0 : -ENOMEM;
}

int keys_create(struct keys **out, const struct settings *settings)
{
	struct keys *keys = xcalloc(1, sizeof(*keys));
	int ret;

	keys->context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (!keys->context) {
		free(keys);
		return -ENOMEM;
	}
	xkb_context_set_log_fn(keys->context, say_nothing);
	ret = keymap_create(keys, settings);
	if (ret < 0) {
		keys_destroy(keys);
		return ret;
	}
	keys->table = xkb_compose_table_new_from_locale(keys->context, COMPOSE_LOCALE,
							XKB_COMPOSE_COMPILE_NO_FLAGS);
	if (keys->table) {
		keys->compose = xkb_compose_state_new(keys->table, XKB_COMPOSE_STATE_NO_FLAGS);
	}
	*out = keys;
	return 0;
}

void keys_destroy(struct keys *keys)
{
	if (!keys) {
		return;
	}
	xkb_compose_state_unref(keys->compose);
	xkb_compose_table_unref(keys->table);
	xkb_state_unref(keys->state);
	xkb_keymap_unref(keys->keymap);
	xkb_context_unref(keys->context);
	free(keys);
}

/* ---- one key ---- */

static bool has_ctrl(const struct keys *keys)
{
	return xkb_state_mod_name_is_active(keys->state, XKB_MOD_NAME_CTRL,
					    XKB_STATE_MODS_EFFECTIVE) > 0;
}

static enum keys_result plain_character(const struct keys *keys, xkb_keycode_t code, char *text)
{
	int size = xkb_state_key_get_utf8(keys->state, code, text, KEYS_TEXT_SIZE);

	/* Control characters are no part of what can be typed here. */
	if (size <= 0 || size >= KEYS_TEXT_SIZE || (unsigned char)text[0] < ' ' || text[0] == 0x7f) {
		text[0] = '\0';
		return KEYS_NOTHING;
	}
	return KEYS_CHARACTER;
}

static enum keys_result character(struct keys *keys, xkb_keycode_t code, xkb_keysym_t symbol,
				  char *text)
{
	int size;

	if (!keys->compose ||
	    xkb_compose_state_feed(keys->compose, symbol) == XKB_COMPOSE_FEED_IGNORED) {
		return plain_character(keys, code, text);
	}
	switch (xkb_compose_state_get_status(keys->compose)) {
	case XKB_COMPOSE_NOTHING:
		return plain_character(keys, code, text);
	case XKB_COMPOSE_COMPOSED:
		size = xkb_compose_state_get_utf8(keys->compose, text, KEYS_TEXT_SIZE);
		xkb_compose_state_reset(keys->compose);
		return size > 0 && size < KEYS_TEXT_SIZE ? KEYS_CHARACTER : KEYS_NOTHING;
	case XKB_COMPOSE_CANCELLED:
		xkb_compose_state_reset(keys->compose);
		break;
	case XKB_COMPOSE_COMPOSING:
		break;
	}
	return KEYS_NOTHING;
}

static enum keys_result pressed_key(struct keys *keys, xkb_keycode_t code, char *text)
{
	xkb_keysym_t symbol = xkb_state_key_get_one_sym(keys->state, code);

	switch (symbol) {
	case XKB_KEY_Return:
	case XKB_KEY_KP_Enter:
		return KEYS_SUBMIT;
	case XKB_KEY_BackSpace:
		return KEYS_ERASE;
	case XKB_KEY_Escape:
		return KEYS_CLEAR;
	case XKB_KEY_u:
	case XKB_KEY_U:
		if (has_ctrl(keys)) {
			return KEYS_CLEAR;
		}
		break;
	default:
		break;
	}
	return character(keys, code, symbol, text);
}

enum keys_result keys_handle(struct keys *keys, uint32_t code, bool pressed,
			     char text[KEYS_TEXT_SIZE])
{
	enum keys_result result = KEYS_NOTHING;
	xkb_keycode_t xkb_code = code + XKB_OFFSET;

	text[0] = '\0';
	if (xkb_code < xkb_keymap_min_keycode(keys->keymap) ||
	    xkb_code > xkb_keymap_max_keycode(keys->keymap)) {
		return KEYS_NOTHING;
	}
	if (pressed) {
		result = pressed_key(keys, xkb_code, text);
	}
	xkb_state_update_key(keys->state, xkb_code, pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
	return result;
}

/* ---- the state ---- */

bool keys_caps_lock(const struct keys *keys)
{
	return xkb_state_mod_name_is_active(keys->state, XKB_MOD_NAME_CAPS, XKB_STATE_MODS_LOCKED) >
	       0;
}

static xkb_layout_index_t layout_now(const struct keys *keys)
{
	return xkb_state_serialize_layout(keys->state, XKB_STATE_LAYOUT_EFFECTIVE);
}

void keys_layout(const struct keys *keys, char *out, size_t size)
{
	const char *name = xkb_keymap_layout_get_name(keys->keymap, layout_now(keys));

	snprintf(out, size, "%s", name ? name : "");
}

unsigned keys_layouts(const struct keys *keys)
{
	return xkb_keymap_num_layouts(keys->keymap);
}

void keys_next_layout(struct keys *keys)
{
	xkb_layout_index_t next = (layout_now(keys) + 1) % MAX(keys_layouts(keys), 1);

	xkb_state_update_mask(keys->state,
			      xkb_state_serialize_mods(keys->state, XKB_STATE_MODS_DEPRESSED),
			      xkb_state_serialize_mods(keys->state, XKB_STATE_MODS_LATCHED),
			      xkb_state_serialize_mods(keys->state, XKB_STATE_MODS_LOCKED), 0, 0,
			      next);
}
