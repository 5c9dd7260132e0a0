/* SPDX-License-Identifier: MIT */
/* The monitors of a headless server, from its command line. */
#ifndef OUTPUT_HEADLESS_SPEC_H
#define OUTPUT_HEADLESS_SPEC_H

#include "base/util.h"
#include "compositor/scene/plane.h"

#define HEADLESS_MAX_OUTPUTS 16
#define HEADLESS_MAX_PX 8192
#define HEADLESS_MAX_HZ 500
#define HEADLESS_DEFAULT_HZ 60
#define HEADLESS_MAX_CURSOR 512

struct headless_plane {
	enum output_plane_kind kind;
	bool can_scale;
	int size; /* of a cursor; 0: any */
};

struct headless_mode {
	int width, height, refresh_hz;
	struct headless_plane planes[OUTPUT_MAX_PLANES];
	unsigned n_planes;
	bool planes_read_memory;
};

struct headless_spec {
	struct headless_mode modes[HEADLESS_MAX_OUTPUTS];
	unsigned n_modes;
};

/*
 * MONITOR[,MONITOR...], each WxH[@HZ][+PLANE...], each PLANE one of
 *	overlay         shows a buffer one to one
 *	overlay:scale   or at any size
 *	cursor:SIZE     shows SIZE x SIZE pixels with alpha
 *	memory          is none: all planes also show buffers that are no dma-buf
 * Returns 0, or -EINVAL, logged with the part that is wrong.
 */
MUST_USE int headless_spec_parse(const char *text, struct headless_spec *out);

#endif
