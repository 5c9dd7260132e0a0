/* SPDX-License-Identifier: MIT */
/* Monitors side by side, who has a place on them, and what is on their glass. */
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/history/history.h"

const uint32_t history_keys[KEYS] = {
	KEY_A,         KEY_B,          KEY_ESC,      KEY_VOLUMEUP, KEY_TAB,
	KEY_DELETE,    KEY_LEFTALT,    KEY_LEFTMETA, KEY_LEFTCTRL, KEY_RIGHTCTRL,
	KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_RIGHTALT, KEY_L,
};
const uint32_t history_buttons[BUTTONS] = {BTN_LEFT, BTN_RIGHT};

enum planted history_planted;

void history_fail(struct history *h, const char *fmt, ...)
{
	va_list args;

	if (h->failure[0]) {
		return;
	}
	va_start(args, fmt);
	vsnprintf(h->failure, sizeof(h->failure), fmt, args);
	va_end(args);
}

/* ---- what the scene says ---- */

static void view_plan(const struct history *h, unsigned output, unsigned place, struct view *view)
{
	unsigned number = h->outputs[output].places[place];
	const struct seat_head *head;

	*view = (struct view){.guest = NOBODY};
	number = number == FRONT ? h->front : number;
	if (number >= GUESTS || !h->guests[number].is_alive) {
		return;
	}
	head = &h->heads[number][output % HEADS];
	if (head->exists) {
		*view = (struct view){.guest = (uint16_t)number,
				      .head = output % HEADS,
				      .guest_life = head->guest->life,
				      .head_life = head->life};
	}
}

void world_plan(const struct history *h, unsigned output, struct frame *out)
{
	const struct output *from = &h->outputs[output];
	const struct seat_guest *named = h->focus.target;
	bool is_dark = seat_lock_is_locked(&h->lock);

	/* Compared as bytes. */
	memset(out, 0, sizeof(*out));
	out->exists = true;
	out->name = NOBODY;
	out->is_dark = is_dark;
	if (is_dark && history_planted != PLANTED_DARK) {
		return;
	}
	out->has_card = h->late_card;
	if (named) {
		out->name = (uint8_t)named->number;
		out->name_life = named->life;
	}
	out->n_views = from->n_places;
	for (unsigned i = 0; i < from->n_places; i++) {
		view_plan(h, output, i, &out->views[i]);
	}
}

bool world_has_place(const struct history *h, unsigned output, const struct seat_guest *guest)
{
	struct view view;

	for (unsigned i = 0; h->outputs[output].is_lit && i < h->outputs[output].n_places; i++) {
		view_plan(h, output, i, &view);
		if (view.guest == guest->number) {
			return true;
		}
	}
	return false;
}

/* ---- what is on the glass ---- */

static const struct seat_head *view_head(const struct history *h, const struct view *view)
{
	const struct seat_head *head;

	if (view->guest >= GUESTS) {
		return NULL;
	}
	head = &h->heads[view->guest][view->head];
	return head->guest->is_alive && head->exists && head->guest->life == view->guest_life &&
			       head->life == view->head_life ?
		       head :
		       NULL;
}

bool world_glass_shows(const struct history *h, unsigned output, const struct seat_guest *guest)
{
	const struct frame *glass = &h->outputs[output].glass;

	if (!h->outputs[output].is_lit || !glass->exists || glass->is_dark || glass->has_card) {
		return false;
	}
	for (unsigned i = 0; i < glass->n_views; i++) {
		const struct seat_head *head = view_head(h, &glass->views[i]);

		if (head && head->guest == guest) {
			return true;
		}
	}
	return false;
}

bool world_on_glass(const struct history *h, const struct seat_guest *guest)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (world_glass_shows(h, i, guest)) {
			return true;
		}
	}
	return false;
}

static bool frame_shows(const struct history *h, const struct frame *frame,
			const struct seat_head *head)
{
	for (unsigned i = 0; frame->exists && !frame->has_card && i < frame->n_views; i++) {
		if (view_head(h, &frame->views[i]) == head) {
			return true;
		}
	}
	return false;
}

bool world_head_is_seen(const struct history *h, const struct seat_head *head)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (h->outputs[i].is_lit && frame_shows(h, &h->outputs[i].glass, head)) {
			return true;
		}
	}
	return false;
}

struct seat_head *world_at(const struct history *h, double x, double y)
{
	int number = (int)floor(x / OUTPUT_SIZE);
	double local = x - number * OUTPUT_SIZE;
	const struct output *output;
	unsigned place;

	if (number < 0 || number >= OUTPUTS || local < MARGIN || local >= OUTPUT_SIZE - MARGIN ||
	    y < MARGIN || y >= OUTPUT_SIZE - MARGIN) {
		return NULL;
	}
	output = &h->outputs[number];
	if (!output->is_lit || !output->glass.exists || output->glass.is_dark ||
	    output->glass.has_card) {
		return NULL;
	}
	place = output->glass.n_views > 1 && local >= OUTPUT_SIZE / 2;
	return place < output->glass.n_views ?
		       (struct seat_head *)view_head(h, &output->glass.views[place]) :
		       NULL;
}

/* ---- the seat's questions ---- */

static bool space_output_rect(void *data, unsigned number, double *x, double *y, double *w,
			      double *height)
{
	const struct history *h = data;

	if (number >= OUTPUTS || !h->outputs[number].is_lit) {
		return false;
	}
	*x = number * OUTPUT_SIZE;
	*y = 0;
	*w = OUTPUT_SIZE;
	*height = OUTPUT_SIZE;
	return true;
}

static double in_head(double v)
{
	return fmax(0, fmin((v - MARGIN) * 2, HEAD_SIZE - 1));
}

static bool space_pick(void *data, double x, double y, struct seat_guest **guest,
		       struct seat_head **head, double *head_x, double *head_y)
{
	struct history *h = data;
	struct seat_head *found;

	if (h->is_moving || h->late_card || seat_lock_is_locked(&h->lock)) {
		return false;
	}
	found = world_at(h, x, y);
	if (!found) {
		return false;
	}
	*guest = found->guest;
	*head = found;
	*head_x = in_head(x - floor(x / OUTPUT_SIZE) * OUTPUT_SIZE);
	*head_y = in_head(y);
	return true;
}

/* On the output under the point when the head is there, else on the first where it is. */
static unsigned head_output(const struct history *h, const struct seat_head *head, double x)
{
	unsigned first = OUTPUTS;

	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (frame_shows(h, &h->outputs[i].glass, head)) {
			if (floor(x / OUTPUT_SIZE) == i) {
				return i;
			}
			first = MIN(first, i);
		}
	}
	return first == OUTPUTS ? 0 : first;
}

static void space_to_head(void *data, struct seat_head *head, double x, double y, double *head_x,
			  double *head_y)
{
	struct history *h = data;

	if (!head->exists || !head->guest->is_alive) {
		history_fail(h, "the seat asks about a head that is gone");
	}
	*head_x = in_head(x - head_output(h, head, x) * OUTPUT_SIZE);
	*head_y = in_head(y);
}

static bool space_output_shows(void *data, unsigned output, struct seat_guest *guest)
{
	return output < OUTPUTS && world_has_place(data, output, guest);
}

static bool space_allows(void *data, unsigned device, struct seat_guest *guest)
{
	return device >= DEVICES || !(guest->barred >> device & 1);
}

static void space_traits(void *data, struct seat_guest *guest, struct seat_traits *out)
{
	*out = guest->traits;
}

static double space_resistance(void *data, unsigned from, unsigned to)
{
	const struct history *h = data;

	return h->outputs[from < to ? from : to].resistance;
}

const struct seat_space history_space = {
	.output_rect = space_output_rect,
	.pick = space_pick,
	.to_head = space_to_head,
	.output_shows = space_output_shows,
	.allows = space_allows,
	.traits = space_traits,
	.resistance = space_resistance,
};
