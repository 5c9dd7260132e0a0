/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "compositor/scene/scene_priv.h"

/*
 * Told apart under the common kinds of colour blindness (the palette of Okabe and Ito, less black).
 * Seven colours and four patterns have no common divisor, so neighbours in the order of arrival
 * differ in both.
 */
static const uint32_t palette[] = {
	0xe69f00, /* orange */
	0x56b4e9, /* sky blue */
	0x009e73, /* green */
	0xf0e442, /* yellow */
	0x0072b2, /* blue */
	0xd55e00, /* vermilion */
	0xcc79a7, /* purple */
};

_Static_assert(MARK_COUNT == ARRAY_SIZE(palette) * MARK_PATTERNS, "each combination once");

static bool index_fits(const struct marks *marks, unsigned index, const char *last_name)
{
	return !marks->used[index] && strcmp(marks->last_name[index], last_name) == 0;
}

static unsigned find_index(const struct marks *marks, const char *name)
{
	/*
	 * The one that it had before, else one that nobody had yet, else one that nobody has now.
	 */
	for (unsigned i = 0; i < MARK_COUNT; i++) {
		if (index_fits(marks, i, name)) {
			return i;
		}
	}
	for (unsigned i = 0; i < MARK_COUNT; i++) {
		if (index_fits(marks, i, "")) {
			return i;
		}
	}
	for (unsigned i = 0; i < MARK_COUNT; i++) {
		if (!marks->used[i]) {
			return i;
		}
	}
	return MARK_COUNT;
}

uint32_t marks_colour(unsigned index)
{
	/* More guests than marks: the name alone tells them apart. */
	return index == MARK_COUNT ? 0xffffff : palette[index % ARRAY_SIZE(palette)];
}

unsigned marks_take(struct marks *marks, struct mark *mark)
{
	unsigned index = find_index(marks, mark->name);

	mark->colour = marks_colour(index);
	if (index == MARK_COUNT) {
		mark->pattern = MARK_SOLID;
		return index;
	}
	marks->used[index] = true;
	memcpy(marks->last_name[index], mark->name, sizeof(marks->last_name[index]));
	mark->pattern = index % MARK_PATTERNS;
	return index;
}

void marks_give_back(struct marks *marks, unsigned index)
{
	if (index < MARK_COUNT) {
		marks->used[index] = false;
	}
}
