/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/format.h"
#include "base/util.h"
#include "compositor/scene/buffer.h"
#include "compositor/scene/planner_priv.h"

const char *plan_verdict_text(enum plan_verdict verdict)
{
	static const char *const texts[PLAN_VERDICTS] = {
		[PLAN_PLANE] = "on a plane",
		[PLAN_OFF] = "planes are turned off",
		[PLAN_NO_PLANES] = "the monitor has no planes",
		[PLAN_BUSY] = "the planes are busy",
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

static enum plan_verdict check_layer(const struct plan_work *work, const struct plan_policy *policy,
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
	if (policy->is_paused) {
		return PLAN_BUSY;
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
static bool is_before(const struct plan_candidate *a, const struct plan_candidate *b)
{
	bool a_cursor = a->layer->kind == LAYER_CURSOR, b_cursor = b->layer->kind == LAYER_CURSOR;

	if (a_cursor != b_cursor) {
		return a_cursor;
	}
	return (int64_t)a->layer->dst.w * a->layer->dst.h >
	       (int64_t)b->layer->dst.w * b->layer->dst.h;
}

static void candidate_insert(struct plan_work *work, const struct plan_candidate *candidate)
{
	unsigned at = work->n_candidates;

	while (at > 0 && is_before(candidate, &work->candidates[at - 1])) {
		at--;
	}
	if (at == PLAN_MAX_CANDIDATES) {
		return;
	}
	if (work->n_candidates < PLAN_MAX_CANDIDATES) {
		work->n_candidates++;
	}
	memmove(&work->candidates[at + 1], &work->candidates[at],
		(work->n_candidates - 1 - at) * sizeof(*candidate));
	work->candidates[at] = *candidate;
}

void plan_candidates_collect(struct plan_work *work, const struct plan_policy *policy)
{
	const struct plan_input *input = work->input;
	struct plan *plan = work->plan;

	for (unsigned i = 0; i < input->n_layers && plan->n_notes < PLAN_MAX_NOTES; i++) {
		struct plan_candidate candidate = {.layer = &input->layers[i], .index = i};
		enum plan_verdict verdict;

		if (!is_picture(candidate.layer)) {
			continue;
		}
		verdict = check_layer(work, policy, i, &candidate.is_under_cursor);
		candidate.note = &plan->notes[plan->n_notes++];
		*candidate.note = (struct plan_note){
			.layer = i,
			.dst = candidate.layer->dst,
			.verdict = verdict,
		};
		if (verdict == PLAN_PLANE) {
			candidate.note->verdict = PLAN_NONE_LEFT;
			part_fill(&candidate.part, candidate.layer);
			candidate_insert(work, &candidate);
		}
	}
}
