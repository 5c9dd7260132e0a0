/* SPDX-License-Identifier: MIT */
#include "compositor/render/host/host.h"

#define PERIOD 8 /* pixels of a pattern: as wide as the frame, so that it shows there whole */
#define TILE 32  /* at least so wide: few long rows are drawn faster than many short ones */

static unsigned luminance(uint32_t colour)
{
	return (299 * (colour >> 16 & 0xff) + 587 * (colour >> 8 & 0xff) + 114 * (colour & 0xff)) /
	       1000;
}

uint32_t colour_text_on(uint32_t background)
{
	return luminance(background) > 110 ? 0x000000 : 0xffffff;
}

static pixman_color_t to_pixman(uint32_t colour)
{
	return (pixman_color_t){
		.red = (uint16_t)((colour >> 16 & 0xff) * 0x101),
		.green = (uint16_t)((colour >> 8 & 0xff) * 0x101),
		.blue = (uint16_t)((colour & 0xff) * 0x101),
		.alpha = 0xffff,
	};
}

void colour_fill(pixman_image_t *image, uint32_t colour, int x, int y, int w, int h)
{
	pixman_color_t fill = to_pixman(colour);
	pixman_box32_t box = {x, y, x + w, y + h};

	if (w > 0 && h > 0) {
		pixman_image_fill_boxes(PIXMAN_OP_SRC, image, &fill, 1, &box);
	}
}

/* Of one period, in pixels of the output. */
static int period_at(double scale)
{
	return MAX((int)(PERIOD * scale + 0.5), 2);
}

int mark_tile_size(double scale)
{
	int period = period_at(scale);

	return (TILE + period - 1) / period * period;
}

/* x, y: inside a period as it is at scale 1. */
static bool pattern_is_ink(enum mark_pattern pattern, int x, int y)
{
	switch (pattern) {
	case MARK_STRIPES:
		return (x + y) % PERIOD < 3;
	case MARK_CHECKS:
		return (x < PERIOD / 2) == (y < PERIOD / 2);
	case MARK_DOTS:
		return x >= 3 && x < 6 && y >= 3 && y < 6;
	case MARK_SOLID:
	default:
		return false;
	}
}

void mark_tile_draw(pixman_image_t *tile, const struct mark *mark, double scale)
{
	uint32_t *row = pixman_image_get_data(tile);
	uint32_t ink = colour_text_on(mark->colour);
	int period = period_at(scale), size = mark_tile_size(scale);

	for (int y = 0; y < size; y++, row += pixman_image_get_stride(tile) / 4) {
		int v = (2 * (y % period) + 1) * PERIOD / (2 * period);

		for (int x = 0; x < size; x++) {
			int u = (2 * (x % period) + 1) * PERIOD / (2 * period);

			row[x] = pattern_is_ink(mark->pattern, u, v) ? ink : mark->colour;
		}
	}
}

void mark_fill(pixman_image_t *image, const struct mark *mark, double scale, const struct rect *part)
{
	int size = mark_tile_size(scale);
	pixman_image_t *tile = NULL;

	if (!rect_empty(part)) {
		tile = pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, size, size, NULL, 0);
	}
	if (!tile) {
		return;
	}
	mark_tile_draw(tile, mark, scale);
	pixman_image_set_repeat(tile, PIXMAN_REPEAT_NORMAL);
	pixman_image_composite32(PIXMAN_OP_SRC, tile, NULL, image, 0, 0, 0, 0, part->x, part->y,
				 part->w, part->h);
	pixman_image_unref(tile);
}
