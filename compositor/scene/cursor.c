/* SPDX-License-Identifier: MIT */
/*
 * The host's own cursor: an arrow of our own drawing, one on the whole desk. It is a buffer like a guest's, so that a cursor
 * plane can take it where there is one.
 */
#include <math.h>
#include <stdlib.h>

#include "compositor/scene/scene_priv.h"

#define FOURCC_ARGB8888 0x34325241u
/* Pixels of the picture: what cursor planes take. The arrow of the largest scale has room in the larger one. */
#define SIDE_SMALL 64
#define SIDE_LARGE 128
#define SCALE_OF_SMALL 2.5
/* Of the white rim, at scale 1. */
#define RIM 1.5
/* Points looked at in a pixel, on each axis. */
#define FINE 4

struct point {
	double x, y;
};

/* The black arrow at scale 1, inside of its rim; its tip is what points. */
static const struct point arrow[] = {
	{1.5, 2}, {1.5, 17}, {5, 14}, {7.5, 19.5}, {10, 18.5}, {7.5, 13}, {12.5, 13},
};

struct cursor_buffer {
	struct buffer base;
	uint32_t pixels[];
};

/* ---- the picture ---- */

static bool is_inside(struct point at)
{
	bool is_in = false;

	for (unsigned i = 0; i < ARRAY_SIZE(arrow); i++) {
		struct point a = arrow[i], b = arrow[(i + 1) % ARRAY_SIZE(arrow)];

		if ((a.y > at.y) != (b.y > at.y) &&
		    at.x < a.x + (at.y - a.y) * (b.x - a.x) / (b.y - a.y)) {
			is_in = !is_in;
		}
	}
	return is_in;
}

static double distance_to_side(struct point at, struct point a, struct point b)
{
	double dx = b.x - a.x, dy = b.y - a.y;
	double along = ((at.x - a.x) * dx + (at.y - a.y) * dy) / (dx * dx + dy * dy);

	along = fmax(0, fmin(1, along));
	return hypot(a.x + along * dx - at.x, a.y + along * dy - at.y);
}

static bool is_on_rim(struct point at)
{
	for (unsigned i = 0; i < ARRAY_SIZE(arrow); i++) {
		if (distance_to_side(at, arrow[i], arrow[(i + 1) % ARRAY_SIZE(arrow)]) <= RIM) {
			return true;
		}
	}
	return false;
}

/* Premultiplied: black inside, white on the rim, nothing elsewhere. */
static uint32_t pixel_at(int x, int y, double scale)
{
	unsigned black = 0, white = 0, alpha, light;

	for (unsigned i = 0; i < FINE * FINE; i++) {
		unsigned column = i % FINE, row = i / FINE;
		struct point at = {(x + (column + 0.5) / FINE) / scale,
				   (y + (row + 0.5) / FINE) / scale};

		if (is_inside(at)) {
			black++;
		} else if (is_on_rim(at)) {
			white++;
		}
	}
	alpha = (black + white) * 255 / (FINE * FINE);
	light = white * 255 / (FINE * FINE);
	return alpha << 24 | light << 16 | light << 8 | light;
}

static void cursor_buffer_destroy(struct buffer *base)
{
	free(container_of(base, struct cursor_buffer, base));
}

static const struct buffer_ops cursor_buffer_ops = {.destroy = cursor_buffer_destroy};

static struct buffer *cursor_buffer_create(double scale)
{
	int side = scale > SCALE_OF_SMALL ? SIDE_LARGE : SIDE_SMALL;
	size_t n = (size_t)side * (size_t)side;
	struct cursor_buffer *buffer = xcalloc(1, sizeof(*buffer) + n * sizeof(uint32_t));

	buffer_init(&buffer->base, &cursor_buffer_ops);
	buffer->base.width = side;
	buffer->base.height = side;
	buffer->base.stride = side * 4;
	buffer->base.format = FOURCC_ARGB8888;
	buffer->base.pixels = (const uint8_t *)buffer->pixels;
	for (size_t i = 0; i < n; i++) {
		buffer->pixels[i] = pixel_at((int)(i % (unsigned)side), (int)(i / (unsigned)side),
					     scale);
	}
	return &buffer->base;
}

/* One for each scale that outputs have, drawn when it is first needed. */
static struct buffer *cursor_buffer_of(struct cursor *cursor, double scale)
{
	struct cursor_image *image = &cursor->images[cursor->next_image];

	for (unsigned i = 0; i < ARRAY_SIZE(cursor->images); i++) {
		if (cursor->images[i].buffer && cursor->images[i].scale == scale) {
			return cursor->images[i].buffer;
		}
	}
	cursor->next_image = (cursor->next_image + 1) % ARRAY_SIZE(cursor->images);
	if (image->buffer) {
		buffer_drop(image->buffer);
	}
	*image = (struct cursor_image){.scale = scale, .buffer = cursor_buffer_create(scale)};
	return image->buffer;
}

void cursor_finish(struct cursor *cursor)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cursor->images); i++) {
		if (cursor->images[i].buffer) {
			buffer_drop(cursor->images[i].buffer);
		}
	}
}

/* ---- where it is ---- */

/* NULL: it is shown nowhere. */
static struct scene_output *cursor_output(const struct scene *scene)
{
	const struct cursor *cursor = &scene->cursor;
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		if (cursor->is_shown && output_is_lit(output) &&
		    rect_contains(&output->layout, cursor->x, cursor->y)) {
			return output;
		}
	}
	return NULL;
}

/* What of it is on its output, in pixels; its tip is at the upper left corner. */
static struct rect cursor_rect(const struct scene_output *output, const struct cursor *cursor)
{
	const struct rect *layout = &output->layout;
	int side = output->scale > SCALE_OF_SMALL ? SIDE_LARGE : SIDE_SMALL;
	struct rect rect = {
		.x = (int)floor((cursor->x - layout->x) * output->width / layout->w),
		.y = (int)floor((cursor->y - layout->y) * output->height / layout->h),
	};

	rect.w = MIN(side, output->width - rect.x);
	rect.h = MIN(side, output->height - rect.y);
	return rect;
}

static void cursor_damage(struct scene *scene)
{
	struct scene_output *output = cursor_output(scene);

	if (output) {
		struct rect rect = cursor_rect(output, &scene->cursor);

		damage_add(output, &rect);
	}
}

const struct scene_output *scene_cursor_output(const struct scene *scene)
{
	return cursor_output(scene);
}

void scene_set_cursor(struct scene *scene, bool is_shown, double x, double y)
{
	struct cursor *cursor = &scene->cursor;

	if (cursor->is_shown == is_shown && (!is_shown || (cursor->x == x && cursor->y == y))) {
		return;
	}
	cursor_damage(scene);
	cursor->is_shown = is_shown;
	cursor->x = x;
	cursor->y = y;
	cursor_damage(scene);
}

void cursor_push(struct scene_output *output)
{
	struct scene *scene = output->scene;
	struct layer *layer;

	if (cursor_output(scene) != output) {
		return;
	}
	layer = layer_push(output->state, LAYER_CURSOR, cursor_rect(output, &scene->cursor));
	layer->picture.buffer = cursor_buffer_of(&scene->cursor, output->scale);
	layer->picture.src = (struct rect){0, 0, layer->dst.w, layer->dst.h};
	layer->picture.serial = layer->picture.buffer->id;
}
