/* SPDX-License-Identifier: MIT */
/* Which of the names that exist somebody meant who wrote one that does not. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX 32 /* characters of a name that are looked at */

struct nearest {
	const char *text;
	size_t len;
	const char *best; /* NULL: nothing resembles it */
	unsigned distance;
};

/* text need not end at len; it is borrowed, as are the names that are offered. */
void nearest_init(struct nearest *nearest, const char *text, size_t len);
void nearest_offer(struct nearest *nearest, const char *name);

/* Insertions, deletions and changes from one to the other, of at most NEAREST_MAX characters each. */
unsigned text_distance(const char *a, size_t a_len, const char *b);

#endif
