/* SPDX-License-Identifier: MIT */
#include "compositor/render/render.h"

#include "compositor/render/render_priv.h"

void renderer_destroy(struct renderer *renderer)
{
	if (renderer) {
		renderer->ops->destroy(renderer);
	}
}

const char *renderer_name(const struct renderer *renderer)
{
	return renderer->ops->name;
}

const char *renderer_detail(const struct renderer *renderer)
{
	return renderer->detail;
}

void renderer_draw(struct renderer *renderer, const struct target *target,
		   const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		   struct render_cost *cost)
{
	*cost = (struct render_cost){0};
	renderer->ops->draw(renderer, target, layers, n_layers, damage, cost);
}
