/* SPDX-License-Identifier: MIT */
/* Rectangles: what of an output is the host's, what a view's, and where a picture goes in it. */
#include <assert.h>
#include <math.h>

#include "compositor/scene/scene_priv.h"

/* A picture of this shape is as large as it can be in the tiles of a mosaic. */
#define TILE_W 16
#define TILE_H 9

int output_px(const struct scene_output *output, int length)
{
	return MAX((int)lround(length * output->scale), 1);
}

struct rect output_strip_rect(const struct scene_output *output)
{
	return (struct rect){0, 0, output->width,
			     MIN(output_px(output, STRIP_HEIGHT), output->height)};
}

struct rect output_below_strip(const struct scene_output *output)
{
	struct rect strip = output_strip_rect(output);

	return (struct rect){0, strip.h, output->width, output->height - strip.h};
}

static struct rect inset(const struct rect *rect, int by)
{
	return (struct rect){rect->x + by, rect->y + by, MAX(rect->w - 2 * by, 0),
			     MAX(rect->h - 2 * by, 0)};
}

struct rect scene_output_area(const struct scene_output *output)
{
	struct rect below = output_below_strip(output);

	return inset(&below, output_px(output, FRAME_WIDTH));
}

/* ---- a picture in its place ---- */

/* As large as there is room, sides in proportion. A picture thinner than a pixel still gets one. */
static void scale_to(const struct rect *area, int64_t *w, int64_t *h)
{
	if (*w * area->h > *h * area->w) {
		*h = MAX(*h * area->w / *w, 1);
		*w = area->w;
	} else {
		*w = MAX(*w * area->h / *h, 1);
		*h = area->h;
	}
}

struct rect geometry_fit(const struct rect *area, enum layout_fit fit, int width, int height)
{
	int64_t w = width, h = height, times;

	if (rect_empty(area) || width <= 0 || height <= 0) {
		return (struct rect){0};
	}
	if (fit == LAYOUT_FIT_SCALE || w > area->w || h > area->h) {
		scale_to(area, &w, &h);
	} else if (fit == LAYOUT_FIT_INTEGER) {
		times = MIN(area->w / w, area->h / h);
		w *= times;
		h *= times;
	}
	return (struct rect){area->x + (area->w - (int)w) / 2, area->y + (area->h - (int)h) / 2,
			     (int)w, (int)h};
}

/* ---- parts of an output ---- */

/* Neighbours that share a side of the layout share it in pixels, too. */
static void part_of(int from, int size, double start, double part, int *out_from, int *out_size)
{
	int first = (int)lround(start * size), end = (int)lround((start + part) * size);

	*out_from = from + first;
	*out_size = MIN(end, size) - first;
}

struct rect geometry_region(const struct scene_output *output, const struct layout_region *region)
{
	struct rect all = output_below_strip(output), rect;

	if (output_is_unmarked(output)) {
		return (struct rect){0, 0, output->width, output->height};
	}
	part_of(all.x, all.w, region->x, region->w, &rect.x, &rect.w);
	part_of(all.y, all.h, region->y, region->h, &rect.y, &rect.h);
	return rect;
}

/* The number of columns that gives the largest pictures. */
static unsigned columns_of(const struct rect *all, unsigned n)
{
	unsigned best = 1;
	int64_t best_size = -1;

	for (unsigned columns = 1; columns <= n; columns++) {
		int64_t rows = (n + columns - 1) / columns;
		int64_t size = MIN(all->w / columns * TILE_H, all->h / rows * TILE_W);

		if (size > best_size) {
			best_size = size;
			best = columns;
		}
	}
	return best;
}

struct rect geometry_tile(const struct rect *all, unsigned i, unsigned n)
{
	int columns = (int)columns_of(all, n), rows = ((int)n + columns - 1) / columns;
	int column = (int)i % columns, row = (int)i / columns;
	int x, y;

	assert(i < n);
	x = all->w * column / columns;
	y = all->h * row / rows;
	return (struct rect){all->x + x, all->y + y, all->w * (column + 1) / columns - x,
			     all->h * (row + 1) / rows - y};
}

/* ---- a view ---- */

void geometry_view(struct scene_view *view, bool is_shared)
{
	const struct scene_output *output = view->output;
	struct rect below = view->region;

	view->strip = (struct rect){0};
	if (is_shared) {
		view->strip = view->region;
		view->strip.h = MIN(output_px(output, STRIP_HEIGHT), view->region.h);
		below.y += view->strip.h;
		below.h -= view->strip.h;
	}
	view->area = output_is_unmarked(output) ? below :
						  inset(&below, output_px(output, FRAME_WIDTH));
	view->dst = view->head ? geometry_fit(&view->area, view->fit, view->head->width,
					      view->head->height) :
				 (struct rect){0};
}
