/* SPDX-License-Identifier: MIT */
/* Key codes to characters, by the layouts that are configured, dead keys included. */
#ifndef HELPERS_AUTH_KEYS_H
#define HELPERS_AUTH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct keys;
struct settings;

enum keys_result {
	KEYS_NOTHING,   /* a modifier, or nothing that means anything here */
	KEYS_CHARACTER, /* in text */
	KEYS_ERASE,     /* the last character */
	KEYS_CLEAR,     /* Escape, Ctrl+U */
	KEYS_SUBMIT,
};

#define KEYS_TEXT_SIZE 16

/* 0, or -EINVAL (logged: no such layout). */
MUST_USE int keys_create(struct keys **out, const struct settings *settings);
void keys_destroy(struct keys *keys);
enum keys_result keys_handle(struct keys *keys, uint32_t code, bool pressed,
			     char text[KEYS_TEXT_SIZE]);
bool keys_caps_lock(const struct keys *keys);
/* "" where it has no name. */
void keys_layout(const struct keys *keys, char *out, size_t size);
unsigned keys_layouts(const struct keys *keys);
void keys_next_layout(struct keys *keys);

#endif
