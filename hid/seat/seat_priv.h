/* SPDX-License-Identifier: MIT */
/* What the files of the seat share. Everything here is private to hid/seat. */
#ifndef HID_SEAT_PRIV_H
#define HID_SEAT_PRIV_H

#include <linux/input-event-codes.h>

#include "hid/seat/seat.h"

#define SEAT_NO_DEVICE SEAT_MAX_DEVICES

/*
 * Keys or buttons by their code. A code is down while any device holds it, and live while one does that may reach its
 * recipient. Its holder was told that it is down and not yet told otherwise; down without a holder it belongs to nobody
 * until it is up.
 */
struct seat_codes {
	uint64_t down[KEY_CNT];   /* bit per device */
	uint64_t barred[KEY_CNT]; /* those of down that may not reach the recipient */
	struct seat_guest *holder[KEY_CNT];
	unsigned held; /* how many have a holder */
};

/* A contact that its owner was told about; others are not kept at all. */
struct seat_contact {
	struct seat_guest *guest; /* NULL: not in use */
	struct seat_head *head;   /* under its first touch; NULL for the host */
	unsigned device;
	int slot;
};

/* A bound on those who get an event before the group is ended. */
#define SEAT_MAX_UNFRAMED 8

/* Fingers that are under way on a touchpad. */
struct seat_swipe {
	unsigned device; /* SEAT_NO_DEVICE: none */
	double dx, dy;
};

/* Where the pointer wants to go through, and how hard. */
struct seat_push {
	int from, to; /* outputs; -1: none */
	double px;
};

struct seat {
	const struct seat_sink *sink;
	const struct seat_space *space;
	void *data;
	struct seat_chord chords[SEAT_CHORDS]; /* by action; key 0: none */
	uint64_t chord_devices; /* held modifiers when a chord was complete, and still do */

	enum seat_mode mode;
	struct seat_guest *keyboard;
	struct seat_codes keys, buttons; /* all held buttons are over's */
	uint64_t kept[KEY_CNT / 64];     /* keys that are the host's */
	struct seat_contact contacts[SEAT_MAX_CONTACTS];
	struct seat_swipe swipe;

	double x, y;             /* of the pointer, in layout pixels */
	unsigned pointer_device; /* that moved it last */
	struct seat_push push;
	struct seat_guest *capture;
	struct seat_guest *over;   /* who was told that it has the pointer; NULL: nobody was */
	struct seat_head *entered; /* over's, NULL for the host */
	double told_x, told_y;     /* the position that it was told */
	double seen_x, seen_y;     /* where the pointer was then, in layout pixels */
	const struct seat_head
		*leaving; /* during seat_forget_head: nothing is on it, whatever pick says */

	struct seat_guest *unframed[SEAT_MAX_UNFRAMED]; /* got events since the last frame */
	unsigned n_unframed;
	uint64_t event_ns; /* of the event that is being handled, 0: none is */
	unsigned event_device;
	uint64_t dropped;
};

/* ---- seat.c ---- */
/* The guest (or the host) is about to get an event: its group of events will be ended. */
void seat_tell(struct seat *seat, struct seat_guest *guest);
/* Ends the groups of events that were begun. */
void seat_end_frame(struct seat *seat);
/* Somebody touched a device: before anything is done with it. */
void seat_touched(struct seat *seat, unsigned device, uint64_t time_ns);
bool seat_allows(const struct seat *seat, unsigned device, struct seat_guest *guest);
/* How the guest or the host is to be treated; every value is in its bounds. */
struct seat_traits seat_traits_of(const struct seat *seat, struct seat_guest *guest);

static inline bool seat_is_leaving(const struct seat *seat, const struct seat_head *head)
{
	return head && head == seat->leaving;
}

/* ---- keys.c: each sends what is due without ending the frame ---- */
/* Who gets this key now; NULL: nobody. */
struct seat_guest *seat_key_recipient(const struct seat *seat, uint32_t code);
/* Releases what anybody holds. */
void seat_keys_release(struct seat *seat);
void seat_buttons_release(struct seat *seat);
void seat_codes_forget(struct seat *seat, const struct seat_guest *guest);
void seat_codes_lift(struct seat *seat, uint64_t devices);
void seat_key_release(struct seat *seat, uint32_t code);
/* Owner, mode or policy are others: what is held by whom it is not for any more, or by no device that may, is released. */
void seat_codes_settle(struct seat *seat);

/* ---- chord.c ---- */
/* The chord that code completes by going down now, or NULL. */
const struct seat_chord *seat_chord_completed(const struct seat *seat, uint32_t code);
/* Takes the chord's keys from their holders, then tells the host, as its last act: the host may call the seat. */
void seat_chord_complete(struct seat *seat, const struct seat_chord *chord, uint32_t code);
/* Tells the host, when the mode lets this mean anything. */
void seat_action(struct seat *seat, enum seat_action action);
/* Keys went up: keyboards that hold no modifier any more are guests' again. */
void seat_chord_update(struct seat *seat);

/* ---- walk.c: the pointer's way over the outputs ---- */
struct seat_area {
	double x, y, w, h;
};
bool seat_output_area(const struct seat *seat, unsigned output, struct seat_area *area);
/* x and y (0 to 1) over an output or the whole layout (output < 0) as a point of the layout; false: no such place. */
bool seat_point(const struct seat *seat, int output, double x, double y, double *layout_x,
		double *layout_y);
/* The outputs, bit by bit, that the pointer may be on. */
uint32_t seat_outputs_allowed(const struct seat *seat);
/* Moves the pointer to the nearest place where it may be. */
void seat_pointer_confine(struct seat *seat);
/* Moves it this far, over the edges that let it through and along those that do not. */
void seat_pointer_walk(struct seat *seat, double dx, double dy);

/* ---- pointer.c ---- */
/* Tells who has the pointer what it is over now. Does not end the frame. */
void seat_pointer_update(struct seat *seat);
/* Releases the buttons, too. */
void seat_pointer_leave(struct seat *seat);
/* Who gets a button or scrolls of this device where the pointer is; NULL: nobody. Tells that it is there. */
struct seat_guest *seat_pointer_claim(struct seat *seat, unsigned device);
/* The capture ends when its guest is shown nowhere. */
void seat_capture_check(struct seat *seat);

/* ---- touch.c: contacts of these devices that are on this head (NULL: on any) end ---- */
void seat_contacts_end(struct seat *seat, uint64_t devices, const struct seat_head *head);
void seat_contacts_forget(struct seat *seat, const struct seat_guest *guest);
/* Those end that the policy allows no more. */
void seat_contacts_settle(struct seat *seat);

#endif
