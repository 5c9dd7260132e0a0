/* SPDX-License-Identifier: MIT */
/* What the layout says of the outputs that are there: how they stand, and in which order they count. */
#include <math.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

static const struct layout_region front_on_all = {.shows = LAYOUT_FRONT, .w = 1, .h = 1, .head = -1};

struct scene_output *output_find(struct scene *scene, const char *name)
{
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		if (strcmp(output->name, name) == 0) {
			return output;
		}
	}
	return NULL;
}

static const struct layout_output *entry_find(const struct scene *scene, const char *name)
{
	const struct layout *layout = &scene->layout;

	for (unsigned i = 0; i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, name) == 0) {
			return &layout->outputs[i];
		}
	}
	return NULL;
}

unsigned outputs_ordered(struct scene *scene, struct scene_output *out[SCENE_MAX_OUTPUTS])
{
	struct scene_output *output;
	unsigned n = 0;

	for (unsigned i = 0; i < scene->layout.n_outputs; i++) {
		output = output_find(scene, scene->layout.outputs[i].name);
		if (output) {
			out[n++] = output;
		}
	}
	list_for_each(output, &scene->outputs, link) {
		if (!output->state->entry) {
			out[n++] = output;
		}
	}
	return n;
}

/* ---- what an output shows ---- */

bool output_is_lit(const struct scene_output *output)
{
	const struct output_state *state = output->state;

	return !state->is_dark && !(state->entry && state->entry->is_off);
}

bool output_is_unmarked(const struct scene_output *output)
{
	return output->state->entry && output->state->entry->is_unmarked;
}

struct scene_output *output_mirrored(const struct scene_output *output)
{
	const struct layout_output *entry = output->state->entry;

	return entry && entry->mirror_of[0] ? output_find(output->scene, entry->mirror_of) : NULL;
}

const struct layout_region *output_regions(const struct scene_output *output, unsigned *n)
{
	const struct layout_output *entry = output->state->entry;

	if (entry && entry->mirror_of[0]) {
		/* Where that one is not there, this one takes its place. */
		entry = entry_find(output->scene, entry->mirror_of);
	}
	*n = entry && entry->n_regions > 0 ? entry->n_regions : 1;
	return entry && entry->n_regions > 0 ? entry->regions : &front_on_all;
}

/* ---- how it stands ---- */

static void output_turn(struct scene_output *output)
{
	struct output_state *state = output->state;
	const struct layout_output *entry = state->entry;
	enum transform transform = entry ? entry->transform : TRANSFORM_NORMAL;
	double scale = entry && entry->scale > 0 ? entry->scale : 1;
	bool swaps = transform_swaps(transform);
	bool is_same = output->transform == transform && output->scale == scale && output->width;

	output->transform = transform;
	output->scale = scale;
	output->width = swaps ? state->panel_height : state->panel_width;
	output->height = swaps ? state->panel_width : state->panel_height;
	if (!is_same) {
		/* What older targets hold was drawn for another way of standing. */
		state->ring_fill = 0;
		shown_unplace(state);
	}
}

static void output_position(struct scene_output *output, int *right)
{
	const struct layout_output *entry = output->state->entry;
	bool has_position = entry && entry->has_position;

	if (entry && entry->is_off) {
		output->layout = (struct rect){0};
		return;
	}
	output->layout = (struct rect){
		.x = has_position ? entry->x : *right,
		.y = has_position ? entry->y : 0,
		.w = MAX((int)lround(output->width / output->scale), 1),
		.h = MAX((int)lround(output->height / output->scale), 1),
	};
	*right = MAX(*right, output->layout.x + output->layout.w);
}

void outputs_configure(struct scene *scene)
{
	struct scene_output *ordered[SCENE_MAX_OUTPUTS], *output;
	int right = 0;
	unsigned n;

	list_for_each(output, &scene->outputs, link) {
		output->state->entry = entry_find(scene, output->name);
		output_turn(output);
	}
	n = outputs_ordered(scene, ordered);
	for (unsigned i = 0; i < n; i++) {
		output_position(ordered[i], &right);
	}
}
