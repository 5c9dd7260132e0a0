/* SPDX-License-Identifier: MIT */
/* What can happen to the host: monitors, frames, time, policy, the menu, the lock. */
#include <math.h>
#include <string.h>

#include "tests/history/ops_host.h"

/* ---- monitors and frames ---- */

void op_place(struct history *h, struct op op)
{
	static const uint8_t kinds[] = {FRONT, FRONT, FRONT, NOBODY};
	struct output *output = &h->outputs[op.a % OUTPUTS];
	unsigned places[GUESTS][HEADS];

	desk_move_begin(h, places);
	output->n_places = 1 + op.a / OUTPUTS % 2;
	output->places[0] = op.b < 128 ? kinds[op.b % 4] : op.b % GUESTS;
	output->places[1] = op.c < 128 ? kinds[op.c % 4] : op.c % GUESTS;
	output->resistance = op.c % 16 == 0 ? INFINITY : op.c % 16 == 1 ? 20 : 0;
	desk_move_end(h, places);
	desk_settle(h);
}

void op_plug(struct history *h, struct op op)
{
	struct output *output = &h->outputs[op.a % OUTPUTS];
	unsigned places[GUESTS][HEADS];

	if (output->is_lit == (op.b & 1 ? true : false)) {
		return;
	}
	desk_move_begin(h, places);
	output->is_lit = !output->is_lit;
	output->redraw = false;
	memset(&output->glass, 0, sizeof(output->glass));
	memset(&output->flight, 0, sizeof(output->flight));
	desk_move_end(h, places);
	if (!output->is_lit) {
		desk_output_gone(h, op.a % OUTPUTS);
	} else {
		desk_settle(h);
	}
}

void op_frames(struct history *h, struct op op)
{
	h->now_ns += PERIOD_NS;
	desk_vsync(h);
	/* Most come at once; some are late. */
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (op.a >> i & 1) {
			desk_flip(h, i);
		}
	}
	focus_timeout(&h->focus, h->now_ns);
}

void op_flip(struct history *h, struct op op)
{
	struct output *output = &h->outputs[op.a % OUTPUTS];

	if (op.b) {
		desk_flip(h, op.a % OUTPUTS);
	} else if (output->flight.exists) {
		output->flight.exists = false;
		output->redraw = true;
	}
}

void op_time(struct history *h, struct op op)
{
	h->now_ns += (op.a + 1u) * PERIOD_NS;
	focus_timeout(&h->focus, h->now_ns);
}

void op_switch(struct history *h, struct op op)
{
	desk_switch_to(h, op.a % GUESTS);
}

void op_policy(struct history *h, struct op op)
{
	struct seat_guest *guest = &h->guests[op.a % GUESTS];

	guest->barred ^= op.b & 1 ? 1u << op.c % DEVICES : 0;
	guest->traits.pointer = (enum seat_pointer_kind)(1 + op.b / 2 % 3);
	guest->traits.speed = op.b / 8 % 2 ? 0.5 : 1;
	guest->traits.reversed_scroll = op.b / 16 % 2;
	guest->traits.parks = op.b / 32 % 2;
	seat_policy_changed(h->seat);
}

void op_capture(struct history *h, struct op op)
{
	struct seat_guest *guest = &h->guests[op.a % GUESTS];

	/* By a click as well as by the chord: the guest is on some glass. */
	seat_set_capture(h->seat,
			 op.b & 1 && guest->is_alive && world_on_glass(h, guest) ? guest : NULL);
}

void op_menu(struct history *h, struct op op)
{
	h->close = h->menu;
}

/* ---- the lock ---- */

void op_lock(struct history *h, struct op op)
{
	bool is_clients = op.a % 4 == 0;

	if (seat_lock_request(&h->lock, is_clients ? SEAT_LOCK_CLIENT : SEAT_LOCK_PROMPT)) {
		h->has_client = is_clients;
		h->attempt = 0;
	}
	h->is_locked = true;
	desk_mode_update(h);
}

static void client_op(struct history *h, unsigned what)
{
	h->may_open = h->has_client;
	if (what == 0 && seat_lock_client_unlocks(&h->lock)) {
		oracle_opened(h);
	} else if (what == 1 && seat_lock_client_gone(&h->lock)) {
		h->has_client = false;
	}
}

static void answer(struct history *h, unsigned what, uint64_t nonce)
{
	bool is_running = nonce != 0 && nonce == h->attempt;

	h->may_open = is_running && h->is_typed && !h->has_client;
	switch (what % 4) {
	case 0:
		if (seat_lock_right(&h->lock, nonce)) {
			oracle_opened(h);
		}
		break;
	case 1:
		(void)seat_lock_wrong(&h->lock, nonce, 0, h->now_ns);
		h->attempt = is_running ? 0 : h->attempt;
		break;
	case 2:
		(void)seat_lock_ended(&h->lock, nonce, h->now_ns);
		h->attempt = is_running ? 0 : h->attempt;
		break;
	default:
		seat_lock_checking(&h->lock, nonce, true);
		break;
	}
}

void op_attempt(struct history *h, struct op op)
{
	if (op.a < 64) {
		client_op(h, op.b % 2);
	} else if (op.a < 128) {
		h->now_ns += op.b % 4 ? 0 : SEAT_LOCK_MAX_DELAY_NS;
		if (seat_lock_begin(&h->lock, ++h->nonce, h->now_ns)) {
			h->attempt = h->nonce;
			h->is_typed = false;
		}
	} else {
		/* Mostly of the attempt that runs; or of an old one, of none, of one that never was. */
		answer(h, op.b, op.c < 160 ? h->attempt : h->nonce + 1 - op.c % 4);
	}
	desk_mode_update(h);
}
