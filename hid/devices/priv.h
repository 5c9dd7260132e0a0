/* SPDX-License-Identifier: MIT */
/* What the files of hid/devices share. */
#ifndef HID_DEVICES_PRIV_H
#define HID_DEVICES_PRIV_H

#include <libinput.h>

#include "hid/devices/devices.h"
#include "hid/seat/seat.h"

/* One device; its place in struct devices is the seat's number for it. */
struct input_device {
	struct libinput_device *handle; /* NULL: the place is free */
	char output[64];                /* bound to this one; empty: to none */
	double scroll[2]; /* by enum seat_axis: what is left of finger scrolling, in 1/120 notches */
};

struct devices {
	struct libinput *libinput;
	struct udev *udev;
	sd_event *event;
	sd_event_source *source;
	struct seat *seat;
	const struct devices_host *host;
	void *data;
	char *bindings[DEVICES_MAX_BINDINGS]; /* owned: "DEVICE NAME=OUTPUT" */
	unsigned n_bindings;
	struct input_device devices[SEAT_MAX_DEVICES];
};

/* bind.c: decides which output the device belongs to, and says so. */
void device_bind(struct devices *devices, struct input_device *device);
/*
 * The seat's number of the output that the device belongs to, -1 when it is bound to none. False when that output does not
 * exist: then its positions mean nothing.
 */
bool device_output(const struct devices *devices, const struct input_device *device, int *out);

/* events.c: one event of a device that has a place. */
void device_event(struct devices *devices, struct input_device *device,
		  struct libinput_event *event);

#endif
