/* SPDX-License-Identifier: MIT */
/* Calls to vitrined, from peer to peer on its socket or over the system bus. */
#ifndef VITRINECTL_BUS_H
#define VITRINECTL_BUS_H

#include <stdbool.h>

#include <systemd/sd-bus.h>

#include "base/util.h"
#include "tools/vitrinectl/value.h"

struct bus {
	sd_bus *bus;
	const char *destination; /* NULL: peer to peer */
	const char *failed;      /* the last error's D-Bus name, for exit codes; NULL: none */
	uint64_t patience_usec; /* of a call; 0: as long as a server needs that nothing keeps waiting */
	char name[128], why[2048];
};

/* 0 or -errno; bus->why says why not. */
MUST_USE int bus_open_socket(struct bus *bus, const char *path);
MUST_USE int bus_open_system(struct bus *bus);
void bus_close(struct bus *bus);

/*
 * Calls a method with arguments as sd_bus_message_append takes them (signature NULL: none). 0 and the reply, to be
 * unreferenced, which may be NULL when nobody wants it; or -errno, with name and why filled in.
 */
MUST_USE int bus_call(struct bus *bus, sd_bus_message **reply, const char *method,
		      const char *signature, ...);
/* Calls a method without arguments whose one result is a container, as a tree; NULL on failure. */
struct value *bus_get(struct bus *bus, const char *method);
/* Waits for a signal of the interface or until the time is over. */
MUST_USE int bus_wait(struct bus *bus, uint64_t usec);

#endif
