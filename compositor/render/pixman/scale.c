/* SPDX-License-Identifier: MIT */
/*
 * Scaling. A row of the result lies between two rows of the picture, each made as wide as the result first and kept as
 * long as it is needed: when a picture becomes larger, each of its rows is read once. Positions are 32.32 fixed point
 * numbers, exact multiples of one step, so that a picture that is drawn in pieces has no seams.
 */
#include <string.h>

#include "compositor/render/pixman/blend.h"
#include "compositor/render/pixman/paint.h"

#define COLUMNS 1024 /* pixels of a row that are made at a time */
#define SPAN 2048    /* converted pixels of the picture behind them */

/* ---- along one axis ---- */

struct axis {
	int64_t step, start;
	int last; /* index of the last pixel of the picture */
};

/* From the centres of the result's pixels to between the centres of the picture's. */
static struct axis axis_of(int src, int dst)
{
	int64_t step = ((int64_t)src << 32) / dst;

	return (struct axis){.step = step, .start = step / 2 - (1ll << 31), .last = src - 1};
}

static int64_t axis_at(const struct axis *axis, int i)
{
	int64_t at = axis->start + i * axis->step;

	return at < 0 ? 0 : MIN(at, (int64_t)axis->last << 32);
}

static int index_of(int64_t at)
{
	return (int)(at >> 32);
}

static int16_t weight_of(int64_t at)
{
	return (int16_t)((at & 0xffffffff) >> (32 - BLEND_BITS));
}

/* ---- columns of the result, downwards ---- */

struct strip {
	const struct picture *picture;
	struct axis across, down;
	int n;                   /* columns of the result */
	int n_between;           /* of them: those that have a pixel after theirs */
	int first, count;        /* pixels of the picture behind them */
	int row[2];              /* which rows of the picture wide has; -1: none */
	uint32_t index[COLUMNS]; /* in pixels from first on */
	int16_t weight[COLUMNS * 4];
	uint16_t wide[2][COLUMNS * 4];
	uint32_t converted[SPAN];
};

/* So many columns that what is behind them has room. */
static int columns_at_a_time(const struct picture *picture)
{
	int64_t n = (int64_t)(SPAN - 3) * picture->dst.w / picture->src.w;

	return picture->convert ? (int)MAX(MIN(n, COLUMNS), 1) : COLUMNS;
}

static void strip_place(struct strip *strip, int x, int n)
{
	const struct axis *across = &strip->across;

	strip->n = n;
	strip->n_between = 0;
	strip->first = index_of(axis_at(across, x));
	strip->count = MIN(index_of(axis_at(across, x + n - 1)) + 1, across->last) - strip->first +
		       1;
	strip->row[0] = strip->row[1] = -1;
	for (int i = 0; i < n; i++) {
		int64_t at = axis_at(across, x + i);

		strip->index[i] = (uint32_t)(index_of(at) - strip->first);
		strip->n_between += index_of(at) < across->last;
		for (unsigned c = 0; c < 4; c++) {
			strip->weight[4 * i + c] = weight_of(at);
		}
	}
}

static void strip_load(struct strip *strip, unsigned slot, int row)
{
	const struct picture *picture = strip->picture;
	const uint8_t *from = picture->pixels + (size_t)row * (size_t)picture->stride +
			      (size_t)strip->first * picture->pixel_bytes;
	uint16_t *to = strip->wide[slot];

	if (picture->convert) {
		picture->convert(strip->converted, from, strip->count);
		from = (const uint8_t *)strip->converted;
	}
	blend_across(to, from, strip->index, strip->weight, strip->n_between);
	/* The last pixel goes on to the edge. */
	for (int i = strip->n_between; i < strip->n; i++) {
		for (unsigned c = 0; c < 4; c++) {
			to[4 * i + c] = (uint16_t)(from[4 * (strip->count - 1) + (int)c]
						   << WIDE_BITS);
		}
	}
	strip->row[slot] = row;
}

/* The slot that has this row; not the one that is kept. */
static unsigned strip_slot(struct strip *strip, int row, unsigned keep)
{
	for (unsigned slot = 0; slot < 2; slot++) {
		if (strip->row[slot] == row) {
			return slot;
		}
	}
	strip_load(strip, !keep, row);
	return !keep;
}

static void strip_row(struct strip *strip, uint8_t *to, int y)
{
	int64_t at = axis_at(&strip->down, y);
	int row = index_of(at);
	int16_t weight = weight_of(at);
	unsigned upper = strip_slot(strip, row, 0);
	unsigned lower = weight ? strip_slot(strip, row + 1, upper) : upper;

	blend_down(to, strip->wide[upper], strip->wide[lower], weight, strip->n);
}

void scale_bilinear(const struct picture *picture, const struct surface *to,
		    const pixman_box32_t *box)
{
	const struct rect *src = &picture->src, *dst = &picture->dst;
	struct strip strip;
	int n = columns_at_a_time(picture);

	strip.picture = picture;
	strip.across = axis_of(src->w, dst->w);
	strip.down = axis_of(src->h, dst->h);
	for (int x = box->x1; x < box->x2; x += n) {
		strip_place(&strip, x - dst->x, MIN(n, box->x2 - x));
		for (int y = box->y1; y < box->y2; y++) {
			strip_row(&strip, surface_at(to, x, y), y - dst->y);
		}
	}
}

/* ---- whole multiples ---- */

/* Each pixel twice, in groups of a known length, which is what compilers make vector code for. Returns how many it made. */
static int repeat_twice(uint32_t *restrict to, const uint8_t *restrict from, int n)
{
	int done;

	for (done = 0; done + 16 <= n; done += 16, to += 16, from += 32) {
		uint32_t pixels[8];

		memcpy(pixels, from, sizeof(pixels));
		for (unsigned i = 0; i < 8; i++) {
			to[2 * i] = to[2 * i + 1] = pixels[i];
		}
	}
	return done;
}

/* n pixels of the result from x on, each of the picture's so many times. */
static void repeat_row(const struct picture *picture, uint32_t *to, int x, int row, int n)
{
	int times = picture->dst.w / picture->src.w, done = x % times;
	const uint8_t *from = picture->pixels + (size_t)row * (size_t)picture->stride +
			      (size_t)(x / times) * picture->pixel_bytes;

	if (times == 2 && done == 0 && !picture->convert) {
		int made = repeat_twice(to, from, n);

		to += made;
		from += (ptrdiff_t)made / 2 * 4;
		n -= made;
	}
	for (; n > 0; from += picture->pixel_bytes, done = 0) {
		int count = MIN(times - done, n);
		uint32_t pixel;

		if (picture->convert) {
			picture->convert(&pixel, from, 1);
		} else {
			memcpy(&pixel, from, sizeof(pixel));
		}
		for (n -= count; count > 0; count--) {
			*to++ = pixel;
		}
	}
}

/* A row is made once and copied from where it was made: the target may be slow to read. */
static void repeat_columns(const struct picture *picture, const struct surface *to,
			   const pixman_box32_t *box)
{
	const struct rect *dst = &picture->dst;
	int times = dst->h / picture->src.h, made = -1;
	uint32_t columns[COLUMNS];

	for (int y = box->y1; y < box->y2; y++) {
		int row = (y - dst->y) / times;

		if (row != made) {
			repeat_row(picture, columns, box->x1 - dst->x, row, box->x2 - box->x1);
			made = row;
		}
		memcpy(surface_at(to, box->x1, y), columns, (size_t)(box->x2 - box->x1) * 4);
	}
}

void scale_repeat(const struct picture *picture, const struct surface *to, const pixman_box32_t *box)
{
	for (int x = box->x1; x < box->x2; x += COLUMNS) {
		pixman_box32_t columns = {x, box->y1, MIN(x + COLUMNS, box->x2), box->y2};

		repeat_columns(picture, to, &columns);
	}
}
