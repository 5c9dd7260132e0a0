/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/client.h"
#include "pvdispl/worker/restore.h"
#include "pvdispl/worker/worker.h"

#define PORTS_PER_TURN 16
/* The broker kills a worker that has not let go after a second. */
#define CLOSE_PATIENCE_NS (500 * NSEC_PER_MSEC)

/* ---- event channels ---- */

static void on_port(struct display *display, uint32_t port)
{
	for (unsigned k = 0; k < display->n_connectors; k++) {
		struct connector *connector = &display->connectors[k];

		if (port == connector->request_port) {
			connector->is_masked = true;
			connector_turn(connector);
			return;
		}
		if (port == connector->event_port) {
			scanout_update(&connector->scanout);
			break;
		}
	}
	xen_evtchn_unmask(display->evtchn, port);
}

static void stop(struct display *display)
{
	if (display->io) {
		sd_event_source_set_enabled(display->io, SD_EVENT_OFF);
	}
	for (unsigned k = 0; k < display->n_connectors; k++) {
		connector_finish(&display->connectors[k]);
	}
	/* No connector, no desktop, no event. */
	display->n_connectors = 0;
}

void display_fault(struct display *display, const char *what)
{
	if (display->is_closing) {
		return;
	}
	worker_blame(display->worker, "display %u: %s: closed", display->id, what);
	display->is_closing = true;
	stop(display);
	broker_link_tell(&display->worker->broker, WORKER_FAULT, WORKER_KIND_DISPLAY, display->id);
}

/* Memory that the guest draws into is not the display server's any more: only a new start gets it others. */
static void display_start_over(struct display *display)
{
	if (display->is_closing) {
		return;
	}
	display->is_closing = true;
	stop(display);
	broker_link_tell(&display->worker->broker, WORKER_STATELESS, WORKER_KIND_DISPLAY,
			 display->id);
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct display *display = data;
	uint32_t port;
	int ret = 0;

	for (int i = 0; i < PORTS_PER_TURN && ret == 0 && !display->is_closing; i++) {
		ret = xen_evtchn_next(display->evtchn, &port);
		if (ret == 0) {
			on_port(display, port);
		}
	}
	if (ret < 0 && ret != -EAGAIN && ret != -EINTR) {
		log_warn(LOG_HOST, "display %u: its event channels fail: %s", display->id,
			 strerror(-ret));
		return sd_event_source_set_enabled(display->io, SD_EVENT_OFF);
	}
	return 0;
}

/* ---- opening ---- */

static void free_buffers(struct display *display)
{
	struct fb *fb, *next_fb;
	struct dbuf *dbuf, *next_dbuf;

	list_for_each_safe(fb, next_fb, &display->fbs, link) {
		fb_destroy(fb);
	}
	list_for_each_safe(dbuf, next_dbuf, &display->dbufs, link) {
		dbuf_release(dbuf);
	}
}

/* It is not to be taken over any more. At first as a whole, so that no half of it is ever left. */
static void forget_state(struct display *display)
{
	struct dbuf *dbuf;
	struct fb *fb;

	if (display->state < 0) {
		return;
	}
	list_for_each(fb, &display->fbs, link) {
		fb->state = -1;
	}
	list_for_each(dbuf, &display->dbufs, link) {
		dbuf->state = -1;
	}
	state_remove_display(&display->worker->state, display->state);
	display->state = -1;
}

static void display_free(struct display *display)
{
	struct dbuf *dbuf, *next;

	stop(display);
	forget_state(display);
	free_buffers(display);
	list_for_each_safe(dbuf, next, &display->dbufs, link) {
		dbuf_destroy(dbuf);
	}
	sd_event_source_disable_unref(display->timer);
	sd_event_source_disable_unref(display->io);
	xen_evtchn_close(display->evtchn);
	xen_map_finish(&display->map);
	list_remove(&display->link);
	free(display);
}

static int map_rings(struct display *display, const struct worker_display *message, int fds[2])
{
	int map_fd = fds[0], evtchn_fd = fds[1];
	int ret;

	fds[0] = fds[1] = -1;
	ret = xen_evtchn_adopt(&display->evtchn, display->worker->xen_kind, evtchn_fd);
	if (ret < 0) {
		close_fd(&map_fd);
		return ret;
	}
	ret = xen_map_init(&display->map, map_fd, &message->segment, 1, 2 * message->n_connectors,
			   true);
	return ret == 0 ? xen_map_step(&display->map) : ret;
}

static int open_state(struct display *display, const struct worker_display *message)
{
	struct state *state = &display->worker->state;

	display->state = message->attach ? state_take_display(state, message->devid) :
					   state_add_display(state, message->devid);
	if (display->state < 0) {
		return display->state;
	}
	return message->attach ? restore_buffers(display) : 0;
}

static int start(struct display *display, const struct worker_display *message, int fds[2])
{
	int ret = open_state(display, message);

	if (ret == 0) {
		ret = map_rings(display, message, fds);
	}
	for (unsigned k = 0; k < message->n_connectors && ret == 0; k++) {
		display->n_connectors = k + 1;
		ret = connector_init(&display->connectors[k], display, k, message,
				     display->map.addr);
	}
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_add_io(display->worker->event, &display->io, xen_evtchn_fd(display->evtchn),
			      EPOLLIN, on_event, display);
	return MIN(ret, 0);
}

int display_open(struct worker *worker, const struct worker_display *message, int fds[2])
{
	struct display *display;
	int ret;

	if (message->n_connectors < 1 || message->n_connectors > PV_MAX_CONNECTORS) {
		return -EPROTO;
	}
	display = xcalloc(1, sizeof(*display));
	display->worker = worker;
	display->id = message->id;
	display->may_allocate = message->may_allocate != 0;
	display->state = -1;
	display->map.fd = -1;
	list_init(&display->dbufs);
	list_init(&display->fbs);
	list_append(&worker->displays, &display->link);
	ret = start(display, message, fds);
	if (ret < 0) {
		worker_blame(worker, "display %u cannot be %s: %s", message->id,
			     message->attach ? "taken over" : "served", strerror(-ret));
		display_free(display);
		broker_link_tell(&worker->broker, message->attach ? WORKER_STATELESS : WORKER_FAULT,
				 WORKER_KIND_DISPLAY, message->id);
		return 0;
	}
	broker_link_tell(&worker->broker, WORKER_CONNECTED, WORKER_KIND_DISPLAY, display->id);
	display_server_ready(display);
	return 0;
}

/* ---- closing: the server's maps of the guest's pages go first ---- */

static void close_done(struct display *display)
{
	struct worker *worker = display->worker;
	uint32_t id = display->id;

	display_free(display);
	broker_link_tell(&worker->broker, WORKER_CLOSED, WORKER_KIND_DISPLAY, id);
}

static int on_close_timer(sd_event_source *source, uint64_t usec, void *data)
{
	close_done(data);
	return 0;
}

static struct display *display_find(struct worker *worker, uint32_t id)
{
	struct display *display;

	list_for_each(display, &worker->displays, link) {
		if (display->id == id) {
			return display;
		}
	}
	return NULL;
}

int display_close(struct worker *worker, uint32_t id)
{
	struct display *display = display_find(worker, id);

	if (!display) {
		broker_link_tell(&worker->broker, WORKER_CLOSED, WORKER_KIND_DISPLAY, id);
		return 0;
	}
	if (display->timer) {
		return 0; /* under way */
	}
	display->is_closing = true;
	stop(display);
	forget_state(display);
	free_buffers(display);
	display->timer = worker_timer(worker, on_close_timer, display);
	if (list_empty(&display->dbufs) || !display->timer) {
		close_done(display);
		return 0;
	}
	worker_timer_arm(display->timer, now_ns() + CLOSE_PATIENCE_NS);
	return 0;
}

void displays_finish(struct worker *worker)
{
	struct display *display, *next;

	list_for_each_safe(display, next, &worker->displays, link) {
		display_free(display);
	}
}

/* ---- the server ---- */

static struct connector *waiting_for(struct display *display, const struct dbuf *dbuf)
{
	for (unsigned k = 0; k < display->n_connectors; k++) {
		if (display->connectors[k].dbuf == dbuf) {
			return &display->connectors[k];
		}
	}
	return NULL;
}

static void update_all(struct display *display)
{
	for (unsigned k = 0; k < display->n_connectors; k++) {
		scanout_update(&display->connectors[k].scanout);
	}
}

void display_pool_changed(struct display *display, struct dbuf *dbuf)
{
	struct connector *connector = waiting_for(display, dbuf);

	if (connector) {
		connector_pool_changed(connector);
	} else if (dbuf->is_dying) {
		if (dbuf->pool.state == POOL_NONE) {
			dbuf_destroy(dbuf);
		}
		if (display->timer && list_empty(&display->dbufs)) {
			close_done(display);
			return;
		}
	} else if (dbuf->pool.state == POOL_FAILED) {
		worker_blame(display->worker, "display %u: a buffer of %u pages cannot be shown: %s",
			     display->id, dbuf->geometry.pages, strerror(dbuf->pool.error));
		if (dbuf->is_allocated) {
			display_start_over(display);
		}
	}
	update_all(display);
}

void display_server_ready(struct display *display)
{
	struct client *client = display->worker->client;
	struct dbuf *dbuf;

	if (!client || !client->is_ready || display->is_closing) {
		return;
	}
	list_for_each(dbuf, &display->dbufs, link) {
		dbuf_open(dbuf);
	}
	for (unsigned k = 0; k < display->n_connectors; k++) {
		struct head *head = &display->connectors[k].scanout.head;

		if (head->index < client->max_heads) {
			head_create(head, client);
		}
	}
}

void display_server_gone(struct display *display)
{
	struct dbuf *dbuf, *next;
	struct fb *fb;

	for (unsigned k = 0; k < display->n_connectors; k++) {
		head_destroy(&display->connectors[k].scanout.head);
	}
	list_for_each(fb, &display->fbs, link) {
		fb_forget_buffers(fb);
	}
	list_for_each_safe(dbuf, next, &display->dbufs, link) {
		struct connector *connector = waiting_for(display, dbuf);

		pool_close(&dbuf->pool);
		if (connector) {
			connector_pool_changed(connector);
		} else if (dbuf->is_dying) {
			dbuf_destroy(dbuf);
		}
	}
	update_all(display);
	if (display->timer && list_empty(&display->dbufs)) {
		close_done(display);
	}
}

void display_forget_fb(struct display *display, struct fb *fb)
{
	for (unsigned k = 0; k < display->n_connectors; k++) {
		scanout_forget_fb(&display->connectors[k].scanout, fb);
	}
}

void displays_arrange(struct worker *worker, struct desktop *out)
{
	struct desktop_head heads[DESKTOP_MAX_HEADS] = {0};
	struct display *display;

	list_for_each(display, &worker->displays, link) {
		for (unsigned k = 0; k < display->n_connectors; k++) {
			const struct scanout *scanout = &display->connectors[k].scanout;

			if (scanout->head.index < DESKTOP_MAX_HEADS) {
				scanout_describe(scanout, &heads[scanout->head.index]);
			}
		}
	}
	desktop_arrange(out, heads, DESKTOP_MAX_HEADS);
}
