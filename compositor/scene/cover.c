/* SPDX-License-Identifier: MIT */
/*
 * What a trusted client shows while the scene is locked.
 */
#include <string.h>

#include "base/format.h"
#include "compositor/scene/scene_priv.h"

struct rect scene_output_cover_area(const struct scene_output *output)
{
	return output_below_strip(output);
}

static void part_set(struct scene_output *output, unsigned i, const struct cover_part *now)
{
	struct output_state *state = output->state;
	struct cover_part *part = &state->cover.parts[i];
	struct buffer *before = part->buffer;

	if (before &&
	    !(now && rect_equal(&part->dst, &now->dst) && rect_equal(&part->src, &now->src))) {
		damage_add(output, &part->dst);
	}
	if (now) {
		const struct rect *damage = before && rect_equal(&part->dst, &now->dst) ?
						    &now->damage :
						    &now->dst;

		buffer_lock(now->buffer);
		if (!rect_empty(damage) || before != now->buffer) {
			state->cover_serials[i] = ++output->scene->serials;
		}
		damage_add(output, damage);
	}
	*part = now ? *now : (struct cover_part){0};
	if (before) {
		buffer_unlock(before);
	}
}

void scene_output_set_cover(struct scene_output *output, const struct cover *cover)
{
	struct output_state *state = output->state;
	unsigned n = cover ? cover->n_parts : 0;

	for (unsigned i = 0; i < COVER_PARTS; i++) {
		part_set(output, i, i < n ? &cover->parts[i] : NULL);
	}
	state->cover.n_parts = n;
	/* Who commits waits for a frame, even for one that looks the same. */
	state->frame_due = state->frame_due || n > 0;
}

void cover_finish(struct output_state *state)
{
	for (unsigned i = 0; i < state->cover.n_parts; i++) {
		buffer_unlock(state->cover.parts[i].buffer);
	}
	state->cover.n_parts = 0;
}

void cover_push(struct scene_output *output)
{
	struct output_state *state = output->state;

	for (unsigned i = 0; i < state->cover.n_parts; i++) {
		const struct cover_part *part = &state->cover.parts[i];
		const struct pixel_format *format = pixel_format_find(part->buffer->format);
		bool is_blended = i > 0 && format && format->has_alpha;
		struct layer *layer = layer_push(state, is_blended ? LAYER_CURSOR : LAYER_BUFFER,
						 part->dst);

		layer->picture.buffer = part->buffer;
		layer->picture.src = part->src;
		layer->picture.serial = state->cover_serials[i];
	}
}
