/* SPDX-License-Identifier: MIT */
/* The backend as a whole: its cards, start, session switches, end. */
#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"
#include "compositor/session/session.h"

static struct kms_backend *backend_of(struct output_backend *base)
{
	return container_of(base, struct kms_backend, base);
}

/* ---- a card comes and goes ---- */

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

static int watch(struct kms *kms)
{
	int r = kms_flip_watch(kms);

	if (r < 0) {
		log_error(LOG_HOST, "%s: cannot watch it: %s", kms->path, strerror(-r));
	}
	return r;
}

static int card_init(struct kms *kms, const char *path)
{
	int r = kms_card_open(kms, path);

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
	return watch(kms);
}

static unsigned free_slot(struct kms_backend *backend)
{
	uint32_t used = 0;
	struct kms *kms;
	unsigned slot = 0;

	list_for_each(kms, &backend->cards, link) {
		used |= 1u << kms->slot;
	}
	while (used & 1u << slot) {
		slot++;
	}
	return slot;
}

static struct kms *card_create(struct kms_backend *backend, unsigned slot)
{
	struct kms *kms = xcalloc(1, sizeof(*kms));

	kms->backend = backend;
	kms->slot = slot;
	kms->event = backend->event;
	kms->session = backend->session;
	kms->listener = backend->listener;
	kms->data = backend->data;
	kms->fd = -1;
	kms->is_active = backend->is_active;
	list_init(&kms->link);
	list_init(&kms->outputs);
	list_init(&kms->memories);
	return kms;
}

static void card_destroy(struct kms *kms)
{
	struct kms_output *output, *tmp;

	list_for_each_safe(output, tmp, &kms->outputs, link) {
		kms_output_remove(output, true);
	}
	sd_event_source_disable_unref(kms->drm_source);
	sd_event_source_disable_unref(kms->gone_source);
	sd_event_source_disable_unref(kms->rescan_source);
	kms_import_forget_card(kms);
	kms_memory_orphan(kms);
	session_close_device(kms->session, kms->fd);
	list_remove(&kms->link);
	free(kms);
}

static void card_start(struct kms *kms)
{
	log_info(LOG_HOST, "%s: driver %s, %u monitors at a time", kms->path, kms->driver,
		 kms->n_crtcs);
	/* Whatever showed something before, a console or another server, must not be seen beside us. */
	kms_hotplug_read(kms);
	kms_power_all_off(kms);
	kms_hotplug_scan(kms);
	if (list_empty(&kms->outputs)) {
		log_warn(LOG_HOST, "no monitor is connected to %s: waiting for one", kms->path);
	}
}

int kms_backend_add_card(struct kms_backend *backend, const char *path)
{
	unsigned slot = free_slot(backend);
	struct kms *kms;
	int r;

	if (slot >= KMS_MAX_CARDS) {
		return -ENOSPC;
	}
	kms = card_create(backend, slot);
	r = card_init(kms, path);
	if (r < 0) {
		card_destroy(kms);
		return r;
	}
	list_append(&backend->cards, &kms->link);
	if (backend->is_started && backend->is_active) {
		card_start(kms);
	}
	return 0;
}

void kms_backend_remove_card(struct kms *kms)
{
	struct kms_backend *backend = kms->backend;

	log_warn(LOG_HOST, "%s is gone", kms->path);
	/* Nothing can be asked of it any more. */
	kms->is_active = false;
	card_destroy(kms);
	if (list_empty(&backend->cards)) {
		log_warn(LOG_HOST, "there is no graphics card left: waiting for one");
	}
}

struct kms *kms_backend_find(struct kms_backend *backend, dev_t devnum)
{
	struct kms *kms;

	list_for_each(kms, &backend->cards, link) {
		if (kms->devnum == devnum) {
			return kms;
		}
	}
	return NULL;
}

/* ---- the backend ---- */

static int backend_start(struct output_backend *base)
{
	struct kms_backend *backend = backend_of(base);
	struct kms *kms;

	backend->is_started = true;
	list_for_each(kms, &backend->cards, link) {
		card_start(kms);
	}
	return 0;
}

static void backend_destroy(struct output_backend *base)
{
	struct kms_backend *backend = backend_of(base);
	struct kms *kms, *tmp;

	kms_import_forget_all(backend);
	list_for_each_safe(kms, tmp, &backend->cards, link) {
		card_destroy(kms);
	}
	kms_hotplug_unwatch(backend);
	udev_unref(backend->udev);
	sd_event_unref(backend->event);
	free(backend);
}

static const struct output_backend_ops backend_ops = {
	.start = backend_start,
	.destroy = backend_destroy,
	.memory_create = kms_memory_create,
	.memory_destroy = kms_memory_destroy,
};

/* ---- session switches ---- */

/* What the kernel knows is another session's state, and what it knew of ours may never be told. */
static void output_reset(struct kms_output *output)
{
	kms_flip_forget(output);
	kms_planes_taken(output, 0);
	kms_planes_flipped(output);
	output->front = NULL;
	output->needs_modeset = true;
	output->last_error = 0;
}

static void resume(struct kms *kms)
{
	struct kms_output *output, *tmp;

	kms_hotplug_read(kms);
	kms_power_all_off(kms);
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
	struct kms_backend *backend = data;
	struct kms *kms, *tmp;

	backend->is_active = active;
	list_for_each(kms, &backend->cards, link) {
		kms->is_active = active;
	}
	if (active) {
		/* Those that came and went meanwhile are learned of first. */
		kms_hotplug_cards(backend);
		list_for_each_safe(kms, tmp, &backend->cards, link) {
			resume(kms);
		}
	}
}

static const struct session_listener session_listener = {
	.changed = handle_session,
};

/* ---- making it ---- */

/* One of those that are named must do; of the others it is said what is wrong with them. */
static int open_cards(struct kms_backend *backend)
{
	int r = backend->n_paths ? -ENODEV : kms_backend_add_card(backend, NULL);

	for (unsigned i = 0; i < backend->n_paths; i++) {
		int one = kms_backend_add_card(backend, backend->paths[i]);

		r = list_empty(&backend->cards) ? one : 0;
	}
	return r;
}

static int backend_init(struct kms_backend *backend)
{
	int r;

	backend->udev = udev_new();
	if (!backend->udev) {
		return -ENOMEM;
	}
	/* Before the cards are looked for: none that comes meanwhile is missed. */
	r = kms_hotplug_watch(backend);
	if (r < 0) {
		log_error(LOG_HOST, "cannot watch graphics cards through udev: %s", strerror(-r));
		return r;
	}
	r = open_cards(backend);
	return r < 0 ? r : session_listen(backend->session, &session_listener, backend);
}

int kms_backend_create(struct output_backend **out, sd_event *event, struct session *session,
		       const char *const *paths, unsigned n_paths,
		       const struct output_listener *listener, void *data)
{
	struct kms_backend *backend = xcalloc(1, sizeof(*backend));
	int r;

	backend->base.ops = &backend_ops;
	backend->event = sd_event_ref(event);
	backend->session = session;
	backend->listener = listener;
	backend->data = data;
	backend->is_active = session_active(session);
	backend->n_paths = MIN(n_paths, KMS_MAX_CARDS);
	for (unsigned i = 0; i < backend->n_paths; i++) {
		snprintf(backend->paths[i], sizeof(backend->paths[i]), "%s", paths[i]);
	}
	list_init(&backend->cards);
	list_init(&backend->imports);
	r = backend_init(backend);
	if (r < 0) {
		backend_destroy(&backend->base);
		return r;
	}
	*out = &backend->base;
	return 0;
}
