/* SPDX-License-Identifier: MIT */
/*
 * Memory that the server allocates for a guest to draw into (be-alloc). It belongs to the guest, not to its worker's
 * connection: a pool makes it visible to one connection, and a worker that comes after another finds it again by the
 * first of its references. It goes back to where it came from when nobody shows it, its end was asked for (or nobody
 * asks for it any more) and the broker has ended its grants; no other guest ever gets it.
 */
#ifndef WAYLAND_MEMORY_H
#define WAYLAND_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/list.h"
#include "base/util.h"
#include "compositor/output/device.h"

struct guest;
struct memory;
struct pool;

enum memory_state {
	MEMORY_ASKED, /* the broker is granting it */
	MEMORY_GRANTED,
	MEMORY_ENDING, /* the broker is ending its grants */
};

struct memory {
	struct list link;    /* guest.memories; alone once the guest is gone */
	struct guest *guest; /* NULL once it is gone */
	enum memory_state state;
	uint32_t serial; /* the broker's name for it */
	uint32_t pages;
	uint32_t first_ref;
	unsigned users;    /* pools that show it or may */
	bool is_over;      /* to end when nobody uses it */
	bool is_kept;      /* mapped by us from what a server before us has left */
	struct pool *pool; /* of the connection that has it now, NULL: none */
	struct output_backend *backend;
	struct output_memory memory;
};

/*
 * Allocates and has the broker grant it; the pool hears of it by pool_memory_granted or pool_memory_failed. -EPERM,
 * -ENOSPC, -EOPNOTSUPP and the like; logged. Slow: takes a turn of the loop of its own.
 */
MUST_USE int memory_create(struct memory **out, struct pool *pool, struct guest *guest,
			   uint32_t width, uint32_t height, uint32_t pages);
/* What an earlier connection had; it is the pool's now. NULL: there is none. */
struct memory *memory_find(struct pool *pool, struct guest *guest, uint32_t first_ref,
			   uint32_t pages);
/* The pool has no use for it any more, and hears when it is gone if it was over and has the pool still. */
void memory_leave(struct memory *memory, struct pool *pool, bool is_over);
/* The connection's pool is gone: nobody is told. */
void memory_forget_pool(struct memory *memory, struct pool *pool);

/* A new worker has had time to ask for what is its guest's. */
void memories_end_orphans(struct guest *guest);
/* Its grants have ended already: the broker does that before it lets go of a guest, and the kernel when a broker is killed. */
void memories_forget_guest(struct guest *guest);

/* The broker's words. False: it named memory that is not known, or not in that state. refs stays the caller's. */
bool memory_granted(struct guest *guest, uint32_t serial, int refs);
bool memory_refused(struct guest *guest, uint32_t serial, int code);
bool memory_ended(struct guest *guest, uint32_t serial);
/* Takes fd. */
bool memory_kept(struct guest *guest, uint32_t serial, int fd, int refs, uint32_t width,
		 uint32_t height);

/* Why the guest draws into its own pages, for people. */
const char *memories_obstacle(const struct guest *guest);
/* Lines guest.NAME.be_alloc (yes, or why not) and guest.NAME.be_alloc_bytes. */
void memories_report(const struct guest *guest, FILE *out);

#endif
