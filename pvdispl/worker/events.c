/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/events.h"

void events_init(struct events *events, void *page, bool attach)
{
	events->page = page;
	events->in_prod = attach ? __atomic_load_n(&events->page->in_prod, __ATOMIC_ACQUIRE) : 0;
}

bool events_push_flip(struct events *events, uint64_t fb_cookie)
{
	uint32_t untrusted_cons = __atomic_load_n(&events->page->in_cons, __ATOMIC_ACQUIRE);

	/* A consumer that claims more than was produced looks full, too. */
	if (events->in_prod - untrusted_cons >= DISPLIF_EVENTS) {
		return false;
	}
	events->page->events[events->in_prod % DISPLIF_EVENTS] = (struct displif_event){
		.id = (uint16_t)events->in_prod,
		.type = DISPLIF_EVENT_PG_FLIP,
		.fb_cookie = fb_cookie,
	};
	events->in_prod++;
	__atomic_store_n(&events->page->in_prod, events->in_prod, __ATOMIC_RELEASE);
	return true;
}
