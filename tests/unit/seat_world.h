/* SPDX-License-Identifier: MIT */
/*
 * A small world for tests of the seat: outputs 0 to 2 of 100x100 side by side, on each at most one head of 160x160 pixels that
 * is shown in the middle 80x80. What the seat sends is kept as text: "A:key 30 down ".
 */
#ifndef TESTS_SEAT_WORLD_H
#define TESTS_SEAT_WORLD_H

#include "hid/seat/seat.h"

#define WORLD_OUTPUTS 3
#define WORLD_HEAD_SIZE 160.0

struct seat_guest {
	char letter;
};

struct seat_head {
	struct seat_guest *guest;
	unsigned index;
};

/* The first member of what is given to seat_create as data. */
struct world {
	bool exists[WORLD_OUTPUTS];
	struct seat_head *shown[WORLD_OUTPUTS]; /* NULL: the host's ground */
	char log[2048];
};

extern const struct seat_space world_space;
extern const struct seat_sink world_sink;

/* What was sent since the last call. */
const char *world_take_log(struct world *world);

#endif
