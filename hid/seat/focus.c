/* SPDX-License-Identifier: MIT */
#include "hid/seat/focus.h"

#include <stddef.h>

/* Missed periods after which the host shows a card. */
#define LATE_PERIODS 3
/* For a caller that knows no period: 60 Hz. */
#define DEFAULT_PERIOD_NS 16666667u

void focus_init(struct focus *focus, const struct focus_events *events, void *data)
{
	*focus = (struct focus){.events = events, .data = data, .deadline_ns = UINT64_MAX};
}

static void owner_set(struct focus *focus, struct seat_guest *guest)
{
	if (focus->owner != guest) {
		focus->owner = guest;
		focus->events->grant(focus->data, guest);
	}
}

static void late_set(struct focus *focus, bool is_late)
{
	if (focus->is_late != is_late) {
		focus->is_late = is_late;
		focus->events->late(focus->data, is_late ? focus->target : NULL);
	}
}

/* Nothing is under way any more. */
static void request_end(struct focus *focus)
{
	focus->is_pending = false;
	focus->asked = (struct focus_outputs){0};
	focus->waiting = 0;
	focus->deadline_ns = UINT64_MAX;
	late_set(focus, false);
}

/* All outputs that must show the target do, and at least one does. */
static void grant_if_shown(struct focus *focus)
{
	const struct focus_outputs *asked = &focus->asked;
	bool is_shown = asked->marks || (asked->is_elsewhere && asked->names);

	if (focus->is_pending && is_shown && !focus->waiting) {
		request_end(focus);
		owner_set(focus, focus->target);
	}
}

void focus_request(struct focus *focus, struct seat_guest *guest,
		   const struct focus_outputs *outputs, uint32_t period_ns, uint64_t now_ns)
{
	uint64_t period = period_ns ? period_ns : DEFAULT_PERIOD_NS;

	owner_set(focus, NULL);
	request_end(focus);
	focus->target = guest;
	if (!guest) {
		return;
	}
	focus->is_pending = true;
	focus->asked = *outputs;
	focus->waiting = outputs->marks | outputs->names;
	focus->deadline_ns = now_ns + LATE_PERIODS * period;
}

void focus_shown(struct focus *focus, unsigned output, struct seat_guest *shows,
		 struct seat_guest *names, uint64_t now_ns)
{
	struct focus_outputs *asked = &focus->asked;
	uint32_t bit;

	if (!focus->is_pending || output >= 32) {
		return;
	}
	bit = UINT32_C(1) << output;
	if (!asked->marks && !asked->is_elsewhere && shows == focus->target) {
		/* No output was asked for its mark: the first one to show it will do. */
		asked->marks = bit;
	}
	if (((asked->marks & bit) && shows != focus->target) ||
	    ((asked->names & bit) && names != focus->target)) {
		focus->waiting |= bit;
	} else {
		focus->waiting &= ~bit;
	}
	grant_if_shown(focus);
}

void focus_output_gone(struct focus *focus, unsigned output)
{
	uint32_t bit;

	if (output >= 32) {
		return;
	}
	bit = UINT32_C(1) << output;
	focus->asked.marks &= ~bit;
	focus->asked.names &= ~bit;
	focus->waiting &= ~bit;
	grant_if_shown(focus);
}

void focus_guest_gone(struct focus *focus, struct seat_guest *guest)
{
	if (!guest) {
		return;
	}
	if (focus->target == guest) {
		focus->target = NULL;
		request_end(focus);
	}
	if (focus->owner == guest) {
		owner_set(focus, NULL);
	}
}

void focus_timeout(struct focus *focus, uint64_t now_ns)
{
	if (!focus->is_pending || now_ns < focus->deadline_ns) {
		return;
	}
	focus->deadline_ns = UINT64_MAX;
	late_set(focus, true);
}
