/* SPDX-License-Identifier: MIT */
/* The backend as a whole: start, session switches, end. */
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"
#include "compositor/session/session.h"

static struct kms *kms_of(struct output_backend *backend)
{
	return container_of(backend, struct kms, backend);
}

static int read_crtcs(struct kms *kms)
{
	drmModeRes *res = drmModeGetResources(kms->fd);

	if (!res) {
		return errno ? -errno : -EIO;
	}
	for (int i = 0; i < res->count_crtcs && i < KMS_MAX_CRTCS; i++) {
		if (kms_crtc_init(kms, &kms->crtcs[kms->n_crtcs], res->crtcs[i], (unsigned)i) == 0) {
			kms->n_crtcs++;
		}
	}
	drmModeFreeResources(res);
	return kms->n_crtcs ? 0 : -ENODEV;
}

static int read_planes(struct kms *kms)
{
	drmModePlaneRes *res = drmModeGetPlaneResources(kms->fd);

	if (!res) {
		return errno ? -errno : -EIO;
	}
	for (uint32_t i = 0; i < res->count_planes && kms->n_planes < KMS_MAX_PLANES; i++) {
		if (kms_plane_init(kms, &kms->planes[kms->n_planes], res->planes[i]) == 0) {
			kms->n_planes++;
		}
	}
	drmModeFreePlaneResources(res);
	return kms->n_planes ? 0 : -ENODEV;
}

static int backend_start(struct output_backend *backend)
{
	struct kms *kms = kms_of(backend);

	log_info(LOG_HOST, "%s: driver %s, %u monitors at a time", kms->path, kms->driver,
		 kms->n_crtcs);
	/* Whatever showed something before, a console or another server, must not be seen beside us. */
	kms_hotplug_read(kms);
	kms_commit_all_off(kms);
	kms_hotplug_scan(kms);
	if (list_empty(&kms->outputs)) {
		log_warn(LOG_HOST, "no monitor is connected to %s: waiting for one", kms->path);
	}
	return 0;
}

static void backend_destroy(struct output_backend *backend)
{
	struct kms *kms = kms_of(backend);
	struct kms_output *output, *tmp;

	list_for_each_safe(output, tmp, &kms->outputs, link) {
		kms_output_remove(output, true);
	}
	sd_event_source_disable_unref(kms->drm_source);
	kms_hotplug_unwatch(kms);
	session_close_device(kms->session, kms->fd);
	udev_unref(kms->udev);
	sd_event_unref(kms->event);
	free(kms);
}

static const struct output_backend_ops backend_ops = {
	.start = backend_start,
	.destroy = backend_destroy,
};

/* What the kernel knows is another session's state, and what it knew of ours may never be told. */
static void output_reset(struct kms_output *output)
{
	kms_flip_forget(output);
	output->front = NULL;
	output->needs_modeset = true;
	output->last_error = 0;
}

static void resume(struct kms *kms)
{
	struct kms_output *output, *tmp;

	kms_hotplug_read(kms);
	kms_commit_all_off(kms);
	list_for_each(output, &kms->outputs, link) {
		output_reset(output);
	}
	kms_hotplug_scan(kms);
	list_for_each_safe(output, tmp, &kms->outputs, link) {
		kms->listener->damaged(kms->data, &output->device);
	}
}

static void handle_session(void *data, bool active)
{
	struct kms *kms = data;

	kms->is_active = active;
	if (active) {
		resume(kms);
	}
}

static const struct session_listener session_listener = {
	.changed = handle_session,
};

static int kms_init(struct kms *kms, const char *path)
{
	int r;

	kms->udev = udev_new();
	if (!kms->udev) {
		return -ENOMEM;
	}
	r = kms_card_open(kms, path);
	if (r < 0) {
		return r;
	}
	r = read_crtcs(kms);
	if (r == 0) {
		r = read_planes(kms);
	}
	if (r < 0) {
		log_error(LOG_HOST, "%s: cannot read its CRTCs and planes: %s", kms->path,
			  strerror(-r));
		return r;
	}
	r = kms_flip_watch(kms);
	if (r == 0) {
		r = kms_hotplug_watch(kms);
	}
	if (r == 0) {
		r = session_listen(kms->session, &session_listener, kms);
	}
	if (r < 0) {
		log_error(LOG_HOST, "%s: cannot watch it: %s", kms->path, strerror(-r));
	}
	return r;
}

int kms_backend_create(struct output_backend **out, sd_event *event, struct session *session,
		       const char *path, const struct output_listener *listener, void *data)
{
	struct kms *kms = xcalloc(1, sizeof(*kms));
	int r;

	kms->backend.ops = &backend_ops;
	kms->event = sd_event_ref(event);
	kms->session = session;
	kms->listener = listener;
	kms->data = data;
	kms->fd = -1;
	kms->is_active = session_active(session);
	list_init(&kms->outputs);
	r = kms_init(kms, path);
	if (r < 0) {
		backend_destroy(&kms->backend);
		return r;
	}
	*out = &kms->backend;
	return 0;
}
