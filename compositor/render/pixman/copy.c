/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "compositor/render/pixman/paint.h"

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
