/* SPDX-License-Identifier: MIT */
#include "hid/seat/seat.h"

#include <stdlib.h>

#include "hid/seat/seat_priv.h"

static char host;
struct seat_guest *const seat_host = (struct seat_guest *)&host;

struct seat *seat_create(const struct seat_sink *sink, const struct seat_space *space, void *data,
			 const struct seat_chord *attention, const struct seat_chord *switch_key)
{
	struct seat *seat = xcalloc(1, sizeof(*seat));

	seat->sink = sink;
	seat->space = space;
	seat->data = data;
	seat->chords[SEAT_ACTION_ATTENTION] = *attention;
	seat->chords[SEAT_ACTION_SWITCH] = *switch_key;
	return seat;
}

void seat_set_chord(struct seat *seat, enum seat_action action, const struct seat_chord *chord)
{
	seat->chords[action] = *chord;
}

void seat_destroy(struct seat *seat)
{
	free(seat);
}

void seat_end_frame(struct seat *seat)
{
	if (seat->unframed) {
		seat->unframed = false;
		seat->sink->frame(seat->data, seat_recipient(seat));
	}
	seat->event_ns = 0;
}

/* The recipient is about to be another one: it holds nothing afterwards. */
static void recipient_leave(struct seat *seat)
{
	seat->event_ns = 0;
	seat_codes_release(seat);
	seat_contacts_end(seat, UINT64_MAX, NULL);
	seat_pointer_leave(seat);
	seat_end_frame(seat);
}

static void recipient_enter(struct seat *seat)
{
	seat_pointer_confine(seat);
	seat_pointer_update(seat, NULL);
	seat_end_frame(seat);
}

void seat_set_owner(struct seat *seat, struct seat_guest *guest)
{
	if (guest == seat->owner) {
		return;
	}
	recipient_leave(seat);
	seat->owner = guest;
	recipient_enter(seat);
}

struct seat_guest *seat_owner(const struct seat *seat)
{
	return seat->owner;
}

uint64_t seat_dropped(const struct seat *seat)
{
	return seat->dropped;
}

uint64_t seat_event_ns(const struct seat *seat)
{
	return seat->event_ns;
}

unsigned seat_event_device(const struct seat *seat)
{
	return seat->event_ns ? seat->event_device : SEAT_MAX_DEVICES;
}

void seat_set_grabbed(struct seat *seat, bool grabbed)
{
	if (grabbed == seat->grabbed) {
		return;
	}
	if (grabbed) {
		recipient_leave(seat);
		seat->grabbed = true;
	} else {
		seat->grabbed = false;
		recipient_enter(seat);
	}
}

void seat_forget_guest(struct seat *seat, struct seat_guest *guest)
{
	if (!guest || guest != seat->owner) {
		return;
	}
	seat_codes_forget(seat);
	seat_contacts_forget(seat);
	seat->entered = NULL;
	seat->unframed = false;
	seat->owner = NULL;
}

void seat_forget_head(struct seat *seat, struct seat_head *head)
{
	if (!head) {
		return;
	}
	seat_contacts_end(seat, UINT64_MAX, head);
	if (seat->entered == head) {
		seat_pointer_update(seat, head);
	}
	seat_end_frame(seat);
}

void seat_layout_changed(struct seat *seat)
{
	recipient_enter(seat);
}

static void devices_lift(struct seat *seat, uint64_t devices)
{
	seat_codes_lift(seat, devices);
	seat_contacts_end(seat, devices, NULL);
	seat_chord_update(seat);
	seat_pointer_update(seat, NULL);
	seat_end_frame(seat);
}

void seat_device_added(struct seat *seat, unsigned device)
{
	/* Whoever had this number before, its keys are not this one's. */
	seat_device_removed(seat, device);
}

void seat_device_removed(struct seat *seat, unsigned device)
{
	if (device < SEAT_MAX_DEVICES) {
		devices_lift(seat, 1ull << device);
	}
}

void seat_all_up(struct seat *seat)
{
	devices_lift(seat, UINT64_MAX);
}
