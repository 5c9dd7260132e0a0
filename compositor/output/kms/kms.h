/* SPDX-License-Identifier: MIT */
/*
 * Monitors driven by atomic mode setting. Private to compositor/output/kms.
 *
 * device.c opens the card; hotplug.c turns connected connectors into outputs; output.c joins a connector to a CRTC and
 * its primary plane and lends buffers; commit.c shows them; flip.c hears when they are on the glass.
 */
#ifndef KMS_KMS_H
#define KMS_KMS_H

#include <stdbool.h>
#include <stdint.h>

#include <pixman.h>
#include <systemd/sd-event.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "base/list.h"
#include "base/util.h"
#include "compositor/output/device.h"

struct udev;
struct udev_monitor;

#define KMS_MAX_CRTCS 16
#define KMS_MAX_CONNECTORS 32
#define KMS_MAX_PLANES 128
/* One on the glass, one to draw into: while a flip is pending nothing is drawn. */
#define KMS_BUFFERS 2
#define KMS_PRIORITY (-20) /* of the loop: frames come first */

enum kms_crtc_prop {
	CRTC_ACTIVE,
	CRTC_MODE_ID,
	CRTC_PROPS,
};

enum kms_connector_prop {
	CONNECTOR_CRTC_ID,
	CONNECTOR_PROPS,
};

enum kms_plane_prop {
	PLANE_TYPE,
	PLANE_FB_ID,
	PLANE_CRTC_ID,
	PLANE_SRC_X,
	PLANE_SRC_Y,
	PLANE_SRC_W,
	PLANE_SRC_H,
	PLANE_CRTC_X,
	PLANE_CRTC_Y,
	PLANE_CRTC_W,
	PLANE_CRTC_H,
	PLANE_FB_DAMAGE_CLIPS, /* optional */
	PLANE_PROPS,
};

/* Ids of an object's properties, looked up once; 0: it has no such property. */
struct kms_crtc {
	uint32_t id;
	unsigned index; /* bit in possible_crtcs */
	uint32_t props[CRTC_PROPS];
	struct kms_output *output; /* who uses it, or NULL */
};

struct kms_connector {
	uint32_t id;
	uint32_t props[CONNECTOR_PROPS];
};

struct kms_plane {
	uint32_t id;
	uint32_t possible_crtcs;
	bool is_primary;
	bool has_format; /* XRGB8888 */
	uint32_t props[PLANE_PROPS];
	struct kms_output *output; /* who uses it, or NULL */
};

struct kms_buffer {
	uint32_t handle; /* 0: none */
	uint32_t fb;
	uint32_t pitch;
	uint64_t size;
	uint8_t *pixels;
	uint64_t serial; /* of the last commit that showed it; 0: contents undefined */
	/* What changed on the glass since this buffer was shown. */
	pixman_region32_t stale;
};

struct kms_output {
	struct output_device device;
	struct list link; /* kms.outputs */
	struct kms *kms;
	uint32_t connector_id;
	struct kms_crtc *crtc;
	struct kms_plane *plane;
	drmModeModeInfo mode;
	uint32_t mode_blob;
	struct kms_buffer buffers[KMS_BUFFERS];
	struct kms_buffer *acquired; /* lent out, or waiting for the kernel to take it */
	struct kms_buffer *pending;  /* the kernel took it, its flip has not come */
	struct kms_buffer *front;    /* on the glass */
	bool needs_modeset;          /* the kernel's state is not known to be ours */
	uint64_t flip_id;            /* of the pending flip's event: of no other since the start */
	uint64_t commits;
	uint64_t committed_ns, flipped_ns; /* the last ones */
	unsigned flips, fast_flips;
	/* The kernel said busy: tried again by this timer. */
	sd_event_source *retry;
	unsigned retries;
	pixman_region32_t damage; /* of the acquired buffer, while that is tried */
	int last_error;           /* logged once in a row */
};

struct kms {
	struct output_backend backend;
	sd_event *event;
	struct session *session;
	const struct output_listener *listener;
	void *data;

	int fd;
	char path[64];
	char driver[32];
	dev_t devnum;
	bool is_active; /* the session lets us */
	bool has_monotonic_times;
	bool has_vblank;

	struct kms_crtc crtcs[KMS_MAX_CRTCS];
	unsigned n_crtcs;
	struct kms_plane planes[KMS_MAX_PLANES];
	unsigned n_planes;
	struct kms_connector connectors[KMS_MAX_CONNECTORS];
	unsigned n_connectors;
	struct list outputs; /* of struct kms_output */
	uint64_t flip_ids;   /* given out */

	sd_event_source *drm_source, *udev_source;
	struct udev *udev;
	struct udev_monitor *monitor;
};

/* ---- props.c: 0 or -errno (-ENOENT: a property that must be there is not) ---- */
MUST_USE int kms_crtc_init(struct kms *kms, struct kms_crtc *crtc, uint32_t id, unsigned index);
MUST_USE int kms_connector_init(struct kms *kms, struct kms_connector *connector, uint32_t id);
MUST_USE int kms_plane_init(struct kms *kms, struct kms_plane *plane, uint32_t id);
struct kms_connector *kms_connector_find(struct kms *kms, uint32_t id);

/* ---- card.c: which card, and is it fit for use ---- */
/* Opens path, or the first fit card. Logged. */
MUST_USE int kms_card_open(struct kms *kms, const char *path);

/* ---- buffer.c ---- */
MUST_USE int kms_buffer_init(struct kms *kms, struct kms_buffer *buffer, int width, int height);
void kms_buffer_finish(struct kms *kms, struct kms_buffer *buffer);

/* ---- output.c ---- */
/* What a connector that is connected should show, NULL when it has no mode. */
const drmModeModeInfo *kms_mode_choose(const drmModeConnector *connector);
/* Tells the listener. Failures are logged. */
void kms_output_add(struct kms *kms, const drmModeConnector *connector);
/* Tells the listener, then frees. off: also darkens the monitor. */
void kms_output_remove(struct kms_output *output, bool off);

/* ---- commit.c ---- */
/* Shows the acquired buffer. Takes a busy kernel upon itself. 0 or -errno: nothing is shown. */
MUST_USE int kms_commit(struct kms_output *output, const pixman_region32_t *damage);
/* All planes, CRTCs and connectors off, whoever set them: waits. */
void kms_commit_all_off(struct kms *kms);
/* One CRTC with its plane and connector off: waits. */
void kms_commit_output_off(struct kms_output *output);

/* ---- flip.c ---- */
MUST_USE int kms_flip_watch(struct kms *kms);
/* Reads the events that are there. */
void kms_flip_dispatch(struct kms *kms);
/* The pending flip's event will not come, or nobody wants to know. */
void kms_flip_forget(struct kms_output *output);

/* ---- hotplug.c ---- */
MUST_USE int kms_hotplug_watch(struct kms *kms);
void kms_hotplug_unwatch(struct kms *kms);
/* Which connectors there are, whatever is plugged into them. */
void kms_hotplug_read(struct kms *kms);
/* Asks every connector (slow: they talk to their monitors) and adds and removes outputs. */
void kms_hotplug_scan(struct kms *kms);

#endif
