/* SPDX-License-Identifier: MIT */
/*
 * Input devices of the host: libinput on udev, their nodes opened by the caller (libseat). Pushes what happens into a
 * struct seat. Key codes never reach a log.
 */
#ifndef HID_DEVICES_H
#define HID_DEVICES_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct seat;
struct devices;

/* What the devices need of the server. */
struct devices_host {
	int (*open)(void *data, const char *path); /* fd or -errno */
	void (*close)(void *data, int fd);
	/* The seat's output number of this name, or -1. */
	int (*output_by_name)(void *data, const char *name);
};

#define DEVICES_MAX_BINDINGS 32

/*
 * Which output an absolute pointer, touchscreen or tablet belongs to: "DEVICE NAME=OUTPUT", the device's name as the kernel
 * gives it. Without one: udev's WL_OUTPUT; else touch goes to the first output and a pointer over the whole layout.
 */
struct devices_config {
	const char *bindings[DEVICES_MAX_BINDINGS];
	unsigned n_bindings;
};

/* Returns 0 or -errno, logged. */
MUST_USE int devices_create(struct devices **out, sd_event *event, const char *seat_name,
			    struct seat *seat, const struct devices_host *host, void *data,
			    const struct devices_config *config);
void devices_destroy(struct devices *devices);
/* The session lost or regained its devices. */
void devices_suspend(struct devices *devices);
int devices_resume(struct devices *devices);

#endif
