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

#include "base/rect.h"
#include "base/util.h"
#include "compositor/scene/buffer.h"
#include "compositor/scene/plane.h"
#include "compositor/scene/target.h"

struct output_device;
struct output_backend;
struct session;

/* One frame. Planes that it does not name are off, the primary one excepted: that keeps what it shows. */
struct output_frame {
	/* The acquired target is to be shown by the primary plane; false: nothing was acquired. */
	bool is_composed;
	const pixman_region32_t
		*damage; /* of the composed picture, panel pixels: a hint for the driver */
	const struct output_plane_use *uses;
	unsigned n_uses;
};

/* Memory that a guest draws into and planes scan out (be-alloc); the renderer may read it too. XRGB8888. */
struct output_memory {
	int fd; /* a dma-buf, owned by the caller */
	uint32_t width, height, stride;
	uint64_t size;
	const uint8_t *pixels; /* mapped read-only until memory_destroy; may be slow to read */
	bool is_coherent;
	void *priv; /* of the backend */
};

/* What a monitor says of itself, for guests, people and layouts. */
struct output_identity {
	char make[16], model[16], serial[16];
	int width_mm, height_mm; /* 0: unknown */
};

struct output_device_ops {
	/*
	 * Lends a buffer that is not on the glass. 0; -EBUSY while a flip is pending: flipped, or damaged, follows; -EACCES
	 * while the session is away: damaged follows; or -errno.
	 */
	int (*acquire)(struct output_device *device, struct target *target);
	/*
	 * Shows the frame at the next vblank; never waits. 0 or -errno: nothing is shown. The caller keeps the buffers of uses
	 * locked until the flip event of the frame that follows.
	 */
	int (*commit)(struct output_device *device, const struct output_frame *frame);
	/* Would the device take this frame? 0, -EINVAL and the like; slow: never on the way to a frame. NULL: no planes. */
	int (*test)(struct output_device *device, const struct output_frame *frame);
	/* Gives the acquired buffer back undrawn. */
	void (*cancel)(struct output_device *device);
	/*
	 * The flip of the last commit is long overdue: it is given up, and if it happens after all, nobody is told. May be NULL
	 * for a device that can't lose one.
	 */
	void (*lost)(struct output_device *device);
	/*
	 * Off: acquire answers -EACCES, and a flip that was due is not told any more. On again: damaged follows. Waits for the
	 * hardware. May be NULL: can't be switched off.
	 */
	int (*set_power)(struct output_device *device, bool on);
	/*
	 * Another mode: 0x0@0 is the monitor's own choice, refresh 0 the highest there is. 0: removed and added follow on a
	 * later turn of the loop, unless that is its mode already. -ENOENT when it has no such mode. May be NULL.
	 */
	int (*set_mode)(struct output_device *device, int width, int height, int refresh_mhz);
	/* Backlight from 0 to 1. May be NULL: it has none that we can reach. */
	int (*set_backlight)(struct output_device *device, double level);
};

struct output_device {
	const struct output_device_ops *ops;
	char name[32]; /* of the connector: HDMI-A-1, Virtual-1, HEADLESS-1 */
	int width, height;
	int refresh_mhz;
	/* Flip events carry true times of a vblank; if not, the frame loop paces itself by refresh_mhz. */
	bool has_vblank;
	uint32_t vblank_ns; /* length of the vertical blank, 0 when unknown */
	struct output_identity identity;
	struct output_plane planes[OUTPUT_MAX_PLANES];
	unsigned n_planes;
	/* They show any buffer that the CPU can read, dma-buf or not: a stand-in, for tests and demos. */
	bool planes_read_memory;
	double backlight; /* the last that was set or read, 0 to 1; negative: unknown */
	void *data;       /* of the listener */
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
	/*
	 * Memory for a guest to draw into. -EOPNOTSUPP, -ENOMEM, -EINVAL. NULL: this backend has none. What was allocated
	 * outlives monitors, but not the backend.
	 */
	int (*memory_create)(struct output_backend *backend, uint32_t width, uint32_t height,
			     struct output_memory *out);
	/* Unmaps and frees; the fd is the caller's to close. */
	void (*memory_destroy)(struct output_backend *backend, struct output_memory *memory);
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

/*
 * spec: WxH[@HZ][+PLANE...][,...]; see headless/headless_spec.h for planes. Names HEADLESS-1, ... -EINVAL (logged with the
 * offending part) or 0.
 */
MUST_USE int headless_backend_create(struct output_backend **out, struct clock_source *clock,
				     const char *spec, const struct output_listener *listener,
				     void *data);
/* Pulls monitor NUMBER (from 1) out, or puts it back in, as a new device. -ENOENT, -EALREADY or -ENOMEM. */
int headless_backend_plug(struct output_backend *backend, unsigned number, bool is_plugged);
/* The picture that is on the glass of this headless device, planes and all: valid until the next flip. */
void headless_device_picture(struct output_device *device, struct target *out);
/* What tests and frames with planes are answered, when the planes' description rules them not out. NULL: 0. */
typedef int (*headless_answer_fn)(void *data, const struct output_frame *frame);
void headless_device_set_answer(struct output_device *device, headless_answer_fn answer, void *data);
/* How many there were. */
uint64_t headless_device_tests(const struct output_device *device);

/* ---- KMS ---- */

/*
 * The cards at these paths; none named: the first one with a usable connector. The first one that can be opened must be
 * fit for use, the others are left out with a warning. A card that goes is let go, one of those named that comes is taken.
 * Devices are opened through the session. -errno, logged.
 */
MUST_USE int kms_backend_create(struct output_backend **out, sd_event *event,
				struct session *session, const char *const *paths, unsigned n_paths,
				const struct output_listener *listener, void *data);

#endif
