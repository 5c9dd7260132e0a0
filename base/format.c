/* SPDX-License-Identifier: MIT */
#include "base/format.h"

#include "base/util.h"

#define FOURCC(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* The opaque twin of each format with alpha: a guest's framebuffer covers its monitor, whatever its alpha says. */
static const struct pixel_format formats[] = {
	{FOURCC('X', 'R', '2', '4'), PIXMAN_x8r8g8b8, 4, false, "XRGB8888"},
	{FOURCC('A', 'R', '2', '4'), PIXMAN_x8r8g8b8, 4, true, "ARGB8888"},
	{FOURCC('R', 'G', '2', '4'), PIXMAN_r8g8b8, 3, false, "RGB888"},
	{FOURCC('R', 'G', '1', '6'), PIXMAN_r5g6b5, 2, false, "RGB565"},
	{FOURCC('X', 'R', '1', '5'), PIXMAN_x1r5g5b5, 2, false, "XRGB1555"},
	{FOURCC('A', 'R', '1', '5'), PIXMAN_x1r5g5b5, 2, true, "ARGB1555"},
	{FOURCC('X', 'R', '1', '2'), PIXMAN_x4r4g4b4, 2, false, "XRGB4444"},
	{FOURCC('A', 'R', '1', '2'), PIXMAN_x4r4g4b4, 2, true, "ARGB4444"},
};

const struct pixel_format *pixel_format_find(uint32_t fourcc)
{
	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++) {
		if (formats[i].fourcc == fourcc) {
			return &formats[i];
		}
	}
	return NULL;
}

uint32_t pixel_format_opaque(uint32_t fourcc)
{
	const struct pixel_format *format = pixel_format_find(fourcc);

	/* The names of twins differ in their first letter only: X for A. */
	return format && format->has_alpha ? (fourcc & ~0xffu) | 'X' : fourcc;
}

const struct pixel_format *pixel_format_at(unsigned i)
{
	return i < ARRAY_SIZE(formats) ? &formats[i] : NULL;
}
