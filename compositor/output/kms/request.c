/* SPDX-License-Identifier: MIT */
/* Atomic requests: what every kind of commit is put together from. */
#include <errno.h>

#include "compositor/output/kms/kms.h"

int kms_request_init(struct kms_request *request)
{
	*request = (struct kms_request){.req = drmModeAtomicAlloc()};
	return request->req ? 0 : -ENOMEM;
}

void kms_request_finish(struct kms_request *request)
{
	drmModeAtomicFree(request->req);
}

void kms_request_set(struct kms_request *request, uint32_t object, uint32_t prop, uint64_t value)
{
	if (request->error == 0 && prop != 0) {
		int r = drmModeAtomicAddProperty(request->req, object, prop, value);

		request->error = r < 0 ? r : 0;
	}
}

void kms_request_plane_off(struct kms_request *request, const struct kms_plane *plane)
{
	kms_request_set(request, plane->id, plane->props[PLANE_FB_ID], 0);
	kms_request_set(request, plane->id, plane->props[PLANE_CRTC_ID], 0);
}

/* Source positions are 16.16 fixed point; positions on the panel are signed. */
void kms_request_plane(struct kms_request *request, const struct kms_plane *plane, uint32_t crtc_id,
		       uint32_t fb, const struct rect *src, const struct rect *dst)
{
	const struct {
		enum kms_plane_prop prop;
		uint64_t value;
	} values[] = {
		{PLANE_FB_ID, fb},
		{PLANE_CRTC_ID, crtc_id},
		{PLANE_SRC_X, (uint64_t)src->x << 16},
		{PLANE_SRC_Y, (uint64_t)src->y << 16},
		{PLANE_SRC_W, (uint64_t)src->w << 16},
		{PLANE_SRC_H, (uint64_t)src->h << 16},
		{PLANE_CRTC_X, (uint64_t)(int64_t)dst->x},
		{PLANE_CRTC_Y, (uint64_t)(int64_t)dst->y},
		{PLANE_CRTC_W, (uint64_t)dst->w},
		{PLANE_CRTC_H, (uint64_t)dst->h},
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		kms_request_set(request, plane->id, plane->props[values[i].prop], values[i].value);
	}
}

void kms_request_mode(struct kms_request *request, const struct kms_output *output)
{
	const struct kms_connector *connector = kms_connector_find(output->kms,
								   output->connector_id);
	const struct kms_crtc *crtc = output->crtc;

	if (!connector) {
		request->error = -ENODEV;
		return;
	}
	kms_request_set(request, connector->id, connector->props[CONNECTOR_CRTC_ID], crtc->id);
	kms_request_set(request, crtc->id, crtc->props[CRTC_MODE_ID], output->mode_blob);
	kms_request_set(request, crtc->id, crtc->props[CRTC_ACTIVE], 1);
}

int kms_request_commit(struct kms *kms, struct kms_request *request, uint32_t flags,
		       uint64_t flip_id)
{
	if (request->error != 0) {
		return request->error;
	}
	return drmModeAtomicCommit(kms->fd, request->req, flags, (void *)(uintptr_t)flip_id);
}
