/* SPDX-License-Identifier: MIT */
#include "compositor/render/convert.h"

#include <string.h>

#define OPAQUE 0xff000000u

static uint32_t load16(const uint8_t *from)
{
	uint16_t pixel;

	memcpy(&pixel, from, sizeof(pixel));
	return pixel;
}

static uint32_t from_rgb888(const uint8_t *from)
{
	return OPAQUE | (uint32_t)from[2] << 16 | (uint32_t)from[1] << 8 | from[0];
}

/* The upper bits of a channel are its lower ones, too: white stays white. */
static uint32_t from_rgb565(const uint8_t *from)
{
	uint32_t p = load16(from);
	uint32_t rb = (p & 0xf800) << 8 | (p & 0x1f) << 3, g = (p & 0x7e0) << 5;

	return OPAQUE | rb | (rb >> 5 & 0x070007) | g | (g >> 6 & 0x000300);
}

static uint32_t from_xrgb1555(const uint8_t *from)
{
	uint32_t p = load16(from);
	uint32_t rgb = (p & 0x7c00) << 9 | (p & 0x3e0) << 6 | (p & 0x1f) << 3;

	return OPAQUE | rgb | (rgb >> 5 & 0x070707);
}

static uint32_t from_xrgb4444(const uint8_t *from)
{
	uint32_t p = load16(from);
	uint32_t rgb = (p & 0xf00) << 8 | (p & 0xf0) << 4 | (p & 0xf);

	return OPAQUE | rgb << 4 | rgb;
}

/* A group of a known length is what compilers make vector code for. */
#define GROUP 16

#define DEFINE_CONVERT(name, bytes)                                                            \
	static void convert_##name(uint32_t *restrict to, const uint8_t *restrict from, int n) \
	{                                                                                      \
		for (; n >= GROUP; n -= GROUP, to += GROUP) {                                  \
			for (unsigned i = 0; i < GROUP; i++, from += (bytes)) {                \
				to[i] = from_##name(from);                                     \
			}                                                                      \
		}                                                                              \
		for (; n > 0; n--, to++, from += (bytes)) {                                    \
			*to = from_##name(from);                                               \
		}                                                                              \
	}

DEFINE_CONVERT(rgb888, 3)
DEFINE_CONVERT(rgb565, 2)
DEFINE_CONVERT(xrgb1555, 2)
DEFINE_CONVERT(xrgb4444, 2)

convert_fn convert_from(const struct pixel_format *format)
{
	switch (format->pixman) {
	case PIXMAN_r8g8b8:
		return convert_rgb888;
	case PIXMAN_r5g6b5:
		return convert_rgb565;
	case PIXMAN_x1r5g5b5:
		return convert_xrgb1555;
	case PIXMAN_x4r4g4b4:
		return convert_xrgb4444;
	default:
		return NULL;
	}
}
