/* SPDX-License-Identifier: MIT */
/* Turning: from the upright picture to the panel. */
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "compositor/render/pixman/paint.h"

#define TILE 64  /* pixels: as many rows as the processor can read and write at a time */
#define SQUARE 4 /* pixels: turned at once */

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

/* ---- columns become rows: read along the picture's rows, written along the panel's ---- */

static void turn_pixels(const struct turn *turn, uint8_t *to, ptrdiff_t stride, int w, int h)
{
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			memcpy(to + y * stride + (ptrdiff_t)x * 4,
			       turn->from + x * turn->right + y * turn->down, 4);
		}
	}
}

#ifdef __SSE2__

/* Four of the picture's pixels, as they follow each other down the panel. */
static __m128i load_column(const struct turn *turn, const uint8_t *from)
{
	if (turn->down > 0) {
		return _mm_loadu_si128((const void *)from);
	}
	return _mm_shuffle_epi32(_mm_loadu_si128((const void *)(from - 12)), 0x1b);
}

static void turn_square(const struct turn *turn, uint8_t *to, ptrdiff_t stride)
{
	const uint8_t *from = turn->from;
	__m128i a = load_column(turn, from);
	__m128i b = load_column(turn, from + turn->right);
	__m128i c = load_column(turn, from + 2 * turn->right);
	__m128i d = load_column(turn, from + 3 * turn->right);
	__m128i ab = _mm_unpacklo_epi32(a, b), cd = _mm_unpacklo_epi32(c, d);
	__m128i ab2 = _mm_unpackhi_epi32(a, b), cd2 = _mm_unpackhi_epi32(c, d);

	_mm_storeu_si128((void *)to, _mm_unpacklo_epi64(ab, cd));
	_mm_storeu_si128((void *)(to + stride), _mm_unpackhi_epi64(ab, cd));
	_mm_storeu_si128((void *)(to + 2 * stride), _mm_unpacklo_epi64(ab2, cd2));
	_mm_storeu_si128((void *)(to + 3 * stride), _mm_unpackhi_epi64(ab2, cd2));
}

#else

static void turn_square(const struct turn *turn, uint8_t *to, ptrdiff_t stride)
{
	turn_pixels(turn, to, stride, SQUARE, SQUARE);
}

#endif

static struct turn turn_at(const struct turn *turn, int x, int y)
{
	return (struct turn){turn->from + x * turn->right + y * turn->down, turn->right, turn->down};
}

/* Whole squares, then what is left over at the right and at the bottom. */
static void turn_tile(const struct turn *turn, uint8_t *to, ptrdiff_t stride, int w, int h)
{
	int squares_w = w / SQUARE * SQUARE, squares_h = h / SQUARE * SQUARE;
	struct turn rest;

	for (int y = 0; y < squares_h; y += SQUARE) {
		for (int x = 0; x < squares_w; x += SQUARE) {
			struct turn square = turn_at(turn, x, y);

			turn_square(&square, to + y * stride + (ptrdiff_t)x * 4, stride);
		}
	}
	rest = turn_at(turn, squares_w, 0);
	turn_pixels(&rest, to + (ptrdiff_t)squares_w * 4, stride, w - squares_w, h);
	rest = turn_at(turn, 0, squares_h);
	turn_pixels(&rest, to + squares_h * stride, stride, squares_w, h - squares_h);
}

static void turn_columns(const struct turn *turn, uint8_t *to, ptrdiff_t stride, int w, int h)
{
	for (int y = 0; y < h; y += TILE) {
		for (int x = 0; x < w; x += TILE) {
			struct turn tile = turn_at(turn, x, y);

			turn_tile(&tile, to + y * stride + (ptrdiff_t)x * 4, stride,
				  MIN(TILE, w - x), MIN(TILE, h - y));
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
