/* SPDX-License-Identifier: MIT */
#include "compositor/output/picture.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void row_to_rgb(const uint8_t *pixels, int width, uint8_t *out)
{
	for (int x = 0; x < width; x++, pixels += 4, out += 3) {
		out[0] = pixels[2];
		out[1] = pixels[1];
		out[2] = pixels[0];
	}
}

/* libpng's own simplified interface would need the whole picture converted in memory first. */
static int rows_write(FILE *file, const struct target *target, uint8_t *row)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, info ? &info : NULL);
		return -EIO;
	}
	png_init_io(png, file);
	png_set_compression_level(png, 1);
	png_set_IHDR(png, info, (png_uint_32)target->width, (png_uint_32)target->height, 8,
		     PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int y = 0; y < target->height; y++) {
		row_to_rgb(target->pixels + (size_t)y * (size_t)target->stride, target->width, row);
		png_write_row(png, row);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return 0;
}

int picture_write_png_to(FILE *file, const struct target *target)
{
	uint8_t *row = xcalloc((size_t)target->width, 3);
	int ret = rows_write(file, target, row);

	free(row);
	return ret;
}

static int write_file(const char *path, const struct target *target)
{
	FILE *file = fopen(path, "wbe");
	int ret;

	if (!file) {
		return -errno;
	}
	ret = picture_write_png_to(file, target);
	if (fclose(file) != 0 && ret == 0) {
		ret = -errno;
	}
	return ret;
}

int picture_write_png(const char *path, const struct target *target)
{
	char *part = xasprintf("%s.part", path);
	int ret = write_file(part, target);

	if (ret == 0 && rename(part, path) != 0) {
		ret = -errno;
	}
	if (ret != 0) {
		(void)unlink(part);
	}
	free(part);
	return ret;
}
