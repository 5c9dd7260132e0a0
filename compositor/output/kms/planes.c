/* SPDX-License-Identifier: MIT */
/*
 * Overlay and cursor planes. Each output is offered all that its CRTC can show; one that several could use belongs to
 * whoever lights it, from the commit until the flip that no longer does.
 */
#include <drm_fourcc.h>
#include <errno.h>

#include "compositor/output/kms/kms.h"

static bool is_above(const struct kms_plane *plane, const struct kms_plane *primary)
{
	/* Where the driver does not say, cursors are above overlays and these above the primary plane. */
	return plane->props[PLANE_ZPOS] == 0 || plane->zpos > primary->zpos;
}

static bool is_usable(const struct kms_output *output, const struct kms_plane *plane)
{
	return plane->type != DRM_PLANE_TYPE_PRIMARY && plane->n_formats > 0 &&
	       (plane->possible_crtcs & 1u << output->crtc->index) &&
	       is_above(plane, output->plane);
}

/* Bottom to top: the order in which frames name them. */
static bool is_below(const struct kms_plane *a, const struct kms_plane *b)
{
	if ((a->type == DRM_PLANE_TYPE_CURSOR) != (b->type == DRM_PLANE_TYPE_CURSOR)) {
		return b->type == DRM_PLANE_TYPE_CURSOR;
	}
	return a->zpos < b->zpos;
}

static void insert(struct kms_output *output, struct kms_plane *plane)
{
	unsigned at = output->device.n_planes++;

	while (at > 0 && is_below(plane, output->overlays[at - 1])) {
		output->overlays[at] = output->overlays[at - 1];
		at--;
	}
	output->overlays[at] = plane;
}

static void describe(const struct kms_output *output, const struct kms_plane *plane,
		     struct output_plane *out)
{
	bool is_cursor = plane->type == DRM_PLANE_TYPE_CURSOR;

	*out = (struct output_plane){
		.kind = is_cursor ? OUTPUT_PLANE_CURSOR : OUTPUT_PLANE_OVERLAY,
		/* Nobody can ask what a plane scales: a test commit tells. */
		.can_scale = !is_cursor,
		.max_width = is_cursor ? (int)output->kms->cursor_width : 0,
		.max_height = is_cursor ? (int)output->kms->cursor_height : 0,
		.formats = plane->formats,
		.n_formats = plane->n_formats,
	};
}

void kms_planes_offer(struct kms_output *output)
{
	struct kms *kms = output->kms;

	output->device.n_planes = 0;
	for (unsigned i = 0; i < kms->n_planes; i++) {
		if (output->device.n_planes < OUTPUT_MAX_PLANES && kms->can_import &&
		    is_usable(output, &kms->planes[i])) {
			insert(output, &kms->planes[i]);
		}
	}
	for (unsigned i = 0; i < output->device.n_planes; i++) {
		describe(output, output->overlays[i], &output->device.planes[i]);
	}
}

/* ---- frames ---- */

static bool is_inside(const struct rect *src, const struct buffer *buffer)
{
	return src->x >= 0 && src->y >= 0 && src->w > 0 && src->h > 0 && src->w <= buffer->width &&
	       src->h <= buffer->height && src->x <= buffer->width - src->w &&
	       src->y <= buffer->height - src->h;
}

/* Takes the plane for the frame, which must not have it already. */
static int claim(const struct kms_output *output, unsigned plane, struct kms_frame *out)
{
	if (plane == OUTPUT_PRIMARY) {
		if (out->has_primary || out->composed) {
			return -EINVAL;
		}
		out->has_primary = true;
		return 0;
	}
	if (plane >= output->device.n_planes || out->lit & 1u << plane) {
		return -EINVAL;
	}
	if (output->overlays[plane]->output && output->overlays[plane]->output != output) {
		return -EBUSY;
	}
	out->lit |= 1u << plane;
	return 0;
}

static int take_use(struct kms_output *output, const struct output_plane_use *use,
		    struct kms_frame *out)
{
	bool is_cursor = use->plane < output->device.n_planes &&
			 output->device.planes[use->plane].kind == OUTPUT_PLANE_CURSOR;
	int r;

	if (out->n_uses == ARRAY_SIZE(out->uses) || !is_inside(&use->src, use->buffer) ||
	    rect_empty(&use->dst)) {
		return -EINVAL;
	}
	r = claim(output, use->plane, out);
	if (r < 0) {
		return r;
	}
	r = kms_import_fb(output->kms, use->buffer, is_cursor, &out->fbs[out->n_uses]);
	if (r < 0) {
		return r;
	}
	out->uses[out->n_uses++] = *use;
	return 0;
}

int kms_planes_prepare(struct kms_output *output, const struct output_frame *frame,
		       struct kms_buffer *composed, struct kms_frame *out)
{
	int r = 0;

	*out = (struct kms_frame){.composed = frame->is_composed ? composed : NULL};
	if (frame->is_composed && !composed) {
		return -EINVAL;
	}
	for (unsigned i = 0; i < frame->n_uses && r == 0; i++) {
		r = take_use(output, &frame->uses[i], out);
	}
	return r;
}

void kms_planes_taken(struct kms_output *output, uint32_t lit)
{
	for (unsigned i = 0; i < output->device.n_planes; i++) {
		if (lit & 1u << i) {
			output->overlays[i]->output = output;
		}
	}
	output->lit = lit;
}

void kms_planes_flipped(struct kms_output *output)
{
	for (unsigned i = 0; i < output->device.n_planes; i++) {
		if (!(output->lit & 1u << i) && output->overlays[i]->output == output) {
			output->overlays[i]->output = NULL;
		}
	}
}
