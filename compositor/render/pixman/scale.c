/* SPDX-License-Identifier: MIT */
/*
 * Scaling. A row of the result lies between two rows of the picture, each made as wide as the result first and kept as
 * long as it is needed: when a picture becomes larger, each of its rows is read once. Positions are 32.32 fixed point
 * numbers, exact multiples of one step, so that a picture that is drawn in pieces has no seams.
 */
#include <string.h>

#include "compositor/render/pixman/paint.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define COLUMNS 1024 /* pixels of a row that are made at a time */
#define SPAN 2048    /* converted pixels of the picture behind them */
#define WEIGHT_BITS 14
#define WEIGHT_ONE (1 << WEIGHT_BITS)
#define WIDE_BITS 7 /* below the point, in a row that was made wider */
#define WIDE_SHIFT (WEIGHT_BITS - WIDE_BITS)
#define OUT_SHIFT (WEIGHT_BITS + WIDE_BITS)
#define ROUND(shift) (1 << ((shift)-1))

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

static int weight_of(int64_t at)
{
	return (int)((at & 0xffffffff) >> (32 - WEIGHT_BITS));
}

/* ---- a row of the picture, as wide as the result: four channels of 8.7 bits ---- */

#ifdef __SSE2__

/* Between the pixel at from and the one after it. */
static __m128i widen_one(const uint8_t *from, int weight)
{
	__m128i pair = _mm_loadl_epi64((const __m128i *)(const void *)from);
	__m128i weights = _mm_set1_epi32(weight << 16 | (WEIGHT_ONE - weight));

	pair = _mm_unpacklo_epi8(pair, _mm_srli_si128(pair, 4));
	pair = _mm_unpacklo_epi8(pair, _mm_setzero_si128());
	pair = _mm_add_epi32(_mm_madd_epi16(pair, weights), _mm_set1_epi32(ROUND(WIDE_SHIFT)));
	return _mm_srli_epi32(pair, WIDE_SHIFT);
}

static void widen_store(uint16_t *to, __m128i pixel)
{
	_mm_storel_epi64((__m128i *)(void *)to, _mm_packs_epi32(pixel, pixel));
}

#else

struct wide {
	uint16_t channel[4];
};

static struct wide widen_one(const uint8_t *from, int weight)
{
	struct wide wide;

	for (unsigned c = 0; c < 4; c++) {
		int sum = from[c] * (WEIGHT_ONE - weight) + from[4 + c] * weight;

		wide.channel[c] = (uint16_t)((sum + ROUND(WIDE_SHIFT)) >> WIDE_SHIFT);
	}
	return wide;
}

static void widen_store(uint16_t *to, struct wide wide)
{
	memcpy(to, &wide, sizeof(wide));
}

#endif

/* The last pixel has none after it that may be read. */
static void widen_last(uint16_t *to, const uint8_t *from)
{
	for (unsigned c = 0; c < 4; c++) {
		to[c] = (uint16_t)(from[c] << WIDE_BITS);
	}
}

/* n pixels of the result from x on; row has the picture's pixels from first on. */
static void widen(uint16_t *to, const uint8_t *row, int first, const struct axis *axis, int x, int n)
{
	for (; n > 0; n--, x++, to += 4) {
		int64_t at = axis_at(axis, x);
		int i = index_of(at);
		const uint8_t *from = row + (ptrdiff_t)(i - first) * 4;

		if (i == axis->last) {
			widen_last(to, from);
		} else {
			widen_store(to, widen_one(from, weight_of(at)));
		}
	}
}

/* ---- between two rows ---- */

#ifdef __SSE2__

static __m128i mix_four(__m128i a, __m128i b, __m128i weights)
{
	__m128i round = _mm_set1_epi32(ROUND(OUT_SHIFT));
	__m128i low = _mm_madd_epi16(_mm_unpacklo_epi16(a, b), weights);
	__m128i high = _mm_madd_epi16(_mm_unpackhi_epi16(a, b), weights);

	low = _mm_srli_epi32(_mm_add_epi32(low, round), OUT_SHIFT);
	high = _mm_srli_epi32(_mm_add_epi32(high, round), OUT_SHIFT);
	return _mm_packs_epi32(low, high);
}

/* Returns how many pixels it has made: whole groups of four. */
static int mix_groups(uint8_t *to, const uint16_t *a, const uint16_t *b, int weight, int n)
{
	__m128i weights = _mm_set1_epi32(weight << 16 | (WEIGHT_ONE - weight));
	int i;

	for (i = 0; i + 4 <= n; i += 4) {
		const __m128i *pa = (const __m128i *)(const void *)(a + (ptrdiff_t)i * 4);
		const __m128i *pb = (const __m128i *)(const void *)(b + (ptrdiff_t)i * 4);
		__m128i low = mix_four(_mm_loadu_si128(pa), _mm_loadu_si128(pb), weights);
		__m128i high = mix_four(_mm_loadu_si128(pa + 1), _mm_loadu_si128(pb + 1), weights);

		_mm_storeu_si128((__m128i *)(void *)(to + (ptrdiff_t)i * 4),
				 _mm_packus_epi16(low, high));
	}
	return i;
}

#else

static int mix_groups(uint8_t *to, const uint16_t *a, const uint16_t *b, int weight, int n)
{
	return 0;
}

#endif

static void mix(uint8_t *to, const uint16_t *a, const uint16_t *b, int weight, int n)
{
	for (int i = mix_groups(to, a, b, weight, n) * 4; i < n * 4; i++) {
		int sum = a[i] * (WEIGHT_ONE - weight) + b[i] * weight;

		to[i] = (uint8_t)((sum + ROUND(OUT_SHIFT)) >> OUT_SHIFT);
	}
}

/* ---- columns of the result, downwards ---- */

struct strip {
	const struct picture *picture;
	struct axis across, down;
	int x, n;         /* columns of dst */
	int first, count; /* pixels of the picture behind them */
	int row[2];       /* which rows of the picture wide has; -1: none */
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
	strip->x = x;
	strip->n = n;
	strip->first = index_of(axis_at(&strip->across, x));
	strip->count = MIN(index_of(axis_at(&strip->across, x + n - 1)) + 1, strip->across.last) -
		       strip->first + 1;
	strip->row[0] = strip->row[1] = -1;
}

static void strip_load(struct strip *strip, unsigned slot, int row)
{
	const struct picture *picture = strip->picture;
	const uint8_t *from = picture->pixels + (size_t)row * (size_t)picture->stride +
			      (size_t)strip->first * picture->pixel_bytes;

	if (picture->convert) {
		picture->convert(strip->converted, from, strip->count);
		from = (const uint8_t *)strip->converted;
	}
	widen(strip->wide[slot], from, strip->first, &strip->across, strip->x, strip->n);
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
	int row = index_of(at), weight = weight_of(at);
	/* A row that is needed next to this one must not be lost to it. */
	unsigned upper = strip_slot(strip, row, strip->row[0] == row + 1 ? 0 : 1);
	unsigned lower = weight ? strip_slot(strip, row + 1, upper) : upper;

	mix(to, strip->wide[upper], strip->wide[lower], weight, strip->n);
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

/* n pixels of the result from x on, each of the picture's so many times. */
static void repeat_row(const struct picture *picture, uint32_t *to, int x, int row, int n)
{
	int times = picture->dst.w / picture->src.w, done = x % times;
	const uint8_t *from = picture->pixels + (size_t)row * (size_t)picture->stride +
			      (size_t)(x / times) * picture->pixel_bytes;

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
