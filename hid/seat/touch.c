/* SPDX-License-Identifier: MIT */
/* Contacts: each belongs to the recipient under its first touch, or to nobody until it is up. */
#include <stddef.h>

#include "hid/seat/seat_priv.h"

static int contact_find(const struct seat *seat, unsigned device, int slot)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		const struct seat_contact *contact = &seat->contacts[i];

		if (contact->used && contact->device == device && contact->slot == slot) {
			return i;
		}
	}
	return -1;
}

static int contact_free(const struct seat *seat)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (!seat->contacts[i].used) {
			return i;
		}
	}
	return -1;
}

static void contact_end(struct seat *seat, int contact)
{
	seat->contacts[contact].used = false;
	seat->sink->touch_up(seat->data, seat_recipient(seat), contact);
	seat->unframed = true;
}

void seat_contacts_end(struct seat *seat, uint64_t devices, const struct seat_head *head)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		const struct seat_contact *contact = &seat->contacts[i];

		if (contact->used && (devices >> contact->device & 1) &&
		    (!head || contact->head == head)) {
			contact_end(seat, i);
		}
	}
}

void seat_contacts_forget(struct seat *seat)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		seat->contacts[i].used = false;
	}
}

/* The recipient's head at this point, NULL when what is there is anything else. */
static struct seat_head *head_at(const struct seat *seat, double x, double y, double *head_x,
				 double *head_y)
{
	struct seat_guest *guest = NULL;
	struct seat_head *head = NULL;

	if (!seat_recipient(seat) ||
	    !seat->space->pick(seat->data, x, y, &guest, &head, head_x, head_y) ||
	    guest != seat_recipient(seat)) {
		return NULL;
	}
	return head;
}

/* A touchscreen that is bound to none is taken for the first. */
static int touched_output(const struct seat *seat, int output)
{
	double x, y, w, h;

	for (unsigned i = 0; output < 0 && i < SEAT_MAX_OUTPUTS; i++) {
		if (seat->space->output_rect(seat->data, i, &x, &y, &w, &h)) {
			output = (int)i;
		}
	}
	return output;
}

void seat_touch_down(struct seat *seat, unsigned device, int output, int slot, double x, double y,
		     uint64_t time_ns)
{
	double layout_x, layout_y, head_x = 0, head_y = 0;
	struct seat_head *head;
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
	if (contact < 0 ||
	    !seat_point(seat, touched_output(seat, output), x, y, &layout_x, &layout_y)) {
		seat->dropped++;
		return;
	}
	head = head_at(seat, layout_x, layout_y, &head_x, &head_y);
	if (!head) {
		seat->dropped++;
		return;
	}
	seat->contacts[contact] =
		(struct seat_contact){.used = true, .device = device, .slot = slot, .head = head};
	seat->sink->touch_down(seat->data, seat_recipient(seat), head, contact, head_x, head_y);
	seat->unframed = true;
}

void seat_touch_motion(struct seat *seat, unsigned device, int output, int slot, double x, double y,
		       uint64_t time_ns)
{
	int contact = contact_find(seat, device, slot);
	double layout_x, layout_y, head_x, head_y;

	if (contact < 0 ||
	    !seat_point(seat, touched_output(seat, output), x, y, &layout_x, &layout_y)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	seat->space->to_head(seat->data, seat->contacts[contact].head, layout_x, layout_y, &head_x,
			     &head_y);
	seat->sink->touch_motion(seat->data, seat_recipient(seat), contact, head_x, head_y);
	seat->unframed = true;
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
		seat_contacts_end(seat, 1ull << device, NULL);
		seat_end_frame(seat);
	}
}

void seat_touch_frame(struct seat *seat, unsigned device)
{
	seat_end_frame(seat);
}
