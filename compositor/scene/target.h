/* SPDX-License-Identifier: MIT */
/* What a renderer draws into: lent by an output device for one frame. */
#ifndef SCENE_TARGET_H
#define SCENE_TARGET_H

#include <stdint.h>

#include "base/transform.h"

struct buffer_dmabuf;

struct target {
	uint8_t *pixels; /* XRGB8888, write only: may be write-combined memory, which is slow to read */
	int width, height;
	int stride; /* bytes */
	/*
	 * 0: contents undefined; n: holds the picture committed n commits ago (1 = the last one).
	 */
	unsigned age;
	/* What is drawn is upright and turned by this on its way to the panel, whose sizes the ones above are. */
	enum transform transform;
	double scale; /* of strips, frames and text; 0 means 1 */
	/*
	 * The same memory for devices to draw into; NULL: there is none. dmabuf_id is of this memory and no other that the
	 * process ever had.
	 */
	const struct buffer_dmabuf *dmabuf;
	uint64_t dmabuf_id;
};

#endif
