/* SPDX-License-Identifier: MIT */
#include "compositor/render/render.h"

#include "compositor/render/render_priv.h"

void renderer_destroy(struct renderer *renderer)
{
	if (renderer) {
		renderer->ops->destroy(renderer);
	}
}

void renderer_draw(struct renderer *renderer, const struct target *target,
		   const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		   struct render_cost *cost)
{
	pixman_region32_t clipped;

	*cost = (struct render_cost){0};
	pixman_region32_init(&clipped);
	pixman_region32_intersect_rect(&clipped, damage, 0, 0, (unsigned)target->width,
				       (unsigned)target->height);
	renderer->ops->draw(renderer, target, layers, n_layers, &clipped, cost);
	pixman_region32_fini(&clipped);
}
