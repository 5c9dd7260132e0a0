/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hid/kbdif/sink.h"
#include "pvdispl/worker/desktop.h"

static struct desktop_head head(uint64_t fb, int x, int y, int w, int h)
{
	return (struct desktop_head){.enabled = true, .fb = {fb, fb}, .area = {x, y, w, h}};
}

static void assert_at(const struct desktop *desktop, unsigned k, double x, double y, double want_x,
		      double want_y)
{
	double at_x, at_y;

	assert_true(desktop_locate(desktop, k, x, y, &at_x, &at_y));
	assert_true(at_x == want_x && at_y == want_y);
}

static void parts_of_one_framebuffer_lie_where_they_are_cut(void **state)
{
	struct desktop_head heads[] = {head(1, 800, 0, 1024, 768), head(1, 0, 100, 800, 600)};
	struct desktop desktop;

	desktop_arrange(&desktop, heads, 2);
	assert_int_equal(desktop.width, 1824);
	assert_int_equal(desktop.height, 768);
	assert_at(&desktop, 0, 3, 4, 803, 4);
	assert_at(&desktop, 1, 3, 4, 3, 104);
}

static void others_stand_side_by_side(void **state)
{
	struct desktop_head heads[] = {head(1, 0, 0, 800, 600),
				       {.enabled = false},
				       head(2, 0, 0, 640, 700)};
	struct desktop desktop;
	double x, y;

	desktop_arrange(&desktop, heads, 3);
	assert_int_equal(desktop.width, 1440);
	assert_int_equal(desktop.height, 700);
	assert_at(&desktop, 2, 10, 20, 810, 20);
	assert_false(desktop_locate(&desktop, 1, 0, 0, &x, &y));
	assert_false(desktop_locate(&desktop, DESKTOP_MAX_HEADS, 0, 0, &x, &y));
}

/* Two heads over one framebuffer flip one after the other: in between they show two. */
static void a_flip_half_way_moves_nothing(void **state)
{
	struct desktop_head heads[] = {head(1, 0, 0, 800, 600), head(1, 800, 0, 800, 600)};
	struct desktop before, between;

	desktop_arrange(&before, heads, 2);
	heads[0].fb[1] = 2;
	desktop_arrange(&between, heads, 2);
	assert_int_equal(between.width, before.width);
	assert_int_equal(between.heads[1].x, before.heads[1].x);
}

static void positions_stay_on_the_desktop(void **state)
{
	struct desktop_head heads[] = {head(1, 0, 0, 800, 600)};
	struct desktop desktop;

	desktop_arrange(&desktop, heads, 1);
	assert_at(&desktop, 0, 800.0, 600.5, 799, 599);
	assert_at(&desktop, 0, -3, NAN, 0, 0);
}

/*
 * For each pixel and several ways in which guests scale back, the guest lands on it or beside it.
 */
static void each_pixel_comes_back(void **state)
{
	static const int sizes[] = {1, 2, 799, 800, 1366, 1920, 3840};
	static const uint32_t ranges[] = {800, 1920, 4096, 32768, 65536};

	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned r = 0; r < ARRAY_SIZE(ranges); r++) {
			int size = sizes[s];
			double range = ranges[r];

			if (range < size) {
				continue;
			}
			for (int p = 0; p < size; p++) {
				int v = sink_scale(p, size, ranges[r]);

				assert_in_range(v, 0, ranges[r] - 1);
				if ((uint32_t)size == ranges[r]) {
					assert_int_equal(v, p);
				}
				assert_true(fabs(floor(v * size / range) - p) <= 1);
				assert_true(fabs(floor(v * size / (range + 1)) - p) <= 1);
				assert_true(fabs(v * (size - 1) / (range - 1) - p) <= 1);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_one_framebuffer_lie_where_they_are_cut),
		cmocka_unit_test(others_stand_side_by_side),
		cmocka_unit_test(a_flip_half_way_moves_nothing),
		cmocka_unit_test(positions_stay_on_the_desktop),
		cmocka_unit_test(each_pixel_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
