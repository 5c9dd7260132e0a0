/* SPDX-License-Identifier: MIT */
/*
 * The flips of one connector that the guest has asked for and not been told of yet, in their order.
 * Each gets exactly one event; how many may wait is bounded, and a guest that has so many waits
 * before its next request is taken. Pure.
 */
#ifndef WORKER_FLIPS_H
#define WORKER_FLIPS_H

#include <stdbool.h>
#include <stdint.h>

#define FLIPS_MAX 32u

/*
 * Flips first to due are over and wait for room in the event page; due to end are not over. All run
 * freely.
 */
struct flips {
	uint64_t cookies[FLIPS_MAX];
	uint32_t first, due, end;
};

static inline bool flips_full(const struct flips *flips)
{
	return flips->end - flips->first >= FLIPS_MAX;
}

/* Must not be full. */
static inline void flips_add(struct flips *flips, uint64_t cookie)
{
	flips->cookies[flips->end % FLIPS_MAX] = cookie;
	flips->end++;
}

/* All flips before the one that end was at some time are over. Old values change nothing. */
static inline void flips_done(struct flips *flips, uint32_t end)
{
	if (end - flips->due <= flips->end - flips->due) {
		flips->due = end;
	}
}

static inline bool flips_waiting(const struct flips *flips)
{
	return flips->due != flips->end;
}

static inline bool flips_due(const struct flips *flips)
{
	return flips->first != flips->due;
}

#endif
