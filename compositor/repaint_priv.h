/* SPDX-License-Identifier: MIT */
/* The frame loop's state: one slot for each monitor. */
#ifndef COMPOSITOR_REPAINT_PRIV_H
#define COMPOSITOR_REPAINT_PRIV_H

#include "compositor/scene/frame_clock.h"
#include "compositor/server.h"

struct planes;

struct repaint_output {
	struct repaint *repaint;
	struct output_device *device; /* NULL: the slot is free */
	struct scene_output *output;  /* NULL while it is being added */
	struct clock_timer *timer;    /* to the deadline of the next frame */
	struct clock_timer *watch;    /* looks after the flip that is due */
	struct planes *planes;
	struct frame_clock clock;
	bool wanted;         /* something changed since the last latch */
	bool drawing;        /* a frame is being made: what it changes itself asks for no other */
	bool flying;         /* a flip event is due */
	bool away;           /* the session is: nothing is tried until it is back */
	uint64_t due_ns;     /* since when the flip event is due */
	uint64_t planned_ns; /* when the timer is to fire */
	uint64_t not_before_ns; /* after a failure: no new try before */
	uint64_t sequence, failed, lost;
};

struct repaint {
	struct server *server;
	struct clock_timer *sampler;
	struct repaint_output outputs[SCENE_MAX_OUTPUTS];
};

#endif
