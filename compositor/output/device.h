/* SPDX-License-Identifier: MIT */
/*
 * Monitors as the frame loop sees them, whatever drives them: KMS, or nothing (headless). One frame is under way per
 * device: acquire, draw, commit, wait for the flip event.
 */
#ifndef OUTPUT_DEVICE_H
#define OUTPUT_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <pixman.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "compositor/scene/target.h"

struct output_device;
struct output_backend;
struct session;

struct output_device_ops {
	/*
	 * Lends a buffer that is not on the glass. 0; -EBUSY while a flip is pending: flipped, or damaged, follows; -EACCES
	 * while the session is away: damaged follows; or -errno.
	 */
	int (*acquire)(struct output_device *device, struct target *target);
	/* Shows the acquired buffer at the next vblank; never waits. damage is a hint for the driver. 0 or -errno. */
	int (*commit)(struct output_device *device, const pixman_region32_t *damage);
	/* Gives the acquired buffer back undrawn. */
	void (*cancel)(struct output_device *device);
	/*
	 * The flip of the last commit is long overdue: it is given up, and if it happens after all, nobody is told. May be NULL
	 * for a device that can't lose one.
	 */
	void (*lost)(struct output_device *device);
};

struct output_device {
	const struct output_device_ops *ops;
	char name[32]; /* of the connector: HDMI-A-1, Virtual-1, HEADLESS-1 */
	int width, height;
	int refresh_mhz;
	/* Flip events carry true times of a vblank; if not, the frame loop paces itself by refresh_mhz. */
	bool has_vblank;
	uint32_t vblank_ns; /* length of the vertical blank, 0 when unknown */
	void *data;         /* of the listener */
};

struct output_listener {
	/* A monitor is there, mode set or settable; may call acquire from within. */
	void (*added)(void *data, struct output_device *device);
	/* It is gone when this returns; no flip event follows. */
	void (*removed)(void *data, struct output_device *device);
	/* The last commit is on the glass since time_ns. */
	void (*flipped)(void *data, struct output_device *device, uint64_t time_ns);
	/*
	 * The contents of all buffers are lost, or the session came back: draw everything anew. A flip that was due is not
	 * told any more.
	 */
	void (*damaged)(void *data, struct output_device *device);
};

struct output_backend_ops {
	/* Reports the monitors that are there now (added), then watches for changes. 0 or -errno. */
	int (*start)(struct output_backend *backend);
	void (*destroy)(struct output_backend *backend);
};

struct output_backend {
	const struct output_backend_ops *ops;
};

/* ---- headless ---- */

/*
 * A time source and one-shot timers: the real one is sd-event's CLOCK_MONOTONIC; a test's virtual one makes the
 * whole compositor deterministic.
 */
struct clock_source;

/* spec: WxH[@HZ][,WxH[@HZ]...]; names HEADLESS-1, ... -EINVAL (logged with the offending part) or 0. */
MUST_USE int headless_backend_create(struct output_backend **out, struct clock_source *clock,
				     const char *spec, const struct output_listener *listener,
				     void *data);
/* The picture that is on the glass of this headless device: valid until the next flip. */
void headless_device_picture(struct output_device *device, struct target *out);

/* ---- KMS ---- */

/* path NULL: the first card with a usable connector. The device is opened through the session. -errno, logged. */
MUST_USE int kms_backend_create(struct output_backend **out, sd_event *event,
				struct session *session, const char *path,
				const struct output_listener *listener, void *data);

#endif
