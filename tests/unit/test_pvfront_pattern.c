/* SPDX-License-Identifier: MIT */
/* The pictures that other tests recompute: pure, numbered, different for each guest, connector and frame. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/pvfront/pattern.h"

#define GUARD 0x5aa55aa5u

static uint32_t *draw(uint32_t width, uint32_t height, uint64_t nonce, uint32_t connector,
		      uint32_t frame)
{
	uint32_t *pixels = xcalloc((size_t)width * height, sizeof(*pixels));

	pattern_draw(pixels, width, width, height,
		     &(struct pattern){.nonce = nonce, .connector = connector, .frame = frame});
	return pixels;
}

/* Pixels in which two pictures differ. */
static size_t difference(const uint32_t *a, const uint32_t *b, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		count += a[i] != b[i];
	}
	return count;
}

static void expect_different(uint64_t nonce, uint32_t connector, uint32_t frame)
{
	uint32_t *a = draw(640, 480, 5, 0, 10);
	uint32_t *b = draw(640, 480, nonce, connector, frame);

	/* The noise alone is 640 * 16 pixels. */
	assert_true(difference(a, b, 640 * 480) > 640 * 15);
	free(a);
	free(b);
}

static void test_same_input_same_picture(void **state)
{
	uint32_t *a = draw(800, 600, 0x123456789abcdefull, 1, 77);
	uint32_t *b = draw(800, 600, 0x123456789abcdefull, 1, 77);

	assert_int_equal(difference(a, b, 800 * 600), 0);
	free(a);
	free(b);
}

static void test_each_input_counts(void **state)
{
	expect_different(6, 0, 10);
	expect_different(5ull << 40, 0, 10);
	expect_different(5, 1, 10);
	expect_different(5, 0, 11);
}

static void test_number_is_read_back(void **state)
{
	const uint32_t frames[] = {0, 1, 2, 999999, 0x55555555, UINT32_MAX};
	const uint32_t sizes[][2] = {{1024, 768}, {640, 480}, {100, 50}, {34, 9}};

	for (size_t i = 0; i < ARRAY_SIZE(frames) * ARRAY_SIZE(sizes); i++) {
		const uint32_t *size = sizes[i % ARRAY_SIZE(sizes)];
		uint32_t frame = frames[i / ARRAY_SIZE(sizes)];
		uint32_t *pixels = draw(size[0], size[1], 9, 1, frame);
		uint32_t read = ~frame;

		assert_int_equal(pattern_read_frame(pixels, size[0], size[0], size[1], &read), 0);
		assert_int_equal(read, frame);
		free(pixels);
	}
}

static void test_no_number_where_there_is_none(void **state)
{
	uint32_t *pixels = draw(640, 480, 9, 0, 3);
	uint32_t frame;

	/* One row above the cells lies the noise. */
	assert_int_equal(pattern_read_frame(pixels, 640, 640, 480 - 8, &frame), -EINVAL);
	memset(pixels, 0, 640 * 480 * sizeof(*pixels));
	assert_int_equal(pattern_read_frame(pixels, 640, 640, 480, &frame), -EINVAL);
	assert_int_equal(pattern_read_frame(pixels, 640, 20, 480, &frame), -EINVAL);
	free(pixels);
}

/* Any size, also silly ones; what lies between rows and after the last is not touched. */
static void test_drawing_stays_inside(void **state)
{
	for (uint32_t size = 1; size < 80; size++) {
		uint32_t stride = size + 3, height = 80 - size;
		uint32_t n = stride * height;
		uint32_t *pixels = xcalloc(n, sizeof(*pixels));

		for (uint32_t i = 0; i < n; i++) {
			pixels[i] = GUARD;
		}
		pattern_draw(pixels, stride, size, height,
			     &(struct pattern){.nonce = size, .frame = 123456});
		for (uint32_t i = 0; i < n; i++) {
			assert_true((pixels[i] == GUARD) == (i % stride >= size));
		}
		free(pixels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_input_same_picture),
		cmocka_unit_test(test_each_input_counts),
		cmocka_unit_test(test_number_is_read_back),
		cmocka_unit_test(test_no_number_where_there_is_none),
		cmocka_unit_test(test_drawing_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
