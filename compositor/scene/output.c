/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

/* ---- outputs come and go ---- */

static void layout_update(struct scene *scene)
{
	struct scene_output *output;
	int x = 0;

	list_for_each(output, &scene->outputs, link) {
		output->layout = (struct rect){x, 0, output->width, output->height};
		x += output->width;
	}
}

static struct scene_output *output_find(struct scene *scene, const char *name)
{
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		if (strcmp(output->name, name) == 0) {
			return output;
		}
	}
	return NULL;
}

struct scene_output *scene_output_add(struct scene *scene, const char *name, int width, int height,
				      int refresh_mhz, void *data)
{
	struct scene_output *output;

	assert(width > 0 && height > 0);
	if (output_find(scene, name)) {
		errno = EEXIST;
		return NULL;
	}
	if (scene->n_outputs == SCENE_MAX_OUTPUTS) {
		errno = ENOSPC;
		return NULL;
	}
	output = xcalloc(1, sizeof(*output));
	output->state = xcalloc(1, sizeof(*output->state));
	output->scene = scene;
	output->data = data;
	snprintf(output->name, sizeof(output->name), "%s", name);
	output->width = width;
	output->height = height;
	output->refresh_mhz = refresh_mhz;
	damage_init(output->state);
	list_append(&scene->outputs, &output->link);
	scene->n_outputs++;
	layout_update(scene);
	scene_arrange(scene);
	return output;
}

void scene_output_remove(struct scene_output *output)
{
	struct scene *scene = output->scene;

	list_remove(&output->link);
	scene->n_outputs--;
	layout_update(scene);
	/* Its head goes to another output or is hidden; either way it lets go of this one. */
	scene_arrange(scene);
	damage_finish(output->state);
	free(output->state);
	free(output);
}

/* ---- frames ---- */

bool scene_output_latch(struct scene_output *output, unsigned target_age, struct frame *frame)
{
	struct output_state *state = output->state;
	bool due = state->frame_due;

	memset(frame, 0, sizeof(*frame));
	pixman_region32_init(&frame->damage);
	if (state->has_flying || state->has_latched) {
		/* Its flip, or the caller's word on it, never came: what it changed is unknown. */
		state->has_flying = false;
		damage_add_all(output);
	}
	if (state->head) {
		due = head_latch(state->head) || due;
	}
	state->frame_due = false;
	if (!due && !pixman_region32_not_empty(&state->damage)) {
		return false;
	}
	pixman_region32_copy(&state->latched_damage, &state->damage);
	pixman_region32_clear(&state->damage);
	state->latched_shows = layers_build(output);
	state->has_latched = true;
	frame->layers = state->layers;
	frame->n_layers = state->n_layers;
	damage_for_age(output, target_age, &frame->damage);
	return true;
}

void frame_finish(struct frame *frame)
{
	pixman_region32_fini(&frame->damage);
}

void scene_output_committed(struct scene_output *output, bool accepted)
{
	struct output_state *state = output->state;

	if (!state->has_latched) {
		return;
	}
	state->has_latched = false;
	if (!accepted) {
		state->frame_due = true;
		damage_add_all(output);
		return;
	}
	state->has_flying = true;
	state->flying_shows = state->latched_shows;
	damage_accepted(state);
	if (state->head) {
		head_accepted(state->head);
	}
}

void scene_output_presented(struct scene_output *output, const struct presented *how)
{
	struct output_state *state = output->state;

	if (!state->has_flying) {
		return;
	}
	state->has_flying = false;
	state->shows = state->flying_shows;
	output->frames++;
	if (state->head) {
		head_presented(state->head, how);
	}
}

struct scene_guest *scene_output_shows(const struct scene_output *output)
{
	return output->state->shows;
}

void scene_output_damage_all(struct scene_output *output)
{
	damage_add_all(output);
}
