/* SPDX-License-Identifier: MIT */
/* imgcmp: are two pictures, or the same part of them, alike? Is one somewhere inside the other? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rect.h"
#include "tools/imgcmp/image.h"

static const char usage[] =
	"usage: imgcmp [--near] A B [WxH+X+Y]\n"
	"       imgcmp --inside A B\n"
	"Compares two pictures (PNG or binary PPM), or that part of them, pixel by pixel, with --near give\n"
	"or take one level of each colour; --inside looks for the whole of A in B and prints the first\n"
	"place as WxH+X+Y.\n"
	"Exit status: 0 alike or found, 1 different (the first different pixel is printed) or not\n"
	"found, 2 error.\n";

static bool rect_parse(const char *text, struct rect *out)
{
	char end;

	return sscanf(text, "%5dx%5d+%5d+%5d%c", &out->w, &out->h, &out->x, &out->y, &end) == 4 &&
	       !rect_empty(out) && out->x >= 0 && out->y >= 0;
}

static bool rect_inside(const struct rect *r, const struct image *image)
{
	return r->x + r->w <= image->width && r->y + r->h <= image->height;
}

static const uint8_t *pixel_of(const struct image *image, int x, int y)
{
	return image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
}

static bool differs(const uint8_t *p, const uint8_t *q, int tolerance)
{
	return abs(p[0] - q[0]) > tolerance || abs(p[1] - q[1]) > tolerance ||
	       abs(p[2] - q[2]) > tolerance;
}

/* Returns how many pixels differ, and prints the first. */
static unsigned compare(const struct image *a, const struct image *b, const struct rect *part,
			int tolerance)
{
	unsigned n = 0;

	for (int y = part->y; y < part->y + part->h; y++) {
		for (int x = part->x; x < part->x + part->w; x++) {
			const uint8_t *p = pixel_of(a, x, y), *q = pixel_of(b, x, y);

			if (differs(p, q, tolerance) && n++ == 0) {
				printf("first at %d,%d: #%02x%02x%02x, #%02x%02x%02x\n", x, y, p[0],
				       p[1], p[2], q[0], q[1], q[2]);
			}
		}
	}
	return n;
}

static int compare_images(const struct image *a, const struct image *b, const char *part_text,
			  int tolerance)
{
	struct rect part = {0, 0, a->width, a->height};
	unsigned n;

	if (part_text) {
		if (!rect_parse(part_text, &part) || !rect_inside(&part, a) ||
		    !rect_inside(&part, b)) {
			fprintf(stderr, "imgcmp: \"%s\" is not a WxH+X+Y inside both pictures\n",
				part_text);
			return 2;
		}
	} else if (a->width != b->width || a->height != b->height) {
		printf("sizes differ: %dx%d, %dx%d\n", a->width, a->height, b->width, b->height);
		return 1;
	}
	n = compare(a, b, &part, tolerance);
	if (n) {
		printf("%u of %d pixels differ\n", n, part.w * part.h);
	}
	return n ? 1 : 0;
}

static bool is_at(const struct image *part, const struct image *whole, int x, int y)
{
	for (int row = 0; row < part->height; row++) {
		if (memcmp(pixel_of(part, 0, row), pixel_of(whole, x, y + row),
			   (size_t)part->width * 3) != 0) {
			return false;
		}
	}
	return true;
}

static int find_inside(const struct image *part, const struct image *whole)
{
	for (int y = 0; y <= whole->height - part->height; y++) {
		for (int x = 0; x <= whole->width - part->width; x++) {
			if (is_at(part, whole, x, y)) {
				printf("%dx%d+%d+%d\n", part->width, part->height, x, y);
				return 0;
			}
		}
	}
	puts("not found");
	return 1;
}

int main(int argc, char **argv)
{
	struct image a = {0}, b = {0};
	bool is_near = argc > 3 && strcmp(argv[1], "--near") == 0;
	bool is_inside = argc == 4 && strcmp(argv[1], "--inside") == 0;
	int option = is_near || is_inside, status = 2;

	argv += option;
	argc -= option;
	if (argc < 3 || argc > 4) {
		fputs(usage, stderr);
		return 2;
	}
	if (image_load(&a, argv[1]) == 0 && image_load(&b, argv[2]) == 0) {
		status = is_inside ? find_inside(&a, &b) :
				     compare_images(&a, &b, argc == 4 ? argv[3] : NULL, is_near);
	}
	image_finish(&a);
	image_finish(&b);
	return status;
}
