/* SPDX-License-Identifier: MIT */
/* What the planner's files share. A plan is made in one pass: candidates (plan_check.c), then who gets which plane. */
#ifndef SCENE_PLANNER_PRIV_H
#define SCENE_PLANNER_PRIV_H

#include "compositor/scene/planner.h"

#define PLAN_MAX_CANDIDATES 16 /* more pictures than any device has planes */
#define PLAN_MAX_SEEN 32

/* A picture that was a candidate lately, by its geometry and format. */
struct plan_seen {
	struct plan_part part;
	uint64_t last_frame; /* 0: the slot is free */
	uint32_t steady, needed;
	bool on_plane; /* in its last frame */
};

struct planner {
	struct plan_device device;
	struct plan_cache cache;
	struct plan_seen seen[PLAN_MAX_SEEN];
	uint64_t frame;
	struct plan_config last; /* what planes showed in the frame before */
};

/* A layer that only the device may still refuse. */
struct plan_candidate {
	const struct layer *layer;
	unsigned index;
	struct plan_note *note;
	struct plan_part part;
	struct plan_seen *seen;
	bool is_under_cursor;
};

struct plan_work {
	struct planner *planner;
	const struct plan_input *input;
	struct plan *plan;
	struct plan_candidate candidates[PLAN_MAX_CANDIDATES];
	unsigned n_candidates;
};

/* Notes all pictures of the input, and makes candidates of those that no rule of ours keeps from a plane. */
void plan_candidates_collect(struct plan_work *work, const struct plan_policy *policy);

#endif
