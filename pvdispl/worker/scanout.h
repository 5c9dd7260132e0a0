/* SPDX-License-Identifier: MIT */
/*
 * What one connector of the guest shows, and when its flips are over: with the server's
 * presentation when it is shown, at a slow pace of our own when it is not. Never slower than
 * SCANOUT_PATIENCE_MS, or Linux gives up.
 */
#ifndef WORKER_SCANOUT_H
#define WORKER_SCANOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/rect.h"
#include "base/util.h"
#include "pvdispl/worker/desktop.h"
#include "pvdispl/worker/events.h"
#include "pvdispl/worker/flips.h"
#include "pvdispl/worker/head.h"
#include "pvdispl/worker/state.h"

#define SCANOUT_PATIENCE_MS 1000u

struct fb;
struct worker;

struct scanout {
	struct worker *worker;
	unsigned index; /* of the connector in its device */
	uint32_t width, height;
	struct head head;
	struct events events;
	struct flips flips;
	/* Events were written: the guest is to be notified; was_full: its next flip may be taken. */
	void (*told)(struct scanout *scanout, bool was_full);

	int state;         /* index of the display in worker.state */
	uint32_t requests; /* of the ring, with the one that is being carried out */
	bool is_counted; /* that one is a flip that a worker before us took, and its event comes */

	bool is_enabled;
	uint32_t x, y;          /* untrusted until geometry_shown has made area of them */
	uint64_t config_cookie; /* framebuffer of the last SET_CONFIG */
	struct fb *fb;          /* NULL: off, or one that we do not know */
	struct rect area;       /* of fb */
	bool is_dirty;          /* not committed yet */
	bool is_deferred;       /* dirty, and will be committed at next_ns */
	uint64_t next_ns;       /* no commit before then */

	sd_event_source *timer;
	uint64_t timer_ns; /* when a flip is over whatever the server says; 0: none waits */
	uint64_t armed_ns; /* when timer fires, which may be for a flip that is long over; 0: never */
	sd_event_source *commit_timer;
};

MUST_USE int scanout_init(struct scanout *scanout, struct worker *worker, unsigned index,
			  void *event_page, bool attach);
/*
 * Goes on where the worker before us was, by what it has left: config with its framebuffer, NULL when that is not known.
 * What waits for a flip that was lost with that worker gets its event. 0 or -EINVAL.
 */
MUST_USE int scanout_restore(struct scanout *scanout, const struct state_config *untrusted,
			     struct fb *fb);
void scanout_finish(struct scanout *scanout);

/*
 * fb NULL: one of before an attach, nothing is shown. Returns 0 or -EINVAL when nothing of fb could
 * be seen.
 */
MUST_USE int scanout_configure(struct scanout *scanout, struct fb *fb, uint64_t cookie,
			       uint32_t untrusted_x, uint32_t untrusted_y);
void scanout_disable(struct scanout *scanout);
/* fb as above. There must be room in flips. */
MUST_USE int scanout_flip(struct scanout *scanout, struct fb *fb, uint64_t cookie);
/* The framebuffer is about to be destroyed. */
void scanout_forget_fb(struct scanout *scanout, struct fb *fb);
/* Something that it depends on has changed: the pool of its framebuffer, room in the event page. */
void scanout_update(struct scanout *scanout);

void scanout_describe(const struct scanout *scanout, struct desktop_head *out);

#endif
