/* SPDX-License-Identifier: MIT */
/*
 * Sizes that a guest names, against a model in which nothing is clever: every small case, and the
 * ones that overflow.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pvdispl/worker/geometry_parse.h"

static void pages_round_up(void **state)
{
	uint32_t pages = 77;

	assert_int_equal(geometry_pages(0, &pages), -EINVAL);
	assert_int_equal(pages, 77);
	assert_int_equal(geometry_pages(1, &pages), 0);
	assert_int_equal(pages, 1);
	assert_int_equal(geometry_pages(4096, &pages), 0);
	assert_int_equal(pages, 1);
	assert_int_equal(geometry_pages(4097, &pages), 0);
	assert_int_equal(pages, 2);
	assert_int_equal(geometry_pages(GEOMETRY_MAX_PAGES * 4096u, &pages), 0);
	assert_int_equal(pages, GEOMETRY_MAX_PAGES);
	assert_int_equal(geometry_pages(GEOMETRY_MAX_PAGES * 4096u + 1, &pages), -EINVAL);
	assert_int_equal(geometry_pages(UINT32_MAX, &pages), -EINVAL);
}

static void products_that_overflow_are_refused(void **state)
{
	/* 65536 * 32 / 8 * 16384 is 2^32 exactly; 16384 * 4 * 16384 is 2^30. */
	static const struct {
		uint32_t width, height, bpp;
	} cases[] = {
		{65536, 16384, 32},  {16384, 65536, 32},
		{0x40000000, 4, 32}, {UINT32_MAX, UINT32_MAX, 32},
		{16384, 16384, 32},  {1, 1, UINT32_MAX},
		{1, 1, 0},           {0, 1, 32},
		{1, 0, 32},          {0, 0, 32},
		{33, 32, 32},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct geometry_dbuf dbuf = {.pages = 1,
					     .width = cases[i].width,
					     .bpp = cases[i].bpp};

		assert_int_equal(geometry_check_dbuf(&dbuf, cases[i].height), -EINVAL);
	}
}

/* The last byte that any row touches, counted by hand. */
static uint64_t last_byte(const struct geometry_fb *fb, uint32_t bytes_per_pixel)
{
	uint64_t last = 0;

	for (uint32_t y = 0; y < fb->height; y++) {
		uint64_t end = fb->offset + (uint64_t)y * fb->stride +
			       (uint64_t)fb->width * bytes_per_pixel;

		last = end > last ? end : last;
	}
	return last;
}

static void each_small_framebuffer_stays_inside(void **state)
{
	unsigned accepted = 0;

	for (uint32_t dbuf_width = 0; dbuf_width < 24; dbuf_width += 5) {
		for (uint32_t offset = 4000; offset < 4100; offset += 7) {
			for (uint32_t width = 0; width < 26; width++) {
				for (uint32_t height = 0; height < 20; height++) {
					struct geometry_dbuf dbuf = {.pages = 1,
								     .offset = offset,
								     .width = dbuf_width,
								     .bpp = 32};
					struct geometry_fb fb;

					if (geometry_cut_fb(&dbuf, width, height, 4, &fb) < 0) {
						continue;
					}
					accepted++;
					assert_true(width > 0 && height > 0);
					assert_true(last_byte(&fb, 4) <= 4096);
					assert_true(fb.stride >= width * 4);
				}
			}
		}
	}
	assert_true(accepted > 100);
}

static void rows_are_as_wide_as_the_buffer_was_made(void **state)
{
	struct geometry_dbuf made = {.pages = 100, .width = 100, .bpp = 32};
	struct geometry_dbuf imported = {.pages = 100, .offset = 64};
	struct geometry_fb fb;

	assert_int_equal(geometry_cut_fb(&made, 50, 10, 4, &fb), 0);
	assert_int_equal(fb.stride, 400);
	assert_int_equal(geometry_cut_fb(&made, 101, 10, 4, &fb), -EINVAL);
	assert_int_equal(geometry_cut_fb(&imported, 33, 10, 3, &fb), 0);
	assert_int_equal(fb.stride, 99);
	assert_int_equal(fb.offset, 64);
}

/* Every place of a small monitor over a small framebuffer: what is shown is what both have. */
static void each_small_monitor_shows_what_is_there(void **state)
{
	struct geometry_fb fb = {.width = 5, .height = 4};

	for (uint32_t x = 0; x < 8; x++) {
		for (uint32_t y = 0; y < 8; y++) {
			for (uint32_t w = 1; w < 8; w++) {
				for (uint32_t h = 1; h < 8; h++) {
					struct rect r;
					unsigned want = 0;

					for (uint32_t py = y; py < y + h; py++) {
						for (uint32_t px = x; px < x + w; px++) {
							want += px < 5 && py < 4;
						}
					}
					if (geometry_shown(&fb, x, y, w, h, &r) < 0) {
						assert_int_equal(want, 0);
						continue;
					}
					assert_true(want > 0);
					assert_int_equal(r.w * r.h, want);
					assert_int_equal(r.x, x);
					assert_int_equal(r.y, y);
				}
			}
		}
	}
	struct rect r;

	assert_int_equal(geometry_shown(&fb, UINT32_MAX, 0, 5, 4, &r), -EINVAL);
	assert_int_equal(geometry_shown(&fb, 0, UINT32_MAX, 5, 4, &r), -EINVAL);
	assert_int_equal(geometry_shown(&fb, 0, 0, 0, 4, &r), -EINVAL);
	assert_int_equal(geometry_shown(&fb, 0, 0, 5, GEOMETRY_MAX_SIDE + 1, &r), -EINVAL);
}

/* Each is refused for itself: there are pages enough. */
static void sides_and_depths_have_limits(void **state)
{
	static const struct {
		uint32_t width, height, bpp;
		int want;
	} cases[] = {
		{GEOMETRY_MAX_SIDE, 1, 8, 0},
		{GEOMETRY_MAX_SIDE + 1, 1, 8, -EINVAL},
		{1, GEOMETRY_MAX_SIDE, 8, 0},
		{1, GEOMETRY_MAX_SIDE + 1, 8, -EINVAL},
		{1, 1, 33, -EINVAL},
		{1, 1, 7, -EINVAL},
		{1, 0, 0, -EINVAL},
		{0, 1, 0, -EINVAL},
		{0, 0, 0, 0},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct geometry_dbuf dbuf = {.pages = GEOMETRY_MAX_PAGES,
					     .width = cases[i].width,
					     .bpp = cases[i].bpp};
		struct geometry_dbuf any = {.pages = GEOMETRY_MAX_PAGES};
		struct geometry_fb fb;

		assert_int_equal(geometry_check_dbuf(&dbuf, cases[i].height), cases[i].want);
		if (cases[i].bpp == 8) {
			assert_int_equal(geometry_cut_fb(&any, cases[i].width, cases[i].height, 1,
							 &fb),
					 cases[i].want);
		}
	}
}

/* 15 bits a pixel as Linux counts them: 3 pixels take 45 bits, which are 6 bytes. */
static void a_byte_that_is_begun_counts(void **state)
{
	struct geometry_dbuf dbuf = {.pages = 1, .offset = 4096 - 6, .width = 3, .bpp = 15};
	struct geometry_fb fb;

	assert_int_equal(geometry_check_dbuf(&dbuf, 1), 0);
	assert_int_equal(geometry_cut_fb(&dbuf, 3, 1, 2, &fb), 0);
	assert_int_equal(fb.stride, 6);
	dbuf.offset++;
	assert_int_equal(geometry_check_dbuf(&dbuf, 1), -EINVAL);
	assert_int_equal(geometry_cut_fb(&dbuf, 3, 1, 2, &fb), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_round_up),
		cmocka_unit_test(products_that_overflow_are_refused),
		cmocka_unit_test(each_small_framebuffer_stays_inside),
		cmocka_unit_test(rows_are_as_wide_as_the_buffer_was_made),
		cmocka_unit_test(each_small_monitor_shows_what_is_there),
		cmocka_unit_test(sides_and_depths_have_limits),
		cmocka_unit_test(a_byte_that_is_begun_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
