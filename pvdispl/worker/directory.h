/* SPDX-License-Identifier: MIT */
/*
 * Reads the references of a buffer out of the guest's grant directory, or writes them there for memory of ours: one page
 * after another, each mapped by the broker, copied once from or to private memory and let go. The chain cannot be longer
 * than the buffer needs.
 */
#ifndef WORKER_DIRECTORY_H
#define WORKER_DIRECTORY_H

#include <stdint.h>

#include "base/util.h"
#include "pvdispl/worker/broker_link.h"

struct directory {
	struct worker *worker;
	struct map_request request;
	uint32_t wanted, n;
	uint32_t *refs;         /* wanted of them; owned, directory_take gives them away */
	const uint32_t *source; /* borrowed; instead of refs when they are written */
	/* error: 0 or -errno (-EINVAL: the guest's list is short, holds 0, or cannot be mapped). */
	void (*done)(struct directory *directory, int error);
};

void directory_init(struct directory *directory, struct worker *worker);
/* done is called later, unless this fails or it is cancelled. */
MUST_USE int directory_read(struct directory *directory, uint32_t first, uint32_t wanted,
			    void (*done)(struct directory *directory, int error));
/* The guest reads the n references when it is told that this is done. refs lasts until then. */
MUST_USE int directory_write(struct directory *directory, uint32_t first, const uint32_t *refs,
			     uint32_t n, void (*done)(struct directory *directory, int error));
uint32_t *directory_take(struct directory *directory);
/* Forgets what is under way and frees the references. Harmless at any time. */
void directory_cancel(struct directory *directory);

#endif
