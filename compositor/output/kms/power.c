/* SPDX-License-Identifier: MIT */
/* Monitors go dark: all of a card's, one that went, one that is to save power. These commits wait for the hardware. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"

static void set_crtc_off(struct kms_request *request, const struct kms_crtc *crtc)
{
	kms_request_set(request, crtc->id, crtc->props[CRTC_MODE_ID], 0);
	kms_request_set(request, crtc->id, crtc->props[CRTC_ACTIVE], 0);
}

static void set_all_off(struct kms_request *request, struct kms *kms)
{
	for (unsigned i = 0; i < kms->n_planes; i++) {
		kms_request_plane_off(request, &kms->planes[i]);
	}
	for (unsigned i = 0; i < kms->n_connectors; i++) {
		kms_request_set(request, kms->connectors[i].id,
				kms->connectors[i].props[CONNECTOR_CRTC_ID], 0);
	}
	for (unsigned i = 0; i < kms->n_crtcs; i++) {
		set_crtc_off(request, &kms->crtcs[i]);
	}
}

void kms_power_all_off(struct kms *kms)
{
	struct kms_request request;
	int r;

	if (kms_request_init(&request) < 0) {
		return;
	}
	set_all_off(&request, kms);
	r = kms_request_commit(kms, &request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	if (r < 0) {
		log_warn(LOG_HOST, "%s: cannot switch off what was shown before: %s", kms->path,
			 strerror(-r));
	}
	kms_request_finish(&request);
}

static void set_planes_off(struct kms_request *request, const struct kms_output *output)
{
	kms_request_plane_off(request, output->plane);
	for (unsigned i = 0; i < output->device.n_planes; i++) {
		if (output->overlays[i]->output == output) {
			kms_request_plane_off(request, output->overlays[i]);
		}
	}
}

void kms_power_output_off(struct kms_output *output)
{
	struct kms *kms = output->kms;
	const struct kms_connector *connector = kms_connector_find(kms, output->connector_id);
	struct kms_request request;
	int r;

	if (kms_request_init(&request) < 0) {
		return;
	}
	set_planes_off(&request, output);
	if (connector) {
		kms_request_set(&request, connector->id, connector->props[CONNECTOR_CRTC_ID], 0);
	}
	set_crtc_off(&request, output->crtc);
	r = kms_request_commit(kms, &request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	if (r < 0) {
		log_warn(LOG_HOST, "%s: cannot switch it off: %s", output->device.name,
			 strerror(-r));
	}
	kms_request_finish(&request);
}

/* The planes go, too: nobody's picture is left on them for the moment when power returns. */
static int switch_off(struct kms_output *output)
{
	struct kms_request request;
	int r = kms_request_init(&request);

	if (r < 0) {
		return r;
	}
	set_planes_off(&request, output);
	kms_request_set(&request, output->crtc->id, output->crtc->props[CRTC_ACTIVE], 0);
	r = kms_request_commit(output->kms, &request, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	kms_request_finish(&request);
	return r;
}

static void forget_frames(struct kms_output *output)
{
	output->is_waiting = false;
	output->acquired = NULL;
	kms_flip_forget(output);
	output->front = NULL;
	kms_planes_taken(output, 0);
	kms_planes_flipped(output);
	output->needs_modeset = true;
}

int kms_power_set(struct output_device *device, bool on)
{
	struct kms_output *output = kms_output_of(device);
	int r = 0;

	if (output->is_off == !on) {
		return 0;
	}
	if (!on && output->kms->is_active) {
		r = switch_off(output);
		if (r < 0) {
			log_warn(LOG_HOST, "%s: cannot switch it off: %s", device->name,
				 strerror(-r));
			return r;
		}
	}
	output->is_off = !on;
	forget_frames(output);
	if (on) {
		output->kms->listener->damaged(output->kms->data, device);
	}
	return 0;
}
