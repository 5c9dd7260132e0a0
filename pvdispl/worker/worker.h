/* SPDX-License-Identifier: MIT */
/*
 * vitrine-pv: the worker of one guest. It serves the guest's rings and is a Wayland client for it;
 * it trusts the broker and the display server, and survives the latter. Everything runs on one sd-
 * event loop and nothing in it blocks.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/log.h"
#include "base/util.h"
#include "pvdispl/worker/broker_link.h"
#include "pvdispl/worker/state.h"
#include "pvdispl/worker_protocol.h"
#include "xen/xen.h"

struct client;
struct sink;

/* What the guest has of what guest_limits allow. */
struct usage {
	uint32_t buffers;
	uint32_t framebuffers;
	uint32_t pages;
};

struct worker {
	sd_event *event;
	struct broker_link broker;
	char name[PV_NAME_SIZE];
	enum xen_kind xen_kind;
	struct guest_limits limits;
	struct usage used;
	struct log_limit log_limit;
	struct list displays;  /* struct display.link */
	struct list inputs;    /* struct input.link */
	struct client *client; /* NULL while there is no display server */
	struct sink *sink;
	struct state state; /* for the worker that comes after us */
};

/* A line that the guest caused. */
#define worker_blame(worker, ...) \
	log_guest(LOG_LEVEL_WARN, (worker)->name, &(worker)->log_limit, __VA_ARGS__)

/*
 * A one-shot timer, disarmed; NULL when there is no memory. Freed by sd_event_source_disable_unref.
 */
sd_event_source *worker_timer(struct worker *worker, sd_event_time_handler_t fn, void *data);
/* at_ns: of now_ns(). */
void worker_timer_arm(sd_event_source *timer, uint64_t at_ns);
void worker_timer_disarm(sd_event_source *timer);

/* The display server is there and has all that is needed, or is gone: all displays follow. */
void worker_server_ready(struct worker *worker);
void worker_server_gone(struct worker *worker);

#endif
