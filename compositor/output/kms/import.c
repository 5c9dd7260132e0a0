/* SPDX-License-Identifier: MIT */
/* Guests' buffers as framebuffers: imported once for each card, kept until the buffer goes. */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>

#include "compositor/output/kms/kms.h"

/* The guest's alpha says nothing about its monitor: the opaque twin is shown. */
static uint32_t opaque(uint32_t format)
{
	switch (format) {
	case DRM_FORMAT_ARGB8888:
		return DRM_FORMAT_XRGB8888;
	case DRM_FORMAT_ARGB1555:
		return DRM_FORMAT_XRGB1555;
	case DRM_FORMAT_ARGB4444:
		return DRM_FORMAT_XRGB4444;
	default:
		return format;
	}
}

static int add_fb(struct kms *kms, const struct buffer *buffer, uint32_t format, uint32_t handle,
		  uint32_t *fb)
{
	const struct buffer_dmabuf *dmabuf = buffer->dmabuf;
	uint32_t w = (uint32_t)buffer->width, h = (uint32_t)buffer->height;
	uint32_t handles[4] = {handle}, pitches[4] = {dmabuf->stride},
		 offsets[4] = {dmabuf->offset};
	uint64_t modifiers[4] = {dmabuf->modifier};
	int r;

	if (kms->has_modifiers && dmabuf->modifier != DRM_FORMAT_MOD_INVALID) {
		r = drmModeAddFB2WithModifiers(kms->fd, w, h, format, handles, pitches, offsets,
					       modifiers, fb, DRM_MODE_FB_MODIFIERS);
	} else if (dmabuf->modifier == DRM_FORMAT_MOD_LINEAR) {
		r = drmModeAddFB2(kms->fd, w, h, format, handles, pitches, offsets, fb, 0);
	} else {
		return -EINVAL;
	}
	return r == 0 ? 0 : -errno;
}

/* The framebuffer holds the memory; the handle is only the way there. */
static int import(struct kms *kms, const struct buffer *buffer, bool with_alpha, uint32_t *fb)
{
	uint32_t format = with_alpha ? buffer->format : opaque(buffer->format), handle;
	int r;

	if (!buffer->dmabuf || !kms->can_import) {
		return -EOPNOTSUPP;
	}
	if (drmPrimeFDToHandle(kms->fd, buffer->dmabuf->fd, &handle) != 0) {
		return -errno;
	}
	r = add_fb(kms, buffer, format, handle, fb);
	if (!kms_memory_owns(kms, handle)) {
		drmCloseBufferHandle(kms->fd, handle);
	}
	return r;
}

/* ---- what is remembered with the buffer ---- */

static void forget_on(struct kms *kms, struct kms_import *entry)
{
	for (unsigned i = 0; i < 2; i++) {
		if (entry->of[kms->slot][i].fb) {
			drmModeRmFB(kms->fd, entry->of[kms->slot][i].fb);
		}
		entry->of[kms->slot][i].fb = 0;
		entry->of[kms->slot][i].error = 0;
	}
}

static void forget(struct buffer *buffer)
{
	struct kms_import *entry = buffer->device_data;
	struct kms *kms;

	list_for_each(kms, &entry->backend->cards, link) {
		forget_on(kms, entry);
	}
	list_remove(&entry->link);
	buffer->device_data = NULL;
	buffer->device_forget = NULL;
	free(entry);
}

static struct kms_import *entry_of(struct kms_backend *backend, struct buffer *buffer)
{
	struct kms_import *entry = buffer->device_data;

	if (entry) {
		return entry;
	}
	/* A guest decides how many buffers there are. */
	entry = calloc(1, sizeof(*entry));
	if (entry) {
		entry->backend = backend;
		entry->buffer = buffer;
		list_append(&backend->imports, &entry->link);
		buffer->device_data = entry;
		buffer->device_forget = forget;
	}
	return entry;
}

int kms_import_fb(struct kms *kms, struct buffer *buffer, bool with_alpha, uint32_t *fb)
{
	struct kms_import *entry = entry_of(kms->backend, buffer);

	if (!entry) {
		return -ENOMEM;
	}
	if (!entry->of[kms->slot][with_alpha].fb && !entry->of[kms->slot][with_alpha].error) {
		entry->of[kms->slot][with_alpha].error =
			import(kms, buffer, with_alpha, &entry->of[kms->slot][with_alpha].fb);
	}
	*fb = entry->of[kms->slot][with_alpha].fb;
	return entry->of[kms->slot][with_alpha].error;
}

void kms_import_forget_card(struct kms *kms)
{
	struct kms_import *entry;

	list_for_each(entry, &kms->backend->imports, link) {
		forget_on(kms, entry);
	}
}

void kms_import_forget_all(struct kms_backend *backend)
{
	struct kms_import *entry, *tmp;

	list_for_each_safe(entry, tmp, &backend->imports, link) {
		forget(entry->buffer);
	}
}
