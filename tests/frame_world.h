/* SPDX-License-Identifier: MIT */
/*
 * The real frame loop, scene and renderer on a virtual clock, with monitors that are simulated: each
 * has a true period and phase that its mode does not tell, drawing and waking up take time, and
 * nothing is told before it happens. For one test program: it stands in for what the loop calls.
 */
#ifndef TESTS_FRAME_WORLD_H
#define TESTS_FRAME_WORLD_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compositor/server.h"
#include "tests/scene_fixture.h"

#define WORLD_WIDTH 160
#define WORLD_HEIGHT 120
#define WORLD_MONITORS 2

void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns)
{
}

void input_outputs_changed(struct input *input)
{
}

void layouts_monitors_changed(struct layouts *layouts)
{
}

void lock_output_presented(struct lock *lock, struct scene_output *output)
{
}

void lock_outputs_changed(struct lock *lock)
{
}

struct world;

/* What a monitor is like; zeros are a good choice. */
struct monitor_nature {
	int refresh_mhz;   /* what the mode says; 0: 60 Hz */
	int64_t off_ppm;   /* how much longer the true period is */
	uint64_t phase_ns; /* of the first vblank */
	uint64_t vblank_ns; /* length: a frame that comes later than this before the vblank misses it */
	uint64_t jitter_ns; /* of the times that flips are told with, at most, in either direction */
	uint64_t cost_ns[2];  /* of a frame, from and to */
	uint64_t wake_ns;     /* how late the loop wakes up, at most */
	unsigned spike_every; /* each so many wake-ups are ten times as late; 0: none */
	bool has_no_vblank;   /* says "flipped" at once */
};

struct monitor {
	struct output_device base;
	struct monitor_nature nature;
	struct world *world;
	struct monitor_buffer {
		uint32_t pixels[WORLD_WIDTH * WORLD_HEIGHT];
		unsigned committed; /* number of the commit; 0: never */
	} buffers[3];
	struct monitor_buffer *acquired, *flying, *front; /* front: on the glass */
	struct clock_timer *vblank;
	uint64_t period_ps, origin_ns;
	uint64_t stall_ns; /* the next frame takes so much longer */
	uint64_t commit_ns, flip_ns;
	unsigned wakes, commits, flips;
};

struct world {
	struct server server;
	struct monitor monitors[WORLD_MONITORS];
	uint32_t random;
	void (*done)(struct world *world, struct scene_head *head, uint64_t token,
		     const struct presented *how);
	void *data;
};

static inline uint64_t world_now(struct world *world)
{
	return clock_now(world->server.clock);
}

static inline uint64_t world_random(struct world *world, uint64_t from, uint64_t to)
{
	return from + (to > from ? test_random(&world->random) % (to - from + 1) : 0);
}

/* ---- the monitor ---- */

static inline uint64_t monitor_vblank_after(const struct monitor *monitor, uint64_t time_ns)
{
	uint64_t n = time_ns < monitor->origin_ns ?
			     0 :
			     (time_ns - monitor->origin_ns) * 1000 / monitor->period_ps + 1;

	return monitor->origin_ns + n * monitor->period_ps / 1000;
}

static inline int monitor_acquire(struct output_device *base, struct target *target)
{
	struct monitor *monitor = (struct monitor *)base;
	uint64_t late_ns = world_random(monitor->world, 0, monitor->nature.wake_ns);
	unsigned every = monitor->nature.spike_every;

	if (monitor->flying) {
		return -EBUSY;
	}
	clock_virtual_spend(monitor->world->server.clock,
			    every && ++monitor->wakes % every == 0 ? late_ns * 10 : late_ns);
	/* The one that was on the glass longest ago: the harder case for damage. */
	monitor->acquired = &monitor->buffers[monitor->commits % 3];
	*target = (struct target){.pixels = (uint8_t *)monitor->acquired->pixels,
				  .width = WORLD_WIDTH,
				  .height = WORLD_HEIGHT,
				  .stride = WORLD_WIDTH * 4};
	if (monitor->acquired->committed) {
		target->age = monitor->commits - monitor->acquired->committed + 1;
	}
	return 0;
}

static inline int monitor_commit(struct output_device *base, const struct output_frame *frame)
{
	struct monitor *monitor = (struct monitor *)base;
	struct world *world = monitor->world;
	const struct monitor_nature *nature = &monitor->nature;

	clock_virtual_spend(world->server.clock,
			    monitor->stall_ns +
				    world_random(world, nature->cost_ns[0], nature->cost_ns[1]));
	monitor->stall_ns = 0;
	monitor->flying = monitor->acquired;
	monitor->flying->committed = ++monitor->commits;
	monitor->commit_ns = world_now(world);
	monitor->flip_ns = nature->has_no_vblank ?
				   monitor->commit_ns :
				   monitor_vblank_after(monitor,
							monitor->commit_ns + nature->vblank_ns);
	clock_timer_arm(monitor->vblank, monitor->flip_ns);
	return 0;
}

static inline void monitor_cancel(struct output_device *base)
{
}

static const struct output_device_ops monitor_ops = {
	.acquire = monitor_acquire,
	.commit = monitor_commit,
	.cancel = monitor_cancel,
};

static inline void monitor_handle_vblank(void *data, uint64_t now_ns)
{
	struct monitor *monitor = data;
	uint64_t jitter_ns = monitor->nature.jitter_ns;
	uint64_t told_ns = monitor->flip_ns - jitter_ns +
			   world_random(monitor->world, 0, 2 * jitter_ns);

	monitor->front = monitor->flying;
	monitor->flying = NULL;
	monitor->flips++;
	repaint_output_listener.flipped(monitor->world->server.repaint, &monitor->base, told_ns);
}

/* Plugs monitor number i in. */
static inline struct monitor *world_plug(struct world *world, unsigned i,
					 const struct monitor_nature *nature)
{
	struct monitor *monitor = &world->monitors[i];
	int refresh_mhz = nature->refresh_mhz ? nature->refresh_mhz : 60000;
	uint64_t period_ps = 1000000 * NSEC_PER_SEC / (uint64_t)refresh_mhz;

	*monitor = (struct monitor){.nature = *nature, .world = world};
	monitor->period_ps = (uint64_t)((int64_t)period_ps +
					(int64_t)period_ps / 1000000 * nature->off_ppm);
	monitor->origin_ns = world_now(world) + nature->phase_ns;
	monitor->base.ops = &monitor_ops;
	monitor->base.width = WORLD_WIDTH;
	monitor->base.height = WORLD_HEIGHT;
	monitor->base.refresh_mhz = refresh_mhz;
	monitor->base.has_vblank = !nature->has_no_vblank;
	monitor->base.vblank_ns = (uint32_t)nature->vblank_ns;
	snprintf(monitor->base.name, sizeof(monitor->base.name), "SIM-%u", i + 1);
	monitor->vblank = clock_timer_create(world->server.clock, PRIORITY_FRAME,
					     monitor_handle_vblank, monitor);
	repaint_output_listener.added(world->server.repaint, &monitor->base);
	return monitor;
}

static inline uint64_t monitor_period_ns(const struct monitor *monitor)
{
	return monitor->period_ps / 1000;
}

/* On the glass now. */
static inline uint32_t monitor_pixel(const struct monitor *monitor, int x, int y)
{
	return monitor->front ? monitor->front->pixels[y * WORLD_WIDTH + x] & 0xffffff : 0;
}

static inline struct scene_output *monitor_output(const struct monitor *monitor)
{
	struct repaint *repaint = monitor->world->server.repaint;
	int number = repaint_output_number(repaint, monitor->base.name);

	return repaint_output(repaint, (unsigned)number);
}

/* ---- the world ---- */

static inline void world_wanted(void *data, struct scene_output *output)
{
	repaint_schedule(((struct world *)data)->server.repaint, output);
}

static inline void world_done(void *data, struct scene_head *head, uint64_t token,
			      const struct presented *how)
{
	struct world *world = data;

	if (world->done) {
		world->done(world, head, token, how);
	}
}

static const struct scene_events world_events = {.frame_wanted = world_wanted,
						 .commit_done = world_done};

/* Returns 0 or -errno; seed: what chance is made of. */
static inline int world_init(struct world *world, uint32_t seed)
{
	struct server *server = &world->server;
	int ret;

	memset(world, 0, sizeof(*world));
	world->random = seed;
	server->clock = clock_virtual_create(NSEC_PER_SEC);
	server->scene = scene_create(&world_events, world);
	ret = renderer_pixman_create(&server->renderer, NULL);
	return ret == 0 ? repaint_create(&server->repaint, server) : ret;
}

static inline void world_finish(struct world *world)
{
	struct server *server = &world->server;
	struct scene_guest *guest;

	while ((guest = scene_guest_next(server->scene, NULL))) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			if (guest->heads[i]) {
				scene_head_remove(guest->heads[i]);
			}
		}
		scene_guest_remove(guest);
	}
	for (unsigned i = 0; i < WORLD_MONITORS; i++) {
		if (world->monitors[i].world) {
			repaint_output_listener.removed(server->repaint, &world->monitors[i].base);
			clock_timer_destroy(world->monitors[i].vblank);
		}
	}
	repaint_destroy(server->repaint);
	scene_destroy(server->scene);
	renderer_destroy(server->renderer);
	clock_destroy(server->clock);
}

static inline void world_run(struct world *world, uint64_t ns)
{
	clock_virtual_advance(world->server.clock, world_now(world) + ns);
}

#endif
