/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/buffer_parse.h"

#include <errno.h>

#include "base/format.h"

static bool side_valid(uint32_t untrusted_side)
{
	return untrusted_side >= 1 && untrusted_side <= BUFFER_MAX_SIDE;
}

int buffer_check(const struct buffer_request *untrusted, uint64_t pool_bytes,
		 struct buffer_shape *out)
{
	const struct pixel_format *format = pixel_format_find(untrusted->format);
	uint64_t row, end;

	if (!format || !format->pixman) {
		return -ENOTSUP;
	}
	if (!side_valid(untrusted->width) || !side_valid(untrusted->height)) {
		return -EINVAL;
	}
	row = (uint64_t)untrusted->width * format->bytes_per_pixel;
	/* The renderers count strides in int. */
	if (untrusted->stride < row || untrusted->stride > INT32_MAX) {
		return -EINVAL;
	}
	end = untrusted->offset + (uint64_t)untrusted->stride * (untrusted->height - 1) + row;
	if (end > pool_bytes) {
		return -EINVAL;
	}
	*out = (struct buffer_shape){
		.offset = untrusted->offset,
		.width = (int)untrusted->width,
		.height = (int)untrusted->height,
		.stride = (int)untrusted->stride,
		.format = untrusted->format,
	};
	return 0;
}
