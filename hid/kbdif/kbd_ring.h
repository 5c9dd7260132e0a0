/* SPDX-License-Identifier: MIT */
/*
 * Our side of a kbdif page: events towards the guest. Pure memory; notifying the guest is the
 * caller's.
 */
#ifndef HID_KBD_RING_H
#define HID_KBD_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "hid/kbdif/kbdif.h"

struct kbd_ring {
	struct kbdif_page *page; /* writable by the guest at any time */
	uint32_t in_prod;
};

/* attach: the page was served before; go on where it stands. */
void kbd_ring_init(struct kbd_ring *ring, void *page, bool attach);

/* How many events the guest has room for. */
uint32_t kbd_ring_room(const struct kbd_ring *ring);

/* Writes and publishes one event. False when the guest has not made room. */
MUST_USE bool kbd_ring_push(struct kbd_ring *ring, const union kbdif_event *event);

/* Throws away what the guest sent: no event of that direction is defined. */
void kbd_ring_discard_out(struct kbd_ring *ring);

#endif
