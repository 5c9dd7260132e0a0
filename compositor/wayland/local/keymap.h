/* SPDX-License-Identifier: MIT */
/*
 * The keymap that trusted clients get, and what modifiers are down by it. State exists only while such a client has the
 * keyboard: no key is known afterwards.
 */
#ifndef LOCAL_KEYMAP_H
#define LOCAL_KEYMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct settings_lock;
struct wl_resource;
struct xkb_keymap;
struct xkb_state;

struct keymap {
	struct xkb_keymap *map; /* NULL: this host has none */
	struct xkb_state *state;
	int fd; /* its text, sealed */
	uint32_t size;
};

struct keymap_mods {
	uint32_t depressed, latched, locked, group;
};

/*
 * Reads files, so before the loop runs; a keymap of our own prompt's layouts. Without files of keymaps there is none, which
 * is logged and clients are told.
 */
void keymap_init(struct keymap *keymap, const struct settings_lock *settings);
void keymap_finish(struct keymap *keymap);
/* wl_keyboard.keymap; no_fd stands for none. */
void keymap_send(const struct keymap *keymap, struct wl_resource *keyboard, int no_fd);
/* Nothing is down and nothing is locked: who had the keyboard is over, or somebody has it now. */
void keymap_forget(struct keymap *keymap);
/* code: of linux/input-event-codes.h. True: modifiers are others now. */
bool keymap_key(struct keymap *keymap, uint32_t code, bool pressed);
struct keymap_mods keymap_mods(const struct keymap *keymap);

#endif
