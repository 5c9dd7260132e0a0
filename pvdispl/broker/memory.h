/* SPDX-License-Identifier: MIT */
/*
 * Memory of the host that a guest draws into: granted to its domain when the display server asks for that, until the
 * server says so, the guest ends, or this process does. A server that goes leaves the memory behind; the next one is
 * handed it, so that the guest notices nothing.
 */
#ifndef PVDISPL_BROKER_MEMORY_H
#define PVDISPL_BROKER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/list.h"
#include "base/util.h"

struct guest;
struct xen_grants;

#define MEMORY_MAX 64u /* of one guest */

struct memory {
	struct list link; /* struct guest.memories */
	uint32_t serial;  /* the server's name for it */
	uint32_t width, height;
	uint32_t pages;
	int fd;   /* the dma-buf */
	int refs; /* sealed memfd */
	struct xen_grants *grants;
};

/* 0; -EOPNOTSUPP where the kernel or the guest can't; -EEXIST, -ENOSPC, or -errno. fd stays the caller's. */
MUST_USE int memory_grant(struct guest *guest, uint32_t serial, int fd, uint32_t width,
			  uint32_t height, struct memory **out);
/* False: there is none. */
bool memory_end(struct guest *guest, uint32_t serial);
void memories_end(struct guest *guest);

/*
 * Whether memory can be granted to this guest at all: 0, or a positive errno and a reason for people. A guest's type is
 * the toolstack's word; where that can't be read, it is tried.
 */
int memory_obstacle(const struct guest *guest, const char **reason);

void memories_report(const struct guest *guest, FILE *out);

#endif
