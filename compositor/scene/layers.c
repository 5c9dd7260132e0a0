/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

#define GROUND_COLOUR 0x181818

static struct layer *layer_push(struct output_state *state, enum layer_kind kind, struct rect dst)
{
	struct layer *layer = &state->layers[state->n_layers++];

	memset(layer, 0, sizeof(*layer));
	layer->kind = kind;
	layer->dst = dst;
	return layer;
}

static void card_set(struct card *card, const char *fmt, ...) PRINTF(2, 3);

/* A card of one line. */
static void card_set(struct card *card, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(card->lines[0], CARD_LINE_SIZE, fmt, args);
	va_end(args);
	card->n_lines = 1;
}

static struct rect below_strip(const struct scene_output *output)
{
	struct rect strip = output_strip_rect(output);

	return (struct rect){0, strip.h, output->width, output->height - strip.h};
}

/* The guest's picture, or what stands in for it, inside the frame that names the guest. */
static void push_head(struct scene_output *output, struct scene_head *head)
{
	struct output_state *state = output->state;
	const struct picture *picture = head_picture(head);
	struct rect around = {head->dst.x - FRAME_WIDTH, head->dst.y - FRAME_WIDTH,
			      head->dst.w + 2 * FRAME_WIDTH, head->dst.h + 2 * FRAME_WIDTH};
	struct layer *layer;

	if (rect_empty(&head->dst)) {
		return; /* the output has no room for picture and frame: neither is shown */
	}
	if (picture) {
		layer = layer_push(state, LAYER_BUFFER, head->dst);
		layer->picture.buffer = picture->buffer;
		layer->picture.src = picture->src;
	} else if (head->state->has_card) {
		card_set(&state->card, "%s: no picture yet", head->guest->mark.name);
		layer_push(state, LAYER_CARD, head->dst)->card = &state->card;
	}
	layer = layer_push(state, LAYER_FRAME, around);
	layer->frame.mark = &head->guest->mark;
	layer->frame.hole = head->dst;
}

static void push_host_card(struct scene_output *output)
{
	struct scene *scene = output->scene;
	struct output_state *state = output->state;

	if (scene->front) {
		card_set(&state->card, "%s has no screen for this monitor", scene->front->mark.name);
	} else {
		card_set(&state->card, "%s",
			 scene->n_guests ? "No guest is selected" : "No guest is running");
	}
	layer_push(state, LAYER_CARD, below_strip(output))->card = &state->card;
}

/*
 * Strip and frame are never under anything else: the picture is pushed first and lies inside the
 * frame's hole, which lies below the strip.
 */
struct scene_guest *layers_build(struct scene_output *output)
{
	struct scene *scene = output->scene;
	struct output_state *state = output->state;
	struct rect all = {0, 0, output->width, output->height};
	struct scene_guest *owner = NULL;
	struct layer *strip;

	state->n_layers = 0;
	layer_push(state, LAYER_SOLID, all)->colour = GROUND_COLOUR;
	if (scene->has_card) {
		layer_push(state, LAYER_CARD, below_strip(output))->card = &scene->card;
	} else if (state->head) {
		owner = state->head->guest;
		push_head(output, state->head);
	} else {
		push_host_card(output);
	}
	strip = layer_push(state, LAYER_STRIP, output_strip_rect(output));
	strip->strip.mark = owner ? &owner->mark : NULL;
	strip->strip.keyboard = scene->keyboard ? &scene->keyboard->mark : NULL;
	return owner;
}
