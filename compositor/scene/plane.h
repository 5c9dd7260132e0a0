/* SPDX-License-Identifier: MIT */
/*
 * What a monitor's planes can show and what is put on them: plain values between the planner, which decides, and the
 * output devices, which do it.
 */
#ifndef SCENE_PLANE_H
#define SCENE_PLANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

struct buffer;

#define OUTPUT_MAX_PLANES 8 /* beside the primary one */
#define OUTPUT_PRIMARY (~0u)
#define OUTPUT_MAX_USES (OUTPUT_MAX_PLANES + 1)

enum output_plane_kind {
	OUTPUT_PLANE_OVERLAY,
	OUTPUT_PLANE_CURSOR,
};

/* A plane that can show a guest's buffer above the composed picture. */
struct output_plane {
	enum output_plane_kind kind;
	bool can_scale;
	int max_width,
		max_height; /* cursor planes: exactly this size; 0: no limit but the device's */
	const uint32_t *formats; /* fourcc, n_formats of them */
	unsigned n_formats;
};

/*
 * A guest's buffer on a plane. On a cursor plane it is blended by its premultiplied alpha; on any other it is opaque: the
 * twin of its format without alpha is what the device is told.
 */
struct output_plane_use {
	unsigned plane; /* index in output_device.planes, or OUTPUT_PRIMARY */
	struct buffer *buffer;
	struct rect src; /* buffer pixels */
	struct rect dst; /* panel pixels */
};

#endif
