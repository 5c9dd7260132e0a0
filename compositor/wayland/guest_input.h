/* SPDX-License-Identifier: MIT */
/*
 * What one guest is to know of keyboard, pointer and touch, and what it has been told. With credit,
 * events pass through as they come. Without, they are kept in order, up to a bound, and sent one
 * group at a time as credit returns. Past the bound, and for contacts, only the wanted state
 * changes: at last the difference is sent as one group, releases first. So what is kept is
 * bounded, motion is merged, and no release is ever lost. Pure.
 */
#ifndef WAYLAND_GUEST_INPUT_H
#define WAYLAND_GUEST_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "compositor/wayland/credit.h"
#include "compositor/wayland/input_queue.h"
#include "hid/seat/seat.h"

/* Codes of linux/input-event-codes.h; keys and buttons share them. */
#define GUEST_INPUT_CODES 768u

/* Where the oldest event of a group comes from. */
struct input_origin {
	uint64_t event_ns; /* when its device reported it; 0: there is none */
	unsigned device;   /* the seat's number; SEAT_MAX_DEVICES: none */
	uint64_t served; /* requests of other clients, as the caller counts them, when it was read */
	uint64_t requests; /* those of all clients, likewise */
};

struct guest_input_ops {
	void (*keyboard_focus)(void *data, bool has_it);
	void (*key)(void *data, uint32_t code, bool pressed);
	/* NULL head: over none. A head that was entered before is left. */
	void (*pointer_enter)(void *data, struct seat_head *head, double x, double y);
	void (*pointer_motion)(void *data, double x, double y);
	void (*pointer_relative)(void *data, double dx, double dy);
	void (*pointer_button)(void *data, uint32_t code, bool pressed);
	void (*pointer_axis)(void *data, enum seat_axis axis, int v120);
	/* id: the lowest that is free among this guest's contacts. */
	void (*touch_down)(void *data, struct seat_head *head, int id, double x, double y);
	void (*touch_motion)(void *data, int id, double x, double y);
	void (*touch_up)(void *data, int id);
	/* End of a group; serial is its mark. */
	void (*mark)(void *data, uint32_t serial);
	/* A group that began with this has come to the guest, so long after. */
	void (*done)(void *data, const struct input_origin *origin, uint64_t latency_ns);
};

struct code_set {
	uint64_t bits[GUEST_INPUT_CODES / 64];
};

struct guest_contact {
	bool down;
	uint32_t touch; /* tells touches of one contact number from each other */
	int id;         /* what the guest knows it by; of told contacts only */
	struct guest_place place;
};

struct guest_input {
	const struct guest_input_ops *ops;
	void *data;
	struct credit credit;
	bool open;   /* events went out since the last mark */
	bool behind; /* something is kept back until credit returns */
	bool full;   /* the queue was: until all is told, only state is kept */
	bool left;   /* the head that the pointer was told to be over is gone, which was not told */
	struct input_queue queue;
	struct input_origin origin;                /* of the oldest event without a mark */
	struct input_origin groups[CREDIT_GROUPS]; /* likewise of each mark under way */
	struct histogram latency; /* from the device's report to the guest's notification */
	struct guest_place last;  /* where the pointer was wanted when it was over a head */
	uint32_t touches;
	uint32_t ids;  /* bits of touch ids in use */
	double dx, dy; /* motion and scrolling that is not told */
	int axis[2];
	struct {
		bool keyboard;
		struct code_set keys, buttons;
		struct guest_place pointer;
		struct guest_contact contacts[SEAT_MAX_CONTACTS];
	} wanted, told;
};

void guest_input_init(struct guest_input *input, const struct guest_input_ops *ops, void *data);
/*
 * The worker has dropped all its input objects: what it was told is forgotten, its credit is not.
 */
void guest_input_reset(struct guest_input *input);
void guest_input_focus(struct guest_input *input, bool has_keyboard);
void guest_input_key(struct guest_input *input, uint32_t code, bool pressed);
void guest_input_button(struct guest_input *input, uint32_t code, bool pressed);
/* The pointer is at x, y of head; NULL: over none. */
void guest_input_pointer(struct guest_input *input, struct seat_head *head, double x, double y);
void guest_input_relative(struct guest_input *input, double dx, double dy);
void guest_input_axis(struct guest_input *input, enum seat_axis axis, int v120);
void guest_input_touch_down(struct guest_input *input, int contact, struct seat_head *head,
			    double x, double y);
void guest_input_touch_motion(struct guest_input *input, int contact, double x, double y);
void guest_input_touch_up(struct guest_input *input, int contact);
/* Where what came last is from; not called: from nowhere, when the group ends. */
void guest_input_event(struct guest_input *input, const struct input_origin *origin);
/* Of the group of this mark, which is under way. */
const struct input_origin *guest_input_origin(const struct guest_input *input, uint32_t serial);
/* Ends a group. */
void guest_input_frame(struct guest_input *input, uint64_t now_ns);
/*
 * The worker returned credit, having notified the guest at untrusted_ns (UINT64_MAX: it does not say). 0, or -EINVAL for a
 * mark that was never sent.
 */
MUST_USE int guest_input_credit(struct guest_input *input, uint32_t untrusted_serial,
				uint64_t untrusted_ns, uint64_t now_ns);
/* The head is about to go: its contacts end, the pointer leaves it. */
void guest_input_forget_head(struct guest_input *input, const struct seat_head *head);

#endif
