/* SPDX-License-Identifier: MIT */
/*
 * What the host itself shows: strips, cards and patterns, drawn once on the CPU, kept, and shown by any renderer. Upright,
 * at the scale of their output.
 */
#ifndef RENDER_HOST_H
#define RENDER_HOST_H

#include <stdbool.h>

#include <pixman.h>

#include "base/util.h"
#include "compositor/scene/layer.h"

/* ---- text.c ---- */
struct text;

/*
 * name: of fontconfig, NULL for the default. Returns 0 or -errno, logged. Glyphs are loaded here, for all scales: no file
 * is read later.
 */
MUST_USE int text_create(struct text **out, const char *name);
void text_destroy(struct text *text);
int text_width(struct text *text, const char *string, double scale);
int text_line_height(const struct text *text, double scale);
/*
 * In colour (0xRRGGBB), from x, centred on a line of this height whose top is y; cut off at x +
 * max_w.
 */
struct text_line {
	const char *string;
	uint32_t colour;
	int x, y, height, max_w;
	double scale;
};
void text_draw(struct text *text, pixman_image_t *canvas, const struct text_line *line);

/* ---- canvas.c: pictures of our own, drawn once and kept ---- */
struct canvases;

/* XRGB8888, read only. */
struct canvas_picture {
	const uint8_t *pixels;
	int width, height;
	int stride;      /* bytes */
	uint64_t serial; /* of these pixels, and of no others that were drawn by the same canvases */
};

struct canvases *canvases_create(struct text *text);
void canvases_destroy(struct canvases *canvases);
/* Each covers its layer from its top left corner; borrowed until the next call. NULL without memory. */
const struct canvas_picture *canvas_strip(struct canvases *canvases, const struct layer *layer,
					  double scale);
const struct canvas_picture *canvas_card(struct canvases *canvases, const struct layer *layer,
					 double scale);
const struct canvas_picture *canvas_panel(struct canvases *canvases, const struct layer *layer,
					  double scale);
/* Repeats in both directions from the output's corner, so that it does not crawl when a frame moves. */
const struct canvas_picture *canvas_tile(struct canvases *canvases, const struct mark *mark,
					 double scale);

/* ---- mark.c ---- */
/* A square of this many pixels shows the pattern whole several times. */
int mark_tile_size(double scale);
void mark_tile_draw(pixman_image_t *tile, const struct mark *mark, double scale);
/* Repeats the mark's tile over a part of the image, from its corner on. */
void mark_fill(pixman_image_t *image, const struct mark *mark, double scale,
	       const struct rect *part);
/* Black or white, whichever stands out. */
uint32_t colour_text_on(uint32_t background);
void colour_fill(pixman_image_t *image, uint32_t colour, int x, int y, int w, int h);

#endif
