/* SPDX-License-Identifier: MIT */
/*
 * The vdispl device: connecting as Linux's xen_drm_front does, then requests on its connectors' rings.
 *
 * Life: display_init, display_connect, requests, display_disconnect (after which it may connect again), display_finish.
 */
#ifndef TOOLS_PVFRONT_DISPLAY_H
#define TOOLS_PVFRONT_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "tools/pvfront/buffer.h"
#include "tools/pvfront/bus.h"
#include "tools/pvfront/options.h"
#include "tools/pvfront/ring.h"

struct front;

/* A request whose response is waited for. */
struct exchange {
	bool waiting;
	uint16_t id;
	uint8_t operation;
	int32_t status; /* of the response; -EPROTO when it did not echo the operation */
	uint32_t edid_sz;
};

#define FLIP_WAITS 1024u /* that are remembered */

struct flip_stats {
	uint64_t drawn;        /* frames, the first included */
	uint64_t flips;        /* PG_FLIP sent */
	uint64_t responses;    /* to them */
	uint64_t refused;      /* with a status other than 0 */
	uint64_t acknowledged; /* flip events */
	uint64_t last_ack_ns;
	uint64_t max_gap_ns; /* between two flip events, since the last report */
	uint64_t sent_ns;    /* PG_FLIP */
	/* From each flip's request to its event, since the last report; wait i is at i % FLIP_WAITS. */
	uint32_t waits_us[FLIP_WAITS];
	uint32_t n_waits;
	uint32_t last_frame;
};

struct connector {
	struct display *display;
	unsigned index;
	struct size size;
	struct ring ring;
	struct exchange exchange; /* of display_request */
	struct exchange flip;
	bool flip_pending; /* its event has not come */
	struct buffer buffers[FRONT_MAX_BUFFERS];
	unsigned n_buffers;
	unsigned front_buffer;
	struct flip_stats stats;
	uint64_t stray_responses;
	uint64_t bad_events; /* ids that did not count up, unknown types, flips of what is not shown */
};

struct display {
	struct front *front;
	struct bus bus;
	struct xen_evtchn *evtchn;
	sd_event_source *source;
	unsigned n_connectors;
	struct connector connectors[FRONT_MAX_CONNECTORS];
	bool connected;
	bool be_alloc; /* as the toolstack says */
};

/* Finds the device and its connectors. Returns 0 or -errno. */
MUST_USE int display_init(struct display *display, struct front *front);
void display_finish(struct display *display);

/* Up to state 4 on both sides. Logs what went wrong. */
MUST_USE int display_connect(struct display *display);
/* Frees rings, ports and all buffers without a word to the backend, then state 7 and 1 as Linux does. */
void display_disconnect(struct display *display);

/*
 * Sends the request and serves the loop until its response is there. Returns the status of the response (0 or less), or
 * -ETIMEDOUT, -EINTR as front_wait, or -EPIPE when the backend has left state 4. The id is filled in.
 */
int display_request(struct connector *connector, struct displif_request *request);
/* Sends without waiting: connector->flip and flip_pending tell what became of it. */
void display_flip(struct connector *connector, uint64_t fb_cookie);

/* DBUF_CREATE and FB_ATTACH of a whole buffer, as they are sent for one of the connector's own. */
struct displif_request request_dbuf_create(const struct connector *connector,
					   const struct buffer *buffer);
struct displif_request request_fb_attach(const struct connector *connector,
					 const struct buffer *buffer);
struct displif_request request_set_config(const struct connector *connector, uint64_t fb_cookie);

/* Buffers made and attached; the first one is the front buffer. */
MUST_USE int connector_make_buffers(struct connector *connector, unsigned n);
/* Shows the front buffer. */
MUST_USE int connector_enable(struct connector *connector);
uint32_t *connector_pixels(const struct connector *connector, unsigned buffer);

#endif
