/* SPDX-License-Identifier: MIT */
/*
 * The control ring of one connector. Requests are answered one after another; while one waits (for
 * the broker, or for the server, a second at most) the next ones stay in the ring, and other
 * connectors go on.
 */
#ifndef WORKER_CONNECTOR_H
#define WORKER_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "pvdispl/worker/directory.h"
#include "pvdispl/worker/displif_parse.h"
#include "pvdispl/worker/ring.h"
#include "pvdispl/worker/scanout.h"

struct dbuf;
struct display;
struct worker_display;

/* What the request that was taken last waits for. */
enum connector_wait {
	WAIT_NOTHING,
	WAIT_DIRECTORY, /* the broker */
	WAIT_EDID,      /* the broker */
	WAIT_POOL,      /* dbuf to be mapped by the server */
	WAIT_UNMAP,     /* dbuf to be unmapped by the server */
};

struct connector {
	struct display *display;
	unsigned index;
	uint32_t request_port, event_port;
	struct back_ring ring;
	struct scanout scanout;

	bool may_replay;   /* after an attach: the next request may have been carried out already */
	bool is_replay;    /* this is that one */
	uint32_t replayed; /* requests of the ring that the worker before us has stored */

	enum connector_wait wait;
	struct displif_command command; /* that waits */
	struct dbuf *dbuf;              /* WAIT_POOL, WAIT_UNMAP */
	struct directory directory;     /* WAIT_DIRECTORY, WAIT_EDID */
	struct map_request edid_map;    /* WAIT_EDID */
	sd_event_source *timer;         /* how long it waits for the server */

	sd_event_source *resume; /* more requests than one turn takes */
	bool is_masked;          /* the request port has an event that was not acknowledged */
};

MUST_USE int connector_init(struct connector *connector, struct display *display, unsigned index,
			    const struct worker_display *message, void *pages);
void connector_finish(struct connector *connector);

/* Takes requests out of the ring, as far as that goes. */
void connector_turn(struct connector *connector);
/* Answers the request that waits, and goes on. */
void connector_answer(struct connector *connector, int status, uint32_t edid_size);

/*
 * operations.c: carries out connector->command. Returns its status (0 or -errno), or 1 when it
 * waits.
 */
MUST_USE int connector_execute(struct connector *connector);
/* Nothing of the request that waits is left; it is not answered. */
void connector_abandon(struct connector *connector);
/* The pool of connector->dbuf changed, or the connection that it was on is gone. */
void connector_pool_changed(struct connector *connector);

#endif
