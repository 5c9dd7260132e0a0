/* SPDX-License-Identifier: MIT */
/*
 * The GLES2 renderer. It culls as the CPU renderer does, so that each pixel is shaded once, and it has a CPU renderer:
 * that draws strips and cards for it, what is too large for GL, and everything once GL has failed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/format.h"
#include "base/log.h"
#include "compositor/render/cull.h"
#include "compositor/render/gles2/gles2.h"

/* One frame. */
struct painting {
	struct renderer_gles2 *renderer;
	const struct layer *layers;
	struct render_cost *cost;
	double scale;
	float to_panel[9]; /* from upright pixels to GL's -1 to 1 on the panel, by columns */
	bool is_direct;    /* the target's memory has red where GL has it */
	bool has_failed;
};

static void set_to_panel(struct painting *painting, const struct target *target)
{
	const struct rect corner = {0, 0, 1, 1}, right = {1, 0, 1, 1}, below = {0, 1, 1, 1};
	int w = target->width, h = target->height;
	struct rect o = transform_rect(target->transform, w, h, &corner);
	struct rect x = transform_rect(target->transform, w, h, &right);
	struct rect y = transform_rect(target->transform, w, h, &below);
	float xx = (float)(x.x - o.x), xy = (float)(x.y - o.y);
	float yx = (float)(y.x - o.x), yy = (float)(y.y - o.y);
	float sx = 2.0f / (float)w, sy = 2.0f / (float)h;
	/* The centre of the first upright pixel is at the centre of its place on the panel. */
	float ox = (float)o.x + 0.5f - (xx + yx) / 2, oy = (float)o.y + 0.5f - (xy + yy) / 2;
	const float matrix[9] = {xx * sx, xy * sy,     0,           yx * sx, yy * sy,
				 0,       ox * sx - 1, oy * sy - 1, 1};

	for (unsigned i = 0; i < ARRAY_SIZE(matrix); i++) {
		painting->to_panel[i] = matrix[i];
	}
}

/* ---- quads ---- */

static const struct program *use(struct painting *painting, enum program_kind kind)
{
	const struct program *program = &painting->renderer->programs[kind];

	glUseProgram(program->id);
	glUniformMatrix3fv(program->to_panel, 1, GL_FALSE, painting->to_panel);
	glUniform1f(program->alpha, 0);
	return program;
}

static void use_swap(const struct painting *painting, const struct program *program,
		     bool is_upright_colour)
{
	glUniform1f(program->swap, is_upright_colour != painting->is_direct);
}

static void draw_quad(const pixman_box32_t *box)
{
	const GLfloat x1 = (GLfloat)box->x1, y1 = (GLfloat)box->y1;
	const GLfloat x2 = (GLfloat)box->x2, y2 = (GLfloat)box->y2;
	const GLfloat corners[] = {x1, y1, x2, y1, x1, y2, x2, y2};

	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

static void draw_solid(struct painting *painting, uint32_t colour, const pixman_box32_t *box)
{
	const struct program *program = use(painting, PROGRAM_SOLID);

	use_swap(painting, program, true);
	glUniform4f(program->colour, (float)(colour >> 16 & 0xff) / 255,
		    (float)(colour >> 8 & 0xff) / 255, (float)(colour & 0xff) / 255, 1);
	draw_quad(box);
}

/* src of the texture over dst. */
static void set_place(const struct program *program, const struct texture *texture,
		      const struct rect *src, const struct rect *dst)
{
	glUniform4f(program->src, (float)src->x, (float)src->y, (float)src->w, (float)src->h);
	glUniform4f(program->dst, (float)dst->x, (float)dst->y, (float)dst->w, (float)dst->h);
	glUniform2f(program->ratio, (float)src->w / (float)dst->w, (float)src->h / (float)dst->h);
	glUniform2f(program->size, (float)texture->width, (float)texture->height);
}

static void draw_canvas(struct painting *painting, const struct canvas_picture *canvas,
			enum program_kind kind, const struct rect *dst, const pixman_box32_t *box)
{
	const struct texture *texture = canvas ? texture_of_canvas(&painting->renderer->textures,
								   canvas) :
						 NULL;
	const struct program *program;

	if (!texture) {
		draw_solid(painting, 0, box);
		return;
	}
	program = use(painting, kind);
	use_swap(painting, program, false);
	set_place(program, texture, &(struct rect){0, 0, texture->width, texture->height}, dst);
	draw_quad(box);
}

/* ---- guests' pictures ---- */

/* Pixels of the buffer that box is made from, and those beside them. */
static pixman_box32_t source_of(const struct layer *layer, enum scaling scaling,
				const pixman_box32_t *box)
{
	const struct rect *src = &layer->picture.src, *dst = &layer->dst;
	double rx = (double)src->w / dst->w, ry = (double)src->h / dst->h;
	int around = scaling == SCALING_BILINEAR ? 1 : 0;
	const pixman_box32_t all = box_of(src);
	pixman_box32_t out = {
		src->x + (int)floor((box->x1 - dst->x) * rx) - around,
		src->y + (int)floor((box->y1 - dst->y) * ry) - around,
		src->x + (int)ceil((box->x2 - dst->x) * rx) + around,
		src->y + (int)ceil((box->y2 - dst->y) * ry) + around,
	};

	box_intersect(&out, &out, &all);
	return out;
}

static bool can_draw(const struct layer *layer)
{
	const struct buffer *buffer = layer->picture.buffer;
	const struct pixel_format *format = pixel_format_find(buffer->format);

	return format && format->pixman && buffer->pixels && !rect_empty(&layer->picture.src);
}

static bool is_blended(const struct layer *layer)
{
	const struct pixel_format *format = pixel_format_find(layer->picture.buffer->format);

	return layer->kind == LAYER_CURSOR && format && format->has_alpha &&
	       format->bytes_per_pixel == 4;
}

static void draw_picture(struct painting *painting, const struct layer *layer,
			 const pixman_box32_t *box)
{
	struct renderer_gles2 *renderer = painting->renderer;
	enum scaling scaling = scaling_of(&layer->picture.src, &layer->dst);
	pixman_box32_t src = source_of(layer, scaling, box);
	const struct texture *texture = texture_of_buffer(&renderer->textures, layer->picture.buffer,
							  layer->picture.serial, &src,
							  &painting->cost->bytes_read);
	const struct program *program;

	if (!texture) {
		draw_solid(painting, 0, box);
		return;
	}
	program = use(painting, scaling == SCALING_BILINEAR ? PROGRAM_BILINEAR : PROGRAM_NEAREST);
	use_swap(painting, program, texture->is_upright_colour);
	set_place(program, texture, &layer->picture.src, &layer->dst);
	if (is_blended(layer)) {
		glUniform1f(program->alpha, 1);
		glEnable(GL_BLEND);
	}
	draw_quad(box);
	glDisable(GL_BLEND);
}

/* ---- a frame ---- */

static void draw_box(void *data, unsigned index, const pixman_box32_t *box);

static void draw_guest(struct painting *painting, unsigned index, const pixman_box32_t *box)
{
	const struct layer *layer = &painting->layers[index];
	const struct cull under = {painting->layers, draw_box, painting};

	if (is_blended(layer)) {
		cull_box(&under, index, box);
	}
	if (can_draw(layer)) {
		draw_picture(painting, layer, box);
	} else if (!is_blended(layer)) {
		draw_solid(painting, 0, box);
	}
}

static void draw_box(void *data, unsigned index, const pixman_box32_t *box)
{
	struct painting *painting = data;
	struct canvases *canvases = painting->renderer->canvases;
	const struct layer *layer = &painting->layers[index];
	const struct rect corner = {0};

	if (index == CULL_NOTHING) {
		draw_solid(painting, 0, box);
		return;
	}
	switch (layer->kind) {
	case LAYER_SOLID:
		draw_solid(painting, layer->colour, box);
		break;
	case LAYER_CURSOR:
	case LAYER_BUFFER:
		draw_guest(painting, index, box);
		break;
	case LAYER_FRAME:
		draw_canvas(painting, canvas_tile(canvases, layer->frame.mark, painting->scale),
			    PROGRAM_TILE, &corner, box);
		break;
	case LAYER_STRIP:
		draw_canvas(painting, canvas_strip(canvases, layer, painting->scale),
			    PROGRAM_NEAREST, &layer->dst, box);
		break;
	case LAYER_CARD:
		draw_canvas(painting, canvas_card(canvases, layer, painting->scale),
			    PROGRAM_NEAREST, &layer->dst, box);
		break;
	case LAYER_PANEL:
		draw_canvas(painting, canvas_panel(canvases, layer, painting->scale),
			    PROGRAM_NEAREST, &layer->dst, box);
		break;
	}
}

static void set_state(void)
{
	glDisable(GL_BLEND);
	glDisable(GL_SCISSOR_TEST);
	glDisable(GL_DITHER);
	glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
	glEnableVertexAttribArray(0);
	glActiveTexture(GL_TEXTURE0);
	glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
}

/* 0; or what kept GL from it: then nothing of the target is to be relied upon. */
static int draw_with_gl(struct renderer_gles2 *renderer, const struct target *target,
			const struct layer *layers, unsigned n_layers,
			const pixman_region32_t *damage, struct render_cost *cost)
{
	struct painting painting = {
		.renderer = renderer,
		.layers = layers,
		.cost = cost,
		.scale = target->scale ? target->scale : 1,
	};
	const struct cull cull = {layers, draw_box, &painting};
	int ret;

	if (egl_is_lost(&renderer->egl)) {
		return -EIO;
	}
	textures_age(&renderer->textures);
	ret = target_begin(&renderer->targets, target, renderer->only_direct, &painting.is_direct);
	if (ret < 0) {
		return ret;
	}
	set_state();
	set_to_panel(&painting, target);
	cost->bytes_written = cull_damage(&cull, n_layers, target, damage) * 4;
	target_end(&renderer->targets, target, damage, painting.is_direct);
	return egl_is_lost(&renderer->egl) ? -EIO : 0;
}

static bool pictures_fit(const struct renderer_gles2 *renderer, const struct layer *layers,
			 unsigned n_layers)
{
	GLint limit = renderer->egl.max_size;

	for (unsigned i = 0; i < n_layers; i++) {
		if ((layers[i].kind == LAYER_BUFFER || layers[i].kind == LAYER_CURSOR) &&
		    (layers[i].picture.buffer->width > limit ||
		     layers[i].picture.buffer->height > limit)) {
			return false;
		}
	}
	return true;
}

static void renderer_gles2_draw(struct renderer *base, const struct target *target,
				const struct layer *layers, unsigned n_layers,
				const pixman_region32_t *damage, struct render_cost *cost)
{
	struct renderer_gles2 *renderer = (struct renderer_gles2 *)base;
	int ret = -E2BIG;

	if (!renderer->has_failed && pictures_fit(renderer, layers, n_layers)) {
		ret = draw_with_gl(renderer, target, layers, n_layers, damage, cost);
	}
	if (ret == 0) {
		return;
	}
	if (ret == -EIO) {
		renderer->has_failed = true;
		base->name = renderer_name(renderer->cpu);
		base->detail = renderer_detail(renderer->cpu);
		log_warn(LOG_HOST, "%s has failed: from now on the processor draws",
			 renderer->egl.detail);
	}
	renderer_draw(renderer->cpu, target, layers, n_layers, damage, cost);
}

static enum buffer_rung renderer_gles2_rung(struct renderer *base, const struct buffer *buffer)
{
	struct renderer_gles2 *renderer = (struct renderer_gles2 *)base;

	if (renderer->has_failed) {
		return RUNG_MAPPED;
	}
	return texture_can_sample(&renderer->textures, buffer) ? RUNG_SAMPLED : RUNG_COPIED;
}

static void renderer_gles2_destroy(struct renderer *base)
{
	struct renderer_gles2 *renderer = (struct renderer_gles2 *)base;

	textures_finish(&renderer->textures);
	targets_finish(&renderer->targets);
	programs_destroy(renderer->programs);
	egl_close(&renderer->egl);
	renderer_destroy(renderer->cpu);
	free(renderer);
}

static const struct renderer_ops renderer_gles2_ops = {
	.destroy = renderer_gles2_destroy,
	.draw = renderer_gles2_draw,
	.rung = renderer_gles2_rung,
};

int renderer_gles2_open(struct renderer **out, const char *font, const char *render_node,
			bool only_hardware, char *why, size_t why_size)
{
	struct renderer_gles2 *renderer = xcalloc(1, sizeof(*renderer));
	int ret = egl_open(&renderer->egl, render_node, only_hardware, why, why_size);

	if (ret < 0) {
		goto out;
	}
	ret = programs_create(renderer->programs);
	if (ret < 0) {
		snprintf(why, why_size, "its shaders do not work");
		goto out;
	}
	ret = renderer_pixman_create(&renderer->cpu, font);
	if (ret < 0) {
		snprintf(why, why_size, "there is no font");
		goto out;
	}
	renderer->base = (struct renderer){&renderer_gles2_ops, "gles2", renderer->egl.detail};
	renderer->canvases = renderer_pixman_canvases(renderer->cpu);
	renderer->only_direct = only_hardware;
	textures_init(&renderer->textures, &renderer->egl);
	targets_init(&renderer->targets, &renderer->egl);
	*out = &renderer->base;
	return 0;
out:
	egl_close(&renderer->egl);
	free(renderer);
	return ret;
}

int renderer_gles2_create(struct renderer **out, const char *font, const char *render_node)
{
	char why[128];
	int ret = renderer_gles2_open(out, font, render_node, false, why, sizeof(why));

	if (ret < 0) {
		log_error(LOG_HOST, "GLES2 can't be used: %s", why);
	}
	return ret;
}
