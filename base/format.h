/* SPDX-License-Identifier: MIT */
/* Pixel formats, named by their DRM fourcc (drm_fourcc.h), little endian. The one place that knows them. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pixman.h>

struct pixel_format {
	uint32_t fourcc;
	pixman_format_code_t pixman; /* 0: no renderer of ours reads it */
	uint8_t bytes_per_pixel;
	bool has_alpha; /* alpha of a guest's framebuffer is ignored: the opaque twin is read instead */
	const char *name;
};

/* The formats that a guest's framebuffer may have, or NULL: RG16 RG24 XR24 AR24 XR12 AR12 XR15 AR15. */
const struct pixel_format *pixel_format_find(uint32_t fourcc);
/* What is told to a device that would otherwise blend by an alpha that is to be ignored; itself for one without alpha. */
uint32_t pixel_format_opaque(uint32_t fourcc);
/* All of them, one by one from 0; NULL after the last. */
const struct pixel_format *pixel_format_at(unsigned i);

#endif
