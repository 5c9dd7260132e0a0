/* SPDX-License-Identifier: MIT */
/*
 * What the files of the GLES2 renderer share. Rows of textures and of targets are in the order of memory, from the top:
 * nothing is ever upside down. Pixels of ours and of guests are uploaded as they lie, so that blue is what GL calls red;
 * memory that GL itself knows as XRGB8888 (dma-bufs) has it right.
 */
#ifndef RENDER_GLES2_H
#define RENDER_GLES2_H

#include <stdbool.h>

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <pixman.h>

#include "compositor/render/host/host.h"
#include "compositor/render/render_priv.h"
#include "compositor/render/scaling.h"
#include "compositor/scene/buffer.h"

/* ---- egl.c ---- */

struct egl {
	EGLDisplay display;
	EGLContext context;
	bool has_dmabuf;  /* can import them */
	bool has_unpack;  /* uploads from rows of any length */
	bool has_pack;    /* reads back into rows of any length */
	GLint max_size;   /* of textures and targets, pixels */
	char detail[128]; /* what draws */
	PFNEGLCREATEIMAGEKHRPROC create_image;
	PFNEGLDESTROYIMAGEKHRPROC destroy_image;
	PFNGLEGLIMAGETARGETTEXTURE2DOESPROC image_to_texture;
	PFNGLGETGRAPHICSRESETSTATUSEXTPROC reset_status; /* NULL: can't tell */
};

/*
 * A context without any surface, current on this thread from then on. render_node NULL: of any device, hardware first.
 * 0; -ENODEV with the reason in why.
 */
MUST_USE int egl_open(struct egl *egl, const char *render_node, bool only_hardware, char *why,
		      size_t why_size);
void egl_close(struct egl *egl);
/* What calls itself so draws on the CPU. renderer: GL_RENDERER, may be NULL. */
bool egl_is_software(const char *renderer);
/* The context is gone, or somebody took it away: nothing can be drawn with it any more. */
bool egl_is_lost(const struct egl *egl);
/* EGL_NO_IMAGE_KHR when it can't be had. XRGB8888 or ARGB8888. */
EGLImageKHR egl_import(const struct egl *egl, const struct buffer_dmabuf *dmabuf, int width,
		       int height, uint32_t fourcc);

/* ---- program.c ---- */

enum program_kind {
	PROGRAM_SOLID,
	PROGRAM_NEAREST,
	PROGRAM_BILINEAR,
	PROGRAM_TILE,
	PROGRAMS,
};

struct program {
	GLuint id;
	GLint to_panel, colour, swap, alpha, src, dst, ratio, size;
};

/* 0 or -EIO, logged. */
MUST_USE int programs_create(struct program programs[PROGRAMS]);
void programs_destroy(struct program programs[PROGRAMS]);

/* ---- texture.c ---- */

#define TEXTURES 256 /* pictures and strips of a mosaic of 64 guests, and more */

struct texture {
	uint64_t key; /* of a buffer or canvas; 0: free */
	GLuint id;
	int width, height;
	bool is_upright_colour;  /* red is red */
	EGLImageKHR image;       /* its memory is not ours */
	uint64_t serial;         /* of the picture that valid is about */
	pixman_region32_t valid; /* what of it was uploaded */
	uint64_t used;
};

struct textures {
	const struct egl *egl;
	struct texture texture[TEXTURES];
	uint64_t frame;
	uint32_t *rows; /* converted, on their way */
	size_t rows_size;
};

void textures_init(struct textures *textures, const struct egl *egl);
void textures_finish(struct textures *textures);
/* Textures of what has not been drawn for long are given back. Once a frame. */
void textures_age(struct textures *textures);
/*
 * Bound, with the pixels of src (of the buffer) in it. Adds the bytes that had to be read. NULL: can't be had.
 */
const struct texture *texture_of_buffer(struct textures *textures, const struct buffer *buffer,
					uint64_t serial, const pixman_box32_t *src,
					uint64_t *bytes_read);
/* Bound, whole. */
const struct texture *texture_of_canvas(struct textures *textures,
					const struct canvas_picture *canvas);
/* The buffer's memory can be sampled where it lies; tries it. */
bool texture_can_sample(struct textures *textures, const struct buffer *buffer);

/* ---- target.c ---- */

#define TARGET_IMAGES 16

/* Memory of devices that is drawn into directly. */
struct target_image {
	uint64_t id; /* of the target's dmabuf; 0: free */
	EGLImageKHR image;
	GLuint texture, framebuffer;
	uint64_t used;
};

struct targets {
	const struct egl *egl;
	GLuint framebuffer, renderbuffer;
	int width, height; /* of the renderbuffer, as large as the largest target */
	struct target_image image[TARGET_IMAGES];
	uint64_t uses;
};

void targets_init(struct targets *targets, const struct egl *egl);
void targets_finish(struct targets *targets);
/*
 * Makes GL draw into target, or, unless only_direct, into a copy of its size that target_end then reads back. 0; -E2BIG,
 * -EOPNOTSUPP: not this target; -EIO: GL has failed.
 */
MUST_USE int target_begin(struct targets *targets, const struct target *target, bool only_direct,
			  bool *is_direct);
/* The damaged pixels are on their way to the target, or there. */
void target_end(struct targets *targets, const struct target *target,
		const pixman_region32_t *damage, bool is_direct);

/* ---- renderer.c ---- */

struct renderer_gles2 {
	struct renderer base;
	struct renderer *cpu;
	struct canvases *canvases; /* of cpu */
	struct egl egl;
	struct program programs[PROGRAMS];
	struct textures textures;
	struct targets targets;
	bool only_direct; /* a target that GL can't draw into is the CPU's */
	bool has_failed;
};

#endif
