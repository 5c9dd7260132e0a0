/* SPDX-License-Identifier: MIT */
#include "compositor/render/render.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "compositor/render/render_priv.h"

static int create_best(struct renderer **out, const char *font, const char *render_node)
{
	char why[128];
	int ret = renderer_gles2_open(out, font, render_node, true, why, sizeof(why));

	if (ret < 0) {
		log_info(LOG_HOST, "the processor draws: %s", why);
		ret = renderer_pixman_create(out, font);
	}
	return ret;
}

int renderer_create(struct renderer **out, const char *name, const char *font,
		    const char *render_node)
{
	int ret;

	render_node = render_node && *render_node ? render_node : NULL;
	if (strcmp(name, "pixman") == 0) {
		return renderer_pixman_create(out, font);
	}
	if (strcmp(name, "gles2") == 0) {
		ret = renderer_gles2_create(out, font, render_node);
	} else if (strcmp(name, "auto") == 0) {
		ret = create_best(out, font, render_node);
	} else {
		return -EINVAL;
	}
	if (ret == 0 && strcmp(renderer_name(*out), "gles2") == 0) {
		log_info(LOG_HOST, "GLES2 draws, on %s", renderer_detail(*out));
	}
	return ret;
}

void renderer_destroy(struct renderer *renderer)
{
	if (renderer) {
		renderer->ops->destroy(renderer);
	}
}

const char *renderer_name(const struct renderer *renderer)
{
	return renderer->name;
}

const char *renderer_detail(const struct renderer *renderer)
{
	return renderer->detail;
}

enum buffer_rung renderer_rung(struct renderer *renderer, const struct buffer *buffer)
{
	return renderer->ops->rung ? renderer->ops->rung(renderer, buffer) : RUNG_MAPPED;
}

void renderer_draw(struct renderer *renderer, const struct target *target,
		   const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		   struct render_cost *cost)
{
	*cost = (struct render_cost){0};
	renderer->ops->draw(renderer, target, layers, n_layers, damage, cost);
}
