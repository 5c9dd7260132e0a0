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

bool scene_output_is_lit(const struct scene_output *output)
{
	return output_is_lit(output);
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

/* The outputs while they are being placed. */
struct placing {
	struct scene_output *outputs[SCENE_MAX_OUTPUTS];
	bool is_placed[SCENE_MAX_OUTPUTS];
	unsigned n;
	int right; /* edge of those that are placed */
};

static bool output_is_off(const struct scene_output *output)
{
	return output->state->entry && output->state->entry->is_off;
}

/* The one that this one stands beside; NULL: there is none. */
static const struct scene_output *output_beside(const struct scene_output *output)
{
	const struct layout_output *entry = output->state->entry;
	const struct scene_output *beside = NULL;

	if (entry && !entry->place.has_position && entry->place.side != LAYOUT_AUTO) {
		beside = output_find(output->scene, entry->place.beside);
	}
	return beside && beside != output && !output_is_off(beside) ? beside : NULL;
}

/* Where it stands, its size being known: beside that one, or NULL as the layout says (NULL: nothing), or at the right. */
static void place_at(struct rect *at, const struct layout_place *place, const struct rect *beside,
		     int right)
{
	at->x = place && place->has_position ? place->x : right;
	at->y = place && place->has_position ? place->y : 0;
	if (!beside) {
		return;
	}
	at->x = beside->x;
	at->y = beside->y;
	switch (place->side) {
	case LAYOUT_AUTO:
	case LAYOUT_RIGHT_OF:
		at->x += beside->w;
		break;
	case LAYOUT_LEFT_OF:
		at->x -= at->w;
		break;
	case LAYOUT_ABOVE:
		at->y -= at->h;
		break;
	case LAYOUT_BELOW:
		at->y += beside->h;
		break;
	}
}

/* Then those that stand beside it, before the next one goes to the right of all. */
static void placing_take(struct placing *placing, unsigned i, const struct scene_output *beside)
{
	struct scene_output *output = placing->outputs[i];

	placing->is_placed[i] = true;
	if (output_is_off(output)) {
		output->layout = (struct rect){0};
		return;
	}
	output->layout.w = MAX((int)lround(output->width / output->scale), 1);
	output->layout.h = MAX((int)lround(output->height / output->scale), 1);
	place_at(&output->layout, output->state->entry ? &output->state->entry->place : NULL,
		 beside ? &beside->layout : NULL, placing->right);
	placing->right = MAX(placing->right, output->layout.x + output->layout.w);
	for (unsigned k = 0; k < placing->n; k++) {
		if (!placing->is_placed[k] && output_beside(placing->outputs[k]) == output) {
			placing_take(placing, k, output);
		}
	}
}

/* Guests' own: beside a monitor of ours, or one of their own that is named before them. */
static void externals_place(struct scene *scene, int right)
{
	const struct layout *layout = &scene->layout;

	scene->n_externals = layout->n_externals;
	for (unsigned i = 0; i < layout->n_externals; i++) {
		const struct layout_external *entry = &layout->externals[i];
		const struct scene_output *output = output_find(scene, entry->place.beside);
		const struct rect *beside = output && !output_is_off(output) ? &output->layout :
									       NULL;
		struct scene_external *external = &scene->externals[i];

		for (unsigned k = 0; k < i; k++) {
			if (strcmp(layout->externals[k].label, entry->place.beside) == 0) {
				beside = &scene->externals[k].layout;
			}
		}
		external->entry = entry;
		external->layout = (struct rect){.w = entry->width, .h = entry->height};
		place_at(&external->layout, &entry->place,
			 entry->place.side != LAYOUT_AUTO ? beside : NULL, right);
		right = MAX(right, external->layout.x + external->layout.w);
	}
}

const struct scene_external *scene_externals(const struct scene *scene, unsigned *n)
{
	*n = scene->n_externals;
	return scene->externals;
}

void outputs_configure(struct scene *scene)
{
	struct placing placing = {0};
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		output->state->entry = entry_find(scene, output->name);
		output_turn(output);
	}
	placing.n = outputs_ordered(scene, placing.outputs);
	for (unsigned i = 0; i < placing.n; i++) {
		if (!placing.is_placed[i] && !output_beside(placing.outputs[i])) {
			placing_take(&placing, i, NULL);
		}
	}
	/* Left are those in a ring, each beside the next. */
	for (unsigned i = 0; i < placing.n; i++) {
		if (!placing.is_placed[i]) {
			placing_take(&placing, i, NULL);
		}
	}
	externals_place(scene, placing.right);
	if (scene->events->outputs_changed) {
		scene->events->outputs_changed(scene->data);
	}
}
