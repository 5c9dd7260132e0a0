/* SPDX-License-Identifier: MIT */
/*
 * Our side of a control ring (ring.h of Xen): both counters that matter are private, what the guest
 * writes into the shared ones can only make us see requests or break off. Requests are answered in
 * their order.
 */
#ifndef WORKER_RING_H
#define WORKER_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/displif.h"

struct back_ring {
	struct displif_ring *shared; /* writable by the guest at any time */
	uint32_t req_cons;
	uint32_t rsp_prod; /* answered; what lies between is taken and not answered yet */
	uint32_t rsp_published;
};

/* attach: a worker before us served the ring; what it took and never answered is taken again. */
void back_ring_init(struct back_ring *ring, void *page, bool attach);

/* How many requests wait that we have not taken; a guest may say anything, it is DISPLIF_RING_SIZE at most. */
uint32_t back_ring_waiting(const struct back_ring *ring);

/*
 * Takes the next request: 1, 0 when there is none, -EPROTO when the guest published more than fits.
 */
MUST_USE int back_ring_take(struct back_ring *ring, struct displif_request *untrusted_out);

/* Answers the oldest request that was taken; its slot is written whole. */
void back_ring_answer(struct back_ring *ring, const struct displif_response *response);

/* Lets the guest see the answers. True when it wants to be notified. */
bool back_ring_publish(struct back_ring *ring);

/*
 * Asks to be notified of the next request. True when one came already, so that nobody will notify.
 */
bool back_ring_rearm(struct back_ring *ring);

#endif
