/* SPDX-License-Identifier: MIT */
/* What a renderer implements. */
#ifndef RENDER_PRIV_H
#define RENDER_PRIV_H

#include "compositor/render/render.h"

struct renderer_ops {
	const char *name;
	void (*destroy)(struct renderer *renderer);
	/* cost is all 0. */
	void (*draw)(struct renderer *renderer, const struct target *target,
		     const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		     struct render_cost *cost);
};

struct renderer {
	const struct renderer_ops *ops;
	const char *detail; /* what it runs on, for people; owned by it */
};

#endif
