/* SPDX-License-Identifier: MIT */
/*
 * Who gets which event: a pure state machine. Devices push in what happened (codes of linux/input-event-codes.h, time as an
 * argument), the sink gets what a recipient is to be told. No I/O, no clock, and no knowledge of what a guest is: a
 * struct seat_guest pointer is opaque and compared only. What the sink does for seat_host, and in action, may call the seat
 * again; what it does for guests may not.
 *
 * What holds after every call (and is tested by random histories):
 * - one owner of the keyboard and of the pointer; each contact has the owner it had at its first touch, or nobody;
 * - buttons are held by the pointer's owner alone, and while it holds one it stays the owner;
 * - a recipient that lost the keyboard, the pointer or a contact has been sent releases for all that it held of that;
 * - a key that was down when the owner changed belongs to nobody until it is up;
 * - the keys that complete a chord of the host never reach a guest, and the modifiers of a chord
 *   that a guest already saw are released to it when the chord completes.
 */
#ifndef HID_SEAT_H
#define HID_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct seat;
struct seat_guest; /* opaque */
struct seat_head;  /* opaque: one head of a guest */

enum seat_action {
	SEAT_ACTION_SWITCH,      /* to the next guest; not while the host has all input */
	SEAT_ACTION_SWITCH_BACK, /* to the one before; likewise */
	SEAT_ACTION_ATTENTION,   /* the attention chord */
	SEAT_ACTION_LAYOUT,      /* to the next layout; not while the host has all input */
	SEAT_ACTION_BRIGHTER,
	SEAT_ACTION_DARKER,
	SEAT_ACTION_LOCK,
	SEAT_ACTION_CAPTURE, /* catches the pointer for the guest under it, or frees it */
	SEAT_CHORDS,         /* those above are told by a chord */
};

/*
 * The host as a recipient of events, for the sink alone: while it has all input (seat_set_mode), and where the pointer or a
 * first touch is over no guest. Like a guest it gets a release for whatever it was told is down. Its heads are NULL, its
 * positions are those of the layout; pointer_enter tells it that the pointer came, or, when the position is no number
 * (NAN), that it went to a guest.
 */
extern struct seat_guest *const seat_host;

enum seat_mode {
	SEAT_GUESTS, /* each event to its owner */
	SEAT_HOST, /* a menu or a prompt is up: everything is the host's; SWITCH, SWITCH_BACK, LAYOUT, CAPTURE mean nothing */
	SEAT_LOCKED, /* likewise, and of the chords only ATTENTION, LOCK and those of the backlight mean anything */
};

/* What a guest can take of a pointer, as its source says. */
enum seat_pointer_kind {
	SEAT_POINTER_ABSOLUTE = 1, /* positions */
	SEAT_POINTER_RELATIVE = 2, /* motions */
	SEAT_POINTER_BOTH = 3,
};

/* How a guest is to be treated: its source's word and the administrator's. */
struct seat_traits {
	enum seat_pointer_kind pointer;
	double speed;         /* of relative motion over it, 0.1 to 10; 1: as the device says */
	bool reversed_scroll; /* the wheel the other way round */
	bool parks; /* when the pointer leaves it for elsewhere, the guest's cursor goes to its far corner: one cursor on the desk */
};

enum seat_axis {
	SEAT_AXIS_VERTICAL,
	SEAT_AXIS_HORIZONTAL,
};

/* Positions are in pixels of the head. */
struct seat_sink {
	void (*key)(void *data, struct seat_guest *guest, uint32_t code, bool pressed);
	/* The pointer is now over this head of the guest at x, y; NULL head: it is over none of its heads. */
	void (*pointer_enter)(void *data, struct seat_guest *guest, struct seat_head *head,
			      double x, double y);
	void (*pointer_motion)(void *data, struct seat_guest *guest, struct seat_head *head,
			       double x, double y);
	/* Motion in layout pixels, at the guest's speed; for each relative device event, also at an edge. */
	void (*pointer_relative)(void *data, struct seat_guest *guest, double dx, double dy);
	void (*pointer_button)(void *data, struct seat_guest *guest, uint32_t code, bool pressed);
	/* 120 is one notch; positive is down, right. */
	void (*pointer_axis)(void *data, struct seat_guest *guest, enum seat_axis axis, int v120);
	/* contact: 0 to SEAT_MAX_CONTACTS - 1, unique over all devices while it is down. */
	void (*touch_down)(void *data, struct seat_guest *guest, struct seat_head *head,
			   int contact, double x, double y);
	void (*touch_motion)(void *data, struct seat_guest *guest, int contact, double x, double y);
	void (*touch_up)(void *data, struct seat_guest *guest, int contact);
	/* End of a group of events for this guest: what came since the last one belongs together. */
	void (*frame)(void *data, struct seat_guest *guest);
	/* For the host, never for a guest. Called after all releases that it causes. */
	void (*action)(void *data, enum seat_action action);
	/* Somebody touched a device, whoever gets the event. May be NULL. */
	void (*activity)(void *data);
};

#define SEAT_MAX_CONTACTS 32
#define SEAT_MAX_DEVICES 64
#define SEAT_MAX_OUTPUTS 20

/* Where things are; answered by the scene. Outputs are small numbers, stable while they exist. */
struct seat_space {
	/* Bounds of an output in layout pixels; false when there is no such output. */
	bool (*output_rect)(void *data, unsigned output, double *x, double *y, double *w, double *h);
	/* What is visible at a point of the layout: false when it is the host's. A guest without a head gets motions alone. */
	bool (*pick)(void *data, double x, double y, struct seat_guest **guest,
		     struct seat_head **head, double *head_x, double *head_y);
	/* The same point in pixels of that head, clamped to it, wherever the point is: for motion of a held contact. */
	void (*to_head)(void *data, struct seat_head *head, double x, double y, double *head_x,
			double *head_y);
	/*
	 * A point of a device that is fixed to this output's panel, 0 to 1 on both axes, to the same point of the upright
	 * picture. May be NULL: all are upright.
	 */
	void (*to_upright)(void *data, unsigned output, double *x, double *y);
	/*
	 * This output shows a head of the guest: one that has caught the pointer has it on such outputs only. May be NULL:
	 * then every output will do.
	 */
	bool (*output_shows)(void *data, unsigned output, struct seat_guest *guest);
	/*
	 * What follows may be NULL. Without allows every device may reach every guest. Without traits all guests are told
	 * positions and motions alike, at speed 1, and none is parked. Without resistance there is none.
	 */
	bool (*allows)(void *data, unsigned device, struct seat_guest *guest);
	void (*traits)(void *data, struct seat_guest *guest, struct seat_traits *out);
	/* How far, in layout pixels, the pointer must push to get from one output to its neighbour; INFINITY: a wall. */
	double (*resistance)(void *data, unsigned from, unsigned to);
};

/*
 * Modifiers and a key; left and right ones count as the same. Matched when the key goes down on any keyboard, over the keys
 * that are down on all of them: the attention chord whatever other modifiers are down, the others with exactly their
 * own. Or both keys of one modifier (pair), matched when the second goes down. When a chord is complete, keys that go down on
 * a keyboard that holds modifiers belong to nobody until those are up.
 */
struct seat_chord {
	bool ctrl, alt, shift, meta;
	uint32_t key;  /* KEY_ code that completes it; 0: no chord */
	uint32_t pair; /* 0, or the one that completes it as well, each together with the other */
};

/*
 * "ctrl+alt+tab": words ctrl, alt, shift, meta and one key name (letters, digits, tab, delete, escape, f1 to f12, left,
 * right, up, down, space, ...), any case. -EINVAL when it is none, or has no modifier; keys that mean one thing only
 * (brightnessup, brightnessdown) may stand alone. "leftctrl+rightctrl": both keys of one modifier, likewise of alt, shift
 * and meta.
 */
MUST_USE int seat_chord_parse(const char *text, struct seat_chord *out);

struct seat *seat_create(const struct seat_sink *sink, const struct seat_space *space, void *data,
			 const struct seat_chord *attention, const struct seat_chord *switch_key);
void seat_destroy(struct seat *seat);
/* From now on; a chord without a key is never complete. */
void seat_set_chord(struct seat *seat, enum seat_action action, const struct seat_chord *chord);

/* Devices: ids 0 to SEAT_MAX_DEVICES - 1 of the caller. Removing one lifts all that it holds. */
void seat_device_added(struct seat *seat, unsigned device);
void seat_device_removed(struct seat *seat, unsigned device);
/* The session was lost: everything is up, nobody is told but owners of what was held. */
void seat_all_up(struct seat *seat);

/* The guest is gone, and pick finds it no more: nothing more is sent to it, not even releases. */
void seat_forget_guest(struct seat *seat, struct seat_guest *guest);
/*
 * A head was hidden, moved or removed, or is about to be: its contacts end, the pointer is over it no more and nothing of
 * the seat names it any longer. Once the scene knows the new places, seat_layout_changed finds what the pointer is over.
 */
void seat_forget_head(struct seat *seat, struct seat_head *head);
void seat_layout_changed(struct seat *seat);
/*
 * The keyboard's owner, also while the host has all input; NULL: nobody. The pointer's owner is the guest under it (seat_space.pick) that the device may
 * reach, or the guest that has caught it; a contact's owner is the guest under its first touch.
 */
void seat_set_keyboard(struct seat *seat, struct seat_guest *guest);
struct seat_guest *seat_keyboard(const struct seat *seat);
/*
 * Presses and releases a chord's keys for the guest, as if typed: for one that the host keeps for itself. False: the guest
 * has not got the keyboard, and nothing was sent.
 */
bool seat_send_chord(struct seat *seat, struct seat_guest *guest, const struct seat_chord *chord);
/* Everything that is held is released, by whoever holds it. */
void seat_set_mode(struct seat *seat, enum seat_mode mode);
enum seat_mode seat_mode(const struct seat *seat);
/*
 * The guest catches the pointer: it stays on that guest's outputs, and motion alone is told where the guest takes that.
 * NULL: it is free. Ends by itself when the guest is not shown any more, and with any mode but SEAT_GUESTS.
 */
void seat_set_capture(struct seat *seat, struct seat_guest *guest);
struct seat_guest *seat_capture(const struct seat *seat);
/* Who has the pointer now: a guest, seat_host, or NULL (over a guest that the device which moved it may not reach). */
struct seat_guest *seat_pointer_owner(const struct seat *seat);
/* In layout pixels. */
void seat_pointer_position(const struct seat *seat, double *x, double *y);
/* Keys that no guest ever gets; the host gets them, whoever has the keyboard. */
void seat_set_kept_keys(struct seat *seat, const uint32_t *codes, unsigned n);
/* What the administrator says of this device or this guest is different now: what is no longer allowed is released. */
void seat_policy_changed(struct seat *seat);
/* Key and button presses, first touches, motions and scrolls that belonged to nobody. */
uint64_t seat_dropped(const struct seat *seat);
/* From inside of sink.frame: when what led to it happened; 0: it was no event of a device. */
uint64_t seat_event_ns(const struct seat *seat);
/* Likewise the device that it came from; SEAT_MAX_DEVICES: none. */
unsigned seat_event_device(const struct seat *seat);

/* ---- events ---- */
void seat_key(struct seat *seat, unsigned device, uint32_t code, bool pressed, uint64_t time_ns);
void seat_motion(struct seat *seat, unsigned device, double dx, double dy, uint64_t time_ns);
/* x and y from 0 to 1 over an output's panel, or over the whole layout (output < 0). */
void seat_motion_absolute(struct seat *seat, unsigned device, int output, double x, double y,
			  uint64_t time_ns);
void seat_button(struct seat *seat, unsigned device, uint32_t code, bool pressed, uint64_t time_ns);
void seat_axis(struct seat *seat, unsigned device, enum seat_axis axis, int v120, uint64_t time_ns);
/* output < 0: the first one. Slots are the device's own numbers for its contacts. */
void seat_touch_down(struct seat *seat, unsigned device, int output, int slot, double x, double y,
		     uint64_t time_ns);
void seat_touch_motion(struct seat *seat, unsigned device, int output, int slot, double x, double y,
		       uint64_t time_ns);
void seat_touch_up(struct seat *seat, unsigned device, int slot, uint64_t time_ns);
void seat_touch_cancel(struct seat *seat, unsigned device);
void seat_touch_frame(struct seat *seat, unsigned device);
/*
 * Fingers that move together on a touchpad, in pixels as libinput scales them. Three that went left or right far enough
 * give SEAT_ACTION_SWITCH or SEAT_ACTION_SWITCH_BACK at their end.
 */
void seat_swipe_begin(struct seat *seat, unsigned device, unsigned fingers, uint64_t time_ns);
void seat_swipe_update(struct seat *seat, unsigned device, double dx, double dy, uint64_t time_ns);
void seat_swipe_end(struct seat *seat, unsigned device, bool cancelled, uint64_t time_ns);

#endif
