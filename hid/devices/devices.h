/* SPDX-License-Identifier: MIT */
/*
 * Input devices of the host: libinput on udev, their nodes opened by the caller (libseat). Pushes what happens into a
 * struct seat. Key codes never reach a log.
 */
#ifndef HID_DEVICES_H
#define HID_DEVICES_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct device_policy;
struct seat;
struct roster;
struct devices;

/* A monitor, for touchscreens that belong to one. */
struct devices_output {
	const char *name;        /* of the connector; valid until the next call */
	int width_mm, height_mm; /* of the panel, before it is turned; 0: unknown */
};

/* What the devices need of the server. */
struct devices_host {
	int (*open)(void *data, const char *path); /* fd or -errno */
	void (*close)(void *data, int fd);
	/* The seat's output of this number; false: there is none. */
	bool (*output)(void *data, unsigned number, struct devices_output *out);
	/* The lid was closed or opened, since its switch was found. May be NULL. */
	void (*lid)(void *data, bool is_closed);
};

#define DEVICES_MAX_BINDINGS 32

/*
 * "DEVICE NAME=OUTPUT": which output an absolute pointer, touchscreen or tablet belongs to, the device's name as the kernel
 * gives it. What its policy says goes over that; without either see bind.c.
 */
struct devices_config {
	const char *bindings[DEVICES_MAX_BINDINGS];
	unsigned n_bindings;
};

/* The roster is borrowed; each device has its number in the seat from it. Returns 0 or -errno, logged. */
MUST_USE int devices_create(struct devices **out, sd_event *event, const char *seat_name,
			    struct seat *seat, struct roster *roster,
			    const struct devices_host *host, void *data,
			    const struct devices_config *config);
void devices_destroy(struct devices *devices);
/* The session lost or regained its devices. */
void devices_suspend(struct devices *devices);
int devices_resume(struct devices *devices);

/* The roster's policies, or the bindings, are others: devices are set up anew. */
void devices_reconfigure(struct devices *devices, const struct devices_config *config);
/* A monitor came, went or has another size. */
void devices_outputs_changed(struct devices *devices);

/* present.c: a bit for each of the policies that is about a device which is plugged in now, used by us or not. */
uint64_t devices_present(const struct device_policy *policies, unsigned n);

#define DEVICES_LED_NUM_LOCK (1u << 0)
#define DEVICES_LED_CAPS_LOCK (1u << 1)
#define DEVICES_LED_SCROLL_LOCK (1u << 2)
#define DEVICES_LEDS (DEVICES_LED_NUM_LOCK | DEVICES_LED_CAPS_LOCK | DEVICES_LED_SCROLL_LOCK)

/* What the lights of all keyboards show from now on, those plugged in later included. */
void devices_set_leds(struct devices *devices, uint32_t leds);

#endif
