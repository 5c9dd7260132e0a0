/* SPDX-License-Identifier: MIT */
#include "compositor/scene/planner_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/*
 * Frames without change before a picture may leave the drawn frame for a plane. Each time that it had to come back the
 * number doubles, until it has stayed for long.
 */
#define STEADY_FRAMES 16u
#define STEADY_FRAMES_MAX 1024u
#define TRUST_FACTOR 16u

struct planner *planner_create(const struct plan_device *device)
{
	struct planner *planner = xcalloc(1, sizeof(*planner));

	planner->device = *device;
	return planner;
}

void planner_destroy(struct planner *planner)
{
	free(planner);
}

/* ---- hysteresis: who has been there long enough ---- */

static struct plan_seen *seen_find(struct planner *planner, const struct plan_part *part)
{
	struct plan_seen *oldest = &planner->seen[0];

	for (unsigned i = 0; i < PLAN_MAX_SEEN; i++) {
		struct plan_seen *seen = &planner->seen[i];

		/* Two pictures of the same geometry do not share one: each is found once a frame. */
		if (seen->last_frame && seen->last_frame != planner->frame &&
		    plan_part_equal(&seen->part, part)) {
			return seen;
		}
		oldest = seen->last_frame < oldest->last_frame ? seen : oldest;
	}
	*oldest = (struct plan_seen){.part = *part, .needed = STEADY_FRAMES};
	return oldest;
}

static void seen_came_back(struct plan_seen *seen)
{
	seen->steady = 0;
	if (seen->on_plane) {
		seen->on_plane = false;
		seen->needed = MIN(seen->needed * 2, STEADY_FRAMES_MAX);
	}
}

static void candidates_see(struct plan_work *work)
{
	struct planner *planner = work->planner;

	for (unsigned i = 0; i < work->n_candidates; i++) {
		struct plan_seen *seen = seen_find(planner, &work->candidates[i].part);

		if (seen->last_frame != planner->frame - 1) {
			seen_came_back(seen);
		}
		seen->last_frame = planner->frame;
		seen->steady += seen->steady < UINT32_MAX;
		if (seen->steady / TRUST_FACTOR >= seen->needed) {
			seen->needed = STEADY_FRAMES;
		}
		work->candidates[i].seen = seen;
	}
}

/* ---- who gets which plane ---- */

static void set_add(struct plan_set *set, const struct plan_candidate *candidate, unsigned plane)
{
	struct output_plane_use *use = &set->uses[set->n_uses];

	*use = (struct output_plane_use){
		.plane = plane,
		.buffer = (struct buffer *)candidate->layer->picture.buffer,
		.src = candidate->layer->picture.src,
		.dst = candidate->layer->dst,
	};
	set->layers[set->n_uses++] = candidate->index;
	set->config.parts[set->config.n_parts] = candidate->part;
	set->config.parts[set->config.n_parts++].plane = plane;
}

static bool set_has_plane(const struct plan_set *set, unsigned plane)
{
	for (unsigned i = 0; i < set->n_uses; i++) {
		if (set->uses[i].plane == plane) {
			return true;
		}
	}
	return false;
}

static bool set_has_layer(const struct plan_set *set, unsigned layer)
{
	for (unsigned i = 0; i < set->n_uses; i++) {
		if (set->layers[i] == layer) {
			return true;
		}
	}
	return false;
}

/* No cursor is left to be drawn. */
static bool set_has_cursors(const struct plan_set *set, const struct plan_input *input)
{
	for (unsigned i = 0; i < input->n_layers; i++) {
		if (input->layers[i].kind == LAYER_CURSOR && !set_has_layer(set, i)) {
			return false;
		}
	}
	return true;
}

static bool is_scaled(const struct plan_part *part)
{
	return part->src.w != part->dst.w || part->src.h != part->dst.h;
}

static bool plane_has_format(const struct output_plane *plane, uint32_t format)
{
	for (unsigned i = 0; i < plane->n_formats; i++) {
		if (plane->formats[i] == format) {
			return true;
		}
	}
	return false;
}

static bool plane_has_size(const struct output_plane *plane, const struct plan_part *part)
{
	if (plane->kind == OUTPUT_PLANE_CURSOR && plane->max_width) {
		return part->width == plane->max_width && part->height == plane->max_height;
	}
	return (!plane->max_width || part->src.w <= plane->max_width) &&
	       (!plane->max_height || part->src.h <= plane->max_height);
}

/* What the plane's own description says, whoever has it now. */
static enum plan_verdict plane_check(const struct output_plane *plane, const struct plan_part *part)
{
	if (!plane_has_format(plane, part->format)) {
		return PLAN_FORMAT;
	}
	if (is_scaled(part) && !plane->can_scale) {
		return PLAN_SCALED;
	}
	return plane_has_size(plane, part) ? PLAN_PLANE : PLAN_SIZE;
}

/* What the device says of the set with this one more; asks for its answer when there is none. */
static enum plan_verdict set_try(struct plan_work *work, const struct plan_candidate *candidate,
				 unsigned plane)
{
	struct plan *plan = work->plan;
	struct plan_set more = plan->set;
	enum plan_answer answer;

	set_add(&more, candidate, plane);
	answer = plan_cache_find(&work->planner->cache, &more.config);
	if (answer == PLAN_ANSWER_UNKNOWN) {
		plan->test = more;
		return PLAN_TESTING;
	}
	if (answer == PLAN_ANSWER_NO) {
		return PLAN_REFUSED;
	}
	plan->set = more;
	return PLAN_PLANE;
}

/* The primary plane: only for what leaves nothing of the drawn picture to be seen. */
static bool is_whole(const struct plan_input *input, const struct plan_part *part)
{
	return part->dst.w == input->width && part->dst.h == input->height && !is_scaled(part);
}

static enum plan_verdict place_on(struct plan_work *work, const struct plan_candidate *candidate,
				  unsigned plane)
{
	const struct output_plane *what = &work->planner->device.planes[plane];
	bool is_cursor = candidate->layer->kind == LAYER_CURSOR;
	enum plan_verdict verdict;

	if ((what->kind == OUTPUT_PLANE_CURSOR) != is_cursor) {
		return PLAN_NO_PLANES;
	}
	verdict = plane_check(what, &candidate->part);
	if (verdict != PLAN_PLANE) {
		return verdict;
	}
	return set_has_plane(&work->plan->set, plane) ? PLAN_NONE_LEFT :
							set_try(work, candidate, plane);
}

/* Of several reasons the one that came closest to a yes: the verdicts stand in this order. */
static enum plan_verdict place(struct plan_work *work, const struct plan_candidate *candidate)
{
	enum plan_verdict best = 0, verdict;

	if (candidate->layer->kind == LAYER_BUFFER && is_whole(work->input, &candidate->part)) {
		best = set_try(work, candidate, OUTPUT_PRIMARY);
		if (best == PLAN_PLANE || best == PLAN_TESTING) {
			return best;
		}
	}
	for (unsigned i = 0; i < work->planner->device.n_planes; i++) {
		verdict = place_on(work, candidate, i);
		if (verdict == PLAN_PLANE || verdict == PLAN_TESTING) {
			return verdict;
		}
		best = MAX(best, verdict);
	}
	return best > PLAN_UNSTEADY ? best : PLAN_NONE_LEFT;
}

static void assign(struct plan_work *work)
{
	struct plan *plan = work->plan;

	for (unsigned i = 0; i < work->n_candidates; i++) {
		struct plan_candidate *candidate = &work->candidates[i];

		if (candidate->is_under_cursor && !set_has_cursors(&plan->set, work->input)) {
			candidate->note->verdict = PLAN_COVERED;
		} else if (candidate->seen->steady < candidate->seen->needed &&
			   !candidate->seen->on_plane) {
			candidate->note->verdict = PLAN_UNSTEADY;
		} else if (plan->test.n_uses) {
			candidate->note->verdict =
				PLAN_TESTING; /* what it will find is not known yet */
		} else {
			candidate->note->verdict = place(work, candidate);
		}
	}
}

/* ---- what was is kept while something better is asked for ---- */

static bool part_is_on(const struct plan_part *part, const struct plan_part *on)
{
	struct plan_part moved = *part;

	moved.plane = on->plane;
	return plan_part_equal(&moved, on);
}

static bool set_add_part(struct plan_work *work, struct plan_set *set, const struct plan_part *part)
{
	for (unsigned i = 0; i < work->n_candidates; i++) {
		const struct plan_candidate *candidate = &work->candidates[i];

		if (!set_has_layer(set, candidate->index) && part_is_on(&candidate->part, part) &&
		    (!candidate->is_under_cursor || set_has_cursors(set, work->input))) {
			set_add(set, candidate, part->plane);
			return true;
		}
	}
	return false;
}

static int64_t set_area(const struct plan_set *set)
{
	int64_t area = 0;

	for (unsigned i = 0; i < set->n_uses; i++) {
		area += (int64_t)set->uses[i].dst.w * set->uses[i].dst.h;
	}
	return area;
}

static void keep_last(struct plan_work *work)
{
	const struct plan_config *last = &work->planner->last;
	struct plan_set set = {.n_uses = 0};

	if (!work->plan->test.n_uses) {
		return;
	}
	for (unsigned i = 0; i < last->n_parts; i++) {
		if (!set_add_part(work, &set, &last->parts[i])) {
			return;
		}
	}
	if (set_area(&set) > set_area(&work->plan->set) &&
	    plan_cache_find(&work->planner->cache, &set.config) == PLAN_ANSWER_YES) {
		work->plan->set = set;
	}
}

/* ---- the whole ---- */

static void finish(struct plan_work *work)
{
	for (unsigned i = 0; i < work->n_candidates; i++) {
		struct plan_candidate *candidate = &work->candidates[i];
		bool on_plane = set_has_layer(&work->plan->set, candidate->index);

		if (on_plane) {
			candidate->note->verdict = PLAN_PLANE;
		} else if (candidate->note->verdict == PLAN_PLANE) {
			candidate->note->verdict = PLAN_TESTING;
		}
		if (!on_plane && candidate->seen->on_plane) {
			seen_came_back(candidate->seen);
		}
		candidate->seen->on_plane = on_plane;
	}
	work->planner->last = work->plan->set.config;
}

void planner_plan(struct planner *planner, const struct plan_policy *policy,
		  const struct plan_input *input, struct plan *plan)
{
	struct plan_work work;

	/* The candidates are filled as far as they are counted. */
	work.planner = planner;
	work.input = input;
	work.plan = plan;
	work.n_candidates = 0;
	plan->n_notes = 0;
	plan->set.n_uses = plan->set.config.n_parts = 0;
	plan->test.n_uses = plan->test.config.n_parts = 0;
	planner->frame++;
	plan_candidates_collect(&work, policy);
	candidates_see(&work);
	assign(&work);
	keep_last(&work);
	finish(&work);
}

void planner_learn(struct planner *planner, const struct plan_config *config, bool yes)
{
	plan_cache_store(&planner->cache, config, yes);
}

void planner_forget(struct planner *planner)
{
	plan_cache_clear(&planner->cache);
	memset(planner->seen, 0, sizeof(planner->seen));
}
