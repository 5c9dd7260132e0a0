/* SPDX-License-Identifier: MIT */
/*
 * Layers are gone through from the top: each draws what of the damage no layer above it has drawn,
 * since all are opaque. So each damaged pixel is written once, and what is hidden is not even read.
 */
#include <errno.h>
#include <stdlib.h>

#include "compositor/render/pixman/painter.h"

struct renderer_pixman {
	struct renderer base;
	struct text *text;
	struct canvases *canvases;
};

static void draw_image(pixman_image_t *target, pixman_image_t *image, const struct rect *dst,
		       const pixman_region32_t *visible)
{
	int n;
	const pixman_box32_t *box =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)visible, &n);

	for (; n > 0; n--, box++) {
		pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, target, box->x1 - dst->x,
					 box->y1 - dst->y, 0, 0, box->x1, box->y1,
					 box->x2 - box->x1, box->y2 - box->y1);
	}
}

static void draw_solid(pixman_image_t *target, uint32_t colour, const pixman_region32_t *visible)
{
	int n;
	const pixman_box32_t *box =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)visible, &n);

	for (; n > 0; n--, box++) {
		colour_fill(target, colour, box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1);
	}
}

static void draw_image_or_black(pixman_image_t *target, pixman_image_t *image,
				const struct rect *dst, const pixman_region32_t *visible)
{
	if (image) {
		draw_image(target, image, dst, visible);
	} else {
		draw_solid(target, 0,
			   visible); /* no memory: dark rather than what was there before */
	}
}

static void draw_frame(struct renderer_pixman *renderer, pixman_image_t *target,
		       const struct layer *layer, const pixman_region32_t *visible)
{
	/* Aligned to the output, so that the pattern does not crawl when the rectangle changes. */
	const struct rect origin = {0};

	draw_image_or_black(target, canvas_tile(renderer->canvases, layer->frame.mark), &origin,
			    visible);
}

static void draw_layer(struct renderer_pixman *renderer, pixman_image_t *target,
		       const struct layer *layer, const pixman_region32_t *visible,
		       struct render_cost *cost)
{
	struct canvases *canvases = renderer->canvases;
	const struct rect *dst = &layer->dst;

	switch (layer->kind) {
	case LAYER_SOLID:
		draw_solid(target, layer->colour, visible);
		break;
	case LAYER_BUFFER:
	case LAYER_CURSOR:
		cost->bytes_read += picture_draw(target, layer->picture.buffer, &layer->picture.src,
						 dst, visible);
		break;
	case LAYER_FRAME:
		draw_frame(renderer, target, layer, visible);
		break;
	case LAYER_STRIP:
		draw_image_or_black(target,
				    canvas_strip(canvases, layer->strip.mark, layer->strip.keyboard,
						 layer->strip.is_view, dst->w, dst->h),
				    dst, visible);
		break;
	case LAYER_CARD:
		draw_image_or_black(target, canvas_card(canvases, layer->card, dst->w, dst->h), dst,
				    visible);
		break;
	}
}

/* What the layer covers, into the initialised region out. */
static void layer_region(const struct layer *layer, pixman_region32_t *out)
{
	const struct rect *dst = &layer->dst;
	pixman_region32_t hole;

	if (rect_empty(dst)) {
		pixman_region32_clear(out);
		return;
	}
	pixman_region32_fini(out);
	pixman_region32_init_rect(out, dst->x, dst->y, (unsigned)dst->w, (unsigned)dst->h);
	if (layer->kind == LAYER_FRAME && !rect_empty(&layer->frame.hole)) {
		const struct rect *h = &layer->frame.hole;

		pixman_region32_init_rect(&hole, h->x, h->y, (unsigned)h->w, (unsigned)h->h);
		pixman_region32_subtract(out, out, &hole);
		pixman_region32_fini(&hole);
	}
}

static uint64_t region_bytes(const pixman_region32_t *region)
{
	uint64_t pixels = 0;
	int n;
	const pixman_box32_t *box =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)region, &n);

	for (; n > 0; n--, box++) {
		pixels += (uint64_t)(box->x2 - box->x1) * (uint64_t)(box->y2 - box->y1);
	}
	return pixels * sizeof(uint32_t);
}

static void draw_layers(struct renderer_pixman *renderer, pixman_image_t *image,
			const struct layer *layers, unsigned n_layers,
			const pixman_region32_t *damage, struct render_cost *cost)
{
	pixman_region32_t remaining, visible;

	pixman_region32_init(&remaining);
	pixman_region32_init(&visible);
	pixman_region32_copy(&remaining, damage);
	for (unsigned i = n_layers; i-- > 0 && pixman_region32_not_empty(&remaining);) {
		layer_region(&layers[i], &visible);
		pixman_region32_intersect(&visible, &visible, &remaining);
		pixman_region32_subtract(&remaining, &remaining, &visible);
		if (pixman_region32_not_empty(&visible)) {
			draw_layer(renderer, image, &layers[i], &visible, cost);
			cost->bytes_written += region_bytes(&visible);
		}
	}
	/* Under no layer: dark, never what the target held before. */
	draw_solid(image, 0, &remaining);
	cost->bytes_written += region_bytes(&remaining);
	pixman_region32_fini(&visible);
	pixman_region32_fini(&remaining);
}

static void renderer_pixman_draw(struct renderer *base, const struct target *target,
				 const struct layer *layers, unsigned n_layers,
				 const pixman_region32_t *damage, struct render_cost *cost)
{
	struct renderer_pixman *renderer = (struct renderer_pixman *)base;
	pixman_image_t *image = pixman_image_create_bits_no_clear(
		PIXMAN_x8r8g8b8, target->width, target->height, (uint32_t *)(void *)target->pixels,
		target->stride);

	if (!image) {
		return;
	}
	draw_layers(renderer, image, layers, n_layers, damage, cost);
	pixman_image_unref(image);
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
	renderer->base.ops = &renderer_pixman_ops;
	renderer->text = text;
	renderer->canvases = canvases_create(text);
	*out = &renderer->base;
	return 0;
}
