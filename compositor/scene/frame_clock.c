/* SPDX-License-Identifier: MIT */
#include "compositor/scene/frame_clock.h"

#include <stddef.h>

#include "base/util.h"

#define MARGIN_START_NS NSEC_PER_MSEC
#define MARGIN_STEP_NS (250 * NSEC_PER_USEC)
#define MARGIN_MIN_NS (300 * NSEC_PER_USEC)
#define COST_DECAY 64 /* a maximum loses this part of itself with each frame */

void frame_clock_init(struct frame_clock *clock, int refresh_mhz, bool has_vblank,
		      uint64_t vblank_ns)
{
	*clock = (struct frame_clock){
		.period_ns = 1000 * NSEC_PER_SEC / (uint64_t)(refresh_mhz > 0 ? refresh_mhz : 60000),
		.has_vblank = has_vblank,
		.margin_ns = MARGIN_START_NS,
	};
	/* A mode whose blank fills the frame would never let one start. */
	clock->vblank_ns = MIN(vblank_ns, clock->period_ns / 2);
}

/* The first vblank after this time. The last flip anchors the grid. */
static uint64_t vblank_after(const struct frame_clock *clock, uint64_t time_ns)
{
	if (time_ns < clock->last_ns) {
		return clock->last_ns;
	}
	return clock->last_ns +
	       ((time_ns - clock->last_ns) / clock->period_ns + 1) * clock->period_ns;
}

/* Time that a frame needs before the vblank. */
static uint64_t lead(const struct frame_clock *clock)
{
	return clock->vblank_ns + clock->cost_ns + clock->margin_ns;
}

uint64_t frame_clock_deadline(const struct frame_clock *clock, uint64_t now_ns)
{
	uint64_t vblank;

	if (!clock->last_ns) {
		return now_ns;
	}
	if (!clock->has_vblank) {
		return MAX(now_ns, clock->last_ns + clock->period_ns);
	}
	vblank = vblank_after(clock, now_ns);
	/* Too late for this one, but it may still be met: try at once. */
	return vblank - MIN(lead(clock), vblank) > now_ns ? vblank - lead(clock) : now_ns;
}

/*
 * The vblank that a frame begun at planned_ns was in time for; 0 when it was late from the start.
 */
static uint64_t target_of(const struct frame_clock *clock, uint64_t planned_ns)
{
	uint64_t vblank = vblank_after(clock, planned_ns);

	return clock->last_ns && clock->has_vblank && planned_ns + lead(clock) <= vblank ? vblank :
											   0;
}

void frame_clock_committed(struct frame_clock *clock, uint64_t planned_ns, uint64_t done_ns)
{
	uint64_t cost = done_ns > planned_ns ? done_ns - planned_ns : 0;

	clock->target_ns = target_of(clock, planned_ns);
	clock->cost_ns = MAX(cost, clock->cost_ns - clock->cost_ns / COST_DECAY);
	/* A stall of the machine is no reason to draw a whole period early for a second. */
	clock->cost_ns = MIN(clock->cost_ns, clock->period_ns / 2);
}

static void margin_adapt(struct frame_clock *clock, bool missed, uint64_t now_ns)
{
	if (missed) {
		clock->missed++;
		clock->margin_ns = MIN(clock->margin_ns + MARGIN_STEP_NS, clock->period_ns / 4);
		clock->decayed_ns = now_ns;
	} else if (!clock->decayed_ns) {
		clock->decayed_ns = now_ns; /* the first flip: seconds count from here */
	} else if (now_ns - clock->decayed_ns >= NSEC_PER_SEC) {
		clock->margin_ns = MAX(clock->margin_ns - clock->margin_ns / 100, MARGIN_MIN_NS);
		clock->decayed_ns = now_ns;
	}
}

uint64_t frame_clock_flipped(struct frame_clock *clock, uint64_t flip_ns, uint64_t now_ns)
{
	uint64_t time_ns = MIN(flip_ns, now_ns);
	bool missed;

	time_ns = MAX(time_ns, clock->last_ns);
	missed = clock->target_ns && time_ns > clock->target_ns + clock->period_ns / 2;
	margin_adapt(clock, missed, now_ns);
	clock->frames++;
	clock->target_ns = 0;
	clock->last_ns = MAX(time_ns, 1);
	return time_ns;
}
