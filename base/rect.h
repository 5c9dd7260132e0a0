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

static inline bool rect_intersects(const struct rect *a, const struct rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

/* All of inner lies in outer. */
static inline bool rect_covers(const struct rect *outer, const struct rect *inner)
{
	return inner->x >= outer->x && inner->y >= outer->y &&
	       inner->x + inner->w <= outer->x + outer->w &&
	       inner->y + inner->h <= outer->y + outer->h;
}

static inline bool rect_equal(const struct rect *a, const struct rect *b)
{
	return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h;
}

#endif
