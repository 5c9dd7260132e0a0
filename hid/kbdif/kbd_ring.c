/* SPDX-License-Identifier: MIT */
#include "hid/kbdif/kbd_ring.h"

void kbd_ring_init(struct kbd_ring *ring, void *page, bool attach)
{
	ring->page = page;
	ring->in_prod = attach ? __atomic_load_n(&ring->page->in_prod, __ATOMIC_ACQUIRE) : 0;
}

uint32_t kbd_ring_room(const struct kbd_ring *ring)
{
	uint32_t untrusted_cons = __atomic_load_n(&ring->page->in_cons, __ATOMIC_ACQUIRE);
	uint32_t used = ring->in_prod - untrusted_cons;

	/* A consumer that claims more than was produced looks full, too. */
	return used < KBDIF_IN_EVENTS ? KBDIF_IN_EVENTS - used : 0;
}

bool kbd_ring_push(struct kbd_ring *ring, const union kbdif_event *event)
{
	if (kbd_ring_room(ring) == 0) {
		return false;
	}
	ring->page->in[ring->in_prod % KBDIF_IN_EVENTS] = *event;
	ring->in_prod++;
	__atomic_store_n(&ring->page->in_prod, ring->in_prod, __ATOMIC_RELEASE);
	return true;
}

void kbd_ring_discard_out(struct kbd_ring *ring)
{
	uint32_t untrusted_prod = __atomic_load_n(&ring->page->out_prod, __ATOMIC_ACQUIRE);

	__atomic_store_n(&ring->page->out_cons, untrusted_prod, __ATOMIC_RELEASE);
}
