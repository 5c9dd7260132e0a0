/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "compositor/render/pixman/paint.h"

#define TURN 16 /* pixels: a tile of so many rows is read and written in whole cache lines */

void copy_box(const struct surface *to, const pixman_box32_t *box, const uint8_t *from,
	      int from_stride)
{
	size_t size = (size_t)(box->x2 - box->x1) * 4;
	uint8_t *row = surface_at(to, box->x1, box->y1);
	int rows = box->y2 - box->y1;

	if (to->stride == from_stride && size == (size_t)from_stride) {
		memcpy(row, from, size * (size_t)rows);
		return;
	}
	for (; rows > 0; rows--, row += to->stride, from += from_stride) {
		memcpy(row, from, size);
	}
}

void repeat_box(const struct surface *to, const pixman_box32_t *box, const uint8_t *from,
		int from_stride, int size)
{
	for (int y = box->y1; y < box->y2; y++) {
		const uint8_t *row = from + (ptrdiff_t)(y % size) * from_stride;

		for (int x = box->x1; x < box->x2;) {
			int offset = x % size, n = MIN(size - offset, box->x2 - x);

			memcpy(surface_at(to, x, y), row + (ptrdiff_t)offset * 4, (size_t)n * 4);
			x += n;
		}
	}
}

/* x * y / 255, rounded. */
static unsigned scale255(unsigned x, unsigned y)
{
	unsigned product = x * y + 128;

	return (product + (product >> 8)) >> 8;
}

void blend_box(const struct surface *to, const pixman_box32_t *box, const uint8_t *from,
	       int from_stride)
{
	for (int y = box->y1; y < box->y2; y++, from += from_stride) {
		uint8_t *under = surface_at(to, box->x1, y);
		const uint8_t *over = from;

		for (int x = box->x1; x < box->x2; x++, under += 4, over += 4) {
			for (unsigned c = 0; c < 3; c++) {
				unsigned sum = over[c] + scale255(under[c], 255u - over[3]);

				under[c] = (uint8_t)MIN(sum, 255u);
			}
		}
	}
}

/* ---- turning ---- */

/* Where the panel's next pixel to the right, and the one below, come from: in bytes. */
struct turn {
	const uint8_t *from; /* the panel's upper left pixel */
	ptrdiff_t right, down;
};

static struct turn turn_of(enum transform transform, const pixman_box32_t *box, const uint8_t *from,
			   ptrdiff_t stride)
{
	/* Upright x and y of the panel's right and down. */
	static const int8_t steps[TRANSFORMS][4] = {
		[TRANSFORM_NORMAL] = {1, 0, 0, 1},       [TRANSFORM_90] = {0, 1, -1, 0},
		[TRANSFORM_180] = {-1, 0, 0, -1},        [TRANSFORM_270] = {0, -1, 1, 0},
		[TRANSFORM_FLIPPED] = {-1, 0, 0, 1},     [TRANSFORM_FLIPPED_90] = {0, 1, 1, 0},
		[TRANSFORM_FLIPPED_180] = {1, 0, 0, -1}, [TRANSFORM_FLIPPED_270] = {0, -1, -1, 0},
	};
	const int8_t *step = steps[transform];

	if (step[0] + step[2] < 0) {
		from += (ptrdiff_t)(box->x2 - box->x1 - 1) * 4;
	}
	if (step[1] + step[3] < 0) {
		from += (box->y2 - box->y1 - 1) * stride;
	}
	return (struct turn){
		.from = from,
		.right = step[0] * 4 + step[1] * stride,
		.down = step[2] * 4 + step[3] * stride,
	};
}

static void turn_rows(const struct turn *turn, uint8_t *to, ptrdiff_t stride, int w, int h)
{
	for (int y = 0; y < h; y++) {
		const uint8_t *from = turn->from + y * turn->down;
		uint8_t *pixel = to + y * stride;

		if (turn->right == 4) {
			memcpy(pixel, from, (size_t)w * 4);
			continue;
		}
		for (int x = 0; x < w; x++, pixel += 4, from += turn->right) {
			memcpy(pixel, from, 4);
		}
	}
}

/* Columns become rows: read along the picture's rows, written along the panel's. */
static void turn_tile(const struct turn *turn, uint8_t *to, ptrdiff_t stride, int x, int y, int w,
		      int h)
{
	uint32_t tile[TURN][TURN];

	for (int i = 0; i < w; i++) {
		const uint8_t *from = turn->from + (x + i) * turn->right + y * turn->down;

		for (int j = 0; j < h; j++, from += turn->down) {
			memcpy(&tile[j][i], from, 4);
		}
	}
	for (int j = 0; j < h; j++) {
		memcpy(to + (y + j) * stride + (ptrdiff_t)x * 4, tile[j], (size_t)w * 4);
	}
}

static void turn_columns(const struct turn *turn, uint8_t *to, ptrdiff_t stride, int w, int h)
{
	for (int y = 0; y < h; y += TURN) {
		for (int x = 0; x < w; x += TURN) {
			turn_tile(turn, to, stride, x, y, MIN(TURN, w - x), MIN(TURN, h - y));
		}
	}
}

void turn_box(const struct target *target, const pixman_box32_t *box, const uint8_t *from,
	      int from_stride)
{
	struct rect upright = {box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1};
	struct rect panel = transform_rect(target->transform, target->width, target->height,
					   &upright);
	struct turn turn = turn_of(target->transform, box, from, from_stride);
	uint8_t *to = target->pixels + (ptrdiff_t)panel.y * target->stride + (ptrdiff_t)panel.x * 4;

	if (transform_swaps(target->transform)) {
		turn_columns(&turn, to, target->stride, panel.w, panel.h);
	} else {
		turn_rows(&turn, to, target->stride, panel.w, panel.h);
	}
}
