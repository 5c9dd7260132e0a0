/* SPDX-License-Identifier: MIT */
/*
 * Sizes that a guest named, checked in 64-bit arithmetic against what it has granted. Pure; each
 * returns 0 or -EINVAL and writes its results on success only. Lengths are in bytes unless their
 * name says otherwise.
 */
#ifndef WORKER_GEOMETRY_PARSE_H
#define WORKER_GEOMETRY_PARSE_H

#include <stdint.h>

#include "base/rect.h"
#include "base/util.h"

#define GEOMETRY_MAX_SIDE 16384u /* pixels */
#define GEOMETRY_MAX_PAGES 65536u

/* Pages that untrusted_size bytes take: 1 to GEOMETRY_MAX_PAGES. */
MUST_USE int geometry_pages(uint32_t untrusted_size, uint32_t *pages);

/* What is known of a display buffer when a framebuffer is cut from it. */
struct geometry_dbuf {
	uint32_t pages;
	uint32_t offset;     /* of the first pixel */
	uint32_t width, bpp; /* 0: as the framebuffer says */
};

/* Whether memory that is allocated for it would be just as large: rows of 32-bit pixels without a gap, nothing else. */
MUST_USE int geometry_check_allocated(const struct geometry_dbuf *dbuf, uint32_t height);

/* A picture inside a display buffer. */
struct geometry_fb {
	uint32_t offset;
	uint32_t width, height; /* pixels */
	uint32_t stride;
};

/* Sides in range, bits per pixel of any format; all zero (an imported buffer) is fine too. */
MUST_USE int geometry_check_dbuf(const struct geometry_dbuf *untrusted, uint32_t untrusted_height);

/*
 * displif has no stride: rows follow each other without gap, as wide as the display buffer was
 * made, or as the framebuffer is when the buffer was imported without a size.
 */
MUST_USE int geometry_cut_fb(const struct geometry_dbuf *dbuf, uint32_t untrusted_width,
			     uint32_t untrusted_height, uint32_t bytes_per_pixel,
			     struct geometry_fb *out);

/*
 * The part of a framebuffer that a connector of size w, h at untrusted_x, untrusted_y shows:
 * clipped to both. -EINVAL when nothing is left.
 */
MUST_USE int geometry_shown(const struct geometry_fb *fb, uint32_t untrusted_x,
			    uint32_t untrusted_y, uint32_t w, uint32_t h, struct rect *out);

#endif
