/* SPDX-License-Identifier: MIT */
/* Atomic commits: full state after a start or a session switch, later only what changes. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"

/* A commit may find the last one's tail still running; half a second of tries is far more than that takes. */
#define RETRY_NS (1 * NSEC_PER_MSEC)
#define MAX_RETRIES 500
#define MAX_CLIPS 16

/* A blob of what differs, or 0: then the driver takes everything as changed. */
static uint32_t damage_blob(struct kms_output *output, const struct kms_buffer *buffer)
{
	struct drm_mode_rect clips[MAX_CLIPS];
	pixman_region32_t region;
	const pixman_box32_t *boxes;
	uint32_t blob = 0;
	int n = 0;

	if (!output->plane->props[PLANE_FB_DAMAGE_CLIPS] || output->needs_modeset ||
	    !output->front || !buffer->serial) {
		return 0;
	}
	/*
	 * The property means: since the plane's last framebuffer. Drivers that upload (virtio) keep a copy of each
	 * framebuffer and need what changed since this one was shown: give both.
	 */
	pixman_region32_init(&region);
	pixman_region32_union(&region, &output->damage, (pixman_region32_t *)&buffer->stale);
	pixman_region32_intersect_rect(&region, &region, 0, 0, (unsigned)output->device.width,
				       (unsigned)output->device.height);
	boxes = pixman_region32_rectangles(&region, &n);
	if (n > MAX_CLIPS) {
		boxes = pixman_region32_extents(&region);
		n = 1;
	}
	for (int i = 0; i < n; i++) {
		clips[i] = (struct drm_mode_rect){boxes[i].x1, boxes[i].y1, boxes[i].x2,
						  boxes[i].y2};
	}
	if (n > 0 && drmModeCreatePropertyBlob(output->kms->fd, clips, (size_t)n * sizeof(clips[0]),
					       &blob) != 0) {
		blob = 0;
	}
	pixman_region32_fini(&region);
	return blob;
}

static struct rect whole(const struct kms_output *output)
{
	return (struct rect){0, 0, output->device.width, output->device.height};
}

static void set_primary(struct kms_request *request, const struct kms_output *output,
			const struct kms_frame *frame, uint32_t clips)
{
	const struct kms_plane *plane = output->plane;
	struct rect all = whole(output);

	if (frame->composed) {
		kms_request_plane(request, plane, output->crtc->id, frame->composed->fb, &all, &all);
		kms_request_set(request, plane->id, plane->props[PLANE_FB_DAMAGE_CLIPS], clips);
	} else if (frame->has_primary) {
		kms_request_set(request, plane->id, plane->props[PLANE_FB_DAMAGE_CLIPS], 0);
	} else if (output->needs_modeset) {
		/* There is nothing yet that it could keep. */
		request->error = -EINVAL;
	}
}

/* Planes that others have in use are left alone, unless the state is not known to be ours: then nobody has. */
static void set_overlays_off(struct kms_request *request, const struct kms_output *output,
			     const struct kms_frame *frame)
{
	for (unsigned i = 0; i < output->device.n_planes; i++) {
		if (!(frame->lit & 1u << i) && output->overlays[i]->output == output) {
			kms_request_plane_off(request, output->overlays[i]);
		}
	}
}

static void set_frame(struct kms_request *request, const struct kms_output *output,
		      const struct kms_frame *frame, uint32_t clips)
{
	if (output->needs_modeset) {
		kms_request_mode(request, output);
	}
	set_primary(request, output, frame, clips);
	set_overlays_off(request, output, frame);
	for (unsigned i = 0; i < frame->n_uses; i++) {
		const struct output_plane_use *use = &frame->uses[i];
		const struct kms_plane *plane = use->plane == OUTPUT_PRIMARY ?
							output->plane :
							output->overlays[use->plane];

		kms_request_plane(request, plane, output->crtc->id, frame->fbs[i], &use->src,
				  &use->dst);
	}
}

static int commit_once(struct kms_output *output)
{
	struct kms *kms = output->kms;
	const struct kms_frame *frame = &output->frame;
	uint32_t clips = frame->composed ? damage_blob(output, frame->composed) : 0;
	uint32_t flags = DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_ATOMIC_NONBLOCK;
	struct kms_request request;
	int r = kms_request_init(&request);

	if (r < 0) {
		goto out;
	}
	if (output->needs_modeset) {
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
	}
	set_frame(&request, output, frame, clips);
	output->flip_id = ++kms->flip_ids;
	r = kms_request_commit(kms, &request, flags, output->flip_id);
	if (r == -EBUSY && output->needs_modeset) {
		/*
		 * A mode set may wait: for the flips of CRTCs that share something with this one. It comes with a new monitor or
		 * a session switch, never by what a guest does, and until it is done nothing else could be set anyway.
		 */
		r = kms_request_commit(kms, &request, flags & ~(uint32_t)DRM_MODE_ATOMIC_NONBLOCK,
				       output->flip_id);
	}
	kms_request_finish(&request);
out:
	if (clips) {
		drmModeDestroyPropertyBlob(kms->fd, clips);
	}
	return r;
}

static void composed_committed(struct kms_output *output, struct kms_buffer *buffer)
{
	/* Ages count composed pictures: what planes show is in no buffer of ours. */
	buffer->serial = ++output->commits;
	pixman_region32_clear(&buffer->stale);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		struct kms_buffer *other = &output->buffers[i];

		if (other != buffer) {
			pixman_region32_union(&other->stale, &other->stale, &output->damage);
		}
	}
	output->acquired = NULL;
}

/* The kernel took it. */
static void frame_committed(struct kms_output *output)
{
	const struct kms_frame *frame = &output->frame;

	output->pending = frame->has_primary ? NULL : output->front;
	if (frame->composed) {
		composed_committed(output, frame->composed);
		output->pending = frame->composed;
	}
	kms_planes_taken(output, frame->lit);
	output->is_waiting = false;
	output->is_flying = true;
	output->needs_modeset = false;
	output->committed_ns = now_ns();
	output->last_error = 0;
}

/* The kernel will not have it. */
static void frame_refused(struct kms_output *output, int error)
{
	output->is_waiting = false;
	if (output->acquired) {
		output->acquired->serial = 0;
		output->acquired = NULL;
	}
	if (error == -EACCES || error == -EPERM) {
		/* Another session has the card; ours has not been told yet. */
		log_debug(LOG_HOST, "%s: not ours to drive", output->device.name);
	} else if (error != output->last_error) {
		log_error(LOG_HOST, "%s: %s does not show %dx%d with %u planes: %s",
			  output->device.name, output->kms->path, output->device.width,
			  output->device.height, output->frame.n_uses, strerror(-error));
	}
	output->last_error = error;
}

static bool may_commit(const struct kms_output *output)
{
	return output->kms->is_active && !output->is_off;
}

static int arm_retry(struct kms_output *output);

static int handle_retry(sd_event_source *source, uint64_t usec, void *data)
{
	struct kms_output *output = data;
	struct kms *kms = output->kms;
	int r;

	if (!output->is_waiting) {
		return 0;
	}
	r = may_commit(output) ? commit_once(output) : -EACCES;
	if (r == 0) {
		frame_committed(output);
		return 0;
	}
	if (r == -EBUSY && output->retries < MAX_RETRIES && arm_retry(output) == 0) {
		return 0;
	}
	frame_refused(output, r);
	kms->listener->damaged(kms->data, &output->device);
	return 0;
}

static int arm_retry(struct kms_output *output)
{
	uint64_t at = (now_ns() + RETRY_NS) / NSEC_PER_USEC;
	int r;

	output->retries++;
	if (!output->retry) {
		r = sd_event_add_time(output->kms->event, &output->retry, CLOCK_MONOTONIC, at, 1,
				      handle_retry, output);
		return r < 0 ? r : sd_event_source_set_priority(output->retry, KMS_PRIORITY);
	}
	r = sd_event_source_set_time(output->retry, at);
	return r < 0 ? r : sd_event_source_set_enabled(output->retry, SD_EVENT_ONESHOT);
}

int kms_commit(struct kms_output *output, const struct output_frame *frame)
{
	int r = kms_planes_prepare(output, frame, output->acquired, &output->frame);

	pixman_region32_clear(&output->damage);
	if (frame->is_composed && frame->damage) {
		pixman_region32_copy(&output->damage, (pixman_region32_t *)frame->damage);
	}
	if (r < 0) {
		/* That an output was first is no fault of anybody's. */
		frame_refused(output, r == -EBUSY ? -EACCES : r);
		return r;
	}
	r = may_commit(output) ? commit_once(output) : -EACCES;
	if (r == 0) {
		frame_committed(output);
		return 0;
	}
	output->retries = 0;
	if (r == -EBUSY && arm_retry(output) == 0) {
		output->is_waiting = true;
		return 0;
	}
	frame_refused(output, r);
	return r;
}

int kms_commit_test(struct kms_output *output, const struct output_frame *frame)
{
	/* Any buffer of the right size stands for what would be drawn. */
	struct kms_buffer *composed = output->front ? output->front : &output->buffers[0];
	uint32_t flags = DRM_MODE_ATOMIC_TEST_ONLY;
	struct kms_request request;
	struct kms_frame tried;
	int r;

	if (!may_commit(output)) {
		return -EACCES;
	}
	r = kms_planes_prepare(output, frame, composed, &tried);
	if (r < 0) {
		return r;
	}
	r = kms_request_init(&request);
	if (r < 0) {
		return r;
	}
	set_frame(&request, output, &tried, 0);
	if (output->needs_modeset) {
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
	}
	r = kms_request_commit(output->kms, &request, flags, 0);
	kms_request_finish(&request);
	return r;
}
