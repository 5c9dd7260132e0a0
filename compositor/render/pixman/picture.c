/* SPDX-License-Identifier: MIT */
#include "compositor/render/pixman/paint.h"
#include "compositor/scene/buffer.h"

bool picture_init(struct picture *picture, const struct layer *layer)
{
	const struct buffer *buffer = layer->picture.buffer;
	const struct pixel_format *format = pixel_format_find(buffer->format);
	const struct rect *src = &layer->picture.src;

	if (!format || !format->pixman || !buffer->pixels || rect_empty(src)) {
		return false;
	}
	*picture = (struct picture){
		.pixels = buffer->pixels + (size_t)src->y * (size_t)buffer->stride +
			  (size_t)src->x * format->bytes_per_pixel,
		.stride = buffer->stride,
		.pixel_bytes = format->bytes_per_pixel,
		.convert = convert_from(format),
		.scaling = scaling_of(src, &layer->dst),
		.src = *src,
		.dst = layer->dst,
	};
	return true;
}

static const uint8_t *source_at(const struct picture *picture, int x, int y)
{
	return picture->pixels + (size_t)(y - picture->dst.y) * (size_t)picture->stride +
	       (size_t)(x - picture->dst.x) * picture->pixel_bytes;
}

const uint8_t *picture_pixels(const struct picture *picture, const pixman_box32_t *box)
{
	return picture->scaling == SCALING_NONE && !picture->convert ?
		       source_at(picture, box->x1, box->y1) :
		       NULL;
}

static void convert_box(const struct picture *picture, const struct surface *to,
			const pixman_box32_t *box)
{
	for (int y = box->y1; y < box->y2; y++) {
		picture->convert((uint32_t *)(void *)surface_at(to, box->x1, y),
				 source_at(picture, box->x1, y), box->x2 - box->x1);
	}
}

void picture_paint(const struct picture *picture, const struct surface *to,
		   const pixman_box32_t *box)
{
	switch (picture->scaling) {
	case SCALING_NONE:
		if (picture->convert) {
			convert_box(picture, to, box);
		} else {
			copy_box(to, box, source_at(picture, box->x1, box->y1), picture->stride);
		}
		break;
	case SCALING_REPEAT:
		scale_repeat(picture, to, box);
		break;
	case SCALING_BILINEAR:
		scale_bilinear(picture, to, box);
		break;
	}
}

uint64_t picture_bytes(const struct picture *picture, const pixman_box32_t *box)
{
	const struct rect *src = &picture->src, *dst = &picture->dst;
	uint64_t w = (uint64_t)(box->x2 - box->x1), h = (uint64_t)(box->y2 - box->y1);

	if (picture->scaling != SCALING_NONE) {
		w = (w * (uint64_t)src->w + (uint64_t)dst->w - 1) / (uint64_t)dst->w;
		h = (h * (uint64_t)src->h + (uint64_t)dst->h - 1) / (uint64_t)dst->h;
	}
	return w * h * picture->pixel_bytes;
}
