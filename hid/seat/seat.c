/* SPDX-License-Identifier: MIT */
/* The seat as a whole: owners, modes, groups of events, devices that come and go. */
#include "hid/seat/seat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hid/seat/seat_priv.h"

#define SPEED_MIN 0.1
#define SPEED_MAX 10.0

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
	seat->pointer_device = SEAT_NO_DEVICE;
	seat->swipe.device = SEAT_NO_DEVICE;
	seat->push = (struct seat_push){.from = -1, .to = -1};
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

/* ---- groups of events ---- */

void seat_tell(struct seat *seat, struct seat_guest *guest)
{
	for (unsigned i = 0; i < seat->n_unframed; i++) {
		if (seat->unframed[i] == guest) {
			return;
		}
	}
	if (seat->n_unframed == SEAT_MAX_UNFRAMED) {
		seat_end_frame(seat);
	}
	seat->unframed[seat->n_unframed++] = guest;
}

static struct seat_guest *unframed_take(struct seat *seat)
{
	struct seat_guest *guest = seat->unframed[0];

	seat->n_unframed--;
	for (unsigned i = 0; i < seat->n_unframed; i++) {
		seat->unframed[i] = seat->unframed[i + 1];
	}
	return guest;
}

void seat_end_frame(struct seat *seat)
{
	/* One at a time: the host may call the seat, which ends the others' groups first. */
	while (seat->n_unframed) {
		seat->sink->frame(seat->data, unframed_take(seat));
	}
	seat->event_ns = 0;
}

void seat_touched(struct seat *seat, unsigned device, uint64_t time_ns)
{
	if (seat->sink->activity) {
		seat->sink->activity(seat->data);
	}
	if (seat->n_unframed && device == seat->event_device) {
		return; /* the group is as old as what began it */
	}
	seat_end_frame(seat);
	seat->event_ns = time_ns;
	seat->event_device = device;
}

uint64_t seat_event_ns(const struct seat *seat)
{
	return seat->event_ns;
}

unsigned seat_event_device(const struct seat *seat)
{
	return seat->event_ns ? seat->event_device : SEAT_MAX_DEVICES;
}

uint64_t seat_dropped(const struct seat *seat)
{
	return seat->dropped;
}

/* ---- policy ---- */

bool seat_allows(const struct seat *seat, unsigned device, struct seat_guest *guest)
{
	return guest == seat_host || device >= SEAT_MAX_DEVICES || !seat->space->allows ||
	       seat->space->allows(seat->data, device, guest);
}

struct seat_traits seat_traits_of(const struct seat *seat, struct seat_guest *guest)
{
	struct seat_traits traits = {.pointer = SEAT_POINTER_BOTH, .speed = 1};

	if (!guest) {
		return traits;
	}
	if (guest == seat_host) {
		traits.pointer = SEAT_POINTER_ABSOLUTE;
		return traits;
	}
	if (seat->space->traits) {
		seat->space->traits(seat->data, guest, &traits);
	}
	if (!isfinite(traits.speed)) {
		traits.speed = 1;
	}
	traits.speed = fmax(SPEED_MIN, fmin(traits.speed, SPEED_MAX));
	return traits;
}

void seat_set_kept_keys(struct seat *seat, const uint32_t *codes, unsigned n)
{
	seat_end_frame(seat);
	memset(seat->kept, 0, sizeof(seat->kept));
	for (unsigned i = 0; i < n; i++) {
		if (codes[i] < KEY_CNT) {
			seat->kept[codes[i] / 64] |= UINT64_C(1) << codes[i] % 64;
		}
	}
	seat_codes_settle(seat);
	seat_end_frame(seat);
}

void seat_policy_changed(struct seat *seat)
{
	seat_end_frame(seat);
	seat_codes_settle(seat);
	seat_contacts_settle(seat);
	seat_pointer_update(seat);
	seat_end_frame(seat);
}

/* ---- owners ---- */

void seat_set_keyboard(struct seat *seat, struct seat_guest *guest)
{
	if (guest == seat->keyboard) {
		return;
	}
	seat->keyboard = guest;
	seat_end_frame(seat);
	seat_codes_settle(seat);
	seat_end_frame(seat);
}

struct seat_guest *seat_keyboard(const struct seat *seat)
{
	return seat->keyboard;
}

void seat_set_mode(struct seat *seat, enum seat_mode mode)
{
	if (mode == seat->mode) {
		return;
	}
	seat->mode = mode;
	seat->capture = NULL;
	seat->swipe.device = SEAT_NO_DEVICE;
	seat_end_frame(seat);
	seat_keys_release(seat);
	seat_contacts_end(seat, UINT64_MAX, NULL);
	seat_pointer_leave(seat);
	seat_codes_settle(seat);
	seat_pointer_update(seat);
	seat_end_frame(seat);
}

enum seat_mode seat_mode(const struct seat *seat)
{
	return seat->mode;
}

static void unframed_forget(struct seat *seat, const struct seat_guest *guest)
{
	unsigned n = 0;

	for (unsigned i = 0; i < seat->n_unframed; i++) {
		if (seat->unframed[i] != guest) {
			seat->unframed[n++] = seat->unframed[i];
		}
	}
	seat->n_unframed = n;
}

void seat_forget_guest(struct seat *seat, struct seat_guest *guest)
{
	if (!guest || guest == seat_host) {
		return;
	}
	seat_codes_forget(seat, guest);
	seat_contacts_forget(seat, guest);
	unframed_forget(seat, guest);
	if (seat->over == guest) {
		seat->over = NULL;
		seat->entered = NULL;
	}
	if (seat->capture == guest) {
		seat->capture = NULL;
	}
	if (seat->keyboard == guest) {
		seat->keyboard = NULL;
		seat_codes_settle(seat);
	}
	seat_end_frame(seat);
}

void seat_forget_head(struct seat *seat, struct seat_head *head)
{
	const struct seat_head *before = seat->leaving;

	if (!head) {
		return;
	}
	seat->leaving = head;
	seat_end_frame(seat);
	seat_contacts_end(seat, UINT64_MAX, head);
	if (seat->entered == head) {
		seat_pointer_update(seat);
	}
	seat_end_frame(seat);
	seat->leaving = before;
}

void seat_layout_changed(struct seat *seat)
{
	seat_end_frame(seat);
	seat_capture_check(seat);
	seat_pointer_confine(seat);
	seat_pointer_update(seat);
	seat_end_frame(seat);
}

/* ---- devices ---- */

static void devices_lift(struct seat *seat, uint64_t devices)
{
	seat_end_frame(seat);
	seat_codes_lift(seat, devices);
	seat_contacts_end(seat, devices, NULL);
	seat_chord_update(seat);
	if (seat->swipe.device < SEAT_MAX_DEVICES && (devices >> seat->swipe.device & 1)) {
		seat->swipe.device = SEAT_NO_DEVICE;
	}
	seat_pointer_update(seat);
	seat_end_frame(seat);
}

void seat_device_added(struct seat *seat, unsigned device)
{
	/* Whoever had this number before, its keys are not this one's. */
	seat_device_removed(seat, device);
}

void seat_device_removed(struct seat *seat, unsigned device)
{
	if (device >= SEAT_MAX_DEVICES) {
		return;
	}
	if (seat->pointer_device == device) {
		seat->pointer_device = SEAT_NO_DEVICE;
	}
	devices_lift(seat, UINT64_C(1) << device);
}

void seat_all_up(struct seat *seat)
{
	devices_lift(seat, UINT64_MAX);
}
