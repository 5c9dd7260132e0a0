/* SPDX-License-Identifier: MIT */
/*
 * The pictures that pvfront draws: a tinted gradient with moving bars and a large frame number, at the bottom a band of
 * noise and the frame number as black and white cells. A pure function of what struct pattern says and the size, so that
 * a test can draw again what must be on the glass. The pixels are x8r8g8b8 with x = 0.
 */
#ifndef TOOLS_PVFRONT_PATTERN_H
#define TOOLS_PVFRONT_PATTERN_H

#include <stdint.h>

#include "base/util.h"

struct pattern {
	uint64_t nonce;
	uint32_t connector;
	uint32_t frame;
};

/* stride: of a row, in pixels. */
void pattern_draw(uint32_t *pixels, uint32_t stride, uint32_t width, uint32_t height,
		  const struct pattern *pattern);

/*
 * The number that the cells of a picture say; which picture it is must then be checked by drawing it again. Returns 0, or
 * -EINVAL when there are no such cells.
 */
MUST_USE int pattern_read_frame(const uint32_t *pixels, uint32_t stride, uint32_t width,
				uint32_t height, uint32_t *frame);

#endif
