/* SPDX-License-Identifier: MIT */
#include "hid/kbdif/sink.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>

#include "hid/kbdif/sink_device.h"

#define NOTCH 120

struct sink {
	struct sink_device *devices[SINK_MAX_DEVICES];
	struct {
		bool down;
		int32_t touch;
	} slots[SINK_MAX_CONTACTS]; /* contact ids of the multi-touch device */
	bool is_positioned;         /* this frame has told a position */
	bool is_relative;           /* the last that was told of the pointer was relative motion */
	double rel_x, rel_y;        /* not told yet: of this frame, and fractions of a pixel */
	int wheel;                  /* fractions of a notch */
};

struct sink *sink_create(void)
{
	return xcalloc(1, sizeof(struct sink));
}

void sink_destroy(struct sink *sink)
{
	for (int i = 0; i < SINK_MAX_DEVICES; i++) {
		sink_remove(sink, i);
	}
	free(sink);
}

int sink_add(struct sink *sink, const struct sink_features *features, void *page, bool attach)
{
	for (int i = 0; i < SINK_MAX_DEVICES; i++) {
		if (!sink->devices[i]) {
			sink->devices[i] = calloc(1, sizeof(struct sink_device));
			if (!sink->devices[i]) {
				return -ENOMEM;
			}
			sink_device_init(sink->devices[i], features, page, attach);
			return i;
		}
	}
	return -ENOSPC;
}

/* ---- routes ---- */

typedef bool (*feature_fn)(const struct sink_features *f);

static bool takes_keys(const struct sink_features *f)
{
	return f->keyboard && f->pointer;
}

static bool takes_positions(const struct sink_features *f)
{
	return f->pointer && f->absolute;
}

static bool takes_positions_and_keys(const struct sink_features *f)
{
	return takes_keys(f) && f->absolute;
}

static bool takes_motion(const struct sink_features *f)
{
	return f->pointer && !f->absolute;
}

static bool takes_motion_and_keys(const struct sink_features *f)
{
	return takes_keys(f) && !f->absolute;
}

static bool takes_touches(const struct sink_features *f)
{
	return f->touch && f->touch_contacts > 0;
}

static struct sink_device *route(const struct sink *sink, feature_fn wanted)
{
	for (int i = 0; i < SINK_MAX_DEVICES; i++) {
		if (sink->devices[i] && wanted(&sink->devices[i]->features)) {
			return sink->devices[i];
		}
	}
	return NULL;
}

/* To the device that moves the pointer: what two devices tell has no order. */
static struct sink_device *route_buttons(const struct sink *sink)
{
	struct sink_device *device = route(sink, sink->is_relative ? takes_motion_and_keys :
								     takes_positions_and_keys);

	return device ? device : route(sink, takes_keys);
}

unsigned sink_pointer_kinds(const struct sink *sink)
{
	return (route(sink, takes_positions) ? SINK_ABSOLUTE : 0) |
	       (route(sink, takes_motion) ? SINK_RELATIVE : 0);
}

/* ---- relative motion, which what comes after it must not pass ---- */

/* Takes the whole pixels out of a sum; what is no sane distance is dropped. */
static int take_whole(double *sum)
{
	double whole;

	if (!(fabs(*sum) < 0x7fff)) {
		*sum = 0;
		return 0;
	}
	whole = trunc(*sum);
	*sum -= whole;
	return (int)whole;
}

static void motion_tell(struct sink *sink)
{
	struct sink_device *device = route(sink, takes_motion);
	int x, y;

	if (!device || sink->is_positioned) {
		sink->rel_x = sink->rel_y = 0;
		return;
	}
	x = take_whole(&sink->rel_x);
	y = take_whole(&sink->rel_y);
	if (x || y) {
		sink->is_relative = true;
		sink_device_move(device, x, y, 0);
	}
}

void sink_relative(struct sink *sink, double dx, double dy)
{
	sink->rel_x += dx;
	sink->rel_y += dy;
}

void sink_pointer_frame(struct sink *sink)
{
	motion_tell(sink);
	sink->is_positioned = false;
}

/* ---- keys and buttons ---- */

bool sink_is_button(uint32_t code)
{
	return code >= BTN_MISC && code < KEY_OK;
}

void sink_key(struct sink *sink, uint32_t code, bool pressed)
{
	struct sink_device *device;

	if (code == KEY_RESERVED || code > KEY_MAX) {
		return;
	}
	if (sink_is_button(code)) {
		motion_tell(sink);
	}
	if (pressed) {
		device = sink_is_button(code) ? route_buttons(sink) : route(sink, takes_keys);
		if (device) {
			sink_device_set_key(device, code, true);
		}
		return;
	}
	/* The routes may have changed since it went down. */
	for (int i = 0; i < SINK_MAX_DEVICES; i++) {
		if (sink->devices[i] && sink_device_key_held(sink->devices[i], code)) {
			sink_device_set_key(sink->devices[i], code, false);
		}
	}
}

void sink_release_keys(struct sink *sink)
{
	for (uint32_t code = KEY_ESC; code <= KEY_MAX; code++) {
		if (!sink_is_button(code)) {
			sink_key(sink, code, false);
		}
	}
}

void sink_release_buttons(struct sink *sink)
{
	for (uint32_t code = BTN_MISC; sink_is_button(code); code++) {
		sink_key(sink, code, false);
	}
	sink->wheel = 0;
	sink->rel_x = sink->rel_y = 0;
}

/* ---- pointer ---- */

static double clamp(double v, double max)
{
	/* Also takes what is no number to 0. */
	return v > 0 ? fmin(v, max) : 0;
}

int sink_scale(double position, int size, uint32_t range)
{
	if (size <= 0 || range == 0) {
		return 0;
	}
	range = MIN(range, (uint32_t)INT32_MAX);
	/* To the nearest, halves down. */
	return (int)clamp(ceil((floor(clamp(position, size - 1)) + 0.5) * range / size - 0.5),
			  range - 1);
}

void sink_position(struct sink *sink, double x, double y, int width, int height)
{
	struct sink_device *device = route(sink, takes_positions);

	if (device) {
		const struct sink_features *f = &device->features;
		uint32_t range_x = f->raw ? KBDIF_RAW_MAX + 1 : f->width;
		uint32_t range_y = f->raw ? KBDIF_RAW_MAX + 1 : f->height;

		sink_device_set_position(device, sink_scale(x, width, range_x),
					 sink_scale(y, height, range_y));
		sink->is_positioned = true;
		sink->is_relative = false;
	}
}

void sink_wheel(struct sink *sink, int v120)
{
	struct sink_device *device = route_buttons(sink);
	int notches;

	if (!device) {
		device = route(sink, takes_positions);
	}
	if (!device) {
		device = route(sink, takes_motion);
	}
	if (!device) {
		return;
	}
	motion_tell(sink);
	sink->wheel += MAX(MIN(v120, 100 * NOTCH), -100 * NOTCH);
	notches = sink->wheel / NOTCH;
	sink->wheel -= notches * NOTCH;
	if (notches) {
		sink_device_move(device, 0, 0, notches);
	}
}

/* ---- touches ---- */

static int slot_find(const struct sink *sink, int32_t touch)
{
	for (int i = 0; i < SINK_MAX_CONTACTS; i++) {
		if (sink->slots[i].down && sink->slots[i].touch == touch) {
			return i;
		}
	}
	return -1;
}

static int slot_take(struct sink *sink, int32_t touch, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!sink->slots[i].down) {
			sink->slots[i].down = true;
			sink->slots[i].touch = touch;
			return (int)i;
		}
	}
	return -1;
}

static void put_contact(struct sink *sink, int slot, double x, double y, int width, int height)
{
	struct sink_device *device = route(sink, takes_touches);

	if (device && slot >= 0 && (unsigned)slot < device->features.touch_contacts) {
		sink_device_set_contact(device, (unsigned)slot, true,
					sink_scale(x, width, device->features.touch_width),
					sink_scale(y, height, device->features.touch_height));
	}
}

void sink_touch_down(struct sink *sink, int32_t touch, double x, double y, int width, int height)
{
	struct sink_device *device = route(sink, takes_touches);

	sink_touch_up(sink, touch);
	if (device) {
		put_contact(sink, slot_take(sink, touch, device->features.touch_contacts), x, y,
			    width, height);
	}
}

void sink_touch_motion(struct sink *sink, int32_t touch, double x, double y, int width, int height)
{
	put_contact(sink, slot_find(sink, touch), x, y, width, height);
}

void sink_touch_up(struct sink *sink, int32_t touch)
{
	struct sink_device *device = route(sink, takes_touches);
	int slot = slot_find(sink, touch);

	if (slot < 0) {
		return;
	}
	sink->slots[slot].down = false;
	if (device && (unsigned)slot < device->features.touch_contacts) {
		sink_device_set_contact(device, (unsigned)slot, false, 0, 0);
	}
}

void sink_touch_frame(struct sink *sink)
{
	struct sink_device *device = route(sink, takes_touches);

	if (device) {
		sink_device_end_frame(device);
	}
}

void sink_release_touches(struct sink *sink)
{
	for (int i = 0; i < SINK_MAX_CONTACTS; i++) {
		if (sink->slots[i].down) {
			sink_touch_up(sink, sink->slots[i].touch);
		}
	}
	sink_touch_frame(sink);
}

/* ---- */

void sink_remove(struct sink *sink, int device)
{
	bool had_touches = sink->devices[device] &&
			   route(sink, takes_touches) == sink->devices[device];

	free(sink->devices[device]);
	sink->devices[device] = NULL;
	if (had_touches) {
		/* Held touches belonged to that device; another one must not get their ends. */
		for (int i = 0; i < SINK_MAX_CONTACTS; i++) {
			sink->slots[i].down = false;
		}
	}
}

uint32_t sink_flush(struct sink *sink)
{
	uint32_t bits = 0;

	for (int i = 0; i < SINK_MAX_DEVICES; i++) {
		if (sink->devices[i]) {
			kbd_ring_discard_out(&sink->devices[i]->ring);
			if (sink_device_flush(sink->devices[i])) {
				bits |= 1u << i;
			}
		}
	}
	return bits;
}
