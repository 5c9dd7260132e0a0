/* SPDX-License-Identifier: MIT */
#include "tools/imgcmp/image.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 32768

static int refuse(const char *path, const char *why)
{
	fprintf(stderr, "imgcmp: %s: %s\n", path, why);
	return -EINVAL;
}

static int rgb_alloc(struct image *image, const char *path, uint64_t width, uint64_t height)
{
	if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX) {
		return refuse(path, "its size is not between 1 and 32768");
	}
	image->width = (int)width;
	image->height = (int)height;
	image->rgb = calloc(width * height, 3);
	return image->rgb ? 0 : refuse(path, "not enough memory");
}

static int png_load(struct image *image, const char *path)
{
	png_image png = {.version = PNG_IMAGE_VERSION};
	int ret;

	if (!png_image_begin_read_from_file(&png, path)) {
		return refuse(path, png.message);
	}
	png.format = PNG_FORMAT_RGB;
	ret = rgb_alloc(image, path, png.width, png.height);
	if (ret == 0 && !png_image_finish_read(&png, NULL, image->rgb, 0, NULL)) {
		ret = refuse(path, png.message);
	}
	png_image_free(&png);
	return ret;
}

static int ppm_load(struct image *image, const char *path, FILE *file)
{
	unsigned width, height, depth;
	size_t size;
	int ret;

	/* One blank ends the header; what follows it are pixels, whatever they look like. */
	if (fscanf(file, "P6 %5u %5u %3u", &width, &height, &depth) != 3 || depth != 255) {
		return refuse(path, "neither a PNG nor a binary 8 bit PPM");
	}
	(void)fgetc(file);
	ret = rgb_alloc(image, path, width, height);
	if (ret < 0) {
		return ret;
	}
	size = (size_t)width * height * 3;
	return fread(image->rgb, 1, size, file) == size ? 0 : refuse(path, "ends too early");
}

int image_load(struct image *image, const char *path)
{
	FILE *file = fopen(path, "rbe");
	char magic[2];
	int ret;

	*image = (struct image){0};
	if (!file) {
		ret = -errno;
		fprintf(stderr, "imgcmp: %s: %s\n", path, strerror(-ret));
		return ret;
	}
	if (fread(magic, 1, sizeof(magic), file) == sizeof(magic) && memcmp(magic, "P6", 2) == 0) {
		rewind(file);
		ret = ppm_load(image, path, file);
	} else {
		ret = png_load(image, path);
	}
	(void)fclose(file);
	return ret;
}

void image_finish(struct image *image)
{
	free(image->rgb);
	image->rgb = NULL;
}
