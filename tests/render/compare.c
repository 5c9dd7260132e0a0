/* SPDX-License-Identifier: MIT */
#include "tests/render/compare.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/util.h"
#include "compositor/output/picture.h"

/* As XRGB8888, to be freed. */
static uint8_t *picture_read(const char *path, int *width, int *height)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	uint8_t *pixels;

	if (!png_image_begin_read_from_file(&image, path)) {
		fail_msg("%s: %s; UPDATE=1 writes it", path, image.message);
	}
	image.format = PNG_FORMAT_BGRA;
	pixels = xcalloc(image.width * (size_t)image.height, 4);
	assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	*width = (int)image.width;
	*height = (int)image.height;
	return pixels;
}

/* Turns reference into the picture of the differences; returns how many pixels are off. */
static unsigned difference(uint8_t *reference, const struct target *target, int tolerance,
			   int *first_x, int *first_y)
{
	unsigned off = 0;

	for (int y = 0; y < target->height; y++) {
		for (int x = 0; x < target->width; x++) {
			uint8_t *want = reference +
					((size_t)y * (size_t)target->width + (size_t)x) * 4;
			const uint8_t *got = target->pixels + (size_t)y * (size_t)target->stride +
					     (size_t)x * 4;
			bool is_off = false;

			for (unsigned c = 0; c < 3; c++) {
				is_off = is_off || abs(want[c] - got[c]) > tolerance;
			}
			if (is_off && off++ == 0) {
				*first_x = x;
				*first_y = y;
			}
			memset(want, is_off ? 0xff : got[1] / 4, 3);
		}
	}
	return off;
}

static char *failure_path(const char *name, const char *kind)
{
	const char *build = getenv("VITRINE_BUILD");
	char *dir = xasprintf("%s/render", build ? build : "build");
	char *path = xasprintf("%s/%s-%s.png", dir, name, kind);

	(void)mkdir(dir, 0777);
	free(dir);
	return path;
}

static void failure_write(const char *name, const char *kind, const struct target *target)
{
	char *path = failure_path(name, kind);

	if (picture_write_png(path, target) == 0) {
		print_message("see %s\n", path);
	}
	free(path);
}

void compare_with_reference(const char *name, const struct target *target, int tolerance)
{
	char *path = xasprintf("tests/render/reference/%s.png", name);
	int width, height, x = 0, y = 0;
	struct target diff = *target;
	uint8_t *reference;
	unsigned off;

	if (getenv("UPDATE")) {
		assert_int_equal(picture_write_png(path, target), 0);
	}
	reference = picture_read(path, &width, &height);
	free(path);
	assert_int_equal(width, target->width);
	assert_int_equal(height, target->height);
	off = difference(reference, target, tolerance, &x, &y);
	if (off) {
		diff.pixels = reference;
		diff.stride = width * 4;
		failure_write(name, "got", target);
		failure_write(name, "diff", &diff);
	}
	free(reference);
	if (off) {
		fail_msg("%s: %u pixels are off, the first at %d,%d", name, off, x, y);
	}
}
