/* SPDX-License-Identifier: MIT */
/* Indices and slots of the shared pages that move as no honest frontend moves them. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tools/pvfront/front.h"
#include "tools/pvfront/hostile_priv.h"

#define CHANGES 300

static struct connector *first(struct hostile *h)
{
	return &h->display->connectors[0];
}

/* The backend closes the device; nothing else is right when a ring makes no sense any more. */
static bool expect_close(struct hostile *h, const char *what)
{
	int ret = bus_wait(&h->display->bus, ~(1u << BUS_CONNECTED), FRONT_TIMEOUT_NS);

	hostile_say(h, what, ret == 0 ? -EPIPE : ret);
	h->closed = true;
	return ret == 0;
}

bool hostile_ring_jump(struct hostile *h)
{
	struct ring *ring = &first(h)->ring;

	__atomic_store_n(&ring->control->req_prod, ring->req_prod + 1000, __ATOMIC_RELEASE);
	(void)xen_evtchn_notify(h->display->evtchn, ring->request_port);
	return expect_close(h, "1000 requests at once in a ring of 32");
}

static bool response_came(void *data)
{
	return !((struct connector *)data)->flip.waiting;
}

/* The event page says that more was consumed than ever was produced. Closing is right, and so is going on. */
bool hostile_event_jump(struct hostile *h)
{
	struct connector *connector = first(h);
	int ret;

	__atomic_store_n(&connector->ring.events->in_cons, connector->ring.events->in_prod + 1000,
			 __ATOMIC_RELEASE);
	display_flip(connector, connector->buffers[connector->front_buffer].fb_cookie);
	ret = front_wait(h->display->front, response_came, connector, FRONT_TIMEOUT_NS);
	if (ret < 0 && bus_backend_state(&h->display->bus) != BUS_CONNECTED) {
		ret = -EPIPE;
	}
	hostile_say(h, "more events consumed than produced", ret);
	h->closed = true;
	return ret == 0 || ret == -EPIPE;
}

struct changer {
	struct displif_ring *control;
	atomic_bool stop;
};

/* Good and bad numbers in turns, in every slot, as fast as memory takes them. */
static void *change_slots(void *data)
{
	struct changer *changer = data;
	uint32_t round = 0;

	while (!atomic_load(&changer->stop)) {
		volatile struct displif_request *request =
			&changer->control->slots[round++ % DISPLIF_RING_SIZE].request;

		request->op.fb_attach.width ^= 0x8000;
		request->op.fb_attach.height ^= 0xffff0000;
		request->op.fb_attach.pixel_format ^= 0x01000000;
	}
	return NULL;
}

bool hostile_change_published(struct hostile *h)
{
	struct changer changer = {.control = first(h)->ring.control};
	unsigned accepted = 0, refused = 0;
	char what[80];
	pthread_t thread;
	int status = 0;

	if (pthread_create(&thread, NULL, change_slots, &changer) != 0) {
		return false;
	}
	for (int i = 0; i < CHANGES && status != -ETIMEDOUT && status != -EPIPE; i++) {
		struct displif_request request = request_fb_attach(first(h), &first(h)->buffers[0]);

		request.op.fb_attach.fb_cookie = cookie_make();
		status = display_request(first(h), &request);
		accepted += status == 0;
		refused += status < 0;
		if (status == 0) {
			request = (struct displif_request){
				.operation = DISPLIF_FB_DETACH,
				.op.fb_detach.fb_cookie = request.op.fb_attach.fb_cookie,
			};
			status = display_request(first(h), &request);
		}
	}
	atomic_store(&changer.stop, true);
	pthread_join(thread, NULL);
	snprintf(what, sizeof(what),
		 "framebuffers that change while they are read: %u taken, %u refused", accepted,
		 refused);
	hostile_say(h, what, status == -EPIPE || status == -ETIMEDOUT ? status : 0);
	h->closed = status == -EPIPE;
	return status != -ETIMEDOUT;
}

/* The ring always full, and a notification for each turn whether wanted or not. */
bool hostile_flood(struct hostile *h)
{
	struct connector *connector = first(h);
	uint64_t cookie = connector->buffers[connector->front_buffer].fb_cookie;
	uint64_t end = now_ns() + h->seconds * NSEC_PER_SEC, sent = 0;
	uint64_t answered = connector->stray_responses;
	struct ring *ring = &connector->ring;
	char what[80];
	bool closed = false;

	while (now_ns() < end && !closed) {
		while (ring->req_prod - ring->rsp_cons < DISPLIF_RING_SIZE) {
			struct displif_request request = {
				.operation = DISPLIF_PG_FLIP,
				.op.pg_flip.fb_cookie = cookie,
			};

			ring_send(ring, h->display->evtchn, &request);
			sent++;
		}
		(void)xen_evtchn_notify(h->display->evtchn, ring->request_port);
		(void)sd_event_run(h->display->front->event, 1000);
		closed = bus_backend_state(&h->display->bus) != BUS_CONNECTED;
	}
	snprintf(what, sizeof(what), "%llu flips in %u s, %llu answers", (unsigned long long)sent,
		 h->seconds, (unsigned long long)(connector->stray_responses - answered));
	hostile_say(h, what, closed ? -EPIPE : 0);
	/* Flip events without number are on their way: begin again without them. */
	display_disconnect(h->display);
	h->closed = true;
	return closed || connector->stray_responses > answered;
}

/* All buffers that there are to be had, kept while the ring is flooded. */
bool hostile_hoard(struct hostile *h)
{
	bool refused = hostile_take_buffers(h);

	if (h->closed) {
		return refused;
	}
	printf("hostile %s: floods\n", h->name);
	fflush(stdout);
	return hostile_flood(h) && refused;
}
