/* SPDX-License-Identifier: MIT */
/* Scaling, against the formulas: whole multiples exactly, what lies between pixels within a level. */
#include <math.h>
#include <stdio.h>

#include "compositor/render/pixman/blend.h"
#include "tests/render/rig.h"

static uint32_t random_state;

static int roll(int sides)
{
	return (int)(test_random(&random_state) % (unsigned)sides);
}

static double clamp(double x, double most)
{
	return x < 0 ? 0 : fmin(x, most);
}

static int channel(const struct test_buffer *buffer, int x, int y, unsigned c)
{
	return buffer->bytes[(size_t)y * (size_t)buffer->base.stride + (size_t)x * 4 + c];
}

static double bilinear(const struct test_buffer *buffer, const struct rect *src,
		       const struct rect *dst, int x, int y, unsigned c)
{
	double u = clamp((x - dst->x + 0.5) * src->w / dst->w - 0.5, src->w - 1);
	double v = clamp((y - dst->y + 0.5) * src->h / dst->h - 0.5, src->h - 1);
	int x1 = (int)u, y1 = (int)v;
	int x2 = MIN(x1 + 1, src->w - 1), y2 = MIN(y1 + 1, src->h - 1);
	double fx = u - x1, fy = v - y1;
	double top = channel(buffer, src->x + x1, src->y + y1, c) * (1 - fx) +
		     channel(buffer, src->x + x2, src->y + y1, c) * fx;
	double bottom = channel(buffer, src->x + x1, src->y + y2, c) * (1 - fx) +
			channel(buffer, src->x + x2, src->y + y2, c) * fx;

	return top * (1 - fy) + bottom * fy;
}

static struct test_buffer *noise(int width, int height)
{
	struct test_buffer *buffer = test_buffer_create(width, height, TEST_XR24, 0);

	for (size_t i = 0; i < buffer->size; i++) {
		buffer->bytes[i] = (uint8_t)test_random(&random_state);
	}
	return buffer;
}

static struct rect within(int width, int height)
{
	struct rect r = {.w = 1 + roll(width), .h = 1 + roll(height)};

	r.x = roll(width - r.w + 1);
	r.y = roll(height - r.h + 1);
	return r;
}

static void assert_bilinear(const struct test_buffer *buffer, const struct rect *src,
			    const struct rect *dst, const struct target *target)
{
	for (int y = dst->y; y < dst->y + dst->h; y++) {
		for (int x = dst->x; x < dst->x + dst->w; x++) {
			uint32_t got = rig_get(target, x, y);

			for (unsigned c = 0; c < 3; c++) {
				double want = bilinear(buffer, src, dst, x, y, c);

				assert_true(fabs(want - (got >> 8 * c & 0xff)) < 0.75);
			}
		}
	}
}

static void between_pixels_lies_what_the_formula_says(void **state)
{
	(void)state;
	random_state = 3;
	for (unsigned round = 0; round < 60; round++) {
		struct test_buffer *buffer = noise(1 + roll(150), 1 + roll(60));
		/* Wider than what is made at a time. */
		struct target target = rig_target(round ? 300 : 2500, 90, 0);
		struct rect src = within(buffer->base.width, buffer->base.height);
		struct rect dst = within(target.width, target.height);
		struct layer layer = rig_picture(buffer, src, dst);

		if (round == 0) {
			dst.x = 0;
			dst.w = target.width;
			layer.dst = dst;
		}
		if (dst.w % src.w || dst.h % src.h) {
			rig_draw_all(rig_renderer, &target, &layer, 1, NULL);
			assert_bilinear(buffer, &src, &dst, &target);
		}
		free(target.pixels);
		buffer_drop(&buffer->base);
	}
}

static void whole_multiples_repeat_pixels(void **state)
{
	static const uint32_t formats[] = {TEST_XR24, TEST_FOURCC('R', 'G', '2', '4')};

	(void)state;
	for (int times = 1; times < 7; times++) {
		struct test_buffer *buffer = test_buffer_create(83, 17, formats[times % 2], 0);
		unsigned bytes = pixel_format_find(buffer->base.format)->bytes_per_pixel;
		struct rect dst = {3, 5, 83 * times, 17 * (8 - times)};
		struct target target = rig_target(dst.w + 9, dst.h + 9, 0);
		struct layer layer = rig_picture(buffer, rig_whole(buffer), dst);

		for (size_t i = 0; i < buffer->size; i++) {
			buffer->bytes[i] = (uint8_t)test_random(&random_state);
		}
		rig_draw_all(rig_renderer, &target, &layer, 1, NULL);
		for (int y = 0; y < dst.h; y++) {
			for (int x = 0; x < dst.w; x++) {
				uint32_t got = rig_get(&target, dst.x + x, dst.y + y);
				const uint8_t *from = buffer->bytes +
						      (size_t)(y / (8 - times)) *
							      (size_t)buffer->base.stride +
						      (size_t)(x / times) * bytes;

				assert_int_equal(got, (uint32_t)from[2] << 16 |
							      (uint32_t)from[1] << 8 | from[0]);
			}
		}
		free(target.pixels);
		buffer_drop(&buffer->base);
	}
}

#define MOST 103

/* Whatever the processor has: the same bits as in C. */
static void compare_way(const struct blend_way *way, const struct blend_way *plain)
{
	uint8_t from[(MOST + 1) * 4], out[MOST * 4], plain_out[MOST * 4];
	uint16_t a[MOST * 4], b[MOST * 4], plain_a[MOST * 4];
	uint32_t index[MOST];
	int16_t weights[MOST * 4];
	int n = 1 + roll(MOST), done;
	int16_t weight = (int16_t)(roll(4) ? roll(32768) : roll(2) * 32767);
	bool is_harsh = roll(3) == 0;

	for (unsigned i = 0; i < sizeof(from); i++) {
		from[i] = (uint8_t)(is_harsh ? roll(2) * 255 : roll(256));
	}
	for (unsigned i = 0; i < MOST; i++) {
		index[i] = (uint32_t)roll(MOST);
		weights[4 * i] = (int16_t)roll(32768);
		for (unsigned c = 1; c < 4; c++) {
			weights[4 * i + c] = weights[4 * i];
		}
	}
	assert_int_equal(plain->across(plain_a, from, index, weights, n), n);
	done = way->across(a, from, index, weights, n);
	assert_true(done > n - 4 && done <= n);
	assert_memory_equal(a, plain_a, (size_t)done * 8);
	for (unsigned i = 0; i < MOST; i++) {
		index[i] = (uint32_t)roll(MOST);
	}
	plain->across(b, from, index, weights, n);
	assert_int_equal(plain->down(plain_out, plain_a, b, weight, n), n);
	done = way->down(out, plain_a, b, weight, n);
	assert_true(done > n - 8 && done <= n);
	assert_memory_equal(out, plain_out, (size_t)done * 4);
}

static void vectors_make_the_same_bits(void **state)
{
	const struct blend_way *plain = blend_way(0), *way;

	(void)state;
	for (unsigned i = 0; blend_way(i); i++) {
		plain = blend_way(i);
	}
	for (unsigned i = 0; (way = blend_way(i)); i++) {
		for (unsigned round = 0; round < 300 && way->is_there(); round++) {
			compare_way(way, plain);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_pixels_lies_what_the_formula_says),
		cmocka_unit_test(whole_multiples_repeat_pixels),
		cmocka_unit_test(vectors_make_the_same_bits),
	};

	return rig_run(tests);
}
