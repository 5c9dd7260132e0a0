/* SPDX-License-Identifier: MIT */
/* A rectangle in pixels of whatever space its user names; half open: x <= px < x + w. */
#ifndef BASE_RECT_H
#define BASE_RECT_H

#include <stdbool.h>

struct rect {
	int x, y, w, h;
};

static inline bool rect_empty(const struct rect *r)
{
	return r->w <= 0 || r->h <= 0;
}

static inline bool rect_contains(const struct rect *r, double x, double y)
{
	return x >= r->x && y >= r->y && x < r->x + r->w && y < r->y + r->h;
}

static inline bool rect_equal(const struct rect *a, const struct rect *b)
{
	return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h;
}

#endif
