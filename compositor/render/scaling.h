/* SPDX-License-Identifier: MIT */
/*
 * How a picture of one size is shown at another; the same for every renderer, so that they draw alike. Whole multiples
 * repeat pixels and stay sharp. Everything else is bilinear between the centres of pixels; at its edges the outermost
 * pixel goes on, and nothing outside of src is read.
 */
#ifndef RENDER_SCALING_H
#define RENDER_SCALING_H

#include "base/rect.h"

enum scaling {
	SCALING_NONE,
	SCALING_REPEAT,
	SCALING_BILINEAR,
};

static inline enum scaling scaling_of(const struct rect *src, const struct rect *dst)
{
	if (src->w == dst->w && src->h == dst->h) {
		return SCALING_NONE;
	}
	return dst->w % src->w == 0 && dst->h % src->h == 0 ? SCALING_REPEAT : SCALING_BILINEAR;
}

#endif
