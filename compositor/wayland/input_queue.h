/* SPDX-License-Identifier: MIT */
/*
 * What happened at a guest's input while its worker had no credit, in order. Motion and scrolling
 * are merged up to the next key, button or change of focus, motion of the pointer up to the next head, too. Bounded. Pure.
 */
#ifndef WAYLAND_INPUT_QUEUE_H
#define WAYLAND_INPUT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "hid/seat/seat.h"

/* At least 50 clicks with motion and scrolling between them, or 256 keys. */
#define INPUT_QUEUE_SIZE 256u

struct guest_place {
	struct seat_head *head; /* compared and passed on only */
	double x, y;
};

enum queued_kind {
	QUEUED_FOCUS,
	QUEUED_KEY,
	QUEUED_BUTTON,
	QUEUED_PLACE, /* this and the rest are merged */
	QUEUED_RELATIVE,
	QUEUED_AXIS,
};

struct queued_input {
	enum queued_kind kind;
	bool on;       /* focus: has it; key, button: pressed */
	uint32_t code; /* key, button */
	struct guest_place place;
	double dx, dy;       /* relative */
	enum seat_axis axis; /* axis */
	int v120;
};

struct input_queue {
	struct queued_input entries[INPUT_QUEUE_SIZE];
	unsigned first, n;
};

/* False when it is full: nothing was taken. */
MUST_USE bool input_queue_push(struct input_queue *queue, const struct queued_input *input);
/* The oldest; false when there is none. */
bool input_queue_take(struct input_queue *queue, struct queued_input *out);
/* Places on this head become places on none. */
void input_queue_forget_head(struct input_queue *queue, const struct seat_head *head);

#endif
