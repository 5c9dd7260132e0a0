/* SPDX-License-Identifier: MIT */
/* The frontend's half of xenbus for one device: its directory, the backend's, and both states. */
#ifndef TOOLS_PVFRONT_BUS_H
#define TOOLS_PVFRONT_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct front;

enum bus_state {
	BUS_UNKNOWN = 0,
	BUS_INITIALISING = 1,
	BUS_INIT_WAIT = 2,
	BUS_INITIALISED = 3,
	BUS_CONNECTED = 4,
	BUS_CLOSING = 5,
	BUS_CLOSED = 6,
	BUS_RECONFIGURING = 7,
};

struct bus {
	struct front *front;
	char *dir;     /* device/KIND/NUMBER, relative to the domain */
	char *backend; /* absolute */
	uint32_t backend_id;
};

/* Finds device/KIND/NUMBER and watches its backend. Returns 0, -ENOENT when there is no such device, or -errno. */
MUST_USE int bus_init(struct bus *bus, struct front *front, const char *kind, unsigned number);
void bus_finish(struct bus *bus);

/* The state node of the frontend (us) or the backend; BUS_UNKNOWN when it is not there or no state. */
unsigned bus_state(const struct bus *bus);
unsigned bus_backend_state(const struct bus *bus);
MUST_USE int bus_switch(const struct bus *bus, enum bus_state state);
/* Until the backend's state is one of the bits. Errors as front_wait. */
MUST_USE int bus_wait(const struct bus *bus, unsigned states, uint64_t timeout_ns);

/* A node of our directory. */
MUST_USE int bus_write(const struct bus *bus, const char *value, const char *fmt, ...) PRINTF(3, 4);
MUST_USE int bus_write_number(const struct bus *bus, uint64_t value, const char *fmt, ...)
	PRINTF(3, 4);
/* A number of the backend's directory, 0 when it is not there. */
uint32_t bus_backend_number(const struct bus *bus, const char *name);

/* A number at an absolute or relative path, or otherwise. */
uint64_t store_number(const struct front *front, const char *path, uint64_t otherwise);

#endif
