/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/local/keymap.h"

#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "base/log.h"
#include "config/settings.h"
#include "wayland-server-protocol.h"

/* X11 counts keycodes from here. */
#define EVDEV_OFFSET 8

static void share(struct keymap *keymap)
{
	char *text = xkb_keymap_get_as_string(keymap->map, XKB_KEYMAP_FORMAT_TEXT_V1);

	if (text) {
		keymap->size = (uint32_t)strlen(text) + 1;
		keymap->fd = memfd_create_sealed("keymap", text, keymap->size);
	}
	free(text);
}

/* "": the host's default. */
static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

void keymap_init(struct keymap *keymap, const struct settings_lock *settings)
{
	const struct xkb_rule_names names = {
		.layout = text_or_null(settings->layout),
		.variant = text_or_null(settings->layout_variant),
		.options = text_or_null(settings->layout_options),
	};
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);

	*keymap = (struct keymap){.fd = -1};
	if (context) {
		xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
		keymap->map = xkb_keymap_new_from_names(context, &names,
							XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	xkb_context_unref(context);
	if (keymap->map) {
		share(keymap);
	}
	if (!keymap->map || keymap->fd < 0) {
		log_warn(LOG_ADMIN, "no keymap %s for lock screens: is xkb-data installed?",
			 settings->layout);
	}
	keymap_forget(keymap);
}

void keymap_finish(struct keymap *keymap)
{
	xkb_state_unref(keymap->state);
	xkb_keymap_unref(keymap->map);
	close_fd(&keymap->fd);
}

void keymap_send(const struct keymap *keymap, struct wl_resource *keyboard, int no_fd)
{
	if (keymap->fd < 0) {
		wl_keyboard_send_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP, no_fd, 0);
	} else {
		wl_keyboard_send_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, keymap->fd,
					keymap->size);
	}
}

void keymap_forget(struct keymap *keymap)
{
	xkb_state_unref(keymap->state);
	keymap->state = keymap->map ? xkb_state_new(keymap->map) : NULL;
}

bool keymap_key(struct keymap *keymap, uint32_t code, bool pressed)
{
	return keymap->state && (xkb_state_update_key(keymap->state, code + EVDEV_OFFSET,
						      pressed ? XKB_KEY_DOWN : XKB_KEY_UP) &
				 (XKB_STATE_MODS_DEPRESSED | XKB_STATE_MODS_LATCHED |
				  XKB_STATE_MODS_LOCKED | XKB_STATE_LAYOUT_EFFECTIVE)) != 0;
}

struct keymap_mods keymap_mods(const struct keymap *keymap)
{
	struct xkb_state *state = keymap->state;

	if (!state) {
		return (struct keymap_mods){0};
	}
	return (struct keymap_mods){
		.depressed = xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED),
		.latched = xkb_state_serialize_mods(state, XKB_STATE_MODS_LATCHED),
		.locked = xkb_state_serialize_mods(state, XKB_STATE_MODS_LOCKED),
		.group = xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE),
	};
}
