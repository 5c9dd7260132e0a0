/* SPDX-License-Identifier: MIT */
#include "compositor/scene/planner.h"

#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/util.h"
#include "compositor/scene/buffer.h"

#define MAX_CANDIDATES 16 /* more pictures than any device has planes */
#define MAX_SEEN 32
/*
 * Frames without change before a picture may leave the drawn frame for a plane. Each time that it had to come back the
 * number doubles, until it has stayed for long.
 */
#define STEADY_FRAMES 16u
#define STEADY_FRAMES_MAX 1024u
#define TRUST_FACTOR 16u

/* A picture that was a candidate lately, by its geometry and format. */
struct seen {
	struct plan_part part;
	uint64_t last_frame; /* 0: the slot is free */
	uint32_t steady, needed;
	bool on_plane; /* in its last frame */
};

struct planner {
	struct plan_device device;
	struct plan_cache cache;
	struct seen seen[MAX_SEEN];
	uint64_t frame;
	struct plan_config last; /* what planes showed in the frame before */
};

/* A layer that only the device may still refuse. */
struct candidate {
	const struct layer *layer;
	unsigned index;
	struct plan_note *note;
	struct plan_part part;
	struct seen *seen;
	bool is_under_cursor;
};

struct work {
	struct planner *planner;
	const struct plan_input *input;
	struct plan *plan;
	struct candidate candidates[MAX_CANDIDATES];
	unsigned n_candidates;
};

const char *plan_verdict_text(enum plan_verdict verdict)
{
	static const char *const texts[PLAN_VERDICTS] = {
		[PLAN_PLANE] = "on a plane",
		[PLAN_OFF] = "planes are turned off",
		[PLAN_NO_PLANES] = "the monitor has no planes",
		[PLAN_TURNED] = "the monitor is turned and planes do not turn",
		[PLAN_NO_DMABUF] = "its buffer is not a dma-buf",
		[PLAN_INCOHERENT] = "planes may read its buffer stale",
		[PLAN_CUT] = "it reaches out of the monitor",
		[PLAN_CARD] = "covered by the card",
		[PLAN_COVERED] = "covered by something drawn",
		[PLAN_UNSTEADY] = "not steady yet",
		[PLAN_FORMAT] = "no plane has its format",
		[PLAN_SCALED] = "scaled and the plane does not scale",
		[PLAN_SIZE] = "not of a size that the plane takes",
		[PLAN_NONE_LEFT] = "no plane left",
		[PLAN_TESTING] = "the kernel is being asked",
		[PLAN_REFUSED] = "the kernel said no",
	};

	return texts[verdict];
}

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

/* ---- which layers can go to a plane at all ---- */

static bool is_picture(const struct layer *layer)
{
	return layer->kind == LAYER_BUFFER || layer->kind == LAYER_CURSOR;
}

/* What may be above a picture: nothing but cursors, which may get a plane of their own, and a frame around it. */
static enum plan_verdict check_above(const struct plan_input *input, unsigned index,
				     bool *is_under_cursor)
{
	const struct rect *dst = &input->layers[index].dst;

	for (unsigned i = index + 1; i < input->n_layers; i++) {
		const struct layer *above = &input->layers[i];

		if (!rect_intersects(dst, &above->dst) ||
		    (above->kind == LAYER_FRAME && rect_covers(&above->frame.hole, dst))) {
			continue;
		}
		if (above->kind != LAYER_CURSOR) {
			return above->kind == LAYER_CARD ? PLAN_CARD : PLAN_COVERED;
		}
		*is_under_cursor = true;
	}
	return PLAN_PLANE;
}

static enum plan_verdict check_buffer(const struct plan_device *device,
				      const struct plan_policy *policy, const struct buffer *buffer)
{
	if (device->reads_memory) {
		return PLAN_PLANE;
	}
	if (!buffer->dmabuf) {
		return PLAN_NO_DMABUF;
	}
	return buffer->dmabuf->is_coherent || policy->allow_incoherent ? PLAN_PLANE :
									 PLAN_INCOHERENT;
}

static enum plan_verdict check_layer(const struct work *work, const struct plan_policy *policy,
				     unsigned index, bool *is_under_cursor)
{
	const struct plan_device *device = &work->planner->device;
	const struct plan_input *input = work->input;
	const struct layer *layer = &input->layers[index];
	struct rect all = {0, 0, input->width, input->height};
	enum plan_verdict verdict;

	if (!policy->use_planes) {
		return PLAN_OFF;
	}
	if (!device->can_test) {
		return PLAN_NO_PLANES;
	}
	if (input->transform != TRANSFORM_NORMAL) {
		return PLAN_TURNED;
	}
	verdict = check_buffer(device, policy, layer->picture.buffer);
	if (verdict != PLAN_PLANE) {
		return verdict;
	}
	if (rect_empty(&layer->dst) || !rect_covers(&all, &layer->dst)) {
		return PLAN_CUT;
	}
	return check_above(input, index, is_under_cursor);
}

static void part_fill(struct plan_part *part, const struct layer *layer)
{
	const struct buffer *buffer = layer->picture.buffer;
	const struct buffer_dmabuf *dmabuf = buffer->dmabuf;
	bool is_cursor = layer->kind == LAYER_CURSOR;

	*part = (struct plan_part){
		.format = is_cursor ? buffer->format : pixel_format_opaque(buffer->format),
		.modifier = dmabuf ? dmabuf->modifier : 0,
		.width = buffer->width,
		.height = buffer->height,
		.stride = dmabuf ? (int32_t)dmabuf->stride : buffer->stride,
		.has_dmabuf = dmabuf != NULL,
		.src = layer->picture.src,
		.dst = layer->dst,
	};
	if (is_cursor) {
		part->dst.x = part->dst.y = 0;
	}
}

/* Cursors first, since what lies under them hangs on them; then the largest, which saves most. */
static bool is_before(const struct candidate *a, const struct candidate *b)
{
	bool a_cursor = a->layer->kind == LAYER_CURSOR, b_cursor = b->layer->kind == LAYER_CURSOR;

	if (a_cursor != b_cursor) {
		return a_cursor;
	}
	return (int64_t)a->layer->dst.w * a->layer->dst.h >
	       (int64_t)b->layer->dst.w * b->layer->dst.h;
}

static void candidate_insert(struct work *work, const struct candidate *candidate)
{
	unsigned at = work->n_candidates;

	while (at > 0 && is_before(candidate, &work->candidates[at - 1])) {
		at--;
	}
	if (at == MAX_CANDIDATES) {
		return;
	}
	if (work->n_candidates < MAX_CANDIDATES) {
		work->n_candidates++;
	}
	memmove(&work->candidates[at + 1], &work->candidates[at],
		(work->n_candidates - 1 - at) * sizeof(*candidate));
	work->candidates[at] = *candidate;
}

static void candidates_collect(struct work *work, const struct plan_policy *policy)
{
	const struct plan_input *input = work->input;
	struct plan *plan = work->plan;

	for (unsigned i = 0; i < input->n_layers && plan->n_notes < PLAN_MAX_NOTES; i++) {
		struct candidate candidate = {.layer = &input->layers[i], .index = i};
		enum plan_verdict verdict;

		if (!is_picture(candidate.layer)) {
			continue;
		}
		verdict = check_layer(work, policy, i, &candidate.is_under_cursor);
		candidate.note = &plan->notes[plan->n_notes++];
		*candidate.note = (struct plan_note){
			.layer = i,
			.dst = candidate.layer->dst,
			.has_dmabuf = candidate.layer->picture.buffer->dmabuf != NULL,
			.verdict = verdict,
		};
		if (verdict == PLAN_PLANE) {
			candidate.note->verdict = PLAN_NONE_LEFT;
			part_fill(&candidate.part, candidate.layer);
			candidate_insert(work, &candidate);
		}
	}
}

/* ---- hysteresis: who has been there long enough ---- */

static struct seen *seen_find(struct planner *planner, const struct plan_part *part)
{
	struct seen *oldest = &planner->seen[0];

	for (unsigned i = 0; i < MAX_SEEN; i++) {
		struct seen *seen = &planner->seen[i];

		/* Two pictures of the same geometry do not share one: each is found once a frame. */
		if (seen->last_frame && seen->last_frame != planner->frame &&
		    plan_part_equal(&seen->part, part)) {
			return seen;
		}
		oldest = seen->last_frame < oldest->last_frame ? seen : oldest;
	}
	*oldest = (struct seen){.part = *part, .needed = STEADY_FRAMES};
	return oldest;
}

static void seen_came_back(struct seen *seen)
{
	seen->steady = 0;
	if (seen->on_plane) {
		seen->on_plane = false;
		seen->needed = MIN(seen->needed * 2, STEADY_FRAMES_MAX);
	}
}

static void candidates_see(struct work *work)
{
	struct planner *planner = work->planner;

	for (unsigned i = 0; i < work->n_candidates; i++) {
		struct seen *seen = seen_find(planner, &work->candidates[i].part);

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

static void set_add(struct plan_set *set, const struct candidate *candidate, unsigned plane)
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
static enum plan_verdict set_try(struct work *work, const struct candidate *candidate,
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

static enum plan_verdict place_on(struct work *work, const struct candidate *candidate,
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
static enum plan_verdict place(struct work *work, const struct candidate *candidate)
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

static void assign(struct work *work)
{
	struct plan *plan = work->plan;

	for (unsigned i = 0; i < work->n_candidates; i++) {
		struct candidate *candidate = &work->candidates[i];

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

static bool set_add_part(struct work *work, struct plan_set *set, const struct plan_part *part)
{
	for (unsigned i = 0; i < work->n_candidates; i++) {
		const struct candidate *candidate = &work->candidates[i];

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

static void keep_last(struct work *work)
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

static void finish(struct work *work)
{
	for (unsigned i = 0; i < work->n_candidates; i++) {
		struct candidate *candidate = &work->candidates[i];
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
	struct work work = {.planner = planner, .input = input, .plan = plan};

	plan->n_notes = 0;
	plan->set.n_uses = plan->set.config.n_parts = 0;
	plan->test.n_uses = plan->test.config.n_parts = 0;
	planner->frame++;
	candidates_collect(&work, policy);
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
	planner->last.n_parts = 0;
}
