/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

#define GROUND_COLOUR 0x181818
#define DARK_COLOUR 0x000000

struct layer *layer_push(struct output_state *state, enum layer_kind kind, struct rect dst)
{
	struct layer *layer = &state->layers[state->n_layers++];

	memset(layer, 0, sizeof(*layer));
	layer->kind = kind;
	layer->dst = dst;
	return layer;
}

static const struct mark *mark_of(const struct scene_guest *guest)
{
	return guest ? &guest->mark : NULL;
}

static uint64_t bit_of(struct scene_guest *guest)
{
	return UINT64_C(1) << guest_priv(guest)->slot;
}

/* ---- cards ---- */

static void card_push(struct scene_view *view, struct rect dst, const char *fmt, ...) PRINTF(3, 4);

/* A card of one line, in the place of the view's picture. */
static void card_push(struct scene_view *view, struct rect dst, const char *fmt, ...)
{
	struct output_state *state = view->output->state;
	struct card *card = &state->cards[view - state->views];
	va_list args;

	va_start(args, fmt);
	vsnprintf(card->lines[0], CARD_LINE_SIZE, fmt, args);
	va_end(args);
	card->n_lines = 1;
	layer_push(state, LAYER_CARD, dst)->card = card;
}

static void push_nobody(struct scene_view *view)
{
	struct scene *scene = view->output->scene;

	if (view->shows == LAYOUT_GUEST && scene_guest_find(scene, view->guest)) {
		card_push(view, view->region, "%s has no screen %u", view->guest, view->index);
	} else if (view->shows == LAYOUT_GUEST) {
		card_push(view, view->region, "%s is not running", view->guest);
	} else if (scene->front && view->shows == LAYOUT_FRONT) {
		card_push(view, view->region, "%s has no screen for this monitor",
			  scene->front->mark.name);
	} else {
		card_push(view, view->region, "%s",
			  scene->n_guests ? "No guest is selected" : "No guest is running");
	}
}

/* ---- views ---- */

/* The guest's picture, or what stands in for it. */
static void push_picture(struct scene_view *view)
{
	const struct scene_head *head = view->head;
	const struct picture *picture = head_picture(head);
	struct layer *layer;

	if (picture && head->state->is_frozen) {
		card_push(view, view->dst, "%s: the picture stands still", head->guest->mark.name);
	} else if (picture) {
		layer = layer_push(view->output->state, LAYER_BUFFER, view->dst);
		layer->picture.buffer = picture->buffer;
		layer->picture.src = picture->src;
		layer->picture.serial = head->state->serial;
	} else if (head->state->has_card) {
		card_push(view, view->dst, "%s: no picture yet", head->guest->mark.name);
	}
}

static void push_frame(struct scene_view *view)
{
	int width = output_px(view->output, FRAME_WIDTH);
	struct rect around = {view->dst.x - width, view->dst.y - width, view->dst.w + 2 * width,
			      view->dst.h + 2 * width};
	struct layer *layer = layer_push(view->output->state, LAYER_FRAME, around);

	layer->frame.mark = &view->head->guest->mark;
	layer->frame.hole = view->dst;
}

/* Returns the guest whose mark is beside its picture now, as a bit. */
static uint64_t push_view(struct scene_view *view)
{
	struct output_state *state = view->output->state;
	bool is_unmarked = output_is_unmarked(view->output);
	struct layer *layer;

	if (!view->head) {
		push_nobody(view);
		return 0;
	}
	if (!rect_empty(&view->dst)) {
		push_picture(view);
		if (!is_unmarked) {
			push_frame(view);
		}
	}
	if (!rect_empty(&view->strip)) {
		layer = layer_push(state, LAYER_STRIP, view->strip);
		layer->strip.mark = &view->head->guest->mark;
		layer->strip.is_view = true;
	}
	/* Where there is no room for a picture and its frame, its strip alone shows nothing. */
	return state->is_shared && rect_empty(&view->dst) ? 0 : bit_of(view->head->guest);
}

/* The host's card, or a plain ground for its panel: over all of the output, or where some views are kept, over the others. */
static void push_host_card(struct scene_output *output, const struct scene_view *view)
{
	struct scene *scene = output->scene;
	struct rect dst = view ? view->region : output_below_strip(output);

	if (scene->has_panel) {
		layer_push(output->state, LAYER_SOLID, dst)->colour = GROUND_COLOUR;
	} else {
		layer_push(output->state, LAYER_CARD, dst)->card = &scene->card;
	}
}

static bool is_covered_whole(const struct output_state *state)
{
	for (unsigned i = 0; i < state->n_views; i++) {
		if (!view_is_covered(&state->views[i])) {
			return false;
		}
	}
	return true;
}

static uint64_t push_views(struct scene_output *output)
{
	struct output_state *state = output->state;
	uint64_t marks = 0;

	if (scene_is_covered(output->scene) && is_covered_whole(state)) {
		push_host_card(output, NULL);
		return 0;
	}
	for (unsigned i = 0; i < state->n_views; i++) {
		if (view_is_covered(&state->views[i])) {
			push_host_card(output, &state->views[i]);
		} else {
			marks |= push_view(&state->views[i]);
		}
	}
	return marks;
}

/* The one guest that these marks are of; NULL: none, or several. */
static const struct scene_guest *only_one(const struct scene *scene, uint64_t marks)
{
	return marks && !(marks & (marks - 1)) ? scene->slots[__builtin_ctzll(marks)] : NULL;
}

static void push_strip(struct scene_output *output, uint64_t marks)
{
	struct scene *scene = output->scene;
	struct layer *strip = layer_push(output->state, LAYER_STRIP, output_strip_rect(output));

	strip->strip.mark = mark_of(only_one(scene, marks));
	strip->strip.keyboard = mark_of(scene->keyboard);
	strip->strip.note = scene->strip_note[0] ? scene->strip_note : NULL;
}

/*
 * Strip and frame are never under anything but the host's cursor: pictures lie inside the holes of their
 * frames, which lie below the strips.
 */
uint64_t layers_build(struct scene_output *output)
{
	struct output_state *state = output->state;
	struct rect all = {0, 0, output->width, output->height};
	struct rect panel = panel_box(output);
	uint64_t marks;

	state->n_layers = 0;
	layer_push(state, LAYER_SOLID, all)->colour = output_is_lit(output) ? GROUND_COLOUR :
									      DARK_COLOUR;
	if (!output_is_lit(output)) {
		return 0;
	}
	if (output->scene->is_locked) {
		locked_push(output);
		return 0;
	}
	marks = push_views(output);
	identify_push(output);
	notice_push(output);
	panel_push(output);
	/* Where the panel is there is a strip above it: it is the host's word, and nobody else's. */
	if (!marks || !output_is_unmarked(output) || !rect_empty(&panel)) {
		push_strip(output, marks);
	}
	cursor_push(output);
	return marks;
}
