/* SPDX-License-Identifier: MIT */
/* Kernel objects and the ids of their properties, looked up once. */
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "compositor/output/kms/kms.h"

static const char *const crtc_names[CRTC_PROPS] = {
	[CRTC_ACTIVE] = "ACTIVE",
	[CRTC_MODE_ID] = "MODE_ID",
};

static const char *const connector_names[CONNECTOR_PROPS] = {
	[CONNECTOR_CRTC_ID] = "CRTC_ID",
	[CONNECTOR_EDID] = "EDID",
};

static const char *const plane_names[PLANE_PROPS] = {
	[PLANE_TYPE] = "type",
	[PLANE_FB_ID] = "FB_ID",
	[PLANE_CRTC_ID] = "CRTC_ID",
	[PLANE_SRC_X] = "SRC_X",
	[PLANE_SRC_Y] = "SRC_Y",
	[PLANE_SRC_W] = "SRC_W",
	[PLANE_SRC_H] = "SRC_H",
	[PLANE_CRTC_X] = "CRTC_X",
	[PLANE_CRTC_Y] = "CRTC_Y",
	[PLANE_CRTC_W] = "CRTC_W",
	[PLANE_CRTC_H] = "CRTC_H",
	[PLANE_FB_DAMAGE_CLIPS] = "FB_DAMAGE_CLIPS",
	[PLANE_IN_FORMATS] = "IN_FORMATS",
	[PLANE_ZPOS] = "zpos",
};

static void take_prop(const char *name, uint32_t id, uint64_t value, const char *const *names,
		      unsigned n, uint32_t *ids, uint64_t *values)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(name, names[i]) == 0) {
			ids[i] = id;
			values[i] = value;
		}
	}
}

/* ids and values have n entries; those of properties that are not there are 0. */
static int read_props(struct kms *kms, uint32_t object, uint32_t type, const char *const *names,
		      unsigned n, uint32_t *ids, uint64_t *values)
{
	drmModeObjectProperties *props = drmModeObjectGetProperties(kms->fd, object, type);

	if (!props) {
		return errno ? -errno : -EIO;
	}
	memset(ids, 0, n * sizeof(*ids));
	memset(values, 0, n * sizeof(*values));
	for (uint32_t i = 0; i < props->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(kms->fd, props->props[i]);

		if (prop) {
			take_prop(prop->name, prop->prop_id, props->prop_values[i], names, n, ids,
				  values);
			drmModeFreeProperty(prop);
		}
	}
	drmModeFreeObjectProperties(props);
	return 0;
}

static int check_all(const uint32_t *ids, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (ids[i] == 0) {
			return -ENOENT;
		}
	}
	return 0;
}

int kms_crtc_init(struct kms *kms, struct kms_crtc *crtc, uint32_t id, unsigned index)
{
	uint64_t values[CRTC_PROPS] = {0};
	int r;

	*crtc = (struct kms_crtc){.id = id, .index = index};
	r = read_props(kms, id, DRM_MODE_OBJECT_CRTC, crtc_names, CRTC_PROPS, crtc->props, values);
	return r < 0 ? r : check_all(crtc->props, CRTC_PROPS);
}

int kms_connector_init(struct kms *kms, struct kms_connector *connector, uint32_t id)
{
	uint64_t values[CONNECTOR_PROPS] = {0};
	int r;

	*connector = (struct kms_connector){.id = id};
	r = read_props(kms, id, DRM_MODE_OBJECT_CONNECTOR, connector_names, CONNECTOR_PROPS,
		       connector->props, values);
	connector->edid_blob = (uint32_t)values[CONNECTOR_EDID];
	return r < 0 ? r : check_all(connector->props, CONNECTOR_EDID);
}

struct kms_connector *kms_connector_find(struct kms *kms, uint32_t id)
{
	for (unsigned i = 0; i < kms->n_connectors; i++) {
		if (kms->connectors[i].id == id) {
			return &kms->connectors[i];
		}
	}
	return NULL;
}

/* ---- formats of a plane ---- */

static void add_format(struct kms_plane *plane, uint32_t format)
{
	if (plane->n_formats < KMS_MAX_FORMATS) {
		plane->formats[plane->n_formats++] = format;
	}
}

/* Those that it shows from linear memory. */
static void take_modifiers(struct kms_plane *plane, const drmModePropertyBlobRes *blob)
{
	drmModeFormatModifierIterator iter = {0};

	while (drmModeFormatModifierBlobIterNext(blob, &iter)) {
		if (iter.mod == DRM_FORMAT_MOD_LINEAR) {
			add_format(plane, iter.fmt);
		}
	}
}

static void read_formats(struct kms *kms, struct kms_plane *plane, const drmModePlane *res,
			 uint32_t blob_id)
{
	drmModePropertyBlobRes *blob = blob_id ? drmModeGetPropertyBlob(kms->fd, blob_id) : NULL;

	if (blob) {
		take_modifiers(plane, blob);
		drmModeFreePropertyBlob(blob);
	} else {
		for (uint32_t i = 0; i < res->count_formats; i++) {
			add_format(plane, res->formats[i]);
		}
	}
}

int kms_plane_init(struct kms *kms, struct kms_plane *plane, uint32_t id)
{
	uint64_t values[PLANE_PROPS] = {0};
	drmModePlane *res = drmModeGetPlane(kms->fd, id);
	int r;

	if (!res) {
		return errno ? -errno : -EIO;
	}
	*plane = (struct kms_plane){.id = id, .possible_crtcs = res->possible_crtcs};
	r = read_props(kms, id, DRM_MODE_OBJECT_PLANE, plane_names, PLANE_PROPS, plane->props,
		       values);
	if (r == 0) {
		plane->type = values[PLANE_TYPE];
		plane->zpos = values[PLANE_ZPOS];
		read_formats(kms, plane, res, (uint32_t)values[PLANE_IN_FORMATS]);
		r = check_all(plane->props, PLANE_FB_DAMAGE_CLIPS);
	}
	drmModeFreePlane(res);
	return r;
}
