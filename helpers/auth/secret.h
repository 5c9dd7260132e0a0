/* SPDX-License-Identifier: MIT */
/* What is being typed: in a page of its own that is never swapped, dumped or inherited, and wiped when it is not needed. */
#ifndef HELPERS_AUTH_SECRET_H
#define HELPERS_AUTH_SECRET_H

#include <stddef.h>

#include "base/util.h"

#define SECRET_MAX 511 /* bytes */

struct secret {
	char *text; /* UTF-8, ends with NUL */
	size_t used;
	unsigned characters;
};

/* 0 or -errno. */
MUST_USE int secret_init(struct secret *secret);
void secret_finish(struct secret *secret);
/* One character, as UTF-8. What does not fit is left out. */
void secret_add(struct secret *secret, const char *character);
/* The last character. */
void secret_erase(struct secret *secret);
void secret_clear(struct secret *secret);

#endif
