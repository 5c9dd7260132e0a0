/* SPDX-License-Identifier: MIT */
/* Contacts: each belongs to the recipient under its first touch, or to nobody until it is up. Swipes over touchpads. */
#include <math.h>
#include <stddef.h>

#include "hid/seat/seat_priv.h"

/* How far fingers must go to mean it, and how much further to the side than up or down. */
#define SWIPE_PX 80.0
#define SWIPE_RATIO 2.0
#define SWIPE_FINGERS 3

static int contact_find(const struct seat *seat, unsigned device, int slot)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		const struct seat_contact *contact = &seat->contacts[i];

		if (contact->guest && contact->device == device && contact->slot == slot) {
			return i;
		}
	}
	return -1;
}

static int contact_free(const struct seat *seat)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (!seat->contacts[i].guest) {
			return i;
		}
	}
	return -1;
}

static void contact_end(struct seat *seat, int contact)
{
	struct seat_guest *guest = seat->contacts[contact].guest;

	seat->contacts[contact].guest = NULL;
	seat_tell(seat, guest);
	seat->sink->touch_up(seat->data, guest, contact);
}

void seat_contacts_end(struct seat *seat, uint64_t devices, const struct seat_head *head)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		const struct seat_contact *contact = &seat->contacts[i];

		if (contact->guest && (devices >> contact->device & 1) &&
		    (!head || contact->head == head)) {
			contact_end(seat, i);
		}
	}
}

void seat_contacts_forget(struct seat *seat, const struct seat_guest *guest)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (seat->contacts[i].guest == guest) {
			seat->contacts[i].guest = NULL;
		}
	}
}

void seat_contacts_settle(struct seat *seat)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		const struct seat_contact *contact = &seat->contacts[i];

		if (contact->guest && !seat_allows(seat, contact->device, contact->guest)) {
			contact_end(seat, i);
		}
	}
}

/* A touchscreen that is bound to none is taken for the first. */
static int touched_output(const struct seat *seat, int output)
{
	struct seat_area area;

	for (unsigned i = 0; output < 0 && i < SEAT_MAX_OUTPUTS; i++) {
		if (seat_output_area(seat, i, &area)) {
			output = (int)i;
		}
	}
	return output;
}

static bool touched_point(const struct seat *seat, int output, double *x, double *y)
{
	return seat_point(seat, touched_output(seat, output), *x, *y, x, y);
}

/* Whose a first touch is that this device makes at this point; x and y become what it is told. NULL: nobody's. */
static struct seat_guest *guest_at(const struct seat *seat, unsigned device, double *x, double *y,
				   struct seat_head **head)
{
	struct seat_guest *guest = NULL;
	double head_x = 0, head_y = 0;

	*head = NULL;
	if (seat->mode != SEAT_GUESTS ||
	    !seat->space->pick(seat->data, *x, *y, &guest, head, &head_x, &head_y)) {
		*head = NULL;
		return seat_host;
	}
	*x = head_x;
	*y = head_y;
	/* Without a head there is nothing to be touched. */
	return *head && !seat_is_leaving(seat, *head) && seat_allows(seat, device, guest) ? guest :
											    NULL;
}

void seat_touch_down(struct seat *seat, unsigned device, int output, int slot, double x, double y,
		     uint64_t time_ns)
{
	struct seat_guest *guest = NULL;
	struct seat_head *head = NULL;
	int contact;

	if (device >= SEAT_MAX_DEVICES) {
		return;
	}
	seat_touched(seat, device, time_ns);
	/* A device that forgot to lift the last contact of this slot. */
	contact = contact_find(seat, device, slot);
	if (contact >= 0) {
		contact_end(seat, contact);
	}
	contact = contact_free(seat);
	if (contact >= 0 && touched_point(seat, output, &x, &y)) {
		guest = guest_at(seat, device, &x, &y, &head);
	}
	if (!guest) {
		seat->dropped++;
		return;
	}
	seat->contacts[contact] =
		(struct seat_contact){.guest = guest, .device = device, .slot = slot, .head = head};
	seat_tell(seat, guest);
	seat->sink->touch_down(seat->data, guest, head, contact, x, y);
}

void seat_touch_motion(struct seat *seat, unsigned device, int output, int slot, double x, double y,
		       uint64_t time_ns)
{
	int number = contact_find(seat, device, slot);
	const struct seat_contact *contact;

	if (number < 0 || !touched_point(seat, output, &x, &y)) {
		return;
	}
	contact = &seat->contacts[number];
	seat_touched(seat, device, time_ns);
	if (contact->head) {
		seat->space->to_head(seat->data, contact->head, x, y, &x, &y);
	}
	seat_tell(seat, contact->guest);
	seat->sink->touch_motion(seat->data, contact->guest, number, x, y);
}

void seat_touch_up(struct seat *seat, unsigned device, int slot, uint64_t time_ns)
{
	int contact = contact_find(seat, device, slot);

	if (contact >= 0) {
		seat_touched(seat, device, time_ns);
		contact_end(seat, contact);
	}
}

void seat_touch_cancel(struct seat *seat, unsigned device)
{
	if (device < SEAT_MAX_DEVICES) {
		seat_contacts_end(seat, UINT64_C(1) << device, NULL);
		seat_end_frame(seat);
	}
}

void seat_touch_frame(struct seat *seat, unsigned device)
{
	seat_end_frame(seat);
}

/* ---- swipes ---- */

void seat_swipe_begin(struct seat *seat, unsigned device, unsigned fingers, uint64_t time_ns)
{
	if (device >= SEAT_MAX_DEVICES) {
		return;
	}
	seat_touched(seat, device, time_ns);
	seat->swipe = (struct seat_swipe){
		.device = fingers == SWIPE_FINGERS ? device : SEAT_NO_DEVICE,
	};
	seat_end_frame(seat);
}

void seat_swipe_update(struct seat *seat, unsigned device, double dx, double dy, uint64_t time_ns)
{
	if (device >= SEAT_MAX_DEVICES || device != seat->swipe.device || !isfinite(dx) ||
	    !isfinite(dy)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	seat->swipe.dx += dx;
	seat->swipe.dy += dy;
	seat_end_frame(seat);
}

void seat_swipe_end(struct seat *seat, unsigned device, bool cancelled, uint64_t time_ns)
{
	const struct seat_swipe swipe = seat->swipe;

	if (device >= SEAT_MAX_DEVICES || device != swipe.device) {
		return;
	}
	seat->swipe.device = SEAT_NO_DEVICE;
	seat_touched(seat, device, time_ns);
	seat_end_frame(seat);
	if (!cancelled && fabs(swipe.dx) >= SWIPE_PX &&
	    fabs(swipe.dx) >= SWIPE_RATIO * fabs(swipe.dy)) {
		/* Fingers that go left pull in what lies to the right: the next. */
		seat_action(seat, swipe.dx < 0 ? SEAT_ACTION_SWITCH : SEAT_ACTION_SWITCH_BACK);
	}
}
