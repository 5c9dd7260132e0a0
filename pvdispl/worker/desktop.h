/* SPDX-License-Identifier: MIT */
/*
 * The guest's own desktop, guessed from what it shows where, so that absolute positions land where
 * the user points. Heads that show parts of one framebuffer lie where they are cut from it; others
 * stand side by side, left to right in connector order. Pure.
 */
#ifndef WORKER_DESKTOP_H
#define WORKER_DESKTOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

#define DESKTOP_MAX_HEADS 16

struct desktop_head {
	bool enabled;
	/*
	 * Names of the framebuffers that it was configured with and shows: heads that share one
	 * belong together.
	 */
	uint64_t fb[2];
	struct rect area; /* of the framebuffer */
};

struct desktop {
	struct {
		bool enabled;
		int x, y; /* of the head's top left corner on the desktop */
	} heads[DESKTOP_MAX_HEADS];
	int width, height; /* 0: no head is on */
};

void desktop_arrange(struct desktop *desktop, const struct desktop_head *heads, unsigned n);

/* x and y in pixels of a head; false when that head is off. Clamped to the desktop. */
bool desktop_locate(const struct desktop *desktop, unsigned head, double x, double y, double *out_x,
		    double *out_y);

#endif
