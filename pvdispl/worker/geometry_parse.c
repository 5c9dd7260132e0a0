/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/geometry_parse.h"

#include <errno.h>

#include "xen/map.h"

_Static_assert(GEOMETRY_MAX_PAGES == XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES, "what one map can hold");

static bool side_valid(uint32_t untrusted_side)
{
	return untrusted_side >= 1 && untrusted_side <= GEOMETRY_MAX_SIDE;
}

static uint64_t row_bytes(uint32_t width, uint32_t bits)
{
	return ((uint64_t)width * bits + 7) / 8;
}

int geometry_pages(uint32_t untrusted_size, uint32_t *pages)
{
	uint64_t n = ((uint64_t)untrusted_size + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;

	if (n < 1 || n > GEOMETRY_MAX_PAGES) {
		return -EINVAL;
	}
	*pages = (uint32_t)n;
	return 0;
}

int geometry_check_dbuf(const struct geometry_dbuf *untrusted, uint32_t untrusted_height)
{
	uint64_t size = (uint64_t)untrusted->pages * XEN_PAGE_SIZE;

	if (untrusted->offset >= size) {
		return -EINVAL;
	}
	if (untrusted->width == 0 && untrusted_height == 0 && untrusted->bpp == 0) {
		return 0;
	}
	if (!side_valid(untrusted->width) || !side_valid(untrusted_height)) {
		return -EINVAL;
	}
	if (untrusted->bpp < 8 || untrusted->bpp > 32) {
		return -EINVAL;
	}
	if (row_bytes(untrusted->width, untrusted->bpp) * untrusted_height >
	    size - untrusted->offset) {
		return -EINVAL;
	}
	return 0;
}

int geometry_check_allocated(const struct geometry_dbuf *dbuf, uint32_t height)
{
	uint64_t size = row_bytes(dbuf->width, 32) * height;

	if (dbuf->bpp != 32 || dbuf->offset != 0 || height == 0 ||
	    (size + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE != dbuf->pages) {
		return -EINVAL;
	}
	return 0;
}

int geometry_cut_fb(const struct geometry_dbuf *dbuf, uint32_t untrusted_width,
		    uint32_t untrusted_height, uint32_t bytes_per_pixel, struct geometry_fb *out)
{
	uint64_t size = (uint64_t)dbuf->pages * XEN_PAGE_SIZE;
	uint64_t row, stride;

	if (!side_valid(untrusted_width) || !side_valid(untrusted_height) || dbuf->offset >= size) {
		return -EINVAL;
	}
	row = row_bytes(untrusted_width, bytes_per_pixel * 8);
	stride = dbuf->width ? row_bytes(dbuf->width, dbuf->bpp) : row;
	if (row > stride || stride * untrusted_height > size - dbuf->offset) {
		return -EINVAL;
	}
	out->offset = dbuf->offset;
	out->width = untrusted_width;
	out->height = untrusted_height;
	out->stride = (uint32_t)stride;
	return 0;
}

int geometry_shown(const struct geometry_fb *fb, uint32_t untrusted_x, uint32_t untrusted_y,
		   uint32_t w, uint32_t h, struct rect *out)
{
	if (untrusted_x >= fb->width || untrusted_y >= fb->height || !side_valid(w) ||
	    !side_valid(h)) {
		return -EINVAL;
	}
	out->x = (int)untrusted_x;
	out->y = (int)untrusted_y;
	out->w = (int)MIN(w, fb->width - untrusted_x);
	out->h = (int)MIN(h, fb->height - untrusted_y);
	return 0;
}
