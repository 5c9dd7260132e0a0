/* SPDX-License-Identifier: MIT */
/*
 * What the files of the CPU renderer share. Guests' pixels are read in place, once, and their contents may change while
 * they are read: they are only ever colours. The target is never read.
 */
#ifndef RENDER_PAINT_H
#define RENDER_PAINT_H

#include <pixman.h>

#include "compositor/render/convert.h"
#include "compositor/render/render_priv.h"
#include "compositor/render/scaling.h"

/* XRGB8888 of the upright picture to write to; the target itself, or a tile on its way there. */
struct surface {
	uint8_t *pixels;
	int stride;
	int x, y; /* of the upright picture, at pixels */
};

static inline uint8_t *surface_at(const struct surface *surface, int x, int y)
{
	return surface->pixels + (ptrdiff_t)(y - surface->y) * surface->stride +
	       (ptrdiff_t)(x - surface->x) * 4;
}

/* ---- picture.c ---- */
/* Somebody's pixels over dst: an area of the upright picture. */
struct picture {
	const uint8_t *pixels; /* of src's upper left corner; nothing outside of src is read */
	int stride;
	unsigned pixel_bytes;
	convert_fn convert;
	enum scaling scaling;
	struct rect src, dst;
};

/* False: nobody can draw this layer's picture. */
bool picture_init(struct picture *picture, const struct layer *layer);
/* box lies in dst. */
void picture_paint(const struct picture *picture, const struct surface *to,
		   const pixman_box32_t *box);
/* XRGB8888 at the size of dst: the pixels of box are where this points to. NULL: they have to be painted first. */
const uint8_t *picture_pixels(const struct picture *picture, const pixman_box32_t *box);
/* Bytes of src behind box. */
uint64_t picture_bytes(const struct picture *picture, const pixman_box32_t *box);

/* ---- scale.c ---- */
/* picture->scaling says which; box lies in dst. */
void scale_repeat(const struct picture *picture, const struct surface *to,
		  const pixman_box32_t *box);
void scale_bilinear(const struct picture *picture, const struct surface *to,
		    const pixman_box32_t *box);

/* ---- copy.c ---- */
void copy_box(const struct surface *to, const pixman_box32_t *box, const uint8_t *from,
	      int from_stride);
/* Blended by the premultiplied alpha of from. */
void blend_box(const struct surface *to, const pixman_box32_t *box, const uint8_t *from,
	       int from_stride);
/* from repeats in both directions from the corner of the upright picture. */
void repeat_box(const struct surface *to, const pixman_box32_t *box, const uint8_t *from,
		int from_stride, int size);

/* ---- turn.c ---- */
/* box is upright, from its upper left corner; turned on the way to the panel. */
void turn_box(const struct target *target, const pixman_box32_t *box, const uint8_t *from,
	      int from_stride);

#endif
