/* SPDX-License-Identifier: MIT */
/* What a renderer implements. */
#ifndef RENDER_PRIV_H
#define RENDER_PRIV_H

#include "compositor/render/render.h"

struct renderer_ops {
	void (*destroy)(struct renderer *renderer);
	/* damage lies inside the target. */
	void (*draw)(struct renderer *renderer, const struct target *target,
		     const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		     struct render_cost *cost);
};

struct renderer {
	const struct renderer_ops *ops;
};

#endif
