/* SPDX-License-Identifier: MIT */
/*
 * How often something may be done again that a guest can provoke: once per window, windows of 100 ms that double up to
 * 10 s while they are used up, and start anew after 10 s of peace. Several parties share a window: each may act once in it.
 */
#ifndef PVDISPL_BROKER_BACKOFF_H
#define PVDISPL_BROKER_BACKOFF_H

#include <stdint.h>

#include "base/util.h"

#define BACKOFF_MIN_NS (100 * NSEC_PER_MSEC)
#define BACKOFF_MAX_NS (10 * NSEC_PER_SEC)

/* Zeroed: never used. */
struct backoff {
	uint64_t start_ns, length_ns;
};

/* When a party may act that acted last at last_ns (0: never, then at once). In the past: now. */
uint64_t backoff_due(const struct backoff *backoff, uint64_t last_ns);
/* The party acts now, which is not before it is due. */
void backoff_take(struct backoff *backoff, uint64_t last_ns, uint64_t now);

/* So many at once, and per_second more each second. */
struct budget {
	uint64_t refill_ns; /* 0: never used, full */
	uint64_t left;
};

/* True when amount was left, which is then taken. */
bool budget_take(struct budget *budget, uint64_t per_second, uint64_t amount, uint64_t now);

#endif
