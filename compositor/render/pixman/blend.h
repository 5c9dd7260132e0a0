/* SPDX-License-Identifier: MIT */
/*
 * Pixels between pixels. Several ways to the same numbers, bit by bit: in C, and in the vectors that the processor has.
 * Between two values lies a + ((b - a) * weight + half) >> BLEND_BITS. A pixel has four channels; those of wide rows have
 * WIDE_BITS below the point.
 */
#ifndef RENDER_BLEND_H
#define RENDER_BLEND_H

#include <stdbool.h>
#include <stdint.h>

#define BLEND_BITS 15
#define WIDE_BITS 7

/* n wide pixels, each between the pixel at index and the one after it; weights are there once for each channel. */
void blend_across(uint16_t *to, const uint8_t *from, const uint32_t *index, const int16_t *weights,
		  int n);
/* n pixels between those of two wide rows. */
void blend_down(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n);

/* Both do as many of the n pixels as fill their vectors, and return how many that were. */
struct blend_way {
	const char *name;
	bool (*is_there)(void);
	int (*across)(uint16_t *to, const uint8_t *from, const uint32_t *index,
		      const int16_t *weights, int n);
	int (*down)(uint8_t *to, const uint16_t *a, const uint16_t *b, int16_t weight, int n);
};

/* From the best to plain C, which does all and is always there; NULL after that one. */
const struct blend_way *blend_way(unsigned i);

#endif
