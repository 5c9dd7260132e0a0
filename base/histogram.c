/* SPDX-License-Identifier: MIT */
#include "base/histogram.h"

#include <assert.h>

#include "base/util.h"

/* log2 of HISTOGRAM_STEPS */
#define STEP_BITS 3

static_assert(HISTOGRAM_STEPS == 1 << STEP_BITS, "a step is a whole number of bits");

/* Below HISTOGRAM_STEPS each value has a bucket of its own. */
static unsigned bucket_of(uint64_t value)
{
	unsigned power, bucket;

	if (value < HISTOGRAM_STEPS) {
		return (unsigned)value;
	}
	power = 63 - (unsigned)__builtin_clzll(value);
	bucket = ((power - STEP_BITS + 1) << STEP_BITS) +
		 ((unsigned)(value >> (power - STEP_BITS)) & (HISTOGRAM_STEPS - 1));
	return MIN(bucket, HISTOGRAM_BUCKETS - 1u);
}

/* The largest value that belongs into it. */
static uint64_t bucket_end(unsigned bucket)
{
	unsigned power = bucket >> STEP_BITS, step = bucket & (HISTOGRAM_STEPS - 1);

	if (power == 0) {
		return step;
	}
	return ((uint64_t)(HISTOGRAM_STEPS + step + 1) << (power - 1)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->buckets[bucket_of(value)]++;
	histogram->largest = MAX(histogram->largest, value);
}

uint64_t histogram_percentile(const struct histogram *histogram, unsigned percent)
{
	uint64_t wanted = (histogram->count * percent + 99) / 100, seen = 0;

	if (!histogram->count) {
		return 0;
	}
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted && seen > 0) {
			return MIN(bucket_end(i), histogram->largest);
		}
	}
	return histogram->largest;
}

void histogram_fade(struct histogram *histogram, uint64_t more_than)
{
	unsigned highest = 0;

	if (histogram->count <= more_than) {
		return;
	}
	histogram->count = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		histogram->buckets[i] /= 2;
		histogram->count += histogram->buckets[i];
		highest = histogram->buckets[i] ? i : highest;
	}
	if (highest < HISTOGRAM_BUCKETS - 1) {
		histogram->largest = MIN(histogram->largest, bucket_end(highest));
	}
}

void histogram_merge(struct histogram *histogram, const struct histogram *from)
{
	histogram->count += from->count;
	histogram->largest = MAX(histogram->largest, from->largest);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		histogram->buckets[i] += from->buckets[i];
	}
}
