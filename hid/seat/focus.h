/* SPDX-License-Identifier: MIT */
/*
 * Focus follows the frame: a pure state machine. Who has the keyboard changes only when every affected output has shown
 * (flip event) a frame that says so: those with the new owner's picture show its mark, and every lit output names it.
 * Meanwhile nobody has it. After three missed periods the host shows a card and nobody has the input until the frames come.
 */
#ifndef HID_FOCUS_H
#define HID_FOCUS_H

#include <stdbool.h>
#include <stdint.h>

struct seat_guest;

struct focus_events {
	/* Input belongs to guest from now on; NULL: to nobody. */
	void (*grant)(void *data, struct seat_guest *guest);
	/* The new owner's frames are late: show a host card for it, or take that away (NULL). */
	void (*late)(void *data, struct seat_guest *guest);
};

/* What must be on the glass first: a bit per output. */
struct focus_outputs {
	uint32_t marks; /* the guest's mark; none: nobody gets the input before an output shows it */
	uint32_t names; /* its name as the keyboard's owner */
	/* The guest's picture is on a monitor that is none of ours: names alone count, one at least. */
	bool is_elsewhere;
};

struct focus {
	const struct focus_events *events;
	void *data;
	struct seat_guest *owner;   /* who has the input now */
	struct seat_guest *target;  /* who is to have it; equals owner when nothing is pending */
	struct focus_outputs asked; /* less those that are gone since */
	uint32_t waiting;           /* those of them that do not show it yet */
	bool is_pending;            /* the target does not have the input yet */
	uint64_t deadline_ns;       /* of the frames, UINT64_MAX when there is none */
	bool is_late;
};

void focus_init(struct focus *focus, const struct focus_events *events, void *data);
/*
 * Input is to go to guest (NULL: nobody): nobody has it from now on. outputs are those that must say so first. period_ns
 * is the longest period among them.
 */
void focus_request(struct focus *focus, struct seat_guest *guest,
		   const struct focus_outputs *outputs, uint32_t period_ns, uint64_t now_ns);
/*
 * A flip event: this output's glass shows the mark of shows and names names as the keyboard's owner (NULL: the host's,
 * nobody). Among several marks it is the target's that counts; an output without a strip names whoever is asked for.
 */
void focus_shown(struct focus *focus, unsigned output, struct seat_guest *shows,
		 struct seat_guest *names, uint64_t now_ns);
/* An output that is gone need not show anything, but what is shown nowhere gets no input. */
void focus_output_gone(struct focus *focus, unsigned output);
/* Forgets it. Tell the seat first (seat_forget_guest): grant(NULL) follows from here if it had the input. */
void focus_guest_gone(struct focus *focus, struct seat_guest *guest);
/* Call when now reaches focus.deadline_ns. */
void focus_timeout(struct focus *focus, uint64_t now_ns);

#endif
