/* SPDX-License-Identifier: MIT */
#include "compositor/render/pixman/blend.h"

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAS_VECTORS 1
#else
#define HAS_VECTORS 0
#endif

static uint16_t between(int a, int b, int weight)
{
	return (uint16_t)(a + (((b - a) * weight + (1 << (BLEND_BITS - 1))) >> BLEND_BITS));
}

void blend_across_plain(uint16_t *to, const uint8_t *from, const uint32_t *index,
			const int16_t *weights, int n)
{
	for (int i = 0; i < n; i++, to += 4) {
		const uint8_t *pixel = from + (size_t)index[i] * 4;

		for (unsigned c = 0; c < 4; c++) {
			to[c] = between(pixel[c] << WIDE_BITS, pixel[4 + c] << WIDE_BITS,
					weights[4 * i]);
		}
	}
}

void blend_down_plain(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	for (int i = 0; i < n * 4; i++) {
		to[i] = (uint8_t)((between(a[i], b[i], weight) + (1 << (WIDE_BITS - 1))) >>
				  WIDE_BITS);
	}
}

#if HAS_VECTORS

#define AVX2 __attribute__((target("avx2")))

/* Two pixels and those after them: a a' b b'. */
AVX2 static __m128i load_pairs(const uint8_t *from, const uint32_t *index)
{
	__m128i pair = _mm_loadl_epi64((const void *)(from + (size_t)index[0] * 4));
	__m128i next = _mm_loadl_epi64((const void *)(from + (size_t)index[1] * 4));

	return _mm_unpacklo_epi32(pair, next);
}

AVX2 static int blend_across_avx2(uint16_t *to, const uint8_t *from, const uint32_t *index,
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

AVX2 static int blend_down_avx2(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight,
				int n)
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

static int has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

#else

static int blend_across_avx2(uint16_t *to, const uint8_t *from, const uint32_t *index,
			     const int16_t *weights, int n)
{
	return 0;
}

static int blend_down_avx2(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	return 0;
}

static int has_avx2(void)
{
	return 0;
}

#endif

void blend_across(uint16_t *to, const uint8_t *from, const uint32_t *index, const int16_t *weights,
		  int n)
{
	int done = has_avx2() ? blend_across_avx2(to, from, index, weights, n) : 0;

	blend_across_plain(to + (ptrdiff_t)4 * done, from, index + done,
			   weights + (ptrdiff_t)4 * done, n - done);
}

void blend_down(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n)
{
	int done = has_avx2() ? blend_down_avx2(to, a, b, weight, n) : 0;
	ptrdiff_t at = (ptrdiff_t)4 * done;

	blend_down_plain(to + at, a + at, b + at, weight, n - done);
}
