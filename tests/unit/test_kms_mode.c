/* SPDX-License-Identifier: MIT */
/* Which of a monitor's modes is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "compositor/output/kms/kms.h"

#define PREFERRED DRM_MODE_TYPE_PREFERRED
#define INTERLACED DRM_MODE_FLAG_INTERLACE

static drmModeModeInfo mode(uint16_t width, uint16_t height, uint32_t hz, uint32_t type,
			    uint32_t flags)
{
	return (drmModeModeInfo){
		.hdisplay = width, .vdisplay = height, .vrefresh = hz, .type = type, .flags = flags};
}

/* Which of these modes is chosen, -1 for none. */
static int chosen(drmModeModeInfo *modes, int n)
{
	const drmModeConnector connector = {.modes = modes, .count_modes = n};
	const drmModeModeInfo *best = kms_mode_choose(&connector);

	return best ? (int)(best - modes) : -1;
}

static void the_preferred_mode_wins(void **state)
{
	drmModeModeInfo modes[] = {
		mode(3840, 2160, 60, 0, 0),
		mode(1280, 1024, 75, PREFERRED, 0),
		mode(1920, 1080, 60, 0, 0),
	};

	assert_int_equal(chosen(modes, 3), 1);
	modes[0].type = PREFERRED;
	assert_int_equal(chosen(modes, 3), 0);
}

static void without_one_the_largest_safe_mode_wins(void **state)
{
	drmModeModeInfo modes[] = {
		mode(5120, 2160, 50, 0, 0), mode(1920, 1200, 60, 0, 0), mode(1280, 1024, 75, 0, 0),
		mode(1920, 1080, 50, 0, 0), mode(1920, 1080, 60, 0, 0),
	};

	assert_int_equal(chosen(modes, 5), 4);
	assert_int_equal(chosen(modes, 2), 0);
}

static void interlaced_ones_come_last(void **state)
{
	drmModeModeInfo modes[] = {
		mode(1920, 1080, 60, PREFERRED, INTERLACED),
		mode(640, 480, 60, 0, 0),
	};

	assert_int_equal(chosen(modes, 2), 1);
	assert_int_equal(chosen(modes, 1), 0);
}

static void modes_of_no_size_are_none(void **state)
{
	drmModeModeInfo modes[] = {
		mode(0, 480, 60, PREFERRED, 0),
		mode(640, 0, 60, PREFERRED, 0),
		mode(65535, 65535, 60, PREFERRED, 0),
	};

	assert_int_equal(chosen(modes, 3), -1);
	assert_int_equal(chosen(modes, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_preferred_mode_wins),
		cmocka_unit_test(without_one_the_largest_safe_mode_wins),
		cmocka_unit_test(interlaced_ones_come_last),
		cmocka_unit_test(modes_of_no_size_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
