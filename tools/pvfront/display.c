/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/display.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/pvfront/front.h"
#include "xen/front.h"

#define CONNECT_TIMEOUT_NS (30 * NSEC_PER_SEC)

static bool find_connector(struct display *display, unsigned index)
{
	struct connector *connector = &display->connectors[index];
	char *path = xasprintf("%s/%u/resolution", display->bus.dir, index);
	size_t len;
	char *text = xen_store_read(display->front->xen, path, &len);
	bool found = text && size_parse(text, '\0', &connector->size);

	free(text);
	free(path);
	connector->display = display;
	connector->index = index;
	return found;
}

int display_init(struct display *display, struct front *front)
{
	int ret;

	*display = (struct display){.front = front};
	ret = bus_init(&display->bus, front, "vdispl", 0);
	if (ret < 0) {
		log_error(LOG_ADMIN, "this domain has no vdispl device: %s", strerror(-ret));
		return ret;
	}
	while (display->n_connectors < FRONT_MAX_CONNECTORS &&
	       find_connector(display, display->n_connectors)) {
		display->n_connectors++;
	}
	if (display->n_connectors == 0) {
		log_error(LOG_ADMIN, "the vdispl device has no connectors");
		bus_finish(&display->bus);
		return -ENOENT;
	}
	return 0;
}

static void connection_free(struct display *display)
{
	struct xen *xen = display->front->xen;

	display->connected = false;
	display->source = sd_event_source_disable_unref(display->source);
	xen_evtchn_close(display->evtchn);
	display->evtchn = NULL;
	for (unsigned i = 0; i < display->n_connectors; i++) {
		struct connector *connector = &display->connectors[i];

		for (unsigned b = 0; b < connector->n_buffers; b++) {
			buffer_finish(&connector->buffers[b], xen);
		}
		connector->n_buffers = 0;
		connector->flip_pending = false;
		ring_finish(&connector->ring, xen);
	}
}

void display_finish(struct display *display)
{
	connection_free(display);
	bus_finish(&display->bus);
}

static void take_responses(struct connector *connector)
{
	struct displif_response response;

	while (ring_take_response(&connector->ring, &response)) {
		struct exchange *exchange = &connector->exchange;

		if (!exchange->waiting || exchange->id != response.id) {
			exchange = &connector->flip;
		}
		if (!exchange->waiting || exchange->id != response.id) {
			connector->stray_responses++;
			continue;
		}
		exchange->waiting = false;
		exchange->status = response.operation == exchange->operation ? response.status :
									       -EPROTO;
		exchange->edid_sz = response.edid_sz;
		if (exchange == &connector->flip) {
			connector->stats.responses++;
			connector->stats.refused += exchange->status != 0;
			connector->flip_pending = connector->flip_pending && exchange->status == 0;
		}
	}
}

static void acknowledge(struct connector *connector)
{
	struct flip_stats *stats = &connector->stats;
	uint64_t now = now_ns();

	connector->flip_pending = false;
	if (stats->acknowledged > 0) {
		stats->max_gap_ns = MAX(stats->max_gap_ns, now - stats->last_ack_ns);
	}
	stats->last_ack_ns = now;
	stats->waits_us[stats->n_waits++ % FLIP_WAITS] = (uint32_t)((now - stats->sent_ns) /
								    NSEC_PER_USEC);
	stats->acknowledged++;
}

static void take_events(struct connector *connector)
{
	uint64_t shown = connector->buffers[connector->front_buffer].fb_cookie;
	struct displif_event event;
	int ret;

	while ((ret = ring_take_event(&connector->ring, &event)) != 0) {
		if (ret < 0 || event.type != DISPLIF_EVENT_PG_FLIP || event.fb_cookie != shown ||
		    !connector->flip_pending) {
			connector->bad_events++;
		} else {
			acknowledge(connector);
		}
	}
}

static int evtchn_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct display *display = data;
	uint32_t port;
	int ret;

	while ((ret = xen_evtchn_next(display->evtchn, &port)) == 0) {
		for (unsigned i = 0; i < display->n_connectors; i++) {
			struct connector *connector = &display->connectors[i];

			if (port == connector->ring.request_port) {
				take_responses(connector);
			} else if (port == connector->ring.event_port) {
				take_events(connector);
			}
		}
		(void)xen_evtchn_unmask(display->evtchn, port);
	}
	if (ret != -EAGAIN) {
		log_error(LOG_HOST, "event channels are gone: %s", strerror(-ret));
		display->front->stop = true;
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return 0;
}

static int make_rings(struct display *display)
{
	struct front *front = display->front;
	uint32_t ports[2 * FRONT_MAX_CONNECTORS];
	int ret;

	for (unsigned i = 0; i < display->n_connectors; i++) {
		ret = ring_init(&display->connectors[i].ring, front->xen, display->bus.backend_id);
		if (ret < 0) {
			return ret;
		}
	}
	ret = xen_front_ports(front->xen, display->bus.backend_id, 2 * display->n_connectors, ports,
			      &display->evtchn);
	if (ret < 0) {
		return ret;
	}
	for (unsigned i = 0; i < display->n_connectors; i++) {
		display->connectors[i].ring.request_port = ports[2 * i];
		display->connectors[i].ring.event_port = ports[2 * i + 1];
	}
	return sd_event_add_io(front->event, &display->source, xen_evtchn_fd(display->evtchn),
			       EPOLLIN, evtchn_readable, display);
}

static int publish(struct display *display)
{
	const struct bus *bus = &display->bus;

	for (unsigned i = 0; i < display->n_connectors; i++) {
		const struct ring *ring = &display->connectors[i].ring;
		int ret = bus_write_number(bus, ring->refs[0], "%u/req-ring-ref", i);

		if (ret == 0) {
			ret = bus_write_number(bus, ring->request_port, "%u/req-event-channel", i);
		}
		if (ret == 0) {
			ret = bus_write_number(bus, ring->refs[1], "%u/evt-ring-ref", i);
		}
		if (ret == 0) {
			ret = bus_write_number(bus, ring->event_port, "%u/evt-event-channel", i);
		}
		if (ret < 0) {
			return ret;
		}
	}
	return bus_switch(bus, BUS_INITIALISED);
}

static bool read_be_alloc(const struct display *display)
{
	char *path = xasprintf("%s/be-alloc", display->bus.dir);
	size_t len;
	char *text = xen_store_read(display->front->xen, path, &len);
	bool be_alloc = text && strcmp(text, "1") == 0;

	free(text);
	free(path);
	return be_alloc;
}

int display_connect(struct display *display)
{
	const struct bus *bus = &display->bus;
	const char *what = "the backend to offer the display";
	int ret = bus_wait(bus, 1u << BUS_INIT_WAIT, CONNECT_TIMEOUT_NS);

	if (ret == 0) {
		/* Linux reads it now: the backend may have overruled it. */
		display->be_alloc = read_be_alloc(display);
		what = "rings and event channels";
		ret = make_rings(display);
	}
	if (ret == 0) {
		what = "the store";
		ret = publish(display);
	}
	if (ret == 0) {
		what = "the backend to connect";
		ret = bus_wait(bus, 1u << BUS_CONNECTED | 1u << BUS_CLOSING | 1u << BUS_CLOSED,
			       CONNECT_TIMEOUT_NS);
	}
	if (ret == 0 && bus_backend_state(bus) != BUS_CONNECTED) {
		ret = -ECONNREFUSED;
	}
	if (ret == 0) {
		ret = bus_switch(bus, BUS_CONNECTED);
	}
	if (ret < 0) {
		log_error(LOG_HOST, "display: %s: %s", what, strerror(-ret));
	}
	display->connected = ret == 0;
	return ret;
}

void display_disconnect(struct display *display)
{
	connection_free(display);
	if (bus_switch(&display->bus, BUS_RECONFIGURING) < 0 ||
	    bus_switch(&display->bus, BUS_INITIALISING) < 0) {
		log_error(LOG_HOST, "display: cannot write the state");
	}
}

struct request_wait {
	struct connector *connector;
	uint64_t seen;
	bool closed;
};

static bool answered(void *data)
{
	struct request_wait *wait = data;
	const struct display *display = wait->connector->display;

	if (!wait->connector->exchange.waiting) {
		return true;
	}
	if (wait->seen != display->front->store_changes) {
		wait->seen = display->front->store_changes;
		wait->closed = bus_backend_state(&display->bus) != BUS_CONNECTED;
	}
	return wait->closed;
}

int display_request(struct connector *connector, struct displif_request *request)
{
	struct front *front = connector->display->front;
	struct request_wait wait = {.connector = connector, .seen = front->store_changes};
	int ret;

	ring_send(&connector->ring, connector->display->evtchn, request);
	connector->exchange = (struct exchange){.waiting = true,
						.id = request->id,
						.operation = request->operation};
	ret = front_wait(front, answered, &wait, FRONT_TIMEOUT_NS);
	connector->exchange.waiting = false;
	if (ret == 0) {
		ret = wait.closed ? -EPIPE : connector->exchange.status;
	}
	return ret;
}

void display_flip(struct connector *connector, uint64_t fb_cookie)
{
	struct displif_request request = {.operation = DISPLIF_PG_FLIP,
					  .op.pg_flip.fb_cookie = fb_cookie};

	connector->stats.sent_ns = now_ns();
	ring_send(&connector->ring, connector->display->evtchn, &request);
	connector->flip = (struct exchange){.waiting = true,
					    .id = request.id,
					    .operation = request.operation};
	connector->flip_pending = true;
	connector->stats.flips++;
}
