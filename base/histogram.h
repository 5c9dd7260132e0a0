/* SPDX-License-Identifier: MIT */
/*
 * How a figure is spread, in fixed memory: buckets whose width grows with their value, so that each percentile is right
 * to an eighth. Values are of any unit (nanoseconds, mostly); 0 to 2^36 are told apart, larger ones go into the last bucket.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 8 /* buckets between a power of two and the next */
#define HISTOGRAM_POWERS 36
#define HISTOGRAM_BUCKETS (HISTOGRAM_POWERS * HISTOGRAM_STEPS)

/* All zero: empty. */
struct histogram {
	uint64_t count;
	uint64_t largest;
	uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* The figure that percent (0 to 100) of the values do not exceed, at most an eighth too large; 0 when there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, unsigned percent);
/*
 * Halves what is in it once there is more than that many, so that old values are forgotten: figures follow what happens
 * now, not what happened since the start.
 */
void histogram_fade(struct histogram *histogram, uint64_t more_than);
/* Adds what is in from. */
void histogram_merge(struct histogram *histogram, const struct histogram *from);

#endif
