/* SPDX-License-Identifier: MIT */
/*
 * A locked scene. Its outputs have no views, so that heads are hidden by the same way as those of a monitor that is switched
 * off: their commits discarded, their buffers released, nothing sampled, nothing that a plane could show. What is drawn
 * instead names nobody.
 */
#include "compositor/scene/scene_priv.h"

#define LOCKED_COLOUR 0x000000

void locked_push(struct scene_output *output)
{
	struct output_state *state = output->state;
	struct rect all = {0, 0, output->width, output->height};

	layer_push(state, LAYER_SOLID, all)->colour = LOCKED_COLOUR;
	cover_push(output);
	panel_push(output);
	layer_push(state, LAYER_STRIP, output_strip_rect(output));
	cursor_push(output);
}

void scene_set_locked(struct scene *scene, bool is_locked)
{
	struct scene_output *output;

	if (scene->is_locked == is_locked) {
		return;
	}
	scene->is_locked = is_locked;
	list_for_each(output, &scene->outputs, link) {
		/* Layers name guests' marks and buffers by their address. */
		output->state->n_layers = 0;
	}
	scene_arrange(scene);
}

bool scene_is_locked(const struct scene *scene)
{
	return scene->is_locked;
}
