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
		"800x600+",
		"800x600++overlay",
		"800x600+overlay+",
		"800x600+overlays",
		"800x600+overlay:",
		"800x600+overlay:scaled",
		"800x600+cursor",
		"800x600+cursor:",
		"800x600+cursor:0",
		"800x600+cursor:513",
		"800x600+cursor:64x64",
		"800x600+memory:1",
		"+overlay",
		"800x600+overlay@60",
		"1x1+overlay+overlay+overlay+overlay+overlay+overlay+overlay+overlay+overlay",
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
	assert_int_equal(spec.modes[0].n_planes, 0);
	assert_int_equal(headless_spec_parse("64x64@50+overlay+memory+overlay:scale+cursor:512,1x1",
					     &spec),
			 0);
	assert_int_equal(spec.n_modes, 2);
	assert_int_equal(spec.modes[0].refresh_hz, 50);
	assert_int_equal(spec.modes[0].n_planes, 3);
	assert_true(spec.modes[0].planes_read_memory);
	assert_false(spec.modes[0].planes[0].can_scale);
	assert_true(spec.modes[0].planes[1].can_scale);
	assert_int_equal(spec.modes[0].planes[2].kind, OUTPUT_PLANE_CURSOR);
	assert_int_equal(spec.modes[0].planes[2].size, 512);
	assert_false(spec.modes[1].planes_read_memory || spec.modes[1].n_planes);
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

/* ---- planes ---- */

#define XR24 0x34325258u
#define AR24 0x34325241u
#define YU12 0x32315559u

static void buffer_make(struct buffer *buffer, uint32_t *pixels, int size, uint32_t format)
{
	*buffer = (struct buffer){.width = size,
				  .height = size,
				  .stride = size * 4,
				  .format = format,
				  .pixels = (const uint8_t *)pixels};
}

static int refuse(void *data, const struct output_frame *frame)
{
	return -ERANGE;
}

static uint32_t glass_at(struct output_device *device, int x, int y)
{
	struct target glass;
	uint32_t pixel;

	headless_device_picture(device, &glass);
	memcpy(&pixel, glass.pixels + (size_t)y * (size_t)glass.stride + (size_t)x * 4, 4);
	return pixel & 0xffffff;
}

/* A frame without a drawn picture. */
static int show_planes(struct watch *watch, struct clock_source *clock,
		       const struct output_plane_use *uses, unsigned n)
{
	const struct output_frame frame = {.uses = uses, .n_uses = n};
	int ret = watch->device->ops->commit(watch->device, &frame);

	clock_virtual_advance(clock, clock_now(clock) + NSEC_PER_SEC / 50);
	return ret;
}

static void planes_are_seen_above_the_drawn_picture(void **state)
{
	struct clock_source *clock = clock_virtual_create(12345);
	struct output_backend *backend;
	struct watch watch = {0};
	uint32_t red[8 * 8], half[4 * 4], whole[32 * 32];
	struct buffer window, arrow, screen;
	struct output_plane_use uses[] = {
		{0, &window, {0, 0, 8, 8}, {4, 4, 8, 8}},
		{2, &arrow, {0, 0, 4, 4}, {10, 10, 4, 4}},
	};
	struct output_plane_use scaled = {1, &window, {0, 0, 8, 8}, {16, 0, 16, 16}};
	struct output_plane_use primary = {OUTPUT_PRIMARY, &screen, {0, 0, 32, 32}, {0, 0, 32, 32}};

	(void)state;
	memset(red, 0x44, sizeof(red));
	memset(whole, 0x55, sizeof(whole));
	for (unsigned i = 0; i < ARRAY_SIZE(half); i++) {
		half[i] = 0x80008000; /* premultiplied: half of green */
	}
	buffer_make(&window, red, 8, XR24);
	buffer_make(&arrow, half, 4, AR24);
	buffer_make(&screen, whole, 32, XR24);
	assert_int_equal(headless_backend_create(&backend, clock,
						 "32x32@50+overlay+overlay:scale+cursor:4+memory",
						 &listener, &watch),
			 0);
	assert_int_equal(backend->ops->start(backend), 0);
	show(&watch, clock, 0x22);
	assert_int_equal(show_planes(&watch, clock, uses, 2), 0);
	assert_int_equal(glass_at(watch.device, 3, 4), 0x222222);
	assert_int_equal(glass_at(watch.device, 4, 4), 0x444444);
	assert_int_equal(glass_at(watch.device, 11, 11), 0x22a222);
	assert_int_equal(glass_at(watch.device, 13, 13), 0x119111);
	/* Not named, and off; the drawn picture stays. */
	assert_int_equal(show_planes(&watch, clock, &scaled, 1), 0);
	assert_int_equal(glass_at(watch.device, 4, 4), 0x222222);
	assert_int_equal(glass_at(watch.device, 31, 15), 0x444444);
	assert_int_equal(glass_at(watch.device, 31, 16), 0x222222);
	/* The primary plane keeps what it shows until something is drawn. */
	assert_int_equal(show_planes(&watch, clock, &primary, 1), 0);
	assert_int_equal(show_planes(&watch, clock, uses, 1), 0);
	assert_int_equal(glass_at(watch.device, 0, 0), 0x555555);
	assert_int_equal(glass_at(watch.device, 4, 4), 0x444444);
	show(&watch, clock, 0x33);
	assert_int_equal(glass_at(watch.device, 4, 4), 0x333333);
	assert_int_equal(watch.flips, 6);
	backend->ops->destroy(backend);
	clock_destroy(clock);
}

static void planes_refuse_what_hardware_would(void **state)
{
	struct clock_source *clock = clock_virtual_create(12345);
	struct output_backend *backend;
	struct watch watch = {0};
	uint32_t pixels[8 * 8] = {0};
	struct buffer window, other, arrow;
	struct buffer_dmabuf dmabuf = {.fd = -1};
	const struct output_plane_use bad[] = {
		{3, &window, {0, 0, 8, 8}, {0, 0, 8, 8}},
		{0, &window, {0, 0, 8, 8}, {0, 0, 9, 8}},
		{0, &window, {1, 0, 8, 8}, {0, 0, 8, 8}},
		{0, &window, {0, 0, 0, 8}, {0, 0, 0, 8}},
		{0, &other, {0, 0, 8, 8}, {0, 0, 8, 8}},
		{2, &window, {0, 0, 4, 4}, {0, 0, 4, 4}},
		{2, &arrow, {0, 0, 8, 8}, {0, 0, 8, 8}},
		{OUTPUT_PRIMARY, &window, {0, 0, 8, 8}, {0, 0, 8, 8}},
	};
	struct output_plane_use good = {0, &window, {0, 0, 8, 8}, {0, 0, 8, 8}};
	struct output_frame frame = {.n_uses = 1};

	(void)state;
	buffer_make(&window, pixels, 8, XR24);
	buffer_make(&other, pixels, 8, YU12);
	buffer_make(&arrow, pixels, 8, AR24);
	window.dmabuf = other.dmabuf = arrow.dmabuf = &dmabuf;
	assert_int_equal(headless_backend_create(&backend, clock,
						 "32x16@50+overlay+overlay:scale+cursor:4",
						 &listener, &watch),
			 0);
	assert_int_equal(backend->ops->start(backend), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		frame.uses = &bad[i];
		assert_int_equal(watch.device->ops->test(watch.device, &frame), -EINVAL);
		assert_int_equal(watch.device->ops->commit(watch.device, &frame), -EINVAL);
	}
	frame.uses = &good;
	assert_int_equal(watch.device->ops->test(watch.device, &frame), 0);
	window.dmabuf = NULL;
	assert_int_equal(watch.device->ops->test(watch.device, &frame), -EINVAL);
	window.dmabuf = &dmabuf;
	headless_device_set_answer(watch.device, refuse, NULL);
	assert_int_equal(watch.device->ops->test(watch.device, &frame), -ERANGE);
	assert_int_equal(watch.device->ops->commit(watch.device, &frame), -ERANGE);
	assert_int_equal(headless_device_tests(watch.device), ARRAY_SIZE(bad) + 3);
	/* Nothing of all this was shown. */
	clock_virtual_advance(clock, NSEC_PER_SEC);
	assert_int_equal(watch.flips, 0);
	backend->ops->destroy(backend);
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
		cmocka_unit_test(planes_are_seen_above_the_drawn_picture),
		cmocka_unit_test(planes_refuse_what_hardware_would),
		cmocka_unit_test(pictures_are_whole_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
