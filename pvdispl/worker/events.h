/* SPDX-License-Identifier: MIT */
/*
 * The event page of a connector: flip events towards the guest. Never overflows, never drops: the
 * caller keeps what waits.
 */
#ifndef WORKER_EVENTS_H
#define WORKER_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/displif.h"

struct events {
	struct displif_event_page *page; /* writable by the guest at any time */
	uint32_t in_prod;                /* also the id of the next event, modulo 2^16 */
};

/* attach: the page was served before, so the ids go on from where it stands. */
void events_init(struct events *events, void *page, bool attach);

/* Publishes one flip event. False when the guest has not made room. */
MUST_USE bool events_push_flip(struct events *events, uint64_t fb_cookie);

#endif
