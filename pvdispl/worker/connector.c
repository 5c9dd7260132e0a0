/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/connector.h"

#include <errno.h>
#include <string.h>

#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/worker.h"

#define REQUESTS_PER_TURN 32u
#define SERVER_PATIENCE_NS NSEC_PER_SEC
/* What only the server has is worth waiting for: Linux gives up after 3 s. */
#define ALLOCATE_PATIENCE_NS (2 * NSEC_PER_SEC)

static void notify(struct connector *connector, uint32_t port)
{
	xen_evtchn_notify(connector->display->evtchn, port);
}

/* ---- answers ---- */

static void publish(struct connector *connector)
{
	if (back_ring_publish(&connector->ring)) {
		notify(connector, connector->request_port);
	}
}

static void put_answer(struct connector *connector, int status, uint32_t edid_size)
{
	struct worker *worker = connector->display->worker;
	struct displif_response response = {
		.id = connector->command.id,
		.operation = connector->command.operation,
		.status = status,
		.edid_sz = edid_size,
	};

	if (status < 0) {
		worker_blame(worker, "display %u, connector %u: request 0x%02x: %s",
			     connector->display->id, connector->index, connector->command.operation,
			     strerror(-status));
	}
	/* One at a time: whoever takes over has at most one to publish and one to do again. */
	state_set_answer(&worker->state, connector->display->state, connector->index,
			 connector->ring.rsp_prod + 1, &response);
	back_ring_answer(&connector->ring, &response);
	publish(connector);
}

void connector_answer(struct connector *connector, int status, uint32_t edid_size)
{
	connector->wait = WAIT_NOTHING;
	connector->dbuf = NULL;
	worker_timer_disarm(connector->timer);
	put_answer(connector, status, edid_size);
	/* Not at once: the caller may be in the middle of something. */
	sd_event_source_set_enabled(connector->resume, SD_EVENT_ONESHOT);
}

/* ---- requests ---- */

/* What the worker before us has done and not answered is done again, so that the guest gets its answer. */
static void count_request(struct connector *connector)
{
	struct scanout *scanout = &connector->scanout;

	connector->is_replay = connector->may_replay;
	connector->may_replay = false;
	scanout->requests = connector->ring.req_cons;
	scanout->is_counted = connector->is_replay &&
			      (int32_t)(connector->replayed - scanout->requests) >= 0;
}

static uint64_t patience(const struct connector *connector)
{
	return connector->wait == WAIT_POOL && connector->dbuf->is_allocated ?
		       ALLOCATE_PATIENCE_NS :
		       SERVER_PATIENCE_NS;
}

/* Takes and answers one. Returns 1, or 0 when there is none that can be taken now, or -errno. */
static int take(struct connector *connector)
{
	struct displif_request untrusted;
	int ret;

	if (connector->wait != WAIT_NOTHING || flips_full(&connector->scanout.flips)) {
		return 0;
	}
	ret = back_ring_take(&connector->ring, &untrusted);
	if (ret <= 0) {
		return ret;
	}
	count_request(connector);
	ret = displif_parse(&untrusted, connector->index == 0, &connector->command);
	if (ret == 0) {
		ret = connector_execute(connector);
	}
	if (ret <= 0) {
		put_answer(connector, ret, 0);
	} else if (connector->wait == WAIT_POOL || connector->wait == WAIT_UNMAP) {
		worker_timer_arm(connector->timer, now_ns() + patience(connector));
	}
	return 1;
}

static bool is_stalled(const struct connector *connector)
{
	return connector->wait != WAIT_NOTHING || flips_full(&connector->scanout.flips);
}

void connector_turn(struct connector *connector)
{
	int ret = 1;

	for (unsigned n = 0; n < REQUESTS_PER_TURN && ret > 0; n++) {
		ret = take(connector);
		if (ret == 0 && !is_stalled(connector) && back_ring_rearm(&connector->ring)) {
			ret = 1;
		}
	}
	if (ret < 0) {
		display_fault(connector->display, "more requests published than the ring holds");
	} else if (ret > 0) {
		sd_event_source_set_enabled(connector->resume, SD_EVENT_ONESHOT);
	} else if (!is_stalled(connector) && connector->is_masked) {
		/* Only now may the guest wake us again. */
		connector->is_masked = false;
		xen_evtchn_unmask(connector->display->evtchn, connector->request_port);
	}
}

static int on_resume(sd_event_source *source, void *data)
{
	connector_turn(data);
	return 0;
}

static void give_up_allocation(struct connector *connector)
{
	bool has_server = connector->dbuf->pool.state != POOL_NONE;

	log_warn(LOG_HOST, "%s for guest %s in time",
		 has_server ? "the display server has no memory" : "there is no display server",
		 connector->display->worker->name);
	(void)dbuf_release(connector->dbuf);
	connector_answer(connector, has_server ? -ETIMEDOUT : -ENODEV, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct connector *connector = data;

	if (connector->wait == WAIT_UNMAP) {
		log_warn(LOG_HOST, "the display server keeps pages mapped that guest %s wants back",
			 connector->display->worker->name);
		dbuf_destroy(connector->dbuf);
	}
	if (connector->wait == WAIT_POOL && connector->dbuf->is_allocated) {
		give_up_allocation(connector);
		return 0;
	}
	connector_answer(connector, 0, 0);
	return 0;
}

/* ---- life ---- */

static void on_told(struct scanout *scanout, bool was_full)
{
	struct connector *connector = container_of(scanout, struct connector, scanout);

	notify(connector, connector->event_port);
	if (was_full) {
		/* The ring waited for a flip to end. */
		sd_event_source_set_enabled(connector->resume, SD_EVENT_ONESHOT);
	}
}

/* The answer that the worker before us was about to publish. Its slot may hold half of it. */
static bool finish_answer(struct connector *connector)
{
	struct back_ring *ring = &connector->ring;
	const struct displif_response *response = state_answer(&connector->display->worker->state,
							       connector->display->state,
							       connector->index, ring->rsp_prod + 1);
	struct displif_request overwritten;

	if (!response || back_ring_take(ring, &overwritten) <= 0) {
		return false;
	}
	back_ring_answer(ring, response);
	publish(connector);
	return true;
}

static int restore(struct connector *connector)
{
	struct display *display = connector->display;
	struct state_config untrusted;
	int ret = 0;

	if (state_config(&display->worker->state, display->state, connector->index, &untrusted)) {
		ret = scanout_restore(&connector->scanout, &untrusted,
				      fb_find(display, untrusted.fb));
	}
	if (!finish_answer(connector)) {
		connector->may_replay = back_ring_waiting(&connector->ring) > 0;
	}
	connector->replayed = connector->scanout.requests;
	/* What that worker published it may not have told. */
	notify(connector, connector->request_port);
	notify(connector, connector->event_port);
	/* There may be an event that the guest waits for, with nothing else to come. */
	scanout_update(&connector->scanout);
	return ret;
}

int connector_init(struct connector *connector, struct display *display, unsigned index,
		   const struct worker_display *message, void *pages)
{
	const struct worker_connector *from = &message->connectors[index];
	struct worker *worker = display->worker;
	char *page = (char *)pages + 2 * (size_t)index * XEN_PAGE_SIZE;
	int ret;

	connector->display = display;
	connector->index = index;
	connector->request_port = from->request_port;
	connector->event_port = from->event_port;
	directory_init(&connector->directory, worker);
	list_init(&connector->edid_map.link);
	back_ring_init(&connector->ring, page, message->attach);
	connector->scanout.told = on_told;
	connector->scanout.width = from->width;
	connector->scanout.height = from->height;
	connector->scanout.head.index = message->first_head + index;
	connector->scanout.state = display->state;
	ret = scanout_init(&connector->scanout, worker, index, page + XEN_PAGE_SIZE,
			   message->attach);
	if (ret < 0) {
		return ret;
	}
	connector->timer = worker_timer(worker, on_timer, connector);
	if (!connector->timer) {
		return -ENOMEM;
	}
	/* What came before us is in the ring without an event to come: one turn unasked. */
	ret = sd_event_add_defer(worker->event, &connector->resume, on_resume, connector);
	if (ret < 0) {
		return ret;
	}
	return message->attach ? restore(connector) : 0;
}

void connector_finish(struct connector *connector)
{
	if (!connector->display) {
		return;
	}
	connector_abandon(connector);
	scanout_finish(&connector->scanout);
	connector->timer = sd_event_source_disable_unref(connector->timer);
	connector->resume = sd_event_source_disable_unref(connector->resume);
}
