/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/ring.h"

#include <errno.h>
#include <string.h>

#include "xen/front.h"

int ring_init(struct ring *ring, struct xen *xen, uint32_t backend)
{
	void *pages;
	int ret;

	*ring = (struct ring){0};
	ret = xen_front_share(xen, backend, 2, ring->refs, &pages);
	if (ret < 0) {
		return ret;
	}
	ring->control = pages;
	ring->events = (void *)((char *)pages + XEN_PAGE_SIZE);
	ring->control->req_event = 1;
	ring->control->rsp_event = 1;
	return 0;
}

void ring_finish(struct ring *ring, struct xen *xen)
{
	if (ring->control) {
		xen_front_unshare(xen, ring->control, 2, ring->refs);
	}
	*ring = (struct ring){0};
}

void ring_send(struct ring *ring, struct xen_evtchn *evtchn, struct displif_request *request)
{
	uint32_t before = ring->req_prod;
	uint32_t wanted;

	request->id = ring->next_id++;
	ring->control->slots[before % DISPLIF_RING_SIZE].request = *request;
	ring->req_prod++;
	__atomic_store_n(&ring->control->req_prod, ring->req_prod, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wanted = __atomic_load_n(&ring->control->req_event, __ATOMIC_RELAXED);
	if (ring->req_prod - wanted < ring->req_prod - before) {
		(void)xen_evtchn_notify(evtchn, ring->request_port);
	}
}

static bool response_waits(const struct ring *ring)
{
	return __atomic_load_n(&ring->control->rsp_prod, __ATOMIC_ACQUIRE) != ring->rsp_cons;
}

bool ring_take_response(struct ring *ring, struct displif_response *response)
{
	if (!response_waits(ring)) {
		__atomic_store_n(&ring->control->rsp_event, ring->rsp_cons + 1, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!response_waits(ring)) {
			return false;
		}
	}
	*response = ring->control->slots[ring->rsp_cons % DISPLIF_RING_SIZE].response;
	ring->rsp_cons++;
	return true;
}

int ring_take_event(struct ring *ring, struct displif_event *event)
{
	uint32_t cons = ring->events->in_cons;

	if (__atomic_load_n(&ring->events->in_prod, __ATOMIC_ACQUIRE) == cons) {
		return 0;
	}
	*event = ring->events->events[cons % DISPLIF_EVENTS];
	__atomic_store_n(&ring->events->in_cons, cons + 1, __ATOMIC_RELEASE);
	return event->id == ring->next_event++ ? 1 : -EPROTO;
}
