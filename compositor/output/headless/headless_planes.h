/* SPDX-License-Identifier: MIT */
/* Planes of a headless monitor: described by its spec, checked as a kernel would, and seen in its picture. */
#ifndef OUTPUT_HEADLESS_PLANES_H
#define OUTPUT_HEADLESS_PLANES_H

#include "compositor/output/device.h"
#include "compositor/output/headless/headless_spec.h"

/* What planes show. Buffers are kept locked by whoever committed them. */
struct headless_shown {
	struct output_plane_use uses[OUTPUT_MAX_USES];
	unsigned n_uses;
	bool has_primary; /* the first of them is on the primary plane */
};

void headless_planes_describe(const struct headless_mode *mode, struct output_device *device);
/* 0, or -EINVAL for what no hardware like this takes. */
MUST_USE int headless_planes_check(const struct output_device *device,
				   const struct output_frame *frame);
/* After the frame: planes that it does not name are off, the primary one keeps what it has. */
void headless_planes_apply(struct headless_shown *shown, const struct output_frame *frame);
/* Puts what planes show into the picture. */
void headless_planes_draw(const struct output_device *device, const struct headless_shown *shown,
			  const struct target *picture);

#endif
