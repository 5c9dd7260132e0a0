/* SPDX-License-Identifier: MIT */
/*
 * A small world for tests of the seat: outputs of 100x100 side by side, or wherever a test puts them; on each at most one head
 * of 160x160 pixels that is shown in the middle four fifths. What the seat sends is kept as text: "A:key 30 down "; the host
 * is H.
 */
#ifndef TESTS_SEAT_WORLD_H
#define TESTS_SEAT_WORLD_H

#include "hid/seat/seat.h"

#define WORLD_OUTPUTS 4
#define WORLD_HEAD_SIZE 160.0

struct seat_guest {
	char letter;
	uint64_t barred; /* devices, bit by bit, that may not reach it */
	struct seat_traits traits;
};

struct seat_head {
	struct seat_guest *guest;
	unsigned index;
};

struct world_rect {
	double x, y, w, h;
};

/* The first member of what is given to seat_create as data. */
struct world {
	bool exists[WORLD_OUTPUTS];
	struct world_rect rects[WORLD_OUTPUTS];
	struct seat_head *shown[WORLD_OUTPUTS];   /* NULL: the host's ground */
	struct seat_guest *driven[WORLD_OUTPUTS]; /* the output is this guest's own, without a head */
	double resistance[WORLD_OUTPUTS][WORLD_OUTPUTS];
	char log[4096];
};

/* Everything empty but the places; the first n outputs exist. */
void world_init(struct world *world, unsigned n);

extern const struct seat_space world_space; /* without policy: neither allows, traits nor resistance */
extern const struct seat_space world_policy_space;
extern const struct seat_sink world_sink;

/* What was sent since the last call. */
const char *world_take_log(struct world *world);

#endif
