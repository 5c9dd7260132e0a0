/* SPDX-License-Identifier: MIT */
/*
 * Monitors driven by atomic mode setting. Private to compositor/output/kms.
 *
 * backend.c holds the cards; card.c opens one; hotplug.c turns connected connectors into outputs; output.c joins a
 * connector to a CRTC and its planes and lends buffers; commit.c shows frames; flip.c hears when they are on the glass.
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
#include "compositor/output/kms/backlight.h"

struct udev;
struct udev_monitor;
struct udev_device;

#define KMS_MAX_CARDS 4
#define KMS_MAX_CRTCS 16
#define KMS_MAX_CONNECTORS 32
#define KMS_MAX_PLANES 128
#define KMS_MAX_FORMATS 64 /* of a plane */
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
	CONNECTOR_EDID, /* optional */
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
	/* Optional from here on. */
	PLANE_FB_DAMAGE_CLIPS,
	PLANE_IN_FORMATS,
	PLANE_ZPOS,
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
	uint32_t edid_blob; /* 0: none */
};

struct kms_plane {
	uint32_t id;
	uint32_t possible_crtcs;
	uint64_t type;                     /* DRM_PLANE_TYPE_* */
	uint64_t zpos;                     /* 0 when the driver does not say */
	uint32_t formats[KMS_MAX_FORMATS]; /* of linear buffers */
	unsigned n_formats;
	uint32_t props[PLANE_PROPS];
	struct kms_output *output; /* who uses it, or NULL */
};

struct kms_buffer {
	uint32_t handle; /* 0: none */
	uint32_t fb;
	uint32_t pitch;
	uint64_t size;
	uint8_t *pixels;
	struct buffer_dmabuf dmabuf; /* for GPUs to draw into; only when dmabuf_id is not 0 */
	uint64_t dmabuf_id;
	uint64_t serial; /* of the last commit that showed it; 0: contents undefined */
	/* What changed on the glass since this buffer was shown. */
	pixman_region32_t stale;
};

/* A frame on its way to the kernel: kept until it is taken, as a busy kernel is asked again later. */
struct kms_frame {
	struct kms_buffer *
		composed; /* on the primary plane; NULL: that keeps what it shows, or a use is on it */
	struct output_plane_use uses[OUTPUT_MAX_PLANES + 1];
	uint32_t fbs[OUTPUT_MAX_PLANES + 1];
	unsigned n_uses;
	uint32_t lit;     /* bits of the output's overlays that it uses */
	bool has_primary; /* one of the uses is on the primary plane */
};

struct kms_output {
	struct output_device device;
	struct list link; /* kms.outputs */
	struct kms *kms;
	uint32_t connector_id;
	struct kms_crtc *crtc;
	struct kms_plane *plane; /* the primary one */
	struct kms_plane
		*overlays[OUTPUT_MAX_PLANES]; /* as in device.planes; others may have them in use */
	uint32_t lit; /* bits of overlays: in use by the last frame that the kernel took */
	struct kms_backlight backlight;
	drmModeModeInfo mode;
	uint32_t mode_blob;
	struct kms_buffer buffers[KMS_BUFFERS];
	struct kms_buffer *acquired; /* lent out, or waiting for the kernel to take it */
	bool is_waiting;             /* frame waits for a kernel that is busy */
	bool is_flying;              /* the kernel took a frame, its flip has not come */
	struct kms_buffer
		*pending; /* flying: what the primary plane is about to show; NULL: a guest's */
	struct kms_buffer *front; /* on the glass; NULL: nothing, or a guest's */
	bool needs_modeset;       /* the kernel's state is not known to be ours */
	bool is_off;              /* switched off to save power */
	uint64_t flip_id;         /* of the pending flip's event: of no other since the start */
	uint64_t commits;         /* of composed pictures */
	uint64_t committed_ns, flipped_ns; /* the last ones */
	unsigned flips, fast_flips;
	/* The kernel said busy: tried again by this timer. */
	sd_event_source *retry;
	unsigned retries;
	struct kms_frame frame;
	pixman_region32_t damage; /* of the composed picture, while that is tried */
	int last_error;           /* logged once in a row */
};

/* A mode that somebody asked for, by connector: it outlives the monitor. */
struct kms_wish {
	uint32_t connector_id; /* 0: free */
	int width, height, refresh_mhz;
};

/* A guest's buffer as framebuffers: buffer->device_data. */
struct kms_import {
	struct list link; /* kms_backend.imports */
	struct kms_backend *backend;
	struct buffer *buffer;
	struct {
		uint32_t fb;
		int error;      /* a refusal is remembered */
	} of[KMS_MAX_CARDS][2]; /* by kms.slot; opaque, with alpha */
};

/* One card. */
struct kms {
	struct list link; /* kms_backend.cards */
	struct kms_backend *backend;
	unsigned slot; /* of the backend's cards: of no other that is open */
	sd_event *event;
	struct session *session;
	const struct output_listener *listener;
	void *data;

	int fd;
	char path[108];
	char driver[32];
	dev_t devnum;
	bool is_active; /* the session lets us */
	bool has_monotonic_times;
	bool has_vblank;
	bool has_modifiers;
	bool can_import; /* dma-bufs */
	uint32_t cursor_width, cursor_height;

	struct kms_crtc crtcs[KMS_MAX_CRTCS];
	unsigned n_crtcs;
	struct kms_plane planes[KMS_MAX_PLANES];
	unsigned n_planes;
	struct kms_connector connectors[KMS_MAX_CONNECTORS];
	unsigned n_connectors;
	struct kms_wish wishes[KMS_MAX_CONNECTORS];
	struct list outputs;  /* of struct kms_output */
	struct list memories; /* of struct kms_memory */
	uint64_t flip_ids;    /* given out */

	sd_event_source *drm_source, *gone_source, *rescan_source;
};

struct kms_backend {
	struct output_backend base;
	sd_event *event;
	struct session *session;
	const struct output_listener *listener;
	void *data;
	char paths[KMS_MAX_CARDS][108]; /* that were named */
	unsigned n_paths;
	bool is_active, is_started;
	struct list cards;   /* of struct kms: the first composes */
	struct list imports; /* of struct kms_import */
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *udev_source;
};

/* ---- backend.c ---- */
/* Opens the card at path, or the first fit one (NULL), and adds it. 0 or -errno, logged. */
MUST_USE int kms_backend_add_card(struct kms_backend *backend, const char *path);
/* It went, or is of no use any more: its monitors are gone when this returns, and so is it. */
void kms_backend_remove_card(struct kms *kms);
struct kms *kms_backend_find(struct kms_backend *backend, dev_t devnum);

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

/* ---- memory.c: for guests to draw into ---- */
int kms_memory_create(struct output_backend *base, uint32_t width, uint32_t height,
		      struct output_memory *out);
void kms_memory_destroy(struct output_backend *base, struct output_memory *memory);
/* The handle is that of memory which this card allocated: importing it again gave no reference of its own. */
bool kms_memory_owns(const struct kms *kms, uint32_t handle);
/* The card goes: what it allocated stays with whoever has it open. */
void kms_memory_orphan(struct kms *kms);

/* ---- import.c: guests' buffers as framebuffers ---- */
/* The framebuffer of the buffer on this card, made once. with_alpha: on a cursor plane. 0 or -errno. */
MUST_USE int kms_import_fb(struct kms *kms, struct buffer *buffer, bool with_alpha, uint32_t *fb);
/* This card's framebuffers are gone, or go now. */
void kms_import_forget_card(struct kms *kms);
/* All, of all cards. */
void kms_import_forget_all(struct kms_backend *backend);

/* ---- mode.c ---- */
/* What a connector that is connected should show, NULL when it has no mode. */
const drmModeModeInfo *kms_mode_choose(const drmModeConnector *connector);
/* As asked for, or NULL. A refresh of 0 means the highest. */
const drmModeModeInfo *kms_mode_find(const drmModeConnector *connector, int width, int height,
				     int refresh_mhz);
/* What was wished for this connector, else the choice. */
const drmModeModeInfo *kms_mode_wished(const struct kms *kms, const drmModeConnector *connector);
int kms_mode_refresh_mhz(const drmModeModeInfo *mode);
uint32_t kms_mode_vblank_ns(const drmModeModeInfo *mode);
bool kms_mode_same(const drmModeModeInfo *a, const drmModeModeInfo *b);
/* output_device_ops.set_mode */
int kms_mode_set(struct output_device *device, int width, int height, int refresh_mhz);

/* ---- output.c ---- */
/* Tells the listener. Failures are logged. */
void kms_output_add(struct kms *kms, const drmModeConnector *connector);
/* Tells the listener, then frees. off: also darkens the monitor. */
void kms_output_remove(struct kms_output *output, bool off);
struct kms_output *kms_output_of(struct output_device *device);

/* ---- planes.c ---- */
/* Which overlay and cursor planes the output's CRTC can show: fills overlays and device.planes. */
void kms_planes_offer(struct kms_output *output);
/*
 * Checks the uses and looks up their framebuffers; composed: what a composed frame is drawn into. 0; -EINVAL: no such plane, or twice; -EBUSY: another output has the
 * plane; or why a buffer cannot be shown.
 */
MUST_USE int kms_planes_prepare(struct kms_output *output, const struct output_frame *frame,
				struct kms_buffer *composed, struct kms_frame *out);
/* The kernel took the frame; its flip has come: planes that it does not use are anybody's. */
void kms_planes_taken(struct kms_output *output, uint32_t lit);
void kms_planes_flipped(struct kms_output *output);

/* ---- request.c ---- */
/* An atomic request in the making; the first failure sticks. */
struct kms_request {
	drmModeAtomicReq *req;
	int error;
};

MUST_USE int kms_request_init(struct kms_request *request);
/* prop 0: the object has no such property, nothing is set. */
void kms_request_set(struct kms_request *request, uint32_t object, uint32_t prop, uint64_t value);
void kms_request_plane_off(struct kms_request *request, const struct kms_plane *plane);
/* src in buffer, dst in panel pixels. */
void kms_request_plane(struct kms_request *request, const struct kms_plane *plane, uint32_t crtc_id,
		       uint32_t fb, const struct rect *src, const struct rect *dst);
/* Connector, mode and CRTC on. */
void kms_request_mode(struct kms_request *request, const struct kms_output *output);
/* flip_id comes back with the flip event, if the flags ask for one. */
MUST_USE int kms_request_commit(struct kms *kms, struct kms_request *request, uint32_t flags,
				uint64_t flip_id);
void kms_request_finish(struct kms_request *request);

/* ---- commit.c ---- */
/* Shows the frame. Takes a busy kernel upon itself. 0 or -errno: nothing is shown. */
MUST_USE int kms_commit(struct kms_output *output, const struct output_frame *frame);
MUST_USE int kms_commit_test(struct kms_output *output, const struct output_frame *frame);

/* ---- power.c ---- */
/* All planes, CRTCs and connectors off, whoever set them: waits. */
void kms_power_all_off(struct kms *kms);
/* One CRTC with its planes and connector off: waits. */
void kms_power_output_off(struct kms_output *output);
/* output_device_ops.set_power */
int kms_power_set(struct output_device *device, bool on);

/* ---- flip.c ---- */
MUST_USE int kms_flip_watch(struct kms *kms);
/* Reads the events that are there. */
void kms_flip_dispatch(struct kms *kms);
/* The pending flip's event will not come, or nobody wants to know. */
void kms_flip_forget(struct kms_output *output);

/* ---- hotplug.c ---- */
MUST_USE int kms_hotplug_watch(struct kms_backend *backend);
/* Takes the cards that were named and are not open. */
void kms_hotplug_cards(struct kms_backend *backend);
void kms_hotplug_unwatch(struct kms_backend *backend);
/* Which connectors there are, whatever is plugged into them. */
void kms_hotplug_read(struct kms *kms);
/* Asks every connector (slow: they talk to their monitors) and adds and removes outputs. */
void kms_hotplug_scan(struct kms *kms);
/* The same on a later turn of the loop. */
void kms_hotplug_scan_later(struct kms *kms);

#endif
