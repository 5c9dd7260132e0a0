/* SPDX-License-Identifier: MIT */
/* What a renderer implements. */
#ifndef RENDER_PRIV_H
#define RENDER_PRIV_H

#include "compositor/render/render.h"

struct canvases;

struct renderer_ops {
	void (*destroy)(struct renderer *renderer);
	/* cost is all 0. */
	void (*draw)(struct renderer *renderer, const struct target *target,
		     const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		     struct render_cost *cost);
	/* NULL: RUNG_MAPPED for all. */
	enum buffer_rung (*rung)(struct renderer *renderer, const struct buffer *buffer);
};

struct renderer {
	const struct renderer_ops *ops;
	const char *name;
	const char *detail; /* what it runs on, for people; owned by it */
};

/* What the host shows, for renderers that have a CPU renderer beside them. */
struct canvases *renderer_pixman_canvases(struct renderer *renderer);

/* only_hardware: a software GL is -ENODEV, and what would have to be read back is drawn by the CPU renderer. */
MUST_USE int renderer_gles2_open(struct renderer **out, const char *font, const char *render_node,
				 bool only_hardware, char *why, size_t why_size);

#endif
