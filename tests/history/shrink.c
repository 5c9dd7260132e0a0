/* SPDX-License-Identifier: MIT */
/* A history from its start, and a shorter one that fails as well. */
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/history/history.h"

static void outputs_init(struct history *h)
{
	for (unsigned i = 0; i < OUTPUTS; i++) {
		h->outputs[i].n_places = 1;
		h->outputs[i].places[0] = i == 1 ? 1 : FRONT;
		h->outputs[i].places[1] = 2;
		h->outputs[i].is_lit = i < 3;
	}
}

static void guests_init(struct history *h)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		h->guests[i].number = i;
		h->guests[i].traits = (struct seat_traits){.pointer = SEAT_POINTER_BOTH, .speed = 1};
		h->heads[i][0].guest = &h->guests[i];
		h->heads[i][1].guest = &h->guests[i];
		h->workers[i].history = h;
		h->workers[i].guest = &h->guests[i];
	}
}

static void chords_set(struct seat *seat)
{
	static const struct seat_chord lock = {.ctrl = true, .alt = true, .key = KEY_L};
	static const struct seat_chord capture = {.ctrl = true, .alt = true, .key = KEY_B};
	static const uint32_t kept = KEY_VOLUMEUP;

	seat_set_chord(seat, SEAT_ACTION_LOCK, &lock);
	seat_set_chord(seat, SEAT_ACTION_CAPTURE, &capture);
	seat_set_kept_keys(seat, &kept, 1);
}

struct history *history_create(void)
{
	static const struct seat_chord attention = {.ctrl = true, .alt = true, .key = KEY_DELETE};
	static const struct seat_chord switch_key = {.meta = true, .key = KEY_TAB};
	struct history *h = xcalloc(1, sizeof(*h));
	enum planted planted = history_planted;

	history_planted = PLANTED_NOTHING;
	h->now_ns = NSEC_PER_SEC;
	h->front = NOBODY;
	h->wanted = NOBODY;
	h->clicked = NOBODY;
	h->device = DEVICES;
	for (unsigned i = 0; i < SEAT_MAX_CONTACTS; i++) {
		h->contact_guest[i] = NOBODY;
	}
	outputs_init(h);
	guests_init(h);
	focus_init(&h->focus, &desk_focus_events, h);
	seat_lock_init(&h->lock);
	h->seat = seat_create(&oracle_sink, &history_space, h, &attention, &switch_key);
	chords_set(h->seat);
	for (unsigned i = 0; i < DEVICES; i++) {
		seat_device_added(h->seat, i);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct op op;

		if (op_parse(i < 3 ? "guest 0 3 0" : "frames 15 0 0", &op) == 0) {
			op.a = (uint8_t)(i < 3 ? i : op.a);
			op_run(h, op);
		}
	}
	history_planted = planted;
	return h;
}

void history_destroy(struct history *h)
{
	seat_destroy(h->seat);
	free(h);
}

/* How far it got: n, or the number of the operation that failed. */
static size_t run_until(const struct op *ops, size_t n, char *failure, size_t size)
{
	struct history *h = history_create();
	size_t i = 0;

	while (i < n && !h->failure[0]) {
		op_run(h, ops[i++]);
	}
	if (h->failure[0]) {
		i--;
	}
	if (failure) {
		snprintf(failure, size, "%s", h->failure);
	}
	history_destroy(h);
	return i;
}

bool history_run(const struct op *ops, size_t n, char *failure, size_t size)
{
	return run_until(ops, n, failure, size) == n;
}

/* Without the len operations from start on. */
static bool fails_without(const struct op *ops, size_t n, size_t start, size_t len, struct op *space)
{
	memcpy(space, ops, start * sizeof(*ops));
	memcpy(space + start, ops + start + len, (n - start - len) * sizeof(*ops));
	return !history_run(space, n - len, NULL, 0);
}

/* One pass with pieces of this length; returns how many operations are left. */
static size_t pass(struct op *ops, size_t n, size_t len, struct op *space)
{
	size_t start = 0;

	while (start + len <= n) {
		if (fails_without(ops, n, start, len, space)) {
			n -= len;
			memcpy(ops, space, n * sizeof(*ops));
		} else {
			start += len;
		}
	}
	return n;
}

/* Small numbers say more than large ones. */
static void simplify(struct op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t *numbers[] = {&ops[i].a, &ops[i].b, &ops[i].c};

		for (unsigned k = 0; k < ARRAY_SIZE(numbers); k++) {
			uint8_t before = *numbers[k];

			*numbers[k] = 0;
			if (history_run(ops, n, NULL, 0)) {
				*numbers[k] = before;
			}
		}
	}
}

size_t history_shrink(struct op *ops, size_t n)
{
	struct op *space = xcalloc(n + 1, sizeof(*space));
	size_t before;

	/* What comes after the failure does not matter. */
	n = MIN(n, run_until(ops, n, NULL, 0) + 1);
	for (size_t len = n / 2; len > 1; len /= 2) {
		n = pass(ops, n, len, space);
	}
	do {
		before = n;
		n = pass(ops, n, 1, space);
	} while (n < before);
	simplify(ops, n);
	free(space);
	return n;
}
