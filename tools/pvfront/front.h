/* SPDX-License-Identifier: MIT */
/* What the parts of pvfront share: the domain, its loop, and waiting for things on it. */
#ifndef TOOLS_PVFRONT_FRONT_H
#define TOOLS_PVFRONT_FRONT_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "tools/pvfront/options.h"
#include "xen/xen.h"

#define FRONT_TIMEOUT_NS (3000 * NSEC_PER_MSEC) /* Linux's for an answer on a ring */

struct display;
struct event_log;

struct front {
	const struct options *options;
	sd_event *event;
	sd_event_source *store_source;
	struct xen *xen;
	struct event_log *log;
	struct display *display;
	uint32_t domid;
	uint64_t store_changes; /* watches that have fired */
	bool stop;              /* a signal asked to end */
	bool report_wanted;
};

/* The store and the signals on the loop. */
MUST_USE int front_init(struct front *front, const struct options *options);
void front_finish(struct front *front);

typedef bool (*front_condition)(void *data);

/*
 * Serves the loop until the condition holds: 0; -ETIMEDOUT; -EINTR when a signal asked to end; or the loop's error. The
 * condition is asked first, and after each turn.
 */
int front_wait(struct front *front, front_condition condition, void *data, uint64_t timeout_ns);

#endif
