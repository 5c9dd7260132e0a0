/* SPDX-License-Identifier: MIT */
/*
 * What the host shows above all guests, and who of it has the host's input. At most one thing of each level is up; the
 * highest one that is up is shown and gets what the seat gives the host. While any is up, no guest gets anything: the seat
 * is in SEAT_HOST, with the lock in SEAT_LOCKED. When the last one is gone, the guest that is due gets its input back once
 * its mark is on the glass.
 */
#ifndef TRUSTED_TRUSTED_H
#define TRUSTED_TRUSTED_H

#include <stdbool.h>
#include <stdint.h>

#include "compositor/scene/scene.h"
#include "hid/seat/seat.h"

struct server;
struct trusted;

/* From low to high. */
enum trusted_level {
	TRUSTED_MENU,   /* the attention menu */
	TRUSTED_PROMPT, /* a passphrase that the host asks for */
	TRUSTED_LOCK,
	/* The attention menu of a locked screen: what is allowed then, no names of guests. */
	TRUSTED_LOCK_MENU,
	TRUSTED_LEVELS,
};

/*
 * All may be NULL. Codes are those of linux/input-event-codes.h and must not be kept, logged or traced. Points are pixels
 * of an output; a contact's number is the seat's.
 */
struct trusted_ops {
	/* Fills what the panel shows now; false: no panel (a trusted client draws). */
	bool (*panel)(void *data, struct panel *out);
	void (*key)(void *data, uint32_t code, bool pressed, uint64_t time_ns);
	void (*point)(void *data, struct scene_output *output, double x, double y);
	void (*button)(void *data, uint32_t code, bool pressed);
	void (*axis)(void *data, enum seat_axis axis, int v120);
	void (*touch_down)(void *data, struct scene_output *output, int contact, double x, double y);
	void (*touch_motion)(void *data, struct scene_output *output, int contact, double x,
			     double y);
	void (*touch_up)(void *data, int contact);
	void (*frame)(void *data);
	/*
	 * Something higher is up now and has the input (false), or is gone (true): what was held is up. False, too, to the
	 * menu of a locked screen when the lock is gone.
	 */
	void (*active)(void *data, bool has_input);
};

MUST_USE int trusted_create(struct trusted **out, struct server *server);
void trusted_destroy(struct trusted *trusted);
/* Replaces what was up on that level. ops and data are kept until trusted_hide. */
void trusted_show(struct trusted *trusted, enum trusted_level level, const struct trusted_ops *ops,
		  void *data);
void trusted_hide(struct trusted *trusted, enum trusted_level level);
bool trusted_is_up(const struct trusted *trusted, enum trusted_level level);
/* Anything is: no guest gets input. */
bool trusted_has_input(const struct trusted *trusted);
/* What the panel shows is different now. Drawn with the next frame. */
void trusted_update(struct trusted *trusted);
/* Monitors came or went, guests came or went. */
void trusted_outputs_changed(struct trusted *trusted);
/* What the seat tells whoever is seat_host; called by input/. */
extern const struct seat_sink trusted_seat_sink; /* data: struct server; action is NULL */

#endif
