/* SPDX-License-Identifier: MIT */
/*
 * What the frames of an output show, from being drawn to the flip of their successor: whose marks,
 * and which pictures, whose buffers are locked as long. What a person points at is looked up in the
 * frame that is on the glass, whatever has been arranged since.
 */
#include "compositor/scene/scene_priv.h"

static void place_end(struct shown_place *place)
{
	struct buffer *buffer = place->buffer;

	place->buffer = NULL;
	if (buffer) {
		buffer_unlock(buffer);
	}
}

static void record_clear(struct shown *record)
{
	unsigned n = record->n_places, n_covers = record->n_covers;

	record->n_places = 0;
	record->marks = 0;
	record->has_card = false;
	record->has_strip = false;
	record->keyboard = 0;
	record->panel.box = (struct rect){0};
	record->is_lit = false;
	record->n_covers = 0;
	for (unsigned i = 0; i < n_covers; i++) {
		buffer_unlock(record->covers[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		place_end(&record->places[i]);
	}
}

/* Views that are kept from it excepted. */
static bool shows_card(const struct scene_output *output)
{
	const struct output_state *state = output->state;
	bool any = state->n_views == 0;

	for (unsigned i = 0; i < state->n_views; i++) {
		any = any || !state->views[i].is_kept;
	}
	return output->scene->has_card && !output->scene->has_panel && any &&
	       !output->scene->is_locked;
}

/* The host's strip is the one that is no view's. */
static const struct layer *strip_of(const struct output_state *state)
{
	for (unsigned i = state->n_layers; i-- > 0;) {
		if (state->layers[i].kind == LAYER_STRIP && !state->layers[i].strip.is_view) {
			return &state->layers[i];
		}
	}
	return NULL;
}

static void latch_strip(const struct scene_output *output, struct shown *record)
{
	const struct layer *strip = strip_of(output->state);
	struct scene_guest *keyboard = output->scene->keyboard;

	record->has_strip = strip != NULL;
	if (strip && keyboard && strip->strip.keyboard == &keyboard->mark) {
		record->keyboard = guest_priv(keyboard)->slot + 1;
	}
}

static void covers_latch(const struct output_state *state, struct shown *record)
{
	for (unsigned i = 0; i < state->cover.n_parts; i++) {
		record->covers[i] = state->cover.parts[i].buffer;
		buffer_lock(record->covers[i]);
	}
	record->n_covers = state->cover.n_parts;
}

void shown_latch(struct scene_output *output, uint64_t marks)
{
	struct output_state *state = output->state;
	struct shown *record = state->latched;

	record_clear(record);
	record->marks = marks;
	record->has_card = shows_card(output);
	latch_strip(output, record);
	panel_latch(output, &record->panel);
	record->is_lit = output_is_lit(output) && !output->scene->is_locked;
	if (output->scene->is_locked) {
		covers_latch(state, record);
	}
	for (unsigned i = 0; i < state->n_views; i++) {
		const struct scene_view *view = &state->views[i];
		struct scene_head *head = view->head;
		const struct picture *picture = head ? head_picture(head) : NULL;
		bool is_covered = view_is_covered(view);

		if (!head) {
			continue;
		}
		if (picture) {
			buffer_lock(picture->buffer);
		}
		record->places[record->n_places++] = (struct shown_place){
			.head = head,
			.buffer = picture ? picture->buffer : NULL,
			.dst = is_covered ? (struct rect){0} : view->dst,
			.width = head->width,
			.height = head->height,
		};
	}
}

static void swap(struct shown **a, struct shown **b)
{
	struct shown *was = *a;

	*a = *b;
	*b = was;
}

void shown_drop(struct output_state *state)
{
	record_clear(state->latched);
}

void shown_lose(struct output_state *state)
{
	swap(&state->lost, &state->flying);
	record_clear(state->flying);
}

void shown_accept(struct output_state *state)
{
	swap(&state->flying, &state->latched);
	record_clear(state->latched);
}

void shown_flip(struct output_state *state)
{
	swap(&state->shown, &state->flying);
	record_clear(state->flying);
	record_clear(state->lost);
}

void shown_unplace(struct output_state *state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(state->records); i++) {
		for (unsigned k = 0; k < state->records[i].n_places; k++) {
			state->records[i].places[k].dst = (struct rect){0};
		}
	}
}

static void record_forget(struct shown *record, const struct scene_head *head)
{
	for (unsigned i = record->n_places; i-- > 0;) {
		struct shown_place gone = record->places[i];

		if (gone.head == head) {
			record->places[i] = record->places[--record->n_places];
			place_end(&gone);
		}
	}
}

void shown_forget_head(struct scene_head *head)
{
	struct scene_output *output;

	list_for_each(output, &head->guest->scene->outputs, link) {
		for (unsigned i = 0; i < ARRAY_SIZE(output->state->records); i++) {
			record_forget(&output->state->records[i], head);
		}
	}
}

void shown_forget_guest(struct scene_guest *guest)
{
	struct scene_output *output;

	list_for_each(output, &guest->scene->outputs, link) {
		for (unsigned i = 0; i < ARRAY_SIZE(output->state->records); i++) {
			struct shown *record = &output->state->records[i];

			record->marks &= ~(UINT64_C(1) << guest_priv(guest)->slot);
			if (record->keyboard == guest_priv(guest)->slot + 1) {
				record->keyboard = 0;
			}
		}
		/* Layers name marks by their address. */
		output->state->n_layers = 0;
	}
}

void shown_finish(struct output_state *state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(state->records); i++) {
		record_clear(&state->records[i]);
	}
}

/* ---- what is on the glass ---- */

struct scene_guest *scene_output_shows(const struct scene_output *output)
{
	uint64_t marks = output->state->shown->marks;

	return marks && !(marks & (marks - 1)) ? output->scene->slots[__builtin_ctzll(marks)] :
						 NULL;
}

bool scene_output_shows_guest(const struct scene_output *output, const struct scene_guest *guest)
{
	return guest && (output->state->shown->marks >>
				 guest_priv((struct scene_guest *)(uintptr_t)guest)->slot &
			 1);
}

bool scene_output_shows_head(const struct scene_output *output, const struct scene_head *head)
{
	const struct shown *shown = output->state->shown;

	for (unsigned i = 0; i < shown->n_places; i++) {
		if (shown->places[i].head == head && !rect_empty(&shown->places[i].dst)) {
			return scene_output_shows_guest(output, head->guest);
		}
	}
	return false;
}

bool scene_output_is_dark(const struct scene_output *output)
{
	const struct output_state *state = output->state;

	/* What is on its way to the glass counts: it will be seen. */
	for (unsigned i = 0; i < ARRAY_SIZE(state->records); i++) {
		if (state->records[i].is_lit) {
			return false;
		}
	}
	return true;
}

bool scene_output_shows_card(const struct scene_output *output)
{
	return output->state->shown->has_card;
}

struct scene_guest *scene_output_names_keyboard(const struct scene_output *output)
{
	unsigned keyboard = output->state->shown->keyboard;

	return keyboard ? output->scene->slots[keyboard - 1] : NULL;
}

bool scene_output_has_strip(const struct scene_output *output)
{
	return output->state->shown->has_strip;
}

struct scene_head *scene_pick(struct scene_output *output, double x, double y, double *head_x,
			      double *head_y)
{
	const struct shown *shown = output->state->shown;

	if (scene_is_covered(output->scene) || notice_covers(output, x, y)) {
		return NULL;
	}
	for (unsigned i = 0; i < shown->n_places; i++) {
		const struct shown_place *place = &shown->places[i];

		if (rect_contains(&place->dst, x, y) &&
		    scene_output_shows_guest(output, place->head->guest)) {
			*head_x = (x - place->dst.x) * place->width / place->dst.w;
			*head_y = (y - place->dst.y) * place->height / place->dst.h;
			return place->head;
		}
	}
	return NULL;
}
