/* SPDX-License-Identifier: MIT */
/*
 * The stand-in for compositor/input, trusted and the frame loop: who is in front, who is to have the keyboard, which frames
 * are made. As there, what pictures that moved mean for input is concluded a turn later.
 */
#include <linux/input-event-codes.h>
#include <string.h>

#include "tests/history/history.h"

/* ---- who is due ---- */

static bool has_place(const struct history *h, const struct seat_guest *guest)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (world_has_place(h, i, guest)) {
			return true;
		}
	}
	return false;
}

static bool has_heads(const struct history *h, unsigned guest)
{
	return h->guests[guest].is_alive && (h->heads[guest][0].exists || h->heads[guest][1].exists);
}

static unsigned guest_after(const struct history *h, unsigned after)
{
	for (unsigned i = 1; i <= GUESTS; i++) {
		unsigned next = (after + i) % GUESTS;

		if (has_heads(h, next)) {
			return next;
		}
	}
	return NOBODY;
}

static struct seat_guest *due(struct history *h)
{
	unsigned places[GUESTS][HEADS];

	if (h->menu || h->is_locked) {
		return NULL;
	}
	if (h->front == NOBODY || !has_heads(h, h->front)) {
		desk_move_begin(h, places);
		h->front = guest_after(h, h->front);
		desk_move_end(h, places);
	}
	if (h->wanted != NOBODY && h->guests[h->wanted].is_alive &&
	    has_place(h, &h->guests[h->wanted])) {
		return &h->guests[h->wanted];
	}
	h->wanted = NOBODY;
	return world_guest(h, h->front);
}

static struct focus_outputs outputs_for(const struct history *h, const struct seat_guest *guest)
{
	struct focus_outputs outputs = {0};

	for (unsigned i = 0; guest && i < OUTPUTS; i++) {
		outputs.marks |= (uint32_t)world_has_place(h, i, guest) << i;
		outputs.names |= (uint32_t)h->outputs[i].is_lit << i;
	}
	return outputs;
}

void desk_request(struct history *h, struct seat_guest *guest)
{
	h->requested = outputs_for(h, guest);
	focus_request(&h->focus, guest, &h->requested, (uint32_t)PERIOD_NS, h->now_ns);
	if (guest && history_planted == PLANTED_FLIP) {
		focus_shown(&h->focus, 0, guest, guest, h->now_ns);
		focus_shown(&h->focus, 1, guest, guest, h->now_ns);
		focus_shown(&h->focus, 2, guest, guest, h->now_ns);
		focus_shown(&h->focus, 3, guest, guest, h->now_ns);
	}
	for (unsigned i = 0; i < OUTPUTS; i++) {
		h->outputs[i].redraw |= h->outputs[i].is_lit;
	}
}

void desk_settle(struct history *h)
{
	struct seat_guest *guest = due(h);
	struct focus_outputs outputs = outputs_for(h, guest);

	if (h->menu || h->is_locked) {
		return;
	}
	if (h->focus.target != guest ||
	    (h->focus.is_pending &&
	     (outputs.marks != h->requested.marks || outputs.names != h->requested.names)) ||
	    (h->focus.owner && (!outputs.marks || !world_on_glass(h, guest)))) {
		desk_request(h, guest);
	}
}

static void focus_grant(void *data, struct seat_guest *guest)
{
	struct history *h = data;

	seat_set_keyboard(h->seat, guest);
	h->patient = h->patient && !guest;
	h->granted += guest != NULL;
	oracle_keyboard(h, guest);
}

static void focus_late(void *data, struct seat_guest *guest)
{
	struct history *h = data;

	if (!guest || !h->patient) {
		h->late_card = guest != NULL;
	}
}

const struct focus_events desk_focus_events = {.grant = focus_grant, .late = focus_late};

/* ---- the host has all input, or gives it back ---- */

void desk_mode_update(struct history *h)
{
	enum seat_mode mode = h->is_locked ? SEAT_LOCKED : h->menu ? SEAT_HOST : SEAT_GUESTS;
	enum seat_mode before = seat_mode(h->seat);

	if (mode == before) {
		return;
	}
	if (mode != SEAT_GUESTS) {
		seat_set_mode(h->seat, mode);
		desk_request(h, NULL);
	} else {
		desk_request(h, due(h));
		seat_set_mode(h->seat, mode);
	}
	h->settle = true;
}

static void choose(struct history *h, unsigned guest, bool stays)
{
	unsigned places[GUESTS][HEADS];

	h->patient = false;
	seat_set_capture(h->seat, NULL);
	h->wanted = stays ? guest : NOBODY;
	if (!stays) {
		desk_move_begin(h, places);
		h->front = guest;
		desk_move_end(h, places);
	}
	desk_request(h, due(h));
}

void desk_switch_to(struct history *h, unsigned guest)
{
	if (!h->menu && !h->is_locked && guest < GUESTS && has_heads(h, guest)) {
		choose(h, guest, false);
	}
}

void desk_action(void *data, enum seat_action action)
{
	struct history *h = data;
	struct seat_guest *over = seat_pointer_owner(h->seat);

	switch (action) {
	case SEAT_ACTION_ATTENTION:
		h->attentions++;
		h->menu = true;
		desk_mode_update(h);
		break;
	case SEAT_ACTION_SWITCH:
		desk_switch_to(h, guest_after(h, h->front));
		break;
	case SEAT_ACTION_LOCK:
		(void)seat_lock_request(&h->lock, SEAT_LOCK_PROMPT);
		h->is_locked = true;
		desk_mode_update(h);
		break;
	case SEAT_ACTION_CAPTURE:
		seat_set_capture(h->seat, seat_capture(h->seat) || over == seat_host ? NULL : over);
		break;
	default:
		break;
	}
}

/* ---- pictures move ---- */

static void places_find(const struct history *h, unsigned places[GUESTS][HEADS])
{
	struct frame frame;

	memset(places, 0, sizeof(unsigned[GUESTS][HEADS]));
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (!h->outputs[i].is_lit) {
			continue;
		}
		world_plan(h, i, &frame);
		for (unsigned k = 0; k < frame.n_views; k++) {
			if (frame.views[k].guest < GUESTS) {
				places[frame.views[k].guest][frame.views[k].head] |= 1u
										     << (4 * k + i);
			}
		}
	}
}

void desk_move_begin(struct history *h, unsigned places[GUESTS][HEADS])
{
	places_find(h, places);
}

static void forget_head(struct history *h, struct seat_head *head)
{
	h->is_moving = true;
	seat_forget_head(h->seat, head);
	h->is_moving = false;
	h->settle = true;
}

void desk_move_end(struct history *h, unsigned places[GUESTS][HEADS])
{
	unsigned now[GUESTS][HEADS];

	places_find(h, now);
	for (unsigned i = 0; i < GUESTS * HEADS; i++) {
		struct seat_head *head = &h->heads[i / HEADS][i % HEADS];

		if (head->exists && now[i / HEADS][i % HEADS] != places[i / HEADS][i % HEADS]) {
			forget_head(h, head);
		}
	}
	h->settle = true;
}

void desk_head_gone(struct history *h, struct seat_head *head)
{
	struct worker *worker = &h->workers[head->guest->number];

	forget_head(h, head);
	if (worker->is_up) {
		guest_input_forget_head(&worker->input, head);
		guest_input_frame(&worker->input, h->now_ns);
	}
}

/* ---- frames ---- */

void desk_vsync(struct history *h)
{
	struct frame frame;

	for (unsigned i = 0; i < OUTPUTS; i++) {
		struct output *output = &h->outputs[i];

		if (!output->is_lit || output->flight.exists) {
			continue;
		}
		world_plan(h, i, &frame);
		if (output->redraw || memcmp(&frame, &output->glass, sizeof(frame)) != 0) {
			output->flight = frame;
			output->redraw = false;
		}
	}
}

static void follow_glass(struct history *h)
{
	for (unsigned i = 0; i < GUESTS * HEADS; i++) {
		struct seat_head *head = &h->heads[i / HEADS][i % HEADS];

		if (head->exists && !world_head_is_seen(h, head)) {
			seat_forget_head(h->seat, head);
		}
	}
	seat_layout_changed(h->seat);
}

void desk_output_gone(struct history *h, unsigned output)
{
	focus_output_gone(&h->focus, output);
	desk_settle(h);
	follow_glass(h);
	h->settle = true;
}

static bool all_dark(const struct history *h)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		const struct output *output = &h->outputs[i];

		/* What is on its way to the glass will be seen. */
		if (output->is_lit && ((output->glass.exists && !output->glass.is_dark) ||
				       (output->flight.exists && !output->flight.is_dark))) {
			return false;
		}
	}
	return true;
}

static struct seat_guest *named_on(struct history *h, const struct frame *glass)
{
	struct seat_guest *named = world_guest(h, glass->name);

	return named && named->is_alive && named->life == glass->name_life ? named : NULL;
}

void desk_flip(struct history *h, unsigned number)
{
	struct output *output = &h->outputs[number];
	struct seat_guest *target = h->focus.target, *shown;

	if (!output->is_lit || !output->flight.exists) {
		return;
	}
	output->glass = output->flight;
	output->flight.exists = false;
	shown = target && world_glass_shows(h, number, target) ? target : NULL;
	focus_shown(&h->focus, number, shown, named_on(h, &output->glass), h->now_ns);
	if (h->focus.owner && !world_on_glass(h, h->focus.owner)) {
		desk_settle(h);
	}
	follow_glass(h);
	if (all_dark(h)) {
		(void)seat_lock_dark(&h->lock);
	}
	if (h->late_card && output->glass.has_card && !h->menu && !h->is_locked) {
		h->patient = true;
		desk_request(h, due(h));
	}
}

/* ---- a turn later ---- */

void desk_turn(struct history *h)
{
	if (h->close) {
		h->close = false;
		h->menu = false;
		desk_mode_update(h);
	}
	if (h->clicked < GUESTS) {
		if (!h->menu && !h->is_locked && has_heads(h, h->clicked) &&
		    has_place(h, &h->guests[h->clicked]) &&
		    h->focus.target != &h->guests[h->clicked]) {
			choose(h, h->clicked, true);
		}
		h->clicked = NOBODY;
	}
	if (h->settle) {
		h->settle = false;
		desk_settle(h);
		seat_layout_changed(h->seat);
	}
}
