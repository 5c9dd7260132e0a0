/* SPDX-License-Identifier: MIT */
/*
 * One device of a guest, from one appearance of its backend directory to the next: what xenbus.c decides is done here.
 * Displays and inputs differ in display.c and input.c.
 */
#ifndef PVDISPL_BROKER_DEVICE_H
#define PVDISPL_BROKER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "pvdispl/broker/xenbus.h"
#include "pvdispl/broker/xenstore_parse.h"
#include "pvdispl/worker_protocol.h"

struct guest;

struct display {
	struct pv_layout layout; /* the toolstack's, frozen */
	uint32_t first_head;
	bool be_alloc;
};

struct input {
	uint32_t ours; /* enum input_key: bits of the features that we wrote, not the toolstack */
};

struct device {
	struct list link; /* struct guest.devices */
	struct guest *guest;
	enum worker_device_kind kind;
	uint32_t devid;
	uint32_t id; /* for worker and watches; another one after the directory was made anew */
	char *backend, *frontend;
	struct xenbus bus;
	bool dirty; /* a watch has fired */
	bool moved; /* the backend's state has left 1: found there again, the directory is a new one */
	bool superseded; /* the directory is another device's now: not read or written any more */
	uint64_t connected_ns; /* last handed over; 0: never */
	sd_event_source *timer;
	union {
		struct display display;
		struct input input;
	};
};

const char *device_kind_name(enum worker_device_kind kind); /* of the backend's directory */

/*
 * Reads and freezes what the toolstack says and watches the frontend. Writes nothing yet. Returns 0, -EAGAIN when the
 * directory is not complete, or -errno; what the administrator must know is logged.
 */
MUST_USE int device_create(struct device **out, struct guest *guest, enum worker_device_kind kind,
			   uint32_t devid);
/* The store and the worker are left as they are. */
void device_destroy(struct device *device);
struct device *device_find(const struct guest *guest, enum worker_device_kind kind, uint32_t devid);

/* Reads the states and does what follows. */
void device_look(struct device *device);
void device_event(struct device *device, enum xenbus_event event);
/* To the worker, if that is due and the worker is ready; else later. */
void device_hand_over(struct device *device);
bool device_is_gone(const struct device *device);
/* Its directory is not its own any more. */
void device_supersede(struct device *device);

/* Sends what hands the device over, with its two fds, which are closed in any case. */
MUST_USE int device_send(struct device *device, const void *message, size_t size, int map_fd,
			 int evtchn_fd);

void device_report(const struct device *device, FILE *out);

#endif
