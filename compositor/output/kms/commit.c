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

/* A request in the making; the first failure sticks. */
struct request {
	drmModeAtomicReq *req;
	int error;
};

static void set(struct request *request, uint32_t object, uint32_t prop, uint64_t value)
{
	if (request->error == 0 && prop != 0) {
		int r = drmModeAtomicAddProperty(request->req, object, prop, value);

		request->error = r < 0 ? r : 0;
	}
}

static void set_plane_off(struct request *request, const struct kms_plane *plane)
{
	set(request, plane->id, plane->props[PLANE_FB_ID], 0);
	set(request, plane->id, plane->props[PLANE_CRTC_ID], 0);
}

static void set_crtc_off(struct request *request, const struct kms_crtc *crtc)
{
	set(request, crtc->id, crtc->props[CRTC_MODE_ID], 0);
	set(request, crtc->id, crtc->props[CRTC_ACTIVE], 0);
}

static int request_init(struct request *request)
{
	*request = (struct request){.req = drmModeAtomicAlloc()};
	return request->req ? 0 : -ENOMEM;
}

/* flip_id comes back with the flip event, if the flags ask for one. */
static int request_commit(struct kms *kms, struct request *request, uint32_t flags, uint64_t flip_id)
{
	if (request->error != 0) {
		return request->error;
	}
	return drmModeAtomicCommit(kms->fd, request->req, flags, (void *)(uintptr_t)flip_id);
}

static void request_finish(struct request *request)
{
	drmModeAtomicFree(request->req);
}

void kms_commit_all_off(struct kms *kms)
{
	struct request request;
	int r;

	if (request_init(&request) < 0) {
		return;
	}
	for (unsigned i = 0; i < kms->n_planes; i++) {
		set_plane_off(&request, &kms->planes[i]);
	}
	for (unsigned i = 0; i < kms->n_connectors; i++) {
		set(&request, kms->connectors[i].id, kms->connectors[i].props[CONNECTOR_CRTC_ID], 0);
	}
	for (unsigned i = 0; i < kms->n_crtcs; i++) {
		set_crtc_off(&request, &kms->crtcs[i]);
	}
	r = request_commit(kms, &request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	if (r < 0) {
		log_warn(LOG_HOST, "%s: cannot switch off what was shown before: %s", kms->path,
			 strerror(-r));
	}
	request_finish(&request);
}

void kms_commit_output_off(struct kms_output *output)
{
	struct kms *kms = output->kms;
	const struct kms_connector *connector = kms_connector_find(kms, output->connector_id);
	struct request request;
	int r;

	if (request_init(&request) < 0) {
		return;
	}
	set_plane_off(&request, output->plane);
	if (connector) {
		set(&request, connector->id, connector->props[CONNECTOR_CRTC_ID], 0);
	}
	set_crtc_off(&request, output->crtc);
	r = request_commit(kms, &request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	if (r < 0) {
		log_warn(LOG_HOST, "%s: cannot switch it off: %s", output->device.name,
			 strerror(-r));
	}
	request_finish(&request);
}

/* A blob of what differs, or 0: then the driver takes everything as changed. */
static uint32_t damage_blob(struct kms_output *output, const struct kms_buffer *buffer)
{
	struct drm_mode_rect clips[MAX_CLIPS];
	pixman_region32_t region;
	const pixman_box32_t *boxes;
	uint32_t blob = 0;
	int n = 0;

	if (!output->plane->props[PLANE_FB_DAMAGE_CLIPS] || output->needs_modeset ||
	    !buffer->serial) {
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

static void set_modeset(struct request *request, const struct kms_output *output)
{
	const struct kms_connector *connector = kms_connector_find(output->kms,
								   output->connector_id);

	if (!connector) {
		request->error = -ENODEV;
		return;
	}
	set(request, connector->id, connector->props[CONNECTOR_CRTC_ID], output->crtc->id);
	set(request, output->crtc->id, output->crtc->props[CRTC_MODE_ID], output->mode_blob);
	set(request, output->crtc->id, output->crtc->props[CRTC_ACTIVE], 1);
}

static void set_plane(struct request *request, const struct kms_output *output, uint32_t fb,
		      uint32_t clips)
{
	const struct kms_plane *plane = output->plane;
	uint64_t w = (uint64_t)output->device.width, h = (uint64_t)output->device.height;

	set(request, plane->id, plane->props[PLANE_FB_ID], fb);
	set(request, plane->id, plane->props[PLANE_FB_DAMAGE_CLIPS], clips);
	if (!output->needs_modeset) {
		return;
	}
	set(request, plane->id, plane->props[PLANE_CRTC_ID], output->crtc->id);
	set(request, plane->id, plane->props[PLANE_SRC_X], 0);
	set(request, plane->id, plane->props[PLANE_SRC_Y], 0);
	set(request, plane->id, plane->props[PLANE_SRC_W], w << 16);
	set(request, plane->id, plane->props[PLANE_SRC_H], h << 16);
	set(request, plane->id, plane->props[PLANE_CRTC_X], 0);
	set(request, plane->id, plane->props[PLANE_CRTC_Y], 0);
	set(request, plane->id, plane->props[PLANE_CRTC_W], w);
	set(request, plane->id, plane->props[PLANE_CRTC_H], h);
}

static int commit_once(struct kms_output *output)
{
	struct kms *kms = output->kms;
	uint32_t clips = damage_blob(output, output->acquired);
	uint32_t flags = DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_ATOMIC_NONBLOCK;
	struct request request;
	int r = request_init(&request);

	if (r < 0) {
		goto out;
	}
	if (output->needs_modeset) {
		flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
		set_modeset(&request, output);
	}
	set_plane(&request, output, output->acquired->fb, clips);
	output->flip_id = ++kms->flip_ids;
	r = request_commit(kms, &request, flags, output->flip_id);
	if (r == -EBUSY && output->needs_modeset) {
		/*
		 * A mode set may wait: for the flips of CRTCs that share something with this one. It comes with a new monitor or
		 * a session switch, never by what a guest does, and until it is done nothing else could be set anyway.
		 */
		r = request_commit(kms, &request, flags & ~(uint32_t)DRM_MODE_ATOMIC_NONBLOCK,
				   output->flip_id);
	}
	request_finish(&request);
out:
	if (clips) {
		drmModeDestroyPropertyBlob(kms->fd, clips);
	}
	return r;
}

/* The kernel took it. */
static void buffer_committed(struct kms_output *output)
{
	struct kms_buffer *buffer = output->acquired;

	output->commits++;
	buffer->serial = output->commits;
	pixman_region32_clear(&buffer->stale);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		struct kms_buffer *other = &output->buffers[i];

		if (other != buffer) {
			pixman_region32_union(&other->stale, &other->stale, &output->damage);
		}
	}
	output->acquired = NULL;
	output->pending = buffer;
	output->needs_modeset = false;
	output->committed_ns = now_ns();
	output->last_error = 0;
}

/* The kernel will not have it. */
static void buffer_refused(struct kms_output *output, int error)
{
	output->acquired->serial = 0;
	output->acquired = NULL;
	if (error == -EACCES || error == -EPERM) {
		/* Another session has the card; ours has not been told yet. */
		log_debug(LOG_HOST, "%s: not ours to drive", output->device.name);
	} else if (error != output->last_error) {
		log_error(LOG_HOST, "%s: %s does not show %dx%d: %s", output->device.name,
			  output->kms->path, output->device.width, output->device.height,
			  strerror(-error));
	}
	output->last_error = error;
}

static int arm_retry(struct kms_output *output);

static int handle_retry(sd_event_source *source, uint64_t usec, void *data)
{
	struct kms_output *output = data;
	struct kms *kms = output->kms;
	int r;

	if (!output->acquired) {
		return 0;
	}
	r = kms->is_active ? commit_once(output) : -EACCES;
	if (r == 0) {
		buffer_committed(output);
		return 0;
	}
	if (r == -EBUSY && output->retries < MAX_RETRIES && arm_retry(output) == 0) {
		return 0;
	}
	buffer_refused(output, r);
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

int kms_commit(struct kms_output *output, const pixman_region32_t *damage)
{
	int r;

	pixman_region32_copy(&output->damage, (pixman_region32_t *)damage);
	r = output->kms->is_active ? commit_once(output) : -EACCES;
	if (r == 0) {
		buffer_committed(output);
		return 0;
	}
	output->retries = 0;
	if (r == -EBUSY && arm_retry(output) == 0) {
		return 0;
	}
	buffer_refused(output, r);
	return r;
}
