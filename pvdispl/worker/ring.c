/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/ring.h"

#include <errno.h>
#include <string.h>

#include "pvdispl/worker/displif_parse.h"

void back_ring_init(struct back_ring *ring, void *page, bool attach)
{
	ring->shared = page;
	ring->rsp_prod = attach ? __atomic_load_n(&ring->shared->rsp_prod, __ATOMIC_ACQUIRE) : 0;
	ring->req_cons = ring->rsp_prod;
	ring->rsp_published = ring->rsp_prod;
}

uint32_t back_ring_waiting(const struct back_ring *ring)
{
	uint32_t untrusted_prod = __atomic_load_n(&ring->shared->req_prod, __ATOMIC_ACQUIRE);

	return MIN(untrusted_prod - ring->req_cons, DISPLIF_RING_SIZE);
}

int back_ring_take(struct back_ring *ring, struct displif_request *untrusted_out)
{
	uint32_t untrusted_prod = __atomic_load_n(&ring->shared->req_prod, __ATOMIC_ACQUIRE);

	if (untrusted_prod - ring->rsp_prod > DISPLIF_RING_SIZE ||
	    untrusted_prod - ring->rsp_prod < ring->req_cons - ring->rsp_prod) {
		return -EPROTO;
	}
	if (untrusted_prod == ring->req_cons) {
		return 0;
	}
	displif_copy(untrusted_out,
		     &ring->shared->slots[ring->req_cons % DISPLIF_RING_SIZE].request);
	ring->req_cons++;
	return 1;
}

void back_ring_answer(struct back_ring *ring, const struct displif_response *response)
{
	memcpy(&ring->shared->slots[ring->rsp_prod % DISPLIF_RING_SIZE].response, response,
	       sizeof(*response));
	ring->rsp_prod++;
}

bool back_ring_publish(struct back_ring *ring)
{
	uint32_t old = ring->rsp_published;
	uint32_t untrusted_event;

	if (ring->rsp_prod == old) {
		return false;
	}
	__atomic_store_n(&ring->shared->rsp_prod, ring->rsp_prod, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ring->rsp_published = ring->rsp_prod;
	untrusted_event = __atomic_load_n(&ring->shared->rsp_event, __ATOMIC_RELAXED);
	return ring->rsp_prod - untrusted_event < ring->rsp_prod - old;
}

bool back_ring_rearm(struct back_ring *ring)
{
	__atomic_store_n(&ring->shared->req_event, ring->req_cons + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&ring->shared->req_prod, __ATOMIC_ACQUIRE) != ring->req_cons;
}
