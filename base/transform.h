/* SPDX-License-Identifier: MIT */
/*
 * How a monitor's panel is mounted. The values are those of wl_output.transform: by how much the picture is turned
 * anticlockwise before it is scanned out, so that it is upright on a panel that was turned clockwise; flipped ones are
 * mirrored left to right first.
 *
 * Upright space is what everything above the renderer is laid out in; panel space is what the device scans out.
 */
#ifndef BASE_TRANSFORM_H
#define BASE_TRANSFORM_H

#include <stdbool.h>

#include <pixman.h>

#include "base/rect.h"
#include "base/util.h"

enum transform {
	TRANSFORM_NORMAL,
	TRANSFORM_90,
	TRANSFORM_180,
	TRANSFORM_270,
	TRANSFORM_FLIPPED,
	TRANSFORM_FLIPPED_90,
	TRANSFORM_FLIPPED_180,
	TRANSFORM_FLIPPED_270,
	TRANSFORMS, /* how many */
};

/* Width and height change places. */
static inline bool transform_swaps(enum transform transform)
{
	return transform & 1;
}

/* From upright to panel pixels; the panel is width x height pixels. */
struct rect transform_rect(enum transform transform, int width, int height, const struct rect *rect);
/* Of a region: out is initialised and replaced; may not be the same as region. */
void transform_region(enum transform transform, int width, int height,
		      const pixman_region32_t *region, pixman_region32_t *out);
/* A point of the panel, 0 to 1 on both axes, to the same point of the upright picture, in place. */
void transform_point_upright(enum transform transform, double *x, double *y);

/* "normal", "90", "180", "270", "flipped", "flipped-90", ...: -EINVAL for any other. */
MUST_USE int transform_parse(const char *text, enum transform *out);
const char *transform_name(enum transform transform);

#endif
