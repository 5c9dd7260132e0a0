/* SPDX-License-Identifier: MIT */
/* What the files of the pools share: pool.c (their life), pool_request.c (the worker's requests), pool_buffer.c. */
#ifndef WAYLAND_POOL_PRIV_H
#define WAYLAND_POOL_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "base/list.h"
#include "compositor/wayland/pool.h"
#include "compositor/wayland/wayland_priv.h"
#include "xen/map.h"

struct memory;

enum pool_state {
	POOL_QUEUED,     /* holds refs */
	POOL_ASKED,      /* the broker prepares the map */
	POOL_ALLOCATING, /* on wayland.maps: memory is to be allocated */
	POOL_GRANTING,   /* the broker grants the memory */
	POOL_MAPPING,    /* on wayland.maps */
	POOL_READY,
	POOL_UNMAPPING, /* on wayland.maps */
	POOL_LEFT, /* its memory is not its own any more; gone when the memory is, if it is told */
	POOL_GONE, /* nothing is mapped: failed, or released */
};

struct pool {
	struct list work;       /* wayland.maps */
	struct list guest_link; /* guest.pools */
	struct wayland *wayland;
	struct guest *guest;          /* NULL once it is gone */
	struct wl_resource *resource; /* NULL once destroyed */
	enum pool_state state;
	bool released;
	int refs;
	uint32_t pages;
	unsigned n_buffers;
	struct list buffers;    /* struct pool_buffer.link; n_buffers of them */
	struct xen_map map;     /* of the guest's pages */
	bool is_counted;        /* in wayland.mapped_pages */
	int dmabuf;             /* of the guest's pages; -1: they are none */
	struct memory *memory;  /* of ours, instead; from POOL_GRANTING to POOL_LEFT */
	uint32_t width, height; /* of POOL_ALLOCATING */
	bool is_over;           /* memory: not to be kept for another connection */
};

_Static_assert(LIMIT_PAGES <= XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES, "what one map can hold");

/* Takes the next step that follows from what still wants the pool. It may be gone afterwards. */
void pool_settle(struct pool *pool);
/* Its turn to map, unmap or allocate will come. */
void pool_work_add(struct pool *pool, enum pool_state state);
/* It failed, without more words; it may be gone afterwards. */
void pool_refuse(struct pool *pool, int code);
const uint8_t *pool_pixels(const struct pool *pool);

/* vitrine_grant_pool_v1.create_buffer */
void pool_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			uint32_t untrusted_offset, uint32_t untrusted_width,
			uint32_t untrusted_height, uint32_t untrusted_stride,
			uint32_t untrusted_format);

#endif
