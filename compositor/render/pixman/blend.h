/* SPDX-License-Identifier: MIT */
/*
 * Pixels between pixels. Two ways to the same numbers, bit by bit: in C, and in vectors where the processor has them.
 * Between two values lies a + ((b - a) * weight + half) >> BLEND_BITS. Four channels of a pixel, those of wide rows with
 * WIDE_BITS below the point.
 */
#ifndef RENDER_BLEND_H
#define RENDER_BLEND_H

#include <stdint.h>

#define BLEND_BITS 15
#define WIDE_BITS 7

/* n wide pixels, each between the pixel at index and the one after it; weights are there once for each channel. */
void blend_across(uint16_t *to, const uint8_t *from, const uint32_t *index, const int16_t *weights,
		  int n);
/* n pixels between those of two wide rows. */
void blend_down(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n);

/* The same in C, for the test that compares them. */
void blend_across_plain(uint16_t *to, const uint8_t *from, const uint32_t *index,
			const int16_t *weights, int n);
void blend_down_plain(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n);

#endif
