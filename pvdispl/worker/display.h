/* SPDX-License-Identifier: MIT */
/* One PV display device of the guest: its connectors' rings, its event channels, its buffers. */
#ifndef WORKER_DISPLAY_H
#define WORKER_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/util.h"
#include "pvdispl/worker/connector.h"
#include "pvdispl/worker/desktop.h"
#include "pvdispl/worker_protocol.h"
#include "xen/map.h"

struct dbuf;
struct worker;

struct display {
	struct list link; /* worker.displays */
	struct worker *worker;
	uint32_t id;
	int state; /* index in worker.state; -1: none */
	bool is_closing;
	bool may_allocate; /* the toolstack wants its buffers allocated by the host */
	unsigned n_connectors;
	struct connector connectors[PV_MAX_CONNECTORS];
	struct list dbufs, fbs;
	struct xen_map map;
	struct xen_evtchn *evtchn;
	sd_event_source *io;
	sd_event_source *timer; /* how long closing waits for the server */
};

/*
 * Takes fds: the rings' map and the event channels. Returns 0 also when it cannot be served (the
 * broker is told).
 */
MUST_USE int display_open(struct worker *worker, const struct worker_display *message, int fds[2]);
/* The broker is told when nothing is mapped any more. */
MUST_USE int display_close(struct worker *worker, uint32_t id);
void displays_finish(struct worker *worker);

/* The guest broke the rules of the ring: it is served no more, and the broker is told. */
void display_fault(struct display *display, const char *what);

void display_server_ready(struct display *display);
void display_server_gone(struct display *display);
/* dbuf may be freed by this. */
void display_pool_changed(struct display *display, struct dbuf *dbuf);
/* Before a framebuffer is destroyed. */
void display_forget_fb(struct display *display, struct fb *fb);

/* The guest's desktop over all displays, by head index. */
void displays_arrange(struct worker *worker, struct desktop *out);

#endif
