/* SPDX-License-Identifier: MIT */
#include "compositor/scene/frame_clock.h"

#include <stdlib.h>

#include "base/util.h"

#define MARGIN_START_NS NSEC_PER_MSEC
#define MARGIN_STEP_NS (250 * NSEC_PER_USEC)
#define MARGIN_MIN_NS (300 * NSEC_PER_USEC)
#define COST_DECAY 64      /* a maximum loses this part of itself with each frame */
#define COST_MAX_PERIODS 2 /* a renderer that needs more is no longer waited for */
#define PERIOD_RANGE 50    /* a mode's name is off by at most this part of its period */
#define LOCK_RANGE 8 /* flips that are off by this part of a period tell nothing of its length */

void frame_clock_init(struct frame_clock *clock, int refresh_mhz, bool has_vblank,
		      uint64_t vblank_ns)
{
	uint64_t period_ns = 1000 * NSEC_PER_SEC / (uint64_t)(refresh_mhz > 0 ? refresh_mhz : 60000);

	*clock = (struct frame_clock){
		.period_ns = period_ns,
		.nominal_ns = period_ns,
		.has_vblank = has_vblank,
		.last_cost_ns = UINT64_MAX,
		.margin_ns = MIN(MARGIN_START_NS, period_ns / 4),
	};
	/* A mode whose blank fills the frame would never let one start. */
	clock->vblank_ns = MIN(vblank_ns, period_ns / 2);
}

/* ---- when ---- */

/* The first vblank after this time. */
static uint64_t vblank_after(const struct frame_clock *clock, uint64_t time_ns)
{
	if (time_ns < clock->grid_ns) {
		return clock->grid_ns;
	}
	return clock->grid_ns +
	       ((time_ns - clock->grid_ns) / clock->period_ns + 1) * clock->period_ns;
}

/* Time that a frame needs before the vblank, when nothing comes between. */
static uint64_t need(const struct frame_clock *clock)
{
	return clock->vblank_ns + clock->cost_ns;
}

uint64_t frame_clock_deadline(const struct frame_clock *clock, uint64_t now_ns)
{
	uint64_t vblank, lead = need(clock) + clock->margin_ns;

	if (!clock->grid_ns) {
		return now_ns;
	}
	if (!clock->has_vblank) {
		return MAX(now_ns, clock->grid_ns + clock->period_ns);
	}
	/*
	 * Past the margin a frame may still make it: tried at once. Past more it would only keep a
	 * newer picture from the vblank that it is shown at.
	 */
	vblank = vblank_after(clock, now_ns + need(clock));
	return vblank > now_ns + lead ? vblank - lead : now_ns;
}

/* ---- what frames take ---- */

/* The vblank that a frame begun at planned_ns was in time for; 0 when it was late from the start. */
static uint64_t target_of(const struct frame_clock *clock, uint64_t planned_ns)
{
	uint64_t lead = need(clock) + clock->margin_ns, vblank;

	if (!clock->grid_ns || !clock->has_vblank) {
		return 0;
	}
	vblank = vblank_after(clock, planned_ns + need(clock));
	return planned_ns + lead <= vblank ? vblank : 0;
}

static void cost_learn(struct frame_clock *clock, uint64_t cost_ns)
{
	/* What two frames running take. One is a stall: no reason to draw early for a second. */
	uint64_t usual_ns = MIN(cost_ns, clock->last_cost_ns);

	clock->last_cost_ns = cost_ns;
	clock->cost_ns = MAX(usual_ns, clock->cost_ns - clock->cost_ns / COST_DECAY);
	clock->cost_ns = MIN(clock->cost_ns, COST_MAX_PERIODS * clock->period_ns);
}

void frame_clock_committed(struct frame_clock *clock, uint64_t planned_ns, uint64_t done_ns)
{
	clock->target_ns = target_of(clock, planned_ns);
	cost_learn(clock, done_ns > planned_ns ? done_ns - planned_ns : 0);
	if (!clock->has_vblank) {
		/*
		 * The grid is ours. From where the frame was planned, or each late wake-up would
		 * slow the monitor down; but what a stall cost is not made up for.
		 */
		clock->grid_ns = MAX(planned_ns, done_ns - MIN(done_ns - 1, clock->period_ns));
	}
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
		clock->margin_ns = MAX(clock->margin_ns - clock->margin_ns / 100,
				       MIN(MARGIN_MIN_NS, clock->period_ns / 4));
		clock->decayed_ns = now_ns;
	}
}

/* ---- the grid ---- */

static int64_t clamp(int64_t value, int64_t range)
{
	return MAX(MIN(value, range), -range);
}

/*
 * A loop of second order that is critically damped for a flip at each vblank, and takes over at once
 * what a flip says after some without. error_ns: how far it is from the nearest vblank of the grid,
 * n of them after the last.
 */
static void grid_follow(struct frame_clock *clock, int64_t error_ns, int64_t n)
{
	int64_t steps = MIN(n, 4), nominal_ns = (int64_t)clock->nominal_ns;
	int64_t period_ns = (int64_t)clock->period_ns + error_ns * steps * steps / (64 * n);

	clock->grid_ns += (uint64_t)(error_ns * steps / 4);
	clock->period_ns = (uint64_t)(nominal_ns +
				      clamp(period_ns - nominal_ns, nominal_ns / PERIOD_RANGE));
}

static void grid_adjust(struct frame_clock *clock, uint64_t time_ns)
{
	uint64_t period_ns = clock->period_ns;
	uint64_t n = time_ns > clock->grid_ns ?
			     (time_ns - clock->grid_ns + period_ns / 2) / period_ns :
			     0;
	uint64_t expected_ns = clock->grid_ns + n * period_ns;
	int64_t error_ns = (int64_t)(time_ns - expected_ns);

	if (!clock->grid_ns || (uint64_t)llabs(error_ns) > period_ns / LOCK_RANGE) {
		/* The first one, or the monitor was off, or asleep: it begins anew. */
		clock->grid_ns = time_ns;
		return;
	}
	clock->grid_ns = expected_ns;
	if (n > 0) {
		grid_follow(clock, error_ns, (int64_t)n);
	}
}

uint64_t frame_clock_flipped(struct frame_clock *clock, uint64_t flip_ns, uint64_t now_ns)
{
	uint64_t time_ns = MAX(MAX(MIN(flip_ns, now_ns), clock->last_ns), 1);
	bool missed = clock->target_ns && time_ns > clock->target_ns + clock->period_ns / 2;

	if (clock->has_vblank) {
		grid_adjust(clock, time_ns);
	}
	margin_adapt(clock, missed, now_ns);
	clock->frames++;
	clock->target_ns = 0;
	clock->last_ns = time_ns;
	return time_ns;
}
