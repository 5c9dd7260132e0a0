/* SPDX-License-Identifier: MIT */
/*
 * Guests' pixels, read in place. The image is of src alone, never of the whole buffer, so that
 * nothing outside src can be read whatever the scale. Its contents may change while they are read:
 * they are only ever colours.
 */
#include "base/format.h"
#include "compositor/render/pixman/painter.h"
#include "compositor/scene/buffer.h"

#define SIZE_MAX_PX 16384 /* pixman silently draws nothing when scaled coordinates leave 16 bits */

struct picture_draw {
	pixman_image_t *target;
	const struct buffer *buffer;
	const struct pixel_format *format;
	const struct rect *src, *dst;
	bool scaled;
};

static pixman_image_t *image_of(const struct picture_draw *draw, int row, int rows, int stride)
{
	const struct buffer *buffer = draw->buffer;
	const uint8_t *first = buffer->pixels +
			       (size_t)(draw->src->y + row) * (size_t)buffer->stride +
			       (size_t)draw->src->x * draw->format->bytes_per_pixel;

	/* pixman has no const images; this one is only ever a source. */
	return pixman_image_create_bits_no_clear(draw->format->pixman, draw->src->w, rows,
						 (uint32_t *)(uintptr_t)first, stride);
}

/*
 * Maps pixels of the output to pixels of the source image; at its edges the outermost pixel goes
 * on.
 */
static void image_scale(pixman_image_t *image, const struct picture_draw *draw, bool vertically)
{
	pixman_transform_t transform;
	pixman_fixed_t sx = (pixman_fixed_t)(((int64_t)draw->src->w << 16) / draw->dst->w);
	pixman_fixed_t sy = (pixman_fixed_t)(((int64_t)draw->src->h << 16) / draw->dst->h);

	pixman_transform_init_scale(&transform, sx, vertically ? sy : pixman_fixed_1);
	pixman_image_set_transform(image, &transform);
	pixman_image_set_filter(image, PIXMAN_FILTER_BILINEAR, NULL, 0);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
}

/* What cannot be drawn is dark: never what the target held before, which may be another guest's. */
static void draw_dark(const struct picture_draw *draw, const pixman_box32_t *box)
{
	colour_fill(draw->target, 0, box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1);
}

static void draw_box(const struct picture_draw *draw, pixman_image_t *image,
		     const pixman_box32_t *box)
{
	pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, draw->target, box->x1 - draw->dst->x,
				 box->y1 - draw->dst->y, 0, 0, box->x1, box->y1, box->x2 - box->x1,
				 box->y2 - box->y1);
}

static void draw_whole(const struct picture_draw *draw, const pixman_box32_t *boxes, int n)
{
	pixman_image_t *image = image_of(draw, 0, draw->src->h, draw->buffer->stride);

	if (image && draw->scaled) {
		image_scale(image, draw, true);
	}
	for (int i = 0; i < n; i++) {
		if (image) {
			draw_box(draw, image, &boxes[i]);
		} else {
			draw_dark(draw, &boxes[i]);
		}
	}
	if (image) {
		pixman_image_unref(image);
	}
}

/*
 * pixman takes strides of whole 32 bit words only. Where the guest's is another, each row is an
 * image of its own; the nearest row when scaled.
 */
static void draw_row(const struct picture_draw *draw, const pixman_box32_t *box, int y)
{
	int64_t from_top = y - draw->dst->y;
	int row = (int)((2 * from_top + 1) * draw->src->h / (2 * (int64_t)draw->dst->h));
	int padded = (draw->src->w * draw->format->bytes_per_pixel + 3) & ~3;
	pixman_image_t *image = image_of(draw, row, 1, padded);

	if (!image) {
		draw_dark(draw, &(pixman_box32_t){box->x1, y, box->x2, y + 1});
		return;
	}
	if (draw->scaled) {
		image_scale(image, draw, false);
	}
	pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, draw->target, box->x1 - draw->dst->x,
				 0, 0, 0, box->x1, y, box->x2 - box->x1, 1);
	pixman_image_unref(image);
}

static void draw_rows(const struct picture_draw *draw, const pixman_box32_t *boxes, int n)
{
	for (int i = 0; i < n; i++) {
		for (int y = boxes[i].y1; y < boxes[i].y2; y++) {
			draw_row(draw, &boxes[i], y);
		}
	}
}

/* Source bytes for one rectangle of the output: the part of src behind it. */
static uint64_t bytes_behind(const struct picture_draw *draw, const pixman_box32_t *box)
{
	uint64_t w = (uint64_t)(box->x2 - box->x1), h = (uint64_t)(box->y2 - box->y1);

	if (draw->scaled) {
		w = (w * (uint64_t)draw->src->w + (uint64_t)draw->dst->w - 1) /
		    (uint64_t)draw->dst->w;
		h = (h * (uint64_t)draw->src->h + (uint64_t)draw->dst->h - 1) /
		    (uint64_t)draw->dst->h;
	}
	return w * h * draw->format->bytes_per_pixel;
}

uint64_t picture_draw(pixman_image_t *target, const struct buffer *buffer, const struct rect *src,
		      const struct rect *dst, const pixman_region32_t *visible)
{
	struct picture_draw draw = {
		.target = target,
		.buffer = buffer,
		.format = pixel_format_find(buffer->format),
		.src = src,
		.dst = dst,
		.scaled = src->w != dst->w || src->h != dst->h,
	};
	uint64_t bytes = 0;
	int n;
	const pixman_box32_t *boxes =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)visible, &n);

	if (!draw.format || !draw.format->pixman || src->w > SIZE_MAX_PX || src->h > SIZE_MAX_PX) {
		for (int i = 0; i < n; i++) {
			draw_dark(&draw, &boxes[i]);
		}
		return 0;
	}
	if (buffer->stride % (int)sizeof(uint32_t)) {
		draw_rows(&draw, boxes, n);
	} else {
		draw_whole(&draw, boxes, n);
	}
	for (int i = 0; i < n; i++) {
		bytes += bytes_behind(&draw, &boxes[i]);
	}
	return bytes;
}
