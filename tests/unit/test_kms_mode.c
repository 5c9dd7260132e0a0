/* SPDX-License-Identifier: MIT */
/* Which of a monitor's modes is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

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

/* ---- by wish ---- */

static drmModeModeInfo timed(uint16_t width, uint16_t height, uint32_t clock_khz)
{
	drmModeModeInfo timing = mode(width, height, 0, 0, 0);

	/* A thousand lines and columns more than are seen: the rate in mHz is the clock's. */
	timing.htotal = 1000;
	timing.vtotal = 1000;
	timing.clock = clock_khz;
	return timing;
}

static int found(drmModeModeInfo *modes, int n, int width, int height, int refresh_mhz)
{
	const drmModeConnector connector = {.modes = modes, .count_modes = n};
	const drmModeModeInfo *mode = kms_mode_find(&connector, width, height, refresh_mhz);

	return mode ? (int)(mode - modes) : -1;
}

static void a_mode_is_found_by_size_and_rate(void **state)
{
	drmModeModeInfo modes[] = {
		timed(800, 600, 60000),
		timed(800, 600, 75000),
		timed(800, 600, 59940),
		timed(640, 480, 144000),
	};

	assert_int_equal(found(modes, 4, 800, 600, 60000), 0);
	assert_int_equal(found(modes, 4, 800, 600, 59940), 2);
	/* People say 60 and mean the nearest. */
	assert_int_equal(found(modes + 1, 3, 800, 600, 60000), 1);
	assert_int_equal(found(modes, 4, 800, 600, 70000), -1);
	assert_int_equal(found(modes, 4, 800, 601, 60000), -1);
	/* Without a rate: the highest. */
	assert_int_equal(found(modes, 4, 800, 600, 0), 1);
	assert_int_equal(found(modes, 4, 640, 480, 0), 3);
	assert_int_equal(found(modes, 0, 640, 480, 0), -1);
}

static void a_wish_holds_where_the_monitor_has_it(void **state)
{
	drmModeModeInfo modes[] = {timed(800, 600, 60000), timed(1024, 768, 60000)};
	drmModeConnector connector = {.connector_id = 7, .modes = modes, .count_modes = 2};
	struct kms *kms = xcalloc(1, sizeof(*kms));

	assert_ptr_equal(kms_mode_wished(kms, &connector), &modes[1]);
	kms->wishes[3] = (struct kms_wish){.connector_id = 7, .width = 800, .height = 600};
	assert_ptr_equal(kms_mode_wished(kms, &connector), &modes[0]);
	/* Another monitor there, or another connector. */
	modes[0].hdisplay = 640;
	assert_ptr_equal(kms_mode_wished(kms, &connector), &modes[1]);
	modes[0].hdisplay = 800;
	connector.connector_id = 8;
	assert_ptr_equal(kms_mode_wished(kms, &connector), &modes[1]);
	free(kms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_preferred_mode_wins),
		cmocka_unit_test(without_one_the_largest_safe_mode_wins),
		cmocka_unit_test(interlaced_ones_come_last),
		cmocka_unit_test(modes_of_no_size_are_none),
		cmocka_unit_test(a_mode_is_found_by_size_and_rate),
		cmocka_unit_test(a_wish_holds_where_the_monitor_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
