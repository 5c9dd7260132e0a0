/* SPDX-License-Identifier: MIT */
/*
 * The input of one guest: what happens on its seat goes to the right one of its PV keyboard
 * devices, as kbdif events. No Wayland, no Xen: positions come in pixels of the guest's desktop,
 * rings are pages of memory.
 *
 * Routes: keys to the first device with keyboard and pointer; buttons and the wheel to the one
 * of these that moved the pointer last; never a KEY to any other device, because Linux' driver follows a
 * null pointer there. Absolute positions to the first absolute pointer, relative motion to the
 * first relative one (which may be none), touches to the first multi-touch device. kbdif has no
 * horizontal wheel: there is none.
 */
#ifndef HID_SINK_H
#define HID_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

#define SINK_MAX_DEVICES 4
#define SINK_MAX_CONTACTS 32

struct sink_features {
	bool keyboard, pointer;
	bool absolute, raw; /* raw: 0 to KBDIF_RAW_MAX instead of 0 to width - 1, height - 1 */
	uint32_t width, height;
	bool touch;
	uint32_t touch_width, touch_height, touch_contacts;
};

struct sink;

struct sink *sink_create(void);
void sink_destroy(struct sink *sink);

/*
 * page: a struct kbdif_page shared with the guest, kept by the caller until sink_remove. Returns
 * the device's number, 0 to SINK_MAX_DEVICES - 1, or -ENOSPC or -ENOMEM.
 */
MUST_USE int sink_add(struct sink *sink, const struct sink_features *features, void *page,
		      bool attach);
void sink_remove(struct sink *sink, int device);

/* What its devices take of a pointer, as bits. */
#define SINK_ABSOLUTE 1u
#define SINK_RELATIVE 2u
unsigned sink_pointer_kinds(const struct sink *sink);

/* BTN_: it goes with the pointer. */
bool sink_is_button(uint32_t code);
/* code: KEY_ or BTN_; others are ignored. */
void sink_key(struct sink *sink, uint32_t code, bool pressed);
/* x and y in pixels of a desktop of this size. */
void sink_position(struct sink *sink, double x, double y, int width, int height);
/*
 * In pixels; fractions add up. Told when the frame ends or something else happens in it, and not at all when the frame has a
 * position that some device took: a guest with devices of both kinds would move twice.
 */
void sink_relative(struct sink *sink, double dx, double dy);
/*
 * 120 is a notch, positive is down. Fractions of a notch add up, in both directions: no distance is lost or gained, and a
 * wheel that trembles between two directions tells nothing.
 */
void sink_wheel(struct sink *sink, int v120);
/* What the pointer did since the last frame was one movement. */
void sink_pointer_frame(struct sink *sink);
/* touch: any number that is unique among those that are down. */
void sink_touch_down(struct sink *sink, int32_t touch, double x, double y, int width, int height);
void sink_touch_motion(struct sink *sink, int32_t touch, double x, double y, int width, int height);
void sink_touch_up(struct sink *sink, int32_t touch);
void sink_touch_frame(struct sink *sink);

/* The seat was taken away: what is held is up. */
void sink_release_keys(struct sink *sink);
void sink_release_buttons(struct sink *sink);
void sink_release_touches(struct sink *sink);

/*
 * Moves what fits into the rings; also to be called when a guest has consumed events. Returns the
 * devices to notify, as bits.
 */
uint32_t sink_flush(struct sink *sink);

/*
 * A position among size pixels as one of range values from 0, by the middle of its pixel: scaling
 * that back by range or by range - 1 gives the same pixel or its neighbour; the identity where
 * range equals size.
 */
int sink_scale(double position, int size, uint32_t range);

#endif
