/* SPDX-License-Identifier: MIT */
/*
 * Textures of what is drawn. Of a guest's pages only those pixels are uploaded that are drawn and were not uploaded since
 * the picture changed: what the damage of the frame says, and what is uncovered. Dma-bufs are sampled where they lie.
 */
#include <stdlib.h>
#include <string.h>

#include "compositor/render/convert.h"
#include "compositor/render/cull.h"
#include "compositor/render/gles2/gles2.h"

#define KEEP_FRAMES 600
#define STRIP_BYTES (256 * 1024) /* converted rows are uploaded in strips of about this size */
#define CANVAS_KEY (1ull << 63)  /* keys of canvases are not those of buffers */

void textures_init(struct textures *textures, const struct egl *egl)
{
	*textures = (struct textures){.egl = egl};
	for (unsigned i = 0; i < TEXTURES; i++) {
		pixman_region32_init(&textures->texture[i].valid);
	}
}

static void texture_drop(struct textures *textures, struct texture *texture)
{
	if (texture->key) {
		glDeleteTextures(1, &texture->id);
		if (texture->image != EGL_NO_IMAGE_KHR) {
			textures->egl->destroy_image(textures->egl->display, texture->image);
		}
		pixman_region32_fini(&texture->valid);
		*texture = (struct texture){0};
		pixman_region32_init(&texture->valid);
	}
}

void textures_finish(struct textures *textures)
{
	for (unsigned i = 0; i < TEXTURES; i++) {
		texture_drop(textures, &textures->texture[i]);
		pixman_region32_fini(&textures->texture[i].valid);
	}
	free(textures->rows);
}

void textures_age(struct textures *textures)
{
	textures->frame++;
	for (unsigned i = 0; i < TEXTURES; i++) {
		struct texture *texture = &textures->texture[i];

		if (texture->key && texture->used + KEEP_FRAMES < textures->frame) {
			texture_drop(textures, texture);
		}
	}
}

/* The one of this key; a fresh one, with id 0, in place of the one unused for longest, when there is none. */
static struct texture *texture_get(struct textures *textures, uint64_t key)
{
	struct texture *oldest = &textures->texture[0];

	for (unsigned i = 0; i < TEXTURES; i++) {
		struct texture *texture = &textures->texture[i];

		if (texture->key == key) {
			texture->used = textures->frame;
			return texture;
		}
		oldest = texture->used < oldest->used ? texture : oldest;
	}
	texture_drop(textures, oldest);
	oldest->key = key;
	oldest->used = textures->frame;
	return oldest;
}

static void texture_create(struct texture *texture, int width, int height)
{
	glGenTextures(1, &texture->id);
	glBindTexture(GL_TEXTURE_2D, texture->id);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	texture->width = width;
	texture->height = height;
}

static void texture_allocate(struct texture *texture, int width, int height)
{
	texture_create(texture, width, height);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
}

/* ---- uploads ---- */

/* 32 bit pixels, from the row of another length that they lie in. */
static void upload_rows(const pixman_box32_t *box, const uint8_t *from, int stride)
{
	glPixelStorei(GL_UNPACK_ROW_LENGTH_EXT, stride / 4);
	glTexSubImage2D(GL_TEXTURE_2D, 0, box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1,
			GL_RGBA, GL_UNSIGNED_BYTE, from);
	glPixelStorei(GL_UNPACK_ROW_LENGTH_EXT, 0);
}

static bool rows_reserve(struct textures *textures, size_t size)
{
	if (textures->rows_size < size) {
		free(textures->rows);
		textures->rows = malloc(size);
		textures->rows_size = textures->rows ? size : 0;
	}
	return textures->rows;
}

/* Each row into another place first: as GL likes them. */
static bool upload_converted(struct textures *textures, const pixman_box32_t *box,
			     const uint8_t *from, int stride, convert_fn convert)
{
	int w = box->x2 - box->x1;
	int at_a_time = MAX(STRIP_BYTES / (w * 4), 1);

	if (!rows_reserve(textures, (size_t)w * (size_t)at_a_time * 4)) {
		return false;
	}
	for (int y = box->y1; y < box->y2; y += at_a_time) {
		int n = MIN(at_a_time, box->y2 - y);

		for (int i = 0; i < n; i++, from += stride) {
			uint32_t *row = textures->rows + (size_t)i * (size_t)w;

			if (convert) {
				convert(row, from, w);
			} else {
				memcpy(row, from, (size_t)w * 4);
			}
		}
		glTexSubImage2D(GL_TEXTURE_2D, 0, box->x1, y, w, n, GL_RGBA, GL_UNSIGNED_BYTE,
				textures->rows);
	}
	return true;
}

static bool upload_box(struct textures *textures, const struct buffer *buffer,
		       const struct pixel_format *format, const pixman_box32_t *box)
{
	const uint8_t *from = buffer->pixels + (size_t)box->y1 * (size_t)buffer->stride +
			      (size_t)box->x1 * format->bytes_per_pixel;
	convert_fn convert = convert_from(format);

	if (!convert && textures->egl->has_unpack && buffer->stride % 4 == 0) {
		upload_rows(box, from, buffer->stride);
		return true;
	}
	return upload_converted(textures, box, from, buffer->stride, convert);
}

static bool upload_missing(struct textures *textures, struct texture *texture,
			   const struct buffer *buffer, const pixman_region32_t *missing,
			   uint64_t *bytes_read)
{
	const struct pixel_format *format = pixel_format_find(buffer->format);
	int n;
	const pixman_box32_t *box =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)missing, &n);

	for (; n > 0; n--, box++) {
		if (!upload_box(textures, buffer, format, box)) {
			return false;
		}
		*bytes_read += (uint64_t)(box->x2 - box->x1) * (uint64_t)(box->y2 - box->y1) *
			       format->bytes_per_pixel;
	}
	pixman_region32_union(&texture->valid, &texture->valid,
			      (pixman_region32_t *)(uintptr_t)missing);
	return true;
}

static bool texture_update(struct textures *textures, struct texture *texture,
			   const struct buffer *buffer, uint64_t serial, const pixman_box32_t *src,
			   uint64_t *bytes_read)
{
	pixman_region32_t missing;
	bool is_done;

	/* 0: nobody says when it changes. */
	if (texture->serial != serial || !serial) {
		pixman_region32_clear(&texture->valid);
		texture->serial = serial;
	}
	pixman_region32_init_with_extents(&missing, (pixman_box32_t *)(uintptr_t)src);
	pixman_region32_subtract(&missing, &missing, &texture->valid);
	is_done = upload_missing(textures, texture, buffer, &missing, bytes_read);
	pixman_region32_fini(&missing);
	return is_done;
}

/* ---- dma-bufs ---- */

static bool can_import(const struct textures *textures, const struct buffer *buffer)
{
	const struct pixel_format *format = pixel_format_find(buffer->format);

	return buffer->dmabuf && textures->egl->has_dmabuf && format && format->bytes_per_pixel == 4;
}

/* False: its pixels have to be uploaded. */
static bool texture_import(struct textures *textures, struct texture *texture,
			   const struct buffer *buffer)
{
	EGLImageKHR image = egl_import(textures->egl, buffer->dmabuf, buffer->width, buffer->height,
				       buffer->format);

	if (image == EGL_NO_IMAGE_KHR) {
		return false;
	}
	texture_create(texture, buffer->width, buffer->height);
	textures->egl->image_to_texture(GL_TEXTURE_2D, image);
	texture->image = image;
	texture->is_upright_colour = true;
	if (glGetError() == GL_NO_ERROR) {
		return true;
	}
	texture->image = EGL_NO_IMAGE_KHR;
	texture->is_upright_colour = false;
	glDeleteTextures(1, &texture->id);
	texture->id = 0;
	textures->egl->destroy_image(textures->egl->display, image);
	return false;
}

bool texture_can_sample(struct textures *textures, const struct buffer *buffer)
{
	struct texture *texture;

	if (!can_import(textures, buffer)) {
		return false;
	}
	texture = texture_get(textures, buffer->id);
	return texture->id ? texture->image != EGL_NO_IMAGE_KHR :
			     texture_import(textures, texture, buffer);
}

/* ---- what the renderer asks for ---- */

const struct texture *texture_of_buffer(struct textures *textures, const struct buffer *buffer,
					uint64_t serial, const pixman_box32_t *src,
					uint64_t *bytes_read)
{
	struct texture *texture = texture_get(textures, buffer->id);

	if (!texture->id &&
	    !(can_import(textures, buffer) && texture_import(textures, texture, buffer))) {
		texture_allocate(texture, buffer->width, buffer->height);
	}
	glBindTexture(GL_TEXTURE_2D, texture->id);
	if (texture->image != EGL_NO_IMAGE_KHR) {
		return texture;
	}
	return texture_update(textures, texture, buffer, serial, src, bytes_read) ? texture : NULL;
}

const struct texture *texture_of_canvas(struct textures *textures,
					const struct canvas_picture *canvas)
{
	struct texture *texture = texture_get(textures, canvas->serial | CANVAS_KEY);
	const pixman_box32_t all = {0, 0, canvas->width, canvas->height};

	if (texture->id) {
		glBindTexture(GL_TEXTURE_2D, texture->id);
		return texture;
	}
	texture_allocate(texture, canvas->width, canvas->height);
	if (textures->egl->has_unpack) {
		upload_rows(&all, canvas->pixels, canvas->stride);
		return texture;
	}
	return upload_converted(textures, &all, canvas->pixels, canvas->stride, NULL) ? texture :
											NULL;
}
