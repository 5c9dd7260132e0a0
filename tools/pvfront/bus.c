/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/pvfront/front.h"

#define MAX_PATH 256

uint64_t store_number(const struct front *front, const char *path, uint64_t otherwise)
{
	size_t len;
	char *text = xen_store_read(front->xen, path, &len);
	uint64_t value;

	if (!text || parse_uint(text, len, UINT64_MAX, &value) < 0) {
		value = otherwise;
	}
	free(text);
	return value;
}

static uint64_t number_below(const struct front *front, const char *dir, const char *name,
			     uint64_t otherwise)
{
	char *path = xasprintf("%s/%s", dir, name);
	uint64_t value = store_number(front, path, otherwise);

	free(path);
	return value;
}

static int watch_backend(struct bus *bus)
{
	char *path = xasprintf("%s/state", bus->backend);
	int ret = xen_store_watch(bus->front->xen, path, bus->dir);

	free(path);
	return ret;
}

int bus_init(struct bus *bus, struct front *front, const char *kind, unsigned number)
{
	char *path = xasprintf("device/%s/%u/backend", kind, number);
	size_t len;
	int ret;

	*bus = (struct bus){.front = front, .dir = xasprintf("device/%s/%u", kind, number)};
	bus->backend = xen_store_read(front->xen, path, &len);
	ret = bus->backend ? 0 : -errno;
	free(path);
	if (ret == 0) {
		bus->backend_id = (uint32_t)number_below(front, bus->dir, "backend-id", 0);
		ret = watch_backend(bus);
	}
	if (ret < 0) {
		bus_finish(bus);
	}
	return ret;
}

void bus_finish(struct bus *bus)
{
	if (bus->backend) {
		char *path = xasprintf("%s/state", bus->backend);

		(void)xen_store_unwatch(bus->front->xen, path, bus->dir);
		free(path);
	}
	free(bus->dir);
	free(bus->backend);
	*bus = (struct bus){0};
}

unsigned bus_state(const struct bus *bus)
{
	return (unsigned)number_below(bus->front, bus->dir, "state", BUS_UNKNOWN);
}

unsigned bus_backend_state(const struct bus *bus)
{
	return (unsigned)number_below(bus->front, bus->backend, "state", BUS_UNKNOWN);
}

uint32_t bus_backend_number(const struct bus *bus, const char *name)
{
	return (uint32_t)number_below(bus->front, bus->backend, name, 0);
}

PRINTF(3, 0)
static int write_at(const struct bus *bus, const char *value, const char *fmt, va_list args)
{
	char path[MAX_PATH];
	int len = snprintf(path, sizeof(path), "%s/", bus->dir);

	vsnprintf(path + len, sizeof(path) - (size_t)len, fmt, args);
	return xen_store_write(bus->front->xen, path, value);
}

int bus_write(const struct bus *bus, const char *value, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = write_at(bus, value, fmt, args);
	va_end(args);
	return ret;
}

int bus_write_number(const struct bus *bus, uint64_t value, const char *fmt, ...)
{
	char text[24];
	va_list args;
	int ret;

	snprintf(text, sizeof(text), "%" PRIu64, value);
	va_start(args, fmt);
	ret = write_at(bus, text, fmt, args);
	va_end(args);
	return ret;
}

int bus_switch(const struct bus *bus, enum bus_state state)
{
	return bus_write_number(bus, state, "state");
}

/* The store is asked again only when a watch has fired. */
struct wait {
	const struct bus *bus;
	unsigned states;
	uint64_t seen;
	bool looked;
};

static bool backend_in(void *data)
{
	struct wait *wait = data;
	unsigned state;

	if (wait->looked && wait->seen == wait->bus->front->store_changes) {
		return false;
	}
	wait->looked = true;
	wait->seen = wait->bus->front->store_changes;
	state = bus_backend_state(wait->bus);
	return state < 32 && (wait->states >> state & 1);
}

int bus_wait(const struct bus *bus, unsigned states, uint64_t timeout_ns)
{
	struct wait wait = {.bus = bus, .states = states};

	return front_wait(bus->front, backend_in, &wait, timeout_ns);
}
