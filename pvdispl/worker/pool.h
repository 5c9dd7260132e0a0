/* SPDX-License-Identifier: MIT */
/*
 * The display server's map of one display buffer: a vitrine_grant_pool_v1 that comes, is used, and
 * goes.
 */
#ifndef WORKER_POOL_H
#define WORKER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/worker/geometry_parse.h"

struct client;
struct vitrine_grant_pool_v1;
struct wl_buffer;

enum pool_state {
	POOL_NONE, /* no server, or it has let go of everything */
	POOL_MAPPING,
	POOL_READY,
	POOL_FAILED,
	POOL_RELEASING, /* becomes POOL_NONE */
};

struct pool {
	enum pool_state state;
	int error;      /* positive errno of POOL_FAILED */
	uint32_t pages; /* while there is a proxy */
	struct client *client;
	struct vitrine_grant_pool_v1 *proxy;
	/* The references of memory that the server has allocated; before POOL_READY. fd stays the caller's. NULL: not wanted. */
	void (*granted)(struct pool *pool, int refs);
	/* The state changed by itself. May destroy the pool. */
	void (*changed)(struct pool *pool);
};

void pool_init(struct pool *pool, void (*changed)(struct pool *pool));
/*
 * From POOL_NONE to POOL_MAPPING. -ENOSPC when the server would not allow it, -ENOMEM, or -errno.
 */
MUST_USE int pool_open(struct pool *pool, struct client *client, const uint32_t *refs,
		       uint32_t pages);
/* The same, for memory of the server's: new, or what the worker before us, or the server, has still. */
MUST_USE int pool_allocate(struct pool *pool, struct client *client, uint32_t width,
			   uint32_t height, uint32_t pages);
MUST_USE int pool_restore(struct pool *pool, struct client *client, uint32_t first_ref,
			  uint32_t pages);
/* Only when POOL_READY. The caller has checked that the pool covers it. */
struct wl_buffer *pool_create_buffer(struct pool *pool, const struct geometry_fb *geometry,
				     uint32_t fourcc);
/*
 * To POOL_RELEASING, or to POOL_NONE when the server holds nothing; changed is not called for this
 * itself.
 */
void pool_release(struct pool *pool);
/* To POOL_NONE at once; also when the connection is gone. */
void pool_close(struct pool *pool);

#endif
