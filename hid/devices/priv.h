/* SPDX-License-Identifier: MIT */
/* What the files of hid/devices share. */
#ifndef HID_DEVICES_PRIV_H
#define HID_DEVICES_PRIV_H

#include <libinput.h>

#include "hid/devices/devices.h"
#include "hid/devices/roster.h"
#include "hid/seat/seat.h"

/* One device; its place in struct devices is the seat's number for it. */
struct input_device {
	struct libinput_device *handle; /* NULL: the place is free */
	char output[64];                /* bound to this one; empty: to none */
	double scroll[2]; /* by enum seat_axis: what is left of finger scrolling, in 1/120 notches */
	bool is_known;    /* which output it is bound to has been told once */
	uint64_t batch;   /* in which it came */
	uint64_t released_ns; /* when something was last let go; 0: never */
};

struct devices {
	struct libinput *libinput;
	struct udev *udev;
	sd_event *event;
	sd_event_source *source;
	struct seat *seat;
	struct roster *roster;
	const struct devices_host *host;
	void *data;
	char *bindings[DEVICES_MAX_BINDINGS]; /* owned: "DEVICE NAME=OUTPUT" */
	unsigned n_bindings;
	uint32_t leds;  /* DEVICES_LED_ */
	uint64_t batch; /* counts what libinput hands over at once */
	bool is_suspending;
	struct input_device devices[SEAT_MAX_DEVICES];
};

static inline unsigned device_number(const struct devices *devices,
				     const struct input_device *device)
{
	return (unsigned)(device - devices->devices);
}

/* bind.c: decides which output the device belongs to, and says so when that is news. */
void device_bind(struct devices *devices, struct input_device *device);
/*
 * The seat's number of the output that the device belongs to, -1 when it is bound to none. False when that output does not
 * exist: then its positions mean nothing.
 */
bool device_output(const struct devices *devices, const struct input_device *device, int *out);

/* setup.c: makes the device what its policy, or else libinput, has it be. */
void device_setup(struct devices *devices, struct input_device *device);

/* leds.c: its lights show devices.leds. */
void device_light(struct devices *devices, struct input_device *device);

/* events.c: one event of a device that has a place. */
void device_event(struct devices *devices, struct input_device *device,
		  struct libinput_event *event);

#endif
