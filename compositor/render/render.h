/* SPDX-License-Identifier: MIT */
/* One interface for all renderers: draws the damaged part of a list of layers into a target. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include <stdint.h>

#include <pixman.h>

#include "base/util.h"
#include "compositor/scene/buffer.h"
#include "compositor/scene/layer.h"
#include "compositor/scene/target.h"

struct renderer;

/* Bytes moved for one frame: of guests' pages read, of the target written. */
struct render_cost {
	uint64_t bytes_read;
	uint64_t bytes_written;
};

/* The CPU renderer. Loads its font (fontconfig name, NULL for the default); returns 0 or -errno. */
MUST_USE int renderer_pixman_create(struct renderer **out, const char *font);
/*
 * GLES2 on a surfaceless EGL display of render_node (NULL: of any device, software included), equal to the CPU
 * renderer within one level per channel. Draws into a target's memory like the other one; -ENODEV: no EGL here, logged.
 */
MUST_USE int renderer_gles2_create(struct renderer **out, const char *font, const char *render_node);
/*
 * name: "pixman", "gles2" or "auto": GLES2 where hardware draws straight into what a monitor shows, the CPU everywhere
 * else; never a software GL. render_node: NULL or "": any. Logs which and why. -EINVAL: no such name.
 */
MUST_USE int renderer_create(struct renderer **out, const char *name, const char *font,
			     const char *render_node);
/* "pixman" or "gles2", and for people what it runs on. Both change when GL fails: then the CPU goes on. */
const char *renderer_name(const struct renderer *renderer);
const char *renderer_detail(const struct renderer *renderer);
/* How this renderer comes to the buffer's pixels: copied, mapped or sampled. Tries it, once for each buffer. */
enum buffer_rung renderer_rung(struct renderer *renderer, const struct buffer *buffer);
void renderer_destroy(struct renderer *renderer);

/*
 * Draws damage (pixels of the upright picture, as the layers are; clipped to it) and touches nothing else of the target.
 * Each damaged pixel is written once and none is read: what lies under an opaque layer is not drawn, guest pixels are
 * read in place and only where they are visible and damaged.
 */
void renderer_draw(struct renderer *renderer, const struct target *target,
		   const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		   struct render_cost *cost);

#endif
