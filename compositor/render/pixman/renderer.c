/* SPDX-License-Identifier: MIT */
/*
 * The CPU renderer. Each damaged pixel is written once and the target is never read: opaque layers are culled from the
 * top, what is blended is blended in a tile, and what is turned is made upright in a tile where it can't be read turned
 * from where it lies. Tiles stay in the processor's cache. No memory is allocated for a frame.
 */
#include <stdlib.h>

#include "compositor/render/cull.h"
#include "compositor/render/host/host.h"
#include "compositor/render/pixman/paint.h"
#include "compositor/scene/buffer.h"

/* Pixels: long rows, since what is scaled is made ready for columns first. */
#define TILE_W 256
#define TILE_H 32

struct renderer_pixman {
	struct renderer base;
	struct text *text;
	struct canvases *canvases;
	uint32_t tile[TILE_W * TILE_H], cursor[TILE_W * TILE_H];
};

/* One frame. */
struct painting {
	struct renderer_pixman *renderer;
	const struct target *target;
	struct surface to; /* the target, as it lies */
	const struct layer *layers;
	struct render_cost *cost;
	double scale;
};

static void solid_paint(const struct surface *to, const pixman_box32_t *box, uint32_t colour)
{
	int w = box->x2 - box->x1, h = box->y2 - box->y1;
	uint32_t *pixels = (uint32_t *)(void *)surface_at(to, box->x1, box->y1);

	if (!pixman_fill(pixels, to->stride / 4, 32, 0, 0, w, h, colour)) {
		for (int y = 0; y < h; y++) {
			for (int x = 0; x < w; x++) {
				pixels[y * (to->stride / 4) + x] = colour;
			}
		}
	}
}

/* ---- where a layer's pixels come from ---- */

/* What a layer shows: colour unless one of the others is there. */
struct source {
	bool has_picture;
	struct picture picture;
	const struct canvas_picture *canvas, *tile;
	uint32_t colour;
};

static bool source_is_solid(const struct source *source)
{
	return !source->has_picture && !source->canvas && !source->tile;
}

static const struct rect *layer_dst(const struct painting *painting, unsigned index)
{
	static const struct rect none;

	return index == CULL_NOTHING ? &none : &painting->layers[index].dst;
}

static const struct canvas_picture *canvas_of(struct painting *painting, const struct layer *layer)
{
	struct canvases *canvases = painting->renderer->canvases;

	if (layer->kind == LAYER_PANEL) {
		return canvas_panel(canvases, layer, painting->scale);
	}
	return layer->kind == LAYER_STRIP ? canvas_strip(canvases, layer, painting->scale) :
					    canvas_card(canvases, layer, painting->scale);
}

/* What can't be drawn, for lack of memory or of a format, is dark. */
static struct source source_of(struct painting *painting, unsigned index)
{
	const struct layer *layer = &painting->layers[index];
	struct source source = {0};

	if (index == CULL_NOTHING) {
		return source;
	}
	switch (layer->kind) {
	case LAYER_SOLID:
		source.colour = layer->colour;
		break;
	case LAYER_BUFFER:
	case LAYER_CURSOR:
		source.has_picture = picture_init(&source.picture, layer);
		break;
	case LAYER_FRAME:
		source.tile = canvas_tile(painting->renderer->canvases, layer->frame.mark,
					  painting->scale);
		break;
	case LAYER_STRIP:
	case LAYER_CARD:
	case LAYER_PANEL:
		source.canvas = canvas_of(painting, layer);
		break;
	}
	return source;
}

/* XRGB8888 as it is to be shown, from box's corner on. NULL: it has to be painted first. */
static const uint8_t *source_pixels(const struct source *source, const struct rect *dst,
				    const pixman_box32_t *box, int *stride)
{
	if (source->has_picture) {
		*stride = source->picture.stride;
		return picture_pixels(&source->picture, box);
	}
	if (source->canvas) {
		*stride = source->canvas->stride;
		return source->canvas->pixels + (ptrdiff_t)(box->y1 - dst->y) * *stride +
		       (ptrdiff_t)(box->x1 - dst->x) * 4;
	}
	return NULL;
}

static void source_count(struct painting *painting, const struct source *source,
			 const pixman_box32_t *box)
{
	if (source->has_picture) {
		painting->cost->bytes_read += picture_bytes(&source->picture, box);
	}
}

static void source_paint(struct painting *painting, const struct source *source,
			 const struct rect *dst, const struct surface *to, const pixman_box32_t *box)
{
	int stride;
	const uint8_t *pixels = source_pixels(source, dst, box, &stride);

	source_count(painting, source, box);
	if (pixels) {
		copy_box(to, box, pixels, stride);
	} else if (source->has_picture) {
		picture_paint(&source->picture, to, box);
	} else if (source->tile) {
		repeat_box(to, box, source->tile->pixels, source->tile->stride, source->tile->width);
	} else {
		solid_paint(to, box, source->colour);
	}
}

static bool is_blended(const struct painting *painting, unsigned index)
{
	const struct pixel_format *format;

	if (index == CULL_NOTHING || painting->layers[index].kind != LAYER_CURSOR) {
		return false;
	}
	format = pixel_format_find(painting->layers[index].picture.buffer->format);
	return format && format->has_alpha && format->bytes_per_pixel == 4;
}

/* ---- into a tile: upright, blended ---- */

struct tile {
	struct painting *painting;
	struct surface to;
};

static void draw_in_tile(void *data, unsigned index, const pixman_box32_t *box)
{
	struct tile *tile = data;
	struct painting *painting = tile->painting;
	struct source source = source_of(painting, index);
	const struct cull under = {painting->layers, draw_in_tile, tile};
	struct surface cursor = {(uint8_t *)painting->renderer->cursor, TILE_W * 4, box->x1,
				 box->y1};

	if (!is_blended(painting, index)) {
		source_paint(painting, &source, layer_dst(painting, index), &tile->to, box);
		return;
	}
	cull_box(&under, index, box);
	if (source.has_picture) {
		source_count(painting, &source, box);
		picture_paint(&source.picture, &cursor, box);
		blend_box(&tile->to, box, cursor.pixels, cursor.stride);
	}
}

/* ---- into the target ---- */

static void tile_show(const struct tile *tile, const pixman_box32_t *box)
{
	const struct target *target = tile->painting->target;

	if (target->transform == TRANSFORM_NORMAL) {
		copy_box(&tile->painting->to, box, tile->to.pixels, tile->to.stride);
	} else {
		turn_box(target, box, tile->to.pixels, tile->to.stride);
	}
}

static void draw_by_tiles(struct painting *painting, unsigned index, const pixman_box32_t *box)
{
	for (int y = box->y1; y < box->y2; y += TILE_H) {
		for (int x = box->x1; x < box->x2; x += TILE_W) {
			pixman_box32_t part = {x, y, MIN(x + TILE_W, box->x2),
					       MIN(y + TILE_H, box->y2)};
			struct tile tile = {painting,
					    {(uint8_t *)painting->renderer->tile, TILE_W * 4, x, y}};

			draw_in_tile(&tile, index, &part);
			tile_show(&tile, &part);
		}
	}
}

static void draw_solid_turned(struct painting *painting, uint32_t colour, const pixman_box32_t *box)
{
	const struct target *target = painting->target;
	struct rect upright = {box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1};
	struct rect panel = transform_rect(target->transform, target->width, target->height,
					   &upright);
	pixman_box32_t turned = box_of(&panel);

	solid_paint(&painting->to, &turned, colour);
}

static void draw_turned(struct painting *painting, unsigned index, const struct source *source,
			const pixman_box32_t *box)
{
	int stride = 0;
	const uint8_t *pixels = source_pixels(source, layer_dst(painting, index), box, &stride);

	if (pixels) {
		source_count(painting, source, box);
		turn_box(painting->target, box, pixels, stride);
	} else if (source_is_solid(source)) {
		draw_solid_turned(painting, source->colour, box);
	} else {
		draw_by_tiles(painting, index, box);
	}
}

static void draw_box(void *data, unsigned index, const pixman_box32_t *box)
{
	struct painting *painting = data;
	struct source source;

	if (is_blended(painting, index)) {
		draw_by_tiles(painting, index, box);
		return;
	}
	source = source_of(painting, index);
	if (painting->target->transform == TRANSFORM_NORMAL) {
		source_paint(painting, &source, layer_dst(painting, index), &painting->to, box);
	} else {
		draw_turned(painting, index, &source, box);
	}
}

static void renderer_pixman_draw(struct renderer *base, const struct target *target,
				 const struct layer *layers, unsigned n_layers,
				 const pixman_region32_t *damage, struct render_cost *cost)
{
	struct painting painting = {
		.renderer = (struct renderer_pixman *)base,
		.target = target,
		.to = {target->pixels, target->stride, 0, 0},
		.layers = layers,
		.cost = cost,
		.scale = target->scale ? target->scale : 1,
	};
	const struct cull cull = {layers, draw_box, &painting};

	cost->bytes_written = cull_damage(&cull, n_layers, target, damage) * 4;
}

static void renderer_pixman_destroy(struct renderer *base)
{
	struct renderer_pixman *renderer = (struct renderer_pixman *)base;

	canvases_destroy(renderer->canvases);
	text_destroy(renderer->text);
	free(renderer);
}

static const struct renderer_ops renderer_pixman_ops = {
	.destroy = renderer_pixman_destroy,
	.draw = renderer_pixman_draw,
};

int renderer_pixman_create(struct renderer **out, const char *font)
{
	struct renderer_pixman *renderer;
	struct text *text;
	int ret = text_create(&text, font);

	if (ret < 0) {
		return ret;
	}
	renderer = xcalloc(1, sizeof(*renderer));
	renderer->base = (struct renderer){&renderer_pixman_ops, "pixman", "the processor"};
	renderer->text = text;
	renderer->canvases = canvases_create(text);
	*out = &renderer->base;
	return 0;
}

struct canvases *renderer_pixman_canvases(struct renderer *renderer)
{
	return ((struct renderer_pixman *)renderer)->canvases;
}
