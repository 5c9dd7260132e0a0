/* SPDX-License-Identifier: MIT */
/*
 * The socket to the broker: what it commands, and maps of the guest's pages that it is asked for.
 */
#ifndef WORKER_BROKER_LINK_H
#define WORKER_BROKER_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/util.h"
#include "pvdispl/worker_protocol.h"

#define BROKER_FD 3

/* Embedded by who asks for a map. */
struct map_request {
	struct list link; /* broker_link.waiting, then broker_link.requests */
	uint32_t serial;
	uint32_t pages;
	bool writable;
	uint32_t refs[PV_MAX_MAP_REFS];
	/*
	 * error: 0 or a positive errno; map is for the callee to take (copy) when error is 0, and
	 * is fully mapped.
	 */
	void (*done)(struct map_request *request, int error, struct xen_map *map);
};

struct broker_link {
	int fd;
	sd_event_source *source;
	struct list requests; /* struct map_request.link: the broker is at it */
	struct list waiting;  /* struct map_request.link: not asked for yet */
	uint32_t last_serial;
	uint64_t window_ns; /* since then so many pages were asked for */
	uint32_t window_pages;
	sd_event_source *timer; /* the next window */
};

struct worker;

void broker_link_init(struct broker_link *link);
void broker_link_finish(struct broker_link *link);

/* Waits for HELLO, before there is a loop or a guest. state_fd: the caller's; -1: none came. */
MUST_USE int broker_link_hello(struct broker_link *link, struct worker_hello *hello, int *state_fd);
/* Says READY and takes commands from now on; the loop ends when the broker goes. */
MUST_USE int broker_link_start(struct worker *worker);

/* type: WORKER_CONNECTED, WORKER_CLOSED, WORKER_FAULT or WORKER_STATELESS. */
void broker_link_tell(struct broker_link *link, enum worker_request type,
		      enum worker_device_kind kind, uint32_t id);

/*
 * refs: request->pages of them, at most PV_MAX_MAP_REFS. done comes later, unless it is cancelled. A
 * guest that wants maps without end is made to wait: the broker would take its worker for broken.
 */
MUST_USE int broker_link_map(struct broker_link *link, struct map_request *request,
			     const uint32_t *refs);
/* Harmless when nothing is asked for; request->link must have been initialised once. */
void broker_link_cancel(struct map_request *request);

#endif
