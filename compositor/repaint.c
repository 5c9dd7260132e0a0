/* SPDX-License-Identifier: MIT */
/*
 * The frame loop. Each output has at most one frame under way: something changes, a timer waits for
 * the deadline, the newest commits are latched, drawn and given to the device; its flip event ends
 * the frame and begins the next one. A flip event that does not come is never made up: who has the
 * input hangs on it. The frame is given up and drawn anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/trace.h"
#include "compositor/planes.h"
#include "compositor/repaint_priv.h"

/* A flip that is due for this long, and for this many periods, will not come. */
#define LOST_NS NSEC_PER_SEC
#define LOST_PERIODS 10

static uint64_t now_of(const struct repaint *repaint)
{
	return clock_now(repaint->server->clock);
}

static void trace(const struct repaint_output *slot, enum trace_event event, uint64_t time_ns,
		  uint64_t duration_ns, uint64_t value)
{
	struct trace *all = slot->repaint->server->trace;

	trace_add(all, event, trace_track(all, "monitor", slot->device->name), time_ns, duration_ns,
		  value);
}

/* ---- one output's frames ---- */

static void arm(struct repaint_output *slot)
{
	uint64_t at_ns;

	if (!slot->wanted || slot->drawing || slot->flying || slot->away ||
	    clock_timer_at(slot->timer) != UINT64_MAX) {
		return;
	}
	at_ns = frame_clock_deadline(&slot->clock, now_of(slot->repaint));
	slot->planned_ns = MAX(at_ns, slot->not_before_ns);
	clock_timer_arm(slot->timer, slot->planned_ns);
}

static uint64_t patience(const struct repaint_output *slot)
{
	return MAX(LOST_NS, LOST_PERIODS * slot->clock.period_ns);
}

/* No frame before the flip event. */
static void await_flip(struct repaint_output *slot)
{
	slot->flying = true;
	slot->due_ns = now_of(slot->repaint);
	/* One that is armed for an earlier flip sees to this one when it fires. */
	if (clock_timer_at(slot->watch) == UINT64_MAX) {
		clock_timer_arm(slot->watch, slot->due_ns + patience(slot));
	}
}

static void handle_watch(void *data, uint64_t now_ns)
{
	struct repaint_output *slot = data;

	if (!slot->flying) {
		return;
	}
	if (now_ns < slot->due_ns + patience(slot)) {
		clock_timer_arm(slot->watch, slot->due_ns + patience(slot));
		return;
	}
	if (slot->lost++ % 60 == 0) {
		log_warn(LOG_HOST, "%s: it was not told when a frame was shown; drawn anew",
			 slot->device->name);
	}
	if (slot->device->ops->lost) {
		slot->device->ops->lost(slot->device);
	}
	slot->flying = false;
	scene_output_damage_all(slot->output);
}

/* The device refuses: tried again once a period, or at its next flip. */
static void back_off(struct repaint_output *slot, const char *what, int error)
{
	slot->wanted = true;
	slot->not_before_ns = now_of(slot->repaint) + slot->clock.period_ns;
	if (error == -EBUSY) {
		return;
	}
	if (slot->failed++ % 600 == 0) {
		log_warn(LOG_HOST, "%s: %s: %s; tried again at each frame", slot->device->name,
			 what, strerror(-error));
	}
}

static void draw(struct repaint_output *slot, struct target *target, const struct frame *frame)
{
	struct render_cost cost;
	uint64_t start_ns = now_of(slot->repaint);

	target->transform = slot->output->transform;
	target->scale = slot->output->scale;
	renderer_draw(slot->repaint->server->renderer, target, frame->layers, frame->n_layers,
		      &frame->damage, &cost);
	slot->output->bytes_read += cost.bytes_read;
	slot->output->bytes_written += cost.bytes_written;
	trace(slot, TRACE_DRAW, start_ns, MAX(now_of(slot->repaint) - start_ns, 1),
	      cost.bytes_read + cost.bytes_written);
}

static void commit(struct repaint_output *slot, const struct frame *frame, bool is_composed)
{
	struct output_frame shown = {.is_composed = is_composed};
	pixman_region32_t damage;
	int ret;

	/* The device knows nothing of how its panel is mounted. */
	pixman_region32_init(&damage);
	transform_region(slot->output->transform, slot->device->width, slot->device->height,
			 &frame->damage, &damage);
	shown.damage = &damage;
	planes_fill(slot->planes, &shown);
	ret = slot->device->ops->commit(slot->device, &shown);
	pixman_region32_fini(&damage);
	planes_committed(slot->planes, ret);
	if (ret < 0 && is_composed) {
		slot->device->ops->cancel(slot->device);
	}
	if (ret < 0) {
		back_off(slot, "frame refused", ret);
	} else {
		await_flip(slot);
		trace(slot, TRACE_SUBMIT, now_of(slot->repaint), 0, 0);
		frame_clock_committed(&slot->clock, slot->planned_ns, now_of(slot->repaint));
	}
	/* After a refusal everything is damaged, which asks for a frame. */
	scene_output_committed(slot->output, ret >= 0);
}

static void frame_show(struct repaint_output *slot, struct target *target, struct frame *frame)
{
	bool is_composed = planes_choose(slot->planes, slot->output, target->age, frame);

	trace(slot, TRACE_LATCH, now_of(slot->repaint), 0, 0);
	if (is_composed) {
		draw(slot, target, frame);
	} else {
		slot->device->ops->cancel(slot->device);
	}
	commit(slot, frame, is_composed);
}

static void frame_run(struct repaint_output *slot)
{
	struct target target;
	struct frame frame;
	int ret = slot->device->ops->acquire(slot->device, &target);

	if (ret == -EBUSY) {
		await_flip(slot);
		return;
	}
	if (ret == -EACCES) {
		/* What others show is not ours: no buffer is on the glass any more. */
		planes_lost(slot->planes);
		slot->away = true;
		return;
	}
	if (ret < 0) {
		back_off(slot, "no buffer", ret);
		return;
	}
	slot->wanted = false;
	if (scene_output_latch(slot->output, target.age, &frame)) {
		frame_show(slot, &target, &frame);
	} else {
		slot->device->ops->cancel(slot->device);
	}
	frame_finish(&frame);
}

static void handle_deadline(void *data, uint64_t now_ns)
{
	struct repaint_output *slot = data;

	slot->drawing = true;
	frame_run(slot);
	slot->drawing = false;
	arm(slot);
}

void repaint_schedule(struct repaint *repaint, struct scene_output *output)
{
	struct repaint_output *slot = output->data;

	slot->wanted = true;
	/* While it is being added the device may not be ready for a frame. */
	if (slot->output) {
		arm(slot);
	}
}

static void sample(struct repaint *repaint)
{
	clock_timer_arm(repaint->sampler, scene_sample(repaint->server->scene, now_of(repaint)));
}

static void handle_sampler(void *data, uint64_t now_ns)
{
	sample(data);
}

/* ---- what the backend reports ---- */

static struct repaint_output *slot_of(struct repaint *repaint, const struct output_device *device)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		if (repaint->outputs[i].device == device) {
			return &repaint->outputs[i];
		}
	}
	return NULL;
}

static void slot_clear(struct repaint_output *slot)
{
	clock_timer_destroy(slot->timer);
	clock_timer_destroy(slot->watch);
	planes_destroy(slot->planes);
	*slot = (struct repaint_output){.repaint = slot->repaint};
}

static int slot_fill(struct repaint_output *slot, struct output_device *device)
{
	struct server *server = slot->repaint->server;

	slot->device = device;
	slot->timer = clock_timer_create(server->clock, PRIORITY_FRAME, handle_deadline, slot);
	slot->watch = clock_timer_create(server->clock, PRIORITY_FRAME, handle_watch, slot);
	slot->planes = planes_create(server, device);
	if (!slot->timer || !slot->watch || !slot->planes) {
		return -ENOMEM;
	}
	frame_clock_init(&slot->clock, device->refresh_mhz, device->has_vblank, device->vblank_ns);
	slot->output = scene_output_add(server->scene, device->name, device->width, device->height,
					device->refresh_mhz, slot);
	return slot->output ? 0 : -errno;
}

/* What a card can show on one monitor hangs on what it shows on the others. */
static void planes_forget_all(struct repaint *repaint)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		if (repaint->outputs[i].planes) {
			planes_forget(repaint->outputs[i].planes);
		}
	}
}

static void handle_added(void *data, struct output_device *device)
{
	struct repaint *repaint = data;
	struct repaint_output *slot = slot_of(repaint, NULL);
	int ret = slot ? slot_fill(slot, device) : -ENOSPC;

	if (ret < 0) {
		log_error(LOG_HOST, "%s is left dark: %s", device->name,
			  ret == -ENOSPC ? "more monitors than vitrined can show" : strerror(-ret));
		if (slot) {
			slot_clear(slot);
		}
		return;
	}
	log_info(LOG_US, "%s: %dx%d at %d.%03d Hz", device->name, device->width, device->height,
		 device->refresh_mhz / 1000, device->refresh_mhz % 1000);
	server_tell(repaint->server, "MonitorAdded", "", device->name);
	planes_forget_all(repaint);
	slot->wanted = true;
	arm(slot);
	monitors_changed(repaint->server->monitors);
	input_outputs_changed(repaint->server->input);
	layouts_monitors_changed(repaint->server->layouts);
	lock_outputs_changed(repaint->server->lock);
}

static void handle_removed(void *data, struct output_device *device)
{
	struct repaint *repaint = data;
	struct repaint_output *slot = slot_of(repaint, device);

	if (!slot) {
		return;
	}
	log_info(LOG_US, "%s is gone", device->name);
	server_tell(repaint->server, "MonitorRemoved", "", device->name);
	scene_output_remove(slot->output);
	slot_clear(slot);
	planes_forget_all(repaint);
	monitors_changed(repaint->server->monitors);
	input_outputs_changed(repaint->server->input);
	layouts_monitors_changed(repaint->server->layouts);
	lock_outputs_changed(repaint->server->lock);
}

static void handle_flipped(void *data, struct output_device *device, uint64_t time_ns)
{
	struct repaint *repaint = data;
	struct repaint_output *slot = slot_of(repaint, device);
	uint64_t now_ns = now_of(repaint), missed, target_ns;
	struct presented how;

	if (!slot) {
		return;
	}
	slot->flying = false;
	if (slot->not_before_ns) {
		/* It was busy with this flip: no need to wait any longer. */
		slot->not_before_ns = 0;
		clock_timer_disarm(slot->timer);
	}
	missed = slot->clock.missed;
	target_ns = slot->clock.target_ns;
	how = (struct presented){
		.time_ns = frame_clock_flipped(&slot->clock, time_ns, now_ns),
		.refresh_ns = (uint32_t)slot->clock.period_ns,
		.sequence = ++slot->sequence,
	};
	planes_flipped(slot->planes, now_ns, frame_clock_deadline(&slot->clock, now_ns));
	trace(slot, TRACE_FLIP, how.time_ns, 0, slot->sequence);
	if (slot->clock.missed != missed) {
		trace(slot, TRACE_MISS, how.time_ns, 0, how.time_ns - target_ns);
	}
	scene_output_presented(slot->output, &how);
	if (slot->output->frames == 1) {
		log_info(LOG_US, "%s: first frame %llu ms after the start", slot->device->name,
			 (unsigned long long)((how.time_ns - repaint->server->start_ns) /
					      NSEC_PER_MSEC));
	}
	input_output_presented(repaint->server->input, slot->output, now_ns);
	lock_output_presented(repaint->server->lock, slot->output);
	if (repaint->server->shown) {
		repaint->server->shown(repaint->server->control, slot->output);
	}
	arm(slot);
	sample(repaint);
}

static void handle_damaged(void *data, struct output_device *device)
{
	struct repaint_output *slot = slot_of(data, device);

	if (!slot) {
		return;
	}
	/* A flip that was due is not told any more. */
	slot->flying = false;
	slot->away = false;
	planes_forget(slot->planes);
	scene_output_damage_all(slot->output);
}

void repaint_output_away(struct repaint *repaint, unsigned number)
{
	struct repaint_output *slot = &repaint->outputs[number];

	slot->flying = false;
	slot->away = true;
	clock_timer_disarm(slot->timer);
	clock_timer_disarm(slot->watch);
	planes_lost(slot->planes);
	scene_output_lost(slot->output);
	lock_outputs_changed(repaint->server->lock);
}

const struct output_listener repaint_output_listener = {
	.added = handle_added,
	.removed = handle_removed,
	.flipped = handle_flipped,
	.damaged = handle_damaged,
};

/* ---- the rest ---- */

static int scene_key_draw(struct scene *scene)
{
	uint64_t key[2];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		return -EIO;
	}
	scene_set_key(scene, key);
	return 0;
}

int repaint_create(struct repaint **out, struct server *server)
{
	struct repaint *repaint = xcalloc(1, sizeof(*repaint));
	int ret = scene_key_draw(server->scene);

	if (ret == 0) {
		/* In turn with clients: a front buffer without end must not keep others' commits. */
		repaint->sampler = clock_timer_create(server->clock, PRIORITY_LAST, handle_sampler,
						      repaint);
		ret = repaint->sampler ? 0 : -ENOMEM;
	}
	if (ret < 0) {
		free(repaint);
		return ret;
	}
	repaint->server = server;
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		repaint->outputs[i].repaint = repaint;
	}
	*out = repaint;
	return 0;
}

void repaint_destroy(struct repaint *repaint)
{
	if (!repaint) {
		return;
	}
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		if (repaint->outputs[i].output) {
			scene_output_remove(repaint->outputs[i].output);
			slot_clear(&repaint->outputs[i]);
		}
	}
	clock_timer_destroy(repaint->sampler);
	free(repaint);
}
