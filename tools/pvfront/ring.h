/* SPDX-License-Identifier: MIT */
/* A connector's control ring and event page, from the frontend's side and as Linux's frontend uses them. */
#ifndef TOOLS_PVFRONT_RING_H
#define TOOLS_PVFRONT_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/displif.h"
#include "xen/xen.h"

struct ring {
	struct displif_ring *control;
	struct displif_event_page *events;
	uint32_t refs[2]; /* control ring, event page */
	uint32_t request_port, event_port;
	uint32_t req_prod, rsp_cons;
	uint16_t next_id;    /* of a request */
	uint16_t next_event; /* id that the next event must have */
};

/* Shares the two pages. The ports come from the display, on its one handle. */
MUST_USE int ring_init(struct ring *ring, struct xen *xen, uint32_t backend);
void ring_finish(struct ring *ring, struct xen *xen);

/* Gives the request an id, publishes it and notifies when the backend asked for that. */
void ring_send(struct ring *ring, struct xen_evtchn *evtchn, struct displif_request *request);
/* The next response; false when there is none, which is then asked to be told. */
bool ring_take_response(struct ring *ring, struct displif_response *response);
/* The next event: 1, 0 when there is none, -EPROTO when its id was not the expected one (it is skipped). */
int ring_take_event(struct ring *ring, struct displif_event *event);

#endif
