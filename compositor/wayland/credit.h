/* SPDX-License-Identifier: MIT */
/*
 * How many groups of input events are under way to one worker. Each group ends with a mark of its
 * own serial, counted per connection from 1; the worker returns serials when it has put the events
 * into the guest's rings. Pure.
 */
#ifndef WAYLAND_CREDIT_H
#define WAYLAND_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

#define CREDIT_GROUPS 64u
#define CREDIT_PATIENCE_NS NSEC_PER_SEC

struct credit {
	uint64_t sent;     /* marks; a mark's serial is the low half of its number */
	uint64_t returned; /* newest mark that came back */
	uint64_t dry_ns;   /* since when there has been none left; UINT64_MAX: there is some */
};

void credit_init(struct credit *credit);
bool credit_left(const struct credit *credit);
/* All marks have come back. */
bool credit_whole(const struct credit *credit);
/* A group was sent: returns its mark's serial. There must be credit. */
uint32_t credit_take(struct credit *credit, uint64_t now_ns);
/* 0, or -EINVAL for a mark that was never sent. An old serial again changes nothing. */
MUST_USE int credit_return(struct credit *credit, uint32_t untrusted_serial);
/* When the worker is given up, unless credit returns; UINT64_MAX: never. */
uint64_t credit_deadline(const struct credit *credit);

#endif
