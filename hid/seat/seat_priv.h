/* SPDX-License-Identifier: MIT */
/* What the files of the seat share. Everything here is private to hid/seat. */
#ifndef HID_SEAT_PRIV_H
#define HID_SEAT_PRIV_H

#include <linux/input-event-codes.h>

#include "hid/seat/seat.h"

/*
 * Keys or buttons by their code. A code is down while any device holds it; sent while the recipient was told so and
 * not yet told otherwise. Down but not sent: it belongs to nobody until it is up on all devices.
 */
struct seat_codes {
	uint64_t down[KEY_CNT]; /* bit per device */
	bool sent[KEY_CNT];
};

/* A contact that the recipient was told about; others are not kept at all. */
struct seat_contact {
	bool used;
	unsigned device;
	int slot;
	struct seat_head *head; /* under its first touch */
};

struct seat {
	const struct seat_sink *sink;
	const struct seat_space *space;
	void *data;
	struct seat_chord chords[SEAT_CHORDS]; /* by action; key 0: none */
	const struct seat_chord *chord; /* completed, and its modifiers are not up yet; or NULL */

	struct seat_guest *owner;
	bool grabbed;
	struct seat_codes keys, buttons;
	struct seat_contact contacts[SEAT_MAX_CONTACTS];

	double x, y;               /* of the pointer, in layout pixels */
	struct seat_head *entered; /* what the recipient was told that the pointer is over */
	double head_x, head_y;     /* the position that it was told */

	bool unframed;     /* events were sent since the last frame */
	uint64_t event_ns; /* of the event that is being handled, 0: none is */
	unsigned event_device;
	uint64_t dropped;
};

/* Who gets what happens now; NULL: nobody. All that is sent, entered or a contact is the recipient's. */
static inline struct seat_guest *seat_recipient(const struct seat *seat)
{
	return seat->grabbed ? NULL : seat->owner;
}

/* Ends the group of events, if one was begun. */
void seat_end_frame(struct seat *seat);

/* keys.c: each sends what is due without ending the frame. */
void seat_codes_release(struct seat *seat);
void seat_codes_forget(struct seat *seat);
void seat_codes_lift(struct seat *seat, uint64_t devices);
void seat_key_release(struct seat *seat, uint32_t code);
bool seat_buttons_sent(const struct seat *seat);

/* Somebody touched a device: before anything is done with it. */
static inline void seat_touched(struct seat *seat, unsigned device, uint64_t time_ns)
{
	if (seat->sink->activity) {
		seat->sink->activity(seat->data);
	}
	seat->event_ns = time_ns;
	seat->event_device = device;
}

/* chord.c */
/* The chord that code completes by going down now, or NULL. */
const struct seat_chord *seat_chord_completed(const struct seat *seat, uint32_t code);
/* Takes the chord's keys from the recipient, then tells the host, as its last act: the host may call the seat. */
void seat_chord_complete(struct seat *seat, const struct seat_chord *chord, uint32_t code);
/* Forgets the completed chord once its modifiers are up. */
void seat_chord_update(struct seat *seat);

/* pointer.c */
/* x and y (0 to 1) over an output or the whole layout (output < 0) as a point of the layout; false: no such place. */
bool seat_point(const struct seat *seat, int output, double x, double y, double *layout_x,
		double *layout_y);
/* Moves the pointer to where the owner's pointer may be. */
void seat_pointer_confine(struct seat *seat);
/* Tells the recipient what the pointer is over now, never that it is over avoid. Does not end the frame. */
void seat_pointer_update(struct seat *seat, const struct seat_head *avoid);
void seat_pointer_leave(struct seat *seat);
/* Who gets buttons and scrolls where the pointer is; NULL: nobody. */
struct seat_guest *seat_pointer_recipient(const struct seat *seat);

/* touch.c: contacts of these devices that are on this head (NULL: on any) end. */
void seat_contacts_end(struct seat *seat, uint64_t devices, const struct seat_head *head);
void seat_contacts_forget(struct seat *seat);

#endif
