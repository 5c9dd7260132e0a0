/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#include <string.h>

#include "base/util.h"

/* What is further away than this is another name, not the same one misspelt. */
#define FAR 4

unsigned text_distance(const char *a, size_t a_len, const char *b)
{
	unsigned row[NEAREST_MAX + 1], b_len = (unsigned)MIN(strlen(b), (size_t)NEAREST_MAX);

	a_len = MIN(a_len, (size_t)NEAREST_MAX);
	for (unsigned j = 0; j <= b_len; j++) {
		row[j] = j;
	}
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

void nearest_init(struct nearest *nearest, const char *text, size_t len)
{
	*nearest = (struct nearest){.text = text, .len = len, .distance = FAR};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	unsigned distance = text_distance(nearest->text, nearest->len, name);

	/* Of two letters, any other two are near: at least one must be right. */
	if (distance < nearest->distance && distance < strlen(name)) {
		nearest->distance = distance;
		nearest->best = name;
	}
}
