/* SPDX-License-Identifier: MIT */
#include "compositor/render/pixman/blend.h"

#include <stddef.h>

#include "base/util.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAS_VECTORS 1
#else
#define HAS_VECTORS 0
#endif

/* a and b have 15 bits, so that their difference has 16 with its sign, which is what vectors of any kind multiply. */
static uint16_t between(uint16_t a, uint16_t b, int16_t weight)
{
	int rise = (int16_t)(b - a) * weight;

	return (uint16_t)(a + ((rise + (1 << (BLEND_BITS - 1))) >> BLEND_BITS));
}

static uint8_t narrow(uint16_t wide)
{
	return (uint8_t)((wide + (1 << (WIDE_BITS - 1))) >> WIDE_BITS);
}

static int across_plain(uint16_t *to, const uint8_t *from, const uint32_t *index,
			const int16_t *weights, int n)
{
	for (int i = 0; i < n; i++, to += 4) {
		const uint8_t *pixel = from + (size_t)index[i] * 4;

		for (unsigned c = 0; c < 4; c++) {
			to[c] = between((uint16_t)(pixel[c] << WIDE_BITS),
					(uint16_t)(pixel[4 + c] << WIDE_BITS), weights[4 * i]);
		}
	}
	return n;
}

static int down_plain(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	for (int i = 0; i < n * 4; i++) {
		to[i] = narrow(between(a[i], b[i], weight));
	}
	return n;
}

static bool always(void)
{
	return true;
}

#if HAS_VECTORS

#define SSSE3 __attribute__((target("ssse3")))
#define AVX2 __attribute__((target("avx2")))

/* Two pixels and those after them: a a' b b'. */
SSSE3 static __m128i load_pairs(const uint8_t *from, const uint32_t *index)
{
	__m128i pair = _mm_loadl_epi64((const void *)(from + (size_t)index[0] * 4));
	__m128i next = _mm_loadl_epi64((const void *)(from + (size_t)index[1] * 4));

	return _mm_unpacklo_epi32(pair, next);
}

SSSE3 static int across_ssse3(uint16_t *to, const uint8_t *from, const uint32_t *index,
			      const int16_t *weights, int n)
{
	const __m128i zero = _mm_setzero_si128();
	int i;

	for (i = 0; i + 2 <= n; i += 2) {
		__m128i pairs = load_pairs(from, index + i);
		__m128i a = _mm_unpacklo_epi8(pairs, zero), b = _mm_unpackhi_epi8(pairs, zero);
		__m128i weight = _mm_loadu_si128((const void *)(weights + (ptrdiff_t)4 * i));
		__m128i rise = _mm_slli_epi16(_mm_sub_epi16(b, a), WIDE_BITS);

		_mm_storeu_si128((void *)(to + (ptrdiff_t)4 * i),
				 _mm_add_epi16(_mm_slli_epi16(a, WIDE_BITS),
					       _mm_mulhrs_epi16(rise, weight)));
	}
	return i;
}

SSSE3 static __m128i down_two(const uint16_t *a, const uint16_t *b, __m128i weight)
{
	__m128i from = _mm_loadu_si128((const void *)a), to = _mm_loadu_si128((const void *)b);
	__m128i sum = _mm_add_epi16(from, _mm_mulhrs_epi16(_mm_sub_epi16(to, from), weight));

	return _mm_srli_epi16(_mm_add_epi16(sum, _mm_set1_epi16(1 << (WIDE_BITS - 1))), WIDE_BITS);
}

SSSE3 static int down_ssse3(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	__m128i weights = _mm_set1_epi16(weight);
	int i;

	for (i = 0; i + 4 <= n; i += 4) {
		ptrdiff_t at = (ptrdiff_t)4 * i;
		__m128i low = down_two(a + at, b + at, weights);
		__m128i high = down_two(a + at + 8, b + at + 8, weights);

		_mm_storeu_si128((void *)(to + at), _mm_packus_epi16(low, high));
	}
	return i;
}

AVX2 static int across_avx2(uint16_t *to, const uint8_t *from, const uint32_t *index,
			    const int16_t *weights, int n)
{
	int i;

	for (i = 0; i + 4 <= n; i += 4) {
		__m128i low = load_pairs(from, index + i), high = load_pairs(from, index + i + 2);
		__m256i a = _mm256_cvtepu8_epi16(_mm_unpacklo_epi64(low, high));
		__m256i b = _mm256_cvtepu8_epi16(_mm_unpackhi_epi64(low, high));
		__m256i weight = _mm256_loadu_si256((const void *)(weights + (ptrdiff_t)4 * i));
		__m256i rise = _mm256_slli_epi16(_mm256_sub_epi16(b, a), WIDE_BITS);
		__m256i sum = _mm256_add_epi16(_mm256_slli_epi16(a, WIDE_BITS),
					       _mm256_mulhrs_epi16(rise, weight));

		_mm256_storeu_si256((void *)(to + (ptrdiff_t)4 * i), sum);
	}
	return i;
}

AVX2 static __m256i down_four(const uint16_t *a, const uint16_t *b, __m256i weight)
{
	__m256i from = _mm256_loadu_si256((const void *)a),
		to = _mm256_loadu_si256((const void *)b);
	__m256i sum = _mm256_add_epi16(from,
				       _mm256_mulhrs_epi16(_mm256_sub_epi16(to, from), weight));

	return _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(1 << (WIDE_BITS - 1))),
				 WIDE_BITS);
}

AVX2 static int down_avx2(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	__m256i weights = _mm256_set1_epi16(weight);
	int i;

	for (i = 0; i + 8 <= n; i += 8) {
		ptrdiff_t at = (ptrdiff_t)4 * i;
		__m256i low = down_four(a + at, b + at, weights);
		__m256i high = down_four(a + at + 16, b + at + 16, weights);
		__m256i bytes = _mm256_packus_epi16(low, high);

		/* Packing works in halves. */
		_mm256_storeu_si256((void *)(to + at), _mm256_permute4x64_epi64(bytes, 0xd8));
	}
	return i;
}

static bool has_ssse3(void)
{
	return __builtin_cpu_supports("ssse3");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

#endif

static const struct blend_way ways[] = {
#if HAS_VECTORS
	{"avx2", has_avx2, across_avx2, down_avx2},
	{"ssse3", has_ssse3, across_ssse3, down_ssse3},
#endif
	{"c", always, across_plain, down_plain},
};

const struct blend_way *blend_way(unsigned i)
{
	return i < ARRAY_SIZE(ways) ? &ways[i] : NULL;
}

static const struct blend_way *best(void)
{
	const struct blend_way *way = ways;

	while (!way->is_there()) {
		way++;
	}
	return way;
}

void blend_across(uint16_t *to, const uint8_t *from, const uint32_t *index, const int16_t *weights,
		  int n)
{
	int done = best()->across(to, from, index, weights, n);
	ptrdiff_t at = (ptrdiff_t)4 * done;

	across_plain(to + at, from, index + done, weights + at, n - done);
}

void blend_down(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	int done = best()->down(to, a, b, weight, n);
	ptrdiff_t at = (ptrdiff_t)4 * done;

	down_plain(to + at, a + at, b + at, weight, n - done);
}
