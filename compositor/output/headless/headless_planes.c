/* SPDX-License-Identifier: MIT */
#include "compositor/output/headless/headless_planes.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"

#define FOURCC(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static const uint32_t overlay_formats[] = {
	FOURCC('X', 'R', '2', '4'),
	FOURCC('R', 'G', '1', '6'),
};
static const uint32_t cursor_formats[] = {
	FOURCC('A', 'R', '2', '4'),
};

void headless_planes_describe(const struct headless_mode *mode, struct output_device *device)
{
	device->planes_read_memory = mode->planes_read_memory;
	device->n_planes = mode->n_planes;
	for (unsigned i = 0; i < mode->n_planes; i++) {
		const struct headless_plane *plane = &mode->planes[i];
		bool is_cursor = plane->kind == OUTPUT_PLANE_CURSOR;

		device->planes[i] = (struct output_plane){
			.kind = plane->kind,
			.can_scale = plane->can_scale,
			.max_width = plane->size,
			.max_height = plane->size,
			.formats = is_cursor ? cursor_formats : overlay_formats,
			.n_formats = is_cursor ? 1 : ARRAY_SIZE(overlay_formats),
		};
	}
}

/* ---- what is taken ---- */

static bool plane_has_format(const struct output_plane *plane, uint32_t format)
{
	for (unsigned i = 0; i < plane->n_formats; i++) {
		if (plane->formats[i] == format) {
			return true;
		}
	}
	return false;
}

static bool plane_takes(const struct output_plane *plane, const struct output_plane_use *use)
{
	uint32_t format = use->buffer->format;

	if (plane->kind == OUTPUT_PLANE_CURSOR) {
		return plane_has_format(plane, format) && use->src.w == plane->max_width &&
		       use->src.h == plane->max_height && use->dst.w == use->src.w &&
		       use->dst.h == use->src.h;
	}
	return plane_has_format(plane, pixel_format_opaque(format)) &&
	       (plane->can_scale || (use->src.w == use->dst.w && use->src.h == use->dst.h));
}

static bool primary_takes(const struct output_device *device, const struct output_plane_use *use)
{
	struct rect all = {0, 0, device->width, device->height};

	return rect_equal(&use->dst, &all) && use->src.w == all.w && use->src.h == all.h;
}

static bool use_is_valid(const struct output_device *device, const struct output_plane_use *use)
{
	struct rect buffer = {0, 0, use->buffer->width, use->buffer->height};

	/* What can't be put into the picture is not taken. */
	if (!use->buffer->pixels || use->buffer->stride % 4 != 0 || rect_empty(&use->src) ||
	    rect_empty(&use->dst) || !rect_covers(&buffer, &use->src)) {
		return false;
	}
	if (!use->buffer->dmabuf && !device->planes_read_memory) {
		return false;
	}
	if (use->plane == OUTPUT_PRIMARY) {
		return primary_takes(device, use);
	}
	return use->plane < device->n_planes && plane_takes(&device->planes[use->plane], use);
}

int headless_planes_check(const struct output_device *device, const struct output_frame *frame)
{
	if (frame->n_uses > OUTPUT_MAX_USES) {
		return -EINVAL;
	}
	for (unsigned i = 0; i < frame->n_uses; i++) {
		if (!use_is_valid(device, &frame->uses[i]) ||
		    (frame->uses[i].plane == OUTPUT_PRIMARY && frame->is_composed)) {
			return -EINVAL;
		}
		for (unsigned j = 0; j < i; j++) {
			if (frame->uses[j].plane == frame->uses[i].plane) {
				return -EINVAL;
			}
		}
	}
	return 0;
}

static void use_add(struct headless_shown *shown, const struct output_plane_use *use)
{
	shown->uses[shown->n_uses++] = *use;
}

void headless_planes_apply(struct headless_shown *shown, const struct output_frame *frame)
{
	struct headless_shown next = {.n_uses = 0};

	for (unsigned i = 0; i < frame->n_uses; i++) {
		if (frame->uses[i].plane == OUTPUT_PRIMARY) {
			use_add(&next, &frame->uses[i]);
			next.has_primary = true;
		}
	}
	if (!next.has_primary && !frame->is_composed && shown->has_primary) {
		use_add(&next, &shown->uses[0]);
		next.has_primary = true;
	}
	for (unsigned i = 0; i < frame->n_uses; i++) {
		if (frame->uses[i].plane != OUTPUT_PRIMARY) {
			use_add(&next, &frame->uses[i]);
		}
	}
	*shown = next;
}

/* ---- what is seen ---- */

/* The buffer is only read. */
static pixman_image_t *image_of(const struct buffer *buffer, bool has_alpha)
{
	const struct pixel_format *format = pixel_format_find(buffer->format);

	return pixman_image_create_bits_no_clear(has_alpha ? PIXMAN_a8r8g8b8 : format->pixman,
						 buffer->width, buffer->height,
						 (uint32_t *)(void *)(uintptr_t)buffer->pixels,
						 buffer->stride);
}

static void use_draw(const struct output_plane_use *use, bool is_cursor, pixman_image_t *picture)
{
	pixman_image_t *image = image_of(use->buffer, is_cursor);
	pixman_transform_t scale;

	pixman_transform_init_scale(&scale, pixman_double_to_fixed((double)use->src.w / use->dst.w),
				    pixman_double_to_fixed((double)use->src.h / use->dst.h));
	scale.matrix[0][2] = pixman_int_to_fixed(use->src.x);
	scale.matrix[1][2] = pixman_int_to_fixed(use->src.y);
	pixman_image_set_transform(image, &scale);
	pixman_image_composite32(is_cursor ? PIXMAN_OP_OVER : PIXMAN_OP_SRC, image, NULL, picture,
				 0, 0, 0, 0, use->dst.x, use->dst.y, use->dst.w, use->dst.h);
	pixman_image_unref(image);
}

static bool is_on_cursor(const struct output_device *device, const struct output_plane_use *use)
{
	return use->plane != OUTPUT_PRIMARY &&
	       device->planes[use->plane].kind == OUTPUT_PLANE_CURSOR;
}

void headless_planes_draw(const struct output_device *device, const struct headless_shown *shown,
			  const struct target *picture)
{
	pixman_image_t *image = pixman_image_create_bits_no_clear(
		PIXMAN_x8r8g8b8, picture->width, picture->height,
		(uint32_t *)(void *)picture->pixels, picture->stride);

	for (unsigned i = 0; i < shown->n_uses; i++) {
		use_draw(&shown->uses[i], is_on_cursor(device, &shown->uses[i]), image);
	}
	pixman_image_unref(image);
}
