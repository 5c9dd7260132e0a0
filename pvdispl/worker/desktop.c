/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/desktop.h"

#include <math.h>
#include <string.h>

#include "base/util.h"

static bool heads_related(const struct desktop_head *a, const struct desktop_head *b)
{
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned j = 0; j < 2; j++) {
			if (a->fb[i] == b->fb[j]) {
				return true;
			}
		}
	}
	return false;
}

/* The first head that this one belongs to: itself when there is none before it. */
static unsigned head_group(const struct desktop_head *heads, unsigned k)
{
	for (unsigned j = 0; j < k; j++) {
		if (heads[j].enabled && heads_related(&heads[j], &heads[k])) {
			return head_group(heads, j);
		}
	}
	return k;
}

/* Bounds of all heads of one group in framebuffer pixels, as left, top, right, bottom. */
static void group_bounds(const struct desktop_head *heads, const unsigned *group, unsigned n,
			 unsigned g, int box[4])
{
	box[0] = box[1] = INT32_MAX;
	box[2] = box[3] = 0;
	for (unsigned k = 0; k < n; k++) {
		const struct rect *area = &heads[k].area;

		if (!heads[k].enabled || group[k] != g) {
			continue;
		}
		box[0] = MIN(box[0], area->x);
		box[1] = MIN(box[1], area->y);
		box[2] = MAX(box[2], area->x + area->w);
		box[3] = MAX(box[3], area->y + area->h);
	}
}

void desktop_arrange(struct desktop *desktop, const struct desktop_head *heads, unsigned n)
{
	unsigned group[DESKTOP_MAX_HEADS];

	memset(desktop, 0, sizeof(*desktop));
	n = MIN(n, (unsigned)DESKTOP_MAX_HEADS);
	for (unsigned k = 0; k < n; k++) {
		group[k] = head_group(heads, k);
	}
	for (unsigned g = 0; g < n; g++) {
		int box[4];

		if (!heads[g].enabled || group[g] != g) {
			continue;
		}
		group_bounds(heads, group, n, g, box);
		for (unsigned k = g; k < n; k++) {
			if (heads[k].enabled && group[k] == g) {
				desktop->heads[k].enabled = true;
				desktop->heads[k].x = desktop->width + heads[k].area.x - box[0];
				desktop->heads[k].y = heads[k].area.y - box[1];
			}
		}
		desktop->width += box[2] - box[0];
		desktop->height = MAX(desktop->height, box[3] - box[1]);
	}
}

static double clamp(double v, double max)
{
	/* Also takes what is no number to 0. */
	return v > 0 ? fmin(v, max) : 0;
}

bool desktop_locate(const struct desktop *desktop, unsigned head, double x, double y, double *out_x,
		    double *out_y)
{
	if (head >= DESKTOP_MAX_HEADS || !desktop->heads[head].enabled) {
		return false;
	}
	*out_x = clamp(desktop->heads[head].x + x, desktop->width - 1);
	*out_y = clamp(desktop->heads[head].y + y, desktop->height - 1);
	return true;
}
