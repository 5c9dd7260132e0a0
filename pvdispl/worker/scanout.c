/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/scanout.h"

#include <errno.h>
#include <string.h>

#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/worker.h"

/*
 * Shorter than a frame of any monitor. The server is done at once with a picture that another one replaces or that is
 * taken off again, so without this a guest could have it busy with pictures that nobody sees.
 */
#define COMMIT_INTERVAL_NS (2 * NSEC_PER_MSEC)

/* ---- the time by which the guest must be told ---- */

/* A timer that is armed for an earlier flip sees to this one when it fires: two calls a frame less. */
static void due_set(struct scanout *scanout, uint64_t at_ns)
{
	scanout->timer_ns = at_ns;
	if (scanout->armed_ns == 0 || at_ns < scanout->armed_ns) {
		scanout->armed_ns = at_ns;
		worker_timer_arm(scanout->timer, at_ns);
	}
}

/* ---- events ---- */

static void deliver(struct scanout *scanout)
{
	struct flips *flips = &scanout->flips;
	bool was_full = flips_full(flips), told = false;

	while (flips_due(flips) &&
	       events_push_flip(&scanout->events, flips->cookies[flips->first % FLIPS_MAX])) {
		flips->first++;
		told = true;
	}
	if (told) {
		scanout->timer_ns = 0;
		scanout->told(scanout, was_full);
	}
}

static void arm(struct scanout *scanout)
{
	const struct head *head = &scanout->head;
	bool is_shown = head->is_visible && (head->first != head->end || scanout->is_deferred);
	uint64_t interval_ns = (is_shown ? SCANOUT_PATIENCE_MS : head->pace_ms) * NSEC_PER_MSEC;
	uint64_t at_ns = now_ns() + interval_ns;

	if (!flips_waiting(&scanout->flips) && !flips_due(&scanout->flips)) {
		scanout->timer_ns = 0;
	} else if (scanout->timer_ns == 0 || at_ns < scanout->timer_ns) {
		due_set(scanout, at_ns);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct scanout *scanout = data;
	uint64_t due_ns = scanout->timer_ns;

	scanout->armed_ns = 0;
	if (due_ns == 0) {
		return 0;
	}
	if (now_ns() + NSEC_PER_MSEC < due_ns) {
		due_set(scanout, due_ns);
		return 0;
	}
	scanout->timer_ns = 0;
	if (flips_waiting(&scanout->flips)) {
		flips_done(&scanout->flips, scanout->flips.due + 1);
	}
	scanout_update(scanout);
	return 0;
}

/* ---- showing ---- */

static bool is_due(struct scanout *scanout)
{
	scanout->is_deferred = now_ns() < scanout->next_ns;
	if (scanout->is_deferred) {
		worker_timer_arm(scanout->commit_timer, scanout->next_ns);
	}
	return !scanout->is_deferred;
}

static int on_commit_timer(sd_event_source *source, uint64_t usec, void *data)
{
	scanout_update(data);
	return 0;
}

static void commit(struct scanout *scanout)
{
	const struct fb *fb = scanout->fb;
	struct fb_buffer *buffer;
	bool is_whole;

	if (!fb) {
		head_blank(&scanout->head);
		scanout->is_dirty = false;
		return;
	}
	if (!head_can_commit(&scanout->head) || !is_due(scanout)) {
		return;
	}
	buffer = fb_buffer(scanout->fb, scanout->index);
	if (!buffer) {
		return;
	}
	is_whole = (uint32_t)scanout->area.w == fb->geometry.width &&
		   (uint32_t)scanout->area.h == fb->geometry.height;
	scanout->is_dirty = false;
	scanout->next_ns = now_ns() + COMMIT_INTERVAL_NS;
	head_commit(&scanout->head, buffer, &scanout->area, is_whole, scanout->flips.end);
}

void scanout_update(struct scanout *scanout)
{
	if (scanout->is_dirty) {
		commit(scanout);
	}
	deliver(scanout);
	arm(scanout);
}

static void on_head_changed(struct head *head)
{
	struct scanout *scanout = container_of(head, struct scanout, head);

	/* What was shown before is forgotten, and the pace may be another one. */
	scanout->is_dirty = true;
	scanout->timer_ns = 0;
	scanout_update(scanout);
}

static void on_head_done(struct head *head, uint32_t covers)
{
	struct scanout *scanout = container_of(head, struct scanout, head);

	flips_done(&scanout->flips, covers);
	scanout_update(scanout);
}

static const struct head_events head_events = {.changed = on_head_changed, .done = on_head_done};

/* ---- what the guest asks for ---- */

/* For the next worker, before the guest is answered. */
static void store(struct scanout *scanout)
{
	const struct state_config config = {
		.fb = scanout->fb ? scanout->fb->cookie : 0,
		.config = scanout->config_cookie,
		.x = scanout->x,
		.y = scanout->y,
		.is_enabled = scanout->is_enabled,
		.events = scanout->events.in_prod + (scanout->flips.end - scanout->flips.first),
		.requests = scanout->requests,
	};

	state_set_config(&scanout->worker->state, scanout->state, scanout->index, &config);
}

static int show(struct scanout *scanout, struct fb *fb, uint32_t untrusted_x, uint32_t untrusted_y)
{
	struct rect area = {0};

	if (fb && geometry_shown(&fb->geometry, untrusted_x, untrusted_y, scanout->width,
				 scanout->height, &area) < 0) {
		return -EINVAL;
	}
	scanout->fb = fb;
	scanout->area = area;
	scanout->is_dirty = true;
	return 0;
}

int scanout_configure(struct scanout *scanout, struct fb *fb, uint64_t cookie, uint32_t untrusted_x,
		      uint32_t untrusted_y)
{
	int ret = show(scanout, fb, untrusted_x, untrusted_y);

	if (ret < 0) {
		return ret;
	}
	scanout->is_enabled = true;
	scanout->x = untrusted_x;
	scanout->y = untrusted_y;
	scanout->config_cookie = cookie;
	store(scanout);
	scanout_update(scanout);
	return 0;
}

void scanout_disable(struct scanout *scanout)
{
	scanout->is_enabled = false;
	scanout->config_cookie = 0;
	scanout->fb = NULL;
	scanout->is_dirty = true;
	store(scanout);
	scanout_update(scanout);
}

int scanout_flip(struct scanout *scanout, struct fb *fb, uint64_t cookie)
{
	/*
	 * Flips of a connector that is off are acknowledged, as a guest takes a failed one for an
	 * unplugged monitor.
	 */
	int ret = scanout->is_enabled ? show(scanout, fb, scanout->x, scanout->y) : 0;

	if (ret < 0) {
		return ret;
	}
	if (!scanout->is_counted) {
		flips_add(&scanout->flips, cookie);
	}
	store(scanout);
	scanout_update(scanout);
	return 0;
}

void scanout_forget_fb(struct scanout *scanout, struct fb *fb)
{
	if (scanout->fb == fb) {
		scanout->fb = NULL;
		scanout->is_dirty = true;
		store(scanout);
		scanout_update(scanout);
	}
}

void scanout_describe(const struct scanout *scanout, struct desktop_head *out)
{
	memset(out, 0, sizeof(*out));
	if (scanout->is_enabled && scanout->fb) {
		out->enabled = true;
		out->fb[0] = scanout->config_cookie;
		out->fb[1] = scanout->fb->cookie;
		out->area = scanout->area;
	}
}

/* ---- life ---- */

int scanout_init(struct scanout *scanout, struct worker *worker, unsigned index, void *event_page,
		 bool attach)
{
	scanout->worker = worker;
	scanout->index = index;
	head_init(&scanout->head, &head_events, scanout->head.index, scanout->width,
		  scanout->height);
	events_init(&scanout->events, event_page, attach);
	scanout->timer = worker_timer(worker, on_timer, scanout);
	scanout->commit_timer = worker_timer(worker, on_commit_timer, scanout);
	if (!scanout->timer || !scanout->commit_timer) {
		return -ENOMEM;
	}
	return 0;
}

/*
 * The event page says how many events were written, so what was taken and not told is known. Where the guest has changed
 * its page one event is as good as any number.
 */
static void restore_flips(struct scanout *scanout, const struct state_config *untrusted)
{
	uint32_t owed = untrusted->events - scanout->events.in_prod;

	for (uint32_t i = 0; i < (owed <= FLIPS_MAX ? owed : 1); i++) {
		flips_add(&scanout->flips, untrusted->fb);
	}
	flips_done(&scanout->flips, scanout->flips.end);
}

int scanout_restore(struct scanout *scanout, const struct state_config *untrusted, struct fb *fb)
{
	scanout->is_enabled = untrusted->is_enabled != 0;
	if (scanout->is_enabled && show(scanout, fb, untrusted->x, untrusted->y) < 0) {
		return -EINVAL;
	}
	scanout->x = untrusted->x;
	scanout->y = untrusted->y;
	scanout->config_cookie = untrusted->config;
	scanout->requests = untrusted->requests;
	restore_flips(scanout, untrusted);
	return 0;
}

void scanout_finish(struct scanout *scanout)
{
	/* From here on nobody is told anything. */
	scanout->fb = NULL;
	scanout->flips = (struct flips){.first = 0};
	if (scanout->timer) {
		head_destroy(&scanout->head);
	}
	scanout->timer = sd_event_source_disable_unref(scanout->timer);
	scanout->commit_timer = sd_event_source_disable_unref(scanout->commit_timer);
}
