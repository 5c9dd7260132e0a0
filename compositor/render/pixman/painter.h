/* SPDX-License-Identifier: MIT */
/*
 * What the files of the CPU renderer share. Everything that is drawn is a source image and, per
 * visible rectangle, one SRC operation into the target: the target is never read.
 */
#ifndef RENDER_PAINTER_H
#define RENDER_PAINTER_H

#include <stdbool.h>

#include "compositor/render/render_priv.h"

struct fcft_font;

/* ---- text.c ---- */
struct text;

/*
 * name: of fontconfig, NULL for the default. Returns 0 or -errno, logged. Glyphs are loaded here:
 * no file is read later.
 */
MUST_USE int text_create(struct text **out, const char *name);
void text_destroy(struct text *text);
int text_width(struct text *text, const char *string);
int text_line_height(const struct text *text);
/*
 * In colour (0xRRGGBB), from x, centred on a line of this height whose top is y; cut off at x +
 * max_w.
 */
void text_draw(struct text *text, pixman_image_t *canvas, const char *string, uint32_t colour,
	       int x, int y, int line_height, int max_w);

/* ---- canvas.c: pictures of our own, drawn once and kept ---- */
struct canvases;

struct canvases *canvases_create(struct text *text);
void canvases_destroy(struct canvases *canvases);
/*
 * Each covers its layer from its top left corner; borrowed until the next call. NULL without
 * memory.
 */
pixman_image_t *canvas_strip(struct canvases *canvases, const struct mark *mark,
			     const struct mark *keyboard, bool is_view, int width, int height);
pixman_image_t *canvas_card(struct canvases *canvases, const struct card *card, int width,
			    int height);
/* A tile that repeats in both directions. */
pixman_image_t *canvas_tile(struct canvases *canvases, const struct mark *mark);

/* ---- picture.c ---- */
/*
 * A guest's pixels over dst, in these rectangles (inside dst and the target). Returns the bytes
 * read.
 */
uint64_t picture_draw(pixman_image_t *target, const struct buffer *buffer, const struct rect *src,
		      const struct rect *dst, const pixman_region32_t *visible);

/* ---- mark.c ---- */
#define MARK_TILE 32 /* pixels; pixman repeats wide tiles faster than narrow ones */

void mark_tile_draw(pixman_image_t *tile, const struct mark *mark);
/* Black or white, whichever stands out. */
uint32_t colour_text_on(uint32_t background);
void colour_fill(pixman_image_t *image, uint32_t colour, int x, int y, int w, int h);

#endif
