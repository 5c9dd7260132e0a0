/* SPDX-License-Identifier: MIT */
/*
 * Headless outputs: their description, ages of buffers, flips on the grid, and pictures in files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "base/clock.h"
#include "compositor/output/device.h"
#include "compositor/output/headless/headless_spec.h"
#include "compositor/output/picture.h"

static void specs_are_read_or_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"800",
		"800x",
		"x600",
		"800x600@",
		"800x600@0",
		"800x600@501",
		"0x600",
		"800x0",
		"8193x600",
		"800x8193",
		"-1x600",
		"800x600,",
		",800x600",
		"800x600@60@60",
		"800x600 ",
		"800@60x600",
		"99999999999999999999x1",
		"800X600",
		"1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1",
	};
	struct headless_spec spec;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(headless_spec_parse(bad[i], &spec), -EINVAL);
	}
	assert_int_equal(headless_spec_parse("1920x1080@144,1x1,8192x8192@500", &spec), 0);
	assert_int_equal(spec.n_modes, 3);
	assert_int_equal(spec.modes[0].refresh_hz, 144);
	assert_int_equal(spec.modes[1].refresh_hz, 60);
	assert_int_equal(spec.modes[2].height, 8192);
}

struct watch {
	struct output_device *device;
	unsigned flips, removed;
	uint64_t flip_ns;
};

static void handle_added(void *data, struct output_device *device)
{
	((struct watch *)data)->device = device;
}

static void handle_removed(void *data, struct output_device *device)
{
	((struct watch *)data)->removed++;
}

static void handle_flipped(void *data, struct output_device *device, uint64_t time_ns)
{
	((struct watch *)data)->flips++;
	((struct watch *)data)->flip_ns = time_ns;
}

static const struct output_listener listener = {handle_added, handle_removed, handle_flipped, NULL};

/* Fills the acquired buffer and has it shown. Returns the age that it had. */
static unsigned show(struct watch *watch, struct clock_source *clock, uint8_t value)
{
	struct target target;
	pixman_region32_t all;
	const struct output_frame frame = {.is_composed = true, .damage = &all};

	pixman_region32_init_rect(&all, 0, 0, 32, 16);
	assert_int_equal(watch->device->ops->acquire(watch->device, &target), 0);
	memset(target.pixels, value, (size_t)target.stride * (size_t)target.height);
	assert_int_equal(watch->device->ops->commit(watch->device, &frame), 0);
	assert_int_equal(watch->device->ops->acquire(watch->device, &target), -EBUSY);
	clock_virtual_advance(clock, clock_now(clock) + NSEC_PER_SEC / 50);
	pixman_region32_fini(&all);
	return target.age;
}

static void flips_come_on_the_grid(void **state)
{
	struct clock_source *clock = clock_virtual_create(12345);
	struct output_backend *backend;
	struct watch watch = {0};
	struct target glass, target;

	(void)state;
	assert_int_equal(headless_backend_create(&backend, clock, "32x16@50", &listener, &watch), 0);
	assert_int_equal(backend->ops->start(backend), 0);
	assert_string_equal(watch.device->name, "HEADLESS-1");
	headless_device_picture(watch.device, &glass);
	assert_int_equal(glass.pixels[0], 0);
	clock_virtual_advance(clock, 12345 + NSEC_PER_SEC / 50 + 777);
	assert_int_equal(show(&watch, clock, 1), 0);
	assert_int_equal(watch.flips, 1);
	assert_int_equal(watch.flip_ns, 12345 + 2 * NSEC_PER_SEC / 50);
	headless_device_picture(watch.device, &glass);
	assert_int_equal(glass.pixels[0], 1);
	/*
	 * What is acquired is never what is on the glass; what was cancelled has changed nothing.
	 */
	assert_int_equal(watch.device->ops->acquire(watch.device, &target), 0);
	assert_ptr_not_equal(target.pixels, glass.pixels);
	watch.device->ops->cancel(watch.device);
	assert_int_equal(show(&watch, clock, 2), 0);
	for (uint8_t i = 3; i < 10; i++) {
		assert_int_equal(watch.device->ops->acquire(watch.device, &target), 0);
		assert_int_equal(target.pixels[0], i - target.age);
		watch.device->ops->cancel(watch.device);
		show(&watch, clock, i);
	}
	assert_int_equal(watch.flips, 9);
	backend->ops->destroy(backend);
	assert_int_equal(watch.removed, 1);
	clock_destroy(clock);
}

static void pictures_are_whole_files(void **state)
{
	uint8_t pixels[2 * 16] = {0x10, 0x20, 0x30, 0xff, 0x11, 0x21, 0x31, 0,
				  0,    0,    0,    0,    0,    0,    0,    0,
				  0x12, 0x22, 0x32, 0xff, 0x13, 0x23, 0x33, 0};
	struct target target = {.pixels = pixels, .width = 2, .height = 2, .stride = 16};
	png_image image = {.version = PNG_IMAGE_VERSION};
	char dir[] = "/tmp/test_headless.XXXXXX";
	uint8_t rgb[12];
	char *path;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a.png", dir);
	assert_int_equal(picture_write_png(path, &target), 0);
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, 2);
	image.format = PNG_FORMAT_RGB;
	assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
	assert_memory_equal(rgb, "\x30\x20\x10\x31\x21\x11\x32\x22\x12\x33\x23\x13", 12);
	assert_int_equal(picture_write_png("/nonexistent/a.png", &target), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left there */
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specs_are_read_or_refused),
		cmocka_unit_test(flips_come_on_the_grid),
		cmocka_unit_test(pictures_are_whole_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
