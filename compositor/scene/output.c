/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

/* ---- outputs come and go ---- */

static void state_init(struct output_state *state, int panel_width, int panel_height)
{
	state->panel_width = panel_width;
	state->panel_height = panel_height;
	state->latched = &state->records[0];
	state->flying = &state->records[1];
	state->shown = &state->records[2];
	state->lost = &state->records[3];
	damage_init(state);
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
	output->refresh_mhz = refresh_mhz;
	state_init(output->state, width, height);
	list_append(&scene->outputs, &output->link);
	scene->n_outputs++;
	outputs_configure(scene);
	scene_arrange(scene);
	return output;
}

/* Even one that is shown elsewhere, too, has lost a place. */
static void heads_leave(struct scene_output *output)
{
	for (unsigned i = 0; i < output->state->n_views; i++) {
		if (output->state->views[i].head) {
			output->state->views[i].head->state->is_moved = true;
		}
	}
}

void scene_output_remove(struct scene_output *output)
{
	struct scene *scene = output->scene;

	list_remove(&output->link);
	scene->n_outputs--;
	/* Nothing is on its glass: before anybody is told, so that a hidden head's buffers are free. */
	shown_finish(output->state);
	heads_leave(output);
	outputs_configure(scene);
	scene_arrange(scene);
	cover_finish(output->state);
	damage_finish(output->state);
	free(output->state);
	free(output);
}

struct scene_output *scene_output_next(const struct scene *scene, const struct scene_output *after)
{
	struct list *next = after ? after->link.next : scene->outputs.next;

	return next == &scene->outputs ? NULL : container_of(next, struct scene_output, link);
}

void scene_output_set_power(struct scene_output *output, bool is_on)
{
	if (output->state->is_dark == is_on) {
		output->state->is_dark = !is_on;
		scene_arrange(output->scene);
	}
}

void scene_output_lost(struct scene_output *output)
{
	struct output_state *state = output->state;

	state->has_latched = false;
	state->has_flying = false;
	shown_finish(state);
	damage_add_all(output);
}

/* ---- frames ---- */

/* The newest commits of the heads whose main output this is. True: one of them needs a frame. */
static bool heads_latch(struct scene_output *output)
{
	struct output_state *state = output->state;
	bool due = false;

	for (unsigned i = 0; i < state->n_views; i++) {
		struct scene_head *head = state->views[i].head;

		if (head && head->output == output) {
			due = head_latch(head) || due;
		}
	}
	return due;
}

bool scene_output_latch(struct scene_output *output, unsigned target_age, struct frame *frame)
{
	struct output_state *state = output->state;
	bool due = state->frame_due;

	memset(frame, 0, sizeof(*frame));
	pixman_region32_init(&frame->damage);
	if (state->has_flying || state->has_latched) {
		/* Its flip, or the caller's word on it, never came: what it changed is unknown. */
		state->has_flying = false;
		shown_lose(state);
		damage_add_all(output);
	}
	due = heads_latch(output) || due;
	state->frame_due = false;
	if (!due && !pixman_region32_not_empty(&state->damage)) {
		return false;
	}
	pixman_region32_copy(&state->latched_damage, &state->damage);
	pixman_region32_clear(&state->damage);
	shown_latch(output, layers_build(output));
	state->has_latched = true;
	frame->layers = state->layers;
	frame->n_layers = state->n_layers;
	damage_for_age(output, target_age, &frame->damage);
	return true;
}

void scene_output_picture(struct scene_output *output, struct frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	layers_build(output);
	frame->layers = output->state->layers;
	frame->n_layers = output->state->n_layers;
	pixman_region32_init_rect(&frame->damage, 0, 0, (unsigned)output->width,
				  (unsigned)output->height);
}

bool scene_output_in_flight(const struct scene_output *output)
{
	return output->state->has_latched || output->state->has_flying;
}

void frame_finish(struct frame *frame)
{
	pixman_region32_fini(&frame->damage);
}

/* Heads that the frame shows, those of them whose main output this is. */
static void heads_accepted(struct scene_output *output)
{
	const struct shown *frame = output->state->flying;

	for (unsigned i = 0; i < frame->n_places; i++) {
		if (frame->places[i].head->output == output) {
			head_accepted(frame->places[i].head);
		}
	}
}

void scene_output_committed(struct scene_output *output, bool accepted)
{
	struct output_state *state = output->state;

	if (!state->has_latched) {
		return;
	}
	state->has_latched = false;
	if (!accepted) {
		shown_drop(state);
		state->frame_due = true;
		damage_add_all(output);
		return;
	}
	state->has_flying = true;
	shown_accept(state);
	damage_accepted(state);
	heads_accepted(output);
}

void scene_output_presented(struct scene_output *output, const struct presented *how)
{
	struct output_state *state = output->state;

	if (!state->has_flying) {
		return;
	}
	state->has_flying = false;
	state->flip_ns = how->time_ns;
	/* First the buffers of the frame before: "done" says that they are free. */
	shown_flip(state);
	output->first_frame_ns = output->frames++ ? output->first_frame_ns : how->time_ns;
	for (unsigned i = 0; i < state->shown->n_places; i++) {
		struct scene_head *head = state->shown->places[i].head;

		if (head->output == output) {
			head_presented(head, how);
		}
	}
	if (output->scene->events->output_presented) {
		output->scene->events->output_presented(output->scene->data, output, how);
	}
}

void scene_output_damage_all(struct scene_output *output)
{
	damage_add_all(output);
}
