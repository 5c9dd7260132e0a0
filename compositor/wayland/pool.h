/* SPDX-License-Identifier: MIT */
/*
 * Grant pools: pages of a guest, mapped read-only. A pool waits for its turn at the broker (one
 * request per guest is under way), is mapped segment by segment on turns of the loop that nothing
 * else needs, is ready, and is unmapped the same way when neither its resource nor a buffer wants
 * it. It may outlive its connection and its guest: what is on the glass stays mapped.
 */
#ifndef WAYLAND_POOL_H
#define WAYLAND_POOL_H

#include <stdint.h>
#include <stdio.h>

#include <systemd/sd-event.h>
#include <wayland-server-core.h>

#include "base/util.h"

struct buffer;
struct connection;
struct guest;
struct pool;
struct wayland;

/* vitrine_guest_v1.create_grant_pool; refs becomes the pool's, also on failure. */
void pool_request(struct wl_client *client, struct wl_resource *root, uint32_t id, int refs,
		  uint32_t pages);

/* vitrine_guest_v1.allocate_pool and restore_pool */
void pool_allocate(struct wl_client *client, struct wl_resource *root, uint32_t id,
		   uint32_t untrusted_width, uint32_t untrusted_height, uint32_t untrusted_pages);
void pool_restore(struct wl_client *client, struct wl_resource *root, uint32_t id,
		  uint32_t first_ref, uint32_t untrusted_pages);
/* What becomes of a pool's memory. refs stays the caller's; code: a positive errno. */
void pool_memory_granted(struct pool *pool, int refs);
void pool_memory_failed(struct pool *pool, int code);
void pool_memory_gone(struct pool *pool);

/*
 * The oldest pool that waits for the broker and fits into what this host can map, NULL: none. Those that do not fit have
 * failed then, and said whose fault it is.
 */
struct pool *pool_next_affordable(struct guest *guest);
/* It is the broker's turn: the references' memfd is the caller's from now on. */
int pool_asked(struct pool *pool);
uint32_t pool_pages(const struct pool *pool);
/*
 * The broker's answer: segments is an array of struct xen_segment of size bytes. Takes ownership of
 * fd. -EINVAL when they do not add up, which the worker is not to blame for; other failures are the
 * worker's answer and give 0.
 */
MUST_USE int pool_prepared(struct pool *pool, int fd, const void *segments, size_t size);
/* The same pages as a dma-buf; becomes the pool's. */
void pool_exported(struct pool *pool, int dmabuf);
/* code: a positive errno. */
void pool_refused(struct pool *pool, int code);

/* The guest is gone: nothing is asked for any more, what is mapped goes when nothing shows it. */
void pools_forget_guest(struct guest *guest);
/* Unmaps everything at once: when the display goes down. */
void pools_finish(struct wayland *wayland);
/* Maps or unmaps one segment of the next pool in turn. */
int pools_work(sd_event_source *source, void *data);

/* Lines guest.NAME.buffer.N.KEY VALUE: size, the rung of the ladder that it is on, and the reason why no higher. */
void pools_report(const struct guest *guest, FILE *out);

/* The picture behind a wl_buffer, NULL when it is none of ours. */
struct buffer *buffer_from_resource(struct wl_resource *resource);

#endif
