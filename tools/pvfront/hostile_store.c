/* SPDX-License-Identifier: MIT */
/* What a guest can do to its part of the store, and going away at the wrong moment. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pvfront/front.h"
#include "tools/pvfront/hostile_priv.h"

#define FORGED_CONNECTORS 12u
#define PATIENCE_NS (30 * NSEC_PER_SEC) /* the backend may make who connects often wait */

/* Pages and ports are gone while the backend reads the request. */
bool hostile_vanish(struct hostile *h)
{
	struct display *display = h->display;
	struct connector *first = &display->connectors[0];
	struct displif_request request = request_dbuf_create(first, &first->buffers[0]);

	request.op.dbuf_create.dbuf_cookie = cookie_make();
	ring_send(&first->ring, display->evtchn, &request);
	display_disconnect(display);
	hostile_say(h, "rings, buffers and ports taken away under a request", 0);
	h->closed = true;
	return true;
}

bool hostile_state_storm(struct hostile *h)
{
	const struct bus *bus = &h->display->bus;
	int ret = 0;

	for (unsigned i = 0; i < 200 && ret == 0; i++) {
		ret = bus_switch(bus, i * 7 % 9);
	}
	hostile_say(h, "200 states in no order", ret);
	h->closed = true;
	return ret == 0;
}

static bool publish_garbage(struct hostile *h, const char *name, const char *value)
{
	const struct bus *bus = &h->display->bus;
	char what[96];
	int ret;

	display_disconnect(h->display);
	ret = bus_wait(bus, 1u << BUS_INIT_WAIT, PATIENCE_NS);
	if (ret == 0) {
		ret = bus_write_number(bus, 8, "0/req-ring-ref");
	}
	if (ret == 0) {
		ret = bus_write_number(bus, 1, "0/req-event-channel");
	}
	if (ret == 0) {
		ret = bus_write_number(bus, 9, "0/evt-ring-ref");
	}
	if (ret == 0) {
		ret = bus_write_number(bus, 2, "0/evt-event-channel");
	}
	if (ret == 0) {
		ret = bus_write(bus, value, "0/%s", name);
	}
	if (ret == 0) {
		ret = bus_switch(bus, BUS_INITIALISED);
	}
	if (ret == 0) {
		ret = bus_wait(bus, 1u << BUS_CLOSING | 1u << BUS_CLOSED | 1u << BUS_CONNECTED,
			       PATIENCE_NS);
	}
	snprintf(what, sizeof(what), "%s is \"%.20s\"%s", name, value,
		 strlen(value) > 20 ? "..." : "");
	if (ret == 0) {
		ret = bus_backend_state(bus) == BUS_CONNECTED ? 0 : -EPIPE;
	}
	hostile_say(h, what, ret);
	return ret == -EPIPE;
}

bool hostile_garbage_store(struct hostile *h)
{
	char large[2000];
	bool ok = publish_garbage(h, "req-ring-ref", "-1");

	memset(large, '9', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	ok &= publish_garbage(h, "req-ring-ref", large);
	ok &= publish_garbage(h, "evt-ring-ref", "");
	ok &= publish_garbage(h, "req-event-channel", "4294967297");
	ok &= publish_garbage(h, "evt-event-channel", "%n%s ../../x");
	h->closed = true;
	return ok;
}

/*
 * The guest owns the directories of its connectors, so it can put its own numbers where the toolstack's were. The backend
 * must go on with what the toolstack said.
 */
bool hostile_forged_connectors(struct hostile *h)
{
	struct display *display = h->display;
	const struct bus *bus = &display->bus;
	char *path = xasprintf("%s/0", bus->dir);
	int ret = xen_store_remove(display->front->xen, path);

	free(path);
	hostile_say(h, "the toolstack's connector 0 removed", ret);
	for (unsigned i = 0; i < FORGED_CONNECTORS && ret == 0; i++) {
		ret = bus_write(bus, "16384x16384", "%u/resolution", i);
		/* Connectors that stand there still are the toolstack's leaves. */
		ret = ret == -EACCES ? 0 : ret;
		if (ret == 0) {
			ret = bus_write(bus, "HDMI-A-1", "%u/unique-id", i);
			ret = ret == -EACCES ? 0 : ret;
		}
	}
	hostile_say(h, "connectors made up, the first of 16384x16384", ret);
	h->closed = true;
	return ret == 0;
}
