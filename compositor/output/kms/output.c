/* SPDX-License-Identifier: MIT */
/* One monitor: a connector, a CRTC, its primary plane, a mode and buffers. */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "compositor/output/kms/edid.h"
#include "compositor/output/kms/kms.h"

struct kms_output *kms_output_of(struct output_device *device)
{
	return container_of(device, struct kms_output, device);
}

/* ---- lending buffers ---- */

/* The one shown last of those that are free: least is to be drawn anew. */
static struct kms_buffer *free_buffer(struct kms_output *output)
{
	struct kms_buffer *best = NULL;

	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		struct kms_buffer *buffer = &output->buffers[i];

		if (buffer != output->front && buffer != output->pending &&
		    (!best || buffer->serial > best->serial)) {
			best = buffer;
		}
	}
	return best;
}

static int output_acquire(struct output_device *device, struct target *target)
{
	struct kms_output *output = kms_output_of(device);
	struct kms_buffer *buffer = free_buffer(output);

	if (!output->kms->is_active || output->is_off) {
		return -EACCES;
	}
	if (output->is_flying || output->is_waiting || output->acquired) {
		return -EBUSY;
	}
	if (!buffer) {
		return -ENOBUFS;
	}
	output->acquired = buffer;
	*target = (struct target){
		.pixels = buffer->pixels,
		.width = device->width,
		.height = device->height,
		.stride = (int)buffer->pitch,
		.age = buffer->serial ? (unsigned)(output->commits - buffer->serial) + 1 : 0,
		.dmabuf = buffer->dmabuf_id ? &buffer->dmabuf : NULL,
		.dmabuf_id = buffer->dmabuf_id,
	};
	return 0;
}

static int output_commit(struct output_device *device, const struct output_frame *frame)
{
	return kms_commit(kms_output_of(device), frame);
}

static int output_test(struct output_device *device, const struct output_frame *frame)
{
	return kms_commit_test(kms_output_of(device), frame);
}

static void output_cancel(struct output_device *device)
{
	kms_output_of(device)->acquired = NULL;
}

static void output_lost(struct output_device *device)
{
	kms_flip_forget(kms_output_of(device));
}

static int output_set_backlight(struct output_device *device, double level)
{
	int r = kms_backlight_set(&kms_output_of(device)->backlight, level);

	device->backlight = r == 0 ? level : device->backlight;
	return r;
}

/* A panel has a backlight on top of what every monitor has. */
#define OUTPUT_OPS                                                                \
	.acquire = output_acquire, .commit = output_commit, .test = output_test,  \
	.cancel = output_cancel, .lost = output_lost, .set_power = kms_power_set, \
	.set_mode = kms_mode_set

static const struct output_device_ops output_ops = {OUTPUT_OPS};
static const struct output_device_ops panel_ops = {
	OUTPUT_OPS,
	.set_backlight = output_set_backlight,
};

/* ---- finding a CRTC and a plane ---- */

static bool has_format(const struct kms_plane *plane)
{
	for (unsigned i = 0; i < plane->n_formats; i++) {
		if (plane->formats[i] == DRM_FORMAT_XRGB8888) {
			return true;
		}
	}
	return false;
}

static struct kms_plane *plane_for(struct kms *kms, const struct kms_crtc *crtc)
{
	for (unsigned i = 0; i < kms->n_planes; i++) {
		struct kms_plane *plane = &kms->planes[i];

		if (plane->type == DRM_PLANE_TYPE_PRIMARY && has_format(plane) && !plane->output &&
		    (plane->possible_crtcs & 1u << crtc->index)) {
			return plane;
		}
	}
	return NULL;
}

static uint32_t connector_crtcs(struct kms *kms, const drmModeConnector *connector)
{
	uint32_t crtcs = 0;

	for (int i = 0; i < connector->count_encoders; i++) {
		drmModeEncoder *encoder = drmModeGetEncoder(kms->fd, connector->encoders[i]);

		if (encoder) {
			crtcs |= encoder->possible_crtcs;
			drmModeFreeEncoder(encoder);
		}
	}
	return crtcs;
}

static int route(struct kms_output *output, const drmModeConnector *connector)
{
	struct kms *kms = output->kms;
	uint32_t possible = connector_crtcs(kms, connector);

	for (unsigned i = 0; i < kms->n_crtcs; i++) {
		struct kms_crtc *crtc = &kms->crtcs[i];
		struct kms_plane *plane = plane_for(kms, crtc);

		if ((possible & 1u << crtc->index) && !crtc->output && plane) {
			output->crtc = crtc;
			output->plane = plane;
			crtc->output = output;
			plane->output = output;
			return 0;
		}
	}
	return -ENOSPC;
}

/* ---- coming and going ---- */

static void set_device(struct kms_output *output, const drmModeConnector *connector)
{
	const char *type = drmModeGetConnectorTypeName(connector->connector_type);
	struct output_device *device = &output->device;

	device->ops = &output_ops;
	snprintf(device->name, sizeof(device->name), "%s-%u", type ? type : "Unknown",
		 connector->connector_type_id);
	device->width = output->mode.hdisplay;
	device->height = output->mode.vdisplay;
	device->refresh_mhz = kms_mode_refresh_mhz(&output->mode);
	device->has_vblank = output->kms->has_vblank;
	device->vblank_ns = device->has_vblank ? kms_mode_vblank_ns(&output->mode) : 0;
}

/* Without one, or with a broken one, the monitor is nobody in particular. */
static void read_identity(struct kms_output *output)
{
	struct kms *kms = output->kms;
	const struct kms_connector *connector = kms_connector_find(kms, output->connector_id);
	drmModePropertyBlobRes *blob = NULL;

	if (connector && connector->edid_blob) {
		blob = drmModeGetPropertyBlob(kms->fd, connector->edid_blob);
	}
	if (!blob) {
		return;
	}
	if (edid_parse(blob->data, blob->length, &output->device.identity) < 0) {
		log_info(LOG_HOST, "%s: its monitor has no valid EDID", output->device.name);
	}
	drmModeFreePropertyBlob(blob);
}

static bool is_panel(const drmModeConnector *connector)
{
	return connector->connector_type == DRM_MODE_CONNECTOR_eDP ||
	       connector->connector_type == DRM_MODE_CONNECTOR_LVDS ||
	       connector->connector_type == DRM_MODE_CONNECTOR_DSI;
}

static void find_backlight(struct kms_output *output, const drmModeConnector *connector)
{
	const char *card = strrchr(output->kms->path, '/');
	int r;

	output->device.backlight = -1;
	if (!is_panel(connector) || !card) {
		return;
	}
	r = kms_backlight_open(&output->backlight, "/sys/class/backlight", card + 1,
			       output->device.name);
	if (r == 0) {
		output->device.ops = &panel_ops;
		output->device.backlight = kms_backlight_get(&output->backlight);
	} else if (r == -EACCES) {
		log_info(LOG_ADMIN, "%s: its backlight is not ours to set (docs/operating.md)",
			 output->device.name);
	}
}

static int allocate(struct kms_output *output)
{
	struct kms *kms = output->kms;

	if (drmModeCreatePropertyBlob(kms->fd, &output->mode, sizeof(output->mode),
				      &output->mode_blob) != 0) {
		return -errno;
	}
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		int r = kms_buffer_init(kms, &output->buffers[i], output->device.width,
					output->device.height);

		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static struct kms_output *output_create(struct kms *kms, uint32_t connector_id,
					const drmModeModeInfo *mode)
{
	struct kms_output *output = xcalloc(1, sizeof(*output));

	output->kms = kms;
	output->connector_id = connector_id;
	output->mode = *mode;
	output->needs_modeset = true;
	output->backlight.fd = -1;
	pixman_region32_init(&output->damage);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		pixman_region32_init(&output->buffers[i].stale);
	}
	return output;
}

static void output_destroy(struct kms_output *output)
{
	struct kms *kms = output->kms;

	if (output->crtc) {
		output->crtc->output = NULL;
	}
	if (output->plane) {
		output->plane->output = NULL;
	}
	kms_planes_taken(output, 0);
	kms_planes_flipped(output);
	sd_event_source_disable_unref(output->retry);
	kms_backlight_close(&output->backlight);
	for (unsigned i = 0; i < KMS_BUFFERS; i++) {
		kms_buffer_finish(kms, &output->buffers[i]);
		pixman_region32_fini(&output->buffers[i].stale);
	}
	if (output->mode_blob) {
		drmModeDestroyPropertyBlob(kms->fd, output->mode_blob);
	}
	pixman_region32_fini(&output->damage);
	free(output);
}

void kms_output_add(struct kms *kms, const drmModeConnector *connector)
{
	const drmModeModeInfo *mode = kms_mode_wished(kms, connector);
	struct kms_output *output;
	int r;

	if (!mode) {
		return;
	}
	output = output_create(kms, connector->connector_id, mode);
	set_device(output, connector);
	r = route(output, connector);
	if (r < 0) {
		log_warn(LOG_HOST, "%s stays dark: %s drives no more monitors at a time",
			 output->device.name, kms->path);
		output_destroy(output);
		return;
	}
	r = allocate(output);
	if (r < 0) {
		log_error(LOG_HOST, "%s stays dark: no memory of %s for %dx%d: %s",
			  output->device.name, kms->path, output->device.width,
			  output->device.height, strerror(-r));
		output_destroy(output);
		return;
	}
	kms_planes_offer(output);
	read_identity(output);
	find_backlight(output, connector);
	list_append(&kms->outputs, &output->link);
	log_info(LOG_HOST, "monitor %s: %dx%d at %d.%03d Hz, %u planes%s%s", output->device.name,
		 output->device.width, output->device.height, output->device.refresh_mhz / 1000,
		 output->device.refresh_mhz % 1000, output->device.n_planes,
		 output->device.identity.model[0] ? ", " : "", output->device.identity.model);
	kms->listener->added(kms->data, &output->device);
}

void kms_output_remove(struct kms_output *output, bool off)
{
	struct kms *kms = output->kms;

	log_info(LOG_HOST, "monitor %s is gone", output->device.name);
	list_remove(&output->link);
	kms->listener->removed(kms->data, &output->device);
	if (off && kms->is_active) {
		kms_power_output_off(output);
	}
	output_destroy(output);
}
