/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/wayland/memory.h"
#include "compositor/wayland/pool_priv.h"
#include "vitrine-guest-v1-server-protocol.h"

const uint8_t *pool_pixels(const struct pool *pool)
{
	return pool->memory ? pool->memory->memory.pixels : pool->map.addr;
}

void pool_work_add(struct pool *pool, enum pool_state state)
{
	pool->state = state;
	if (list_empty(&pool->work)) {
		list_append(&pool->wayland->maps, &pool->work);
	}
	sd_event_source_set_enabled(pool->wayland->map_work, SD_EVENT_ON);
}

/* Nothing of it is mapped any more, or ever was: its pages no longer count. */
static void pool_gone(struct pool *pool)
{
	list_remove(&pool->work);
	close_fd(&pool->refs);
	xen_map_finish(&pool->map);
	close_fd(&pool->dmabuf);
	if (pool->is_counted) {
		pool->is_counted = false;
		pool->wayland->mapped_pages -= pool->pages;
	}
	if (pool->state != POOL_GONE && pool->guest) {
		pool->guest->pages -= pool->pages;
	}
	pool->state = POOL_GONE;
	if (pool->resource && pool->released) {
		vitrine_grant_pool_v1_send_unmapped(pool->resource);
	}
}

static bool pool_wanted(const struct pool *pool)
{
	return pool->n_buffers > 0 || (pool->resource && !pool->released);
}

static void pool_free(struct pool *pool)
{
	struct guest *guest = pool->guest;

	/* Gone: so no answer of the broker's is due for it. */
	if (guest) {
		guest->n_pools--;
	}
	list_remove(&pool->guest_link);
	list_remove(&pool->work);
	free(pool);
}

/* Nothing of it is shown any more. */
static void pool_leave_memory(struct pool *pool)
{
	struct memory *memory = pool->memory;
	bool is_told = pool->released && pool->resource;

	if (pool->state == POOL_LEFT) {
		if (!pool->resource) {
			memory_forget_pool(memory, pool);
			pool->memory = NULL;
			pool_gone(pool);
		}
		return;
	}
	pool->state = POOL_LEFT;
	if (!is_told) {
		memory_forget_pool(memory, pool);
		pool->memory = NULL;
		pool_gone(pool);
	}
	memory_leave(memory, pool, pool->is_over || pool->released);
}

void pool_settle(struct pool *pool)
{
	if (pool_wanted(pool)) {
		return;
	}
	if (pool->state == POOL_QUEUED) {
		pool_gone(pool);
	} else if (pool->memory) {
		pool_leave_memory(pool);
	} else if (pool->state == POOL_ALLOCATING) {
		pool_gone(pool);
	} else if (pool->state == POOL_MAPPING || pool->state == POOL_READY) {
		pool_work_add(pool, POOL_UNMAPPING);
	}
	/* An answer of the broker's to come finds the pool by guest->asking. */
	if (pool->state == POOL_GONE && !pool->resource) {
		pool_free(pool);
	}
}

static void pool_fail(struct pool *pool, int code)
{
	if (pool->guest) {
		log_guest(LOG_LEVEL_WARN, guest_name(pool->guest), &pool->guest->limit,
			  "%u pages it granted could not be mapped: %s", pool->pages,
			  strerror(code));
	}
	if (pool->resource && !pool->released) {
		vitrine_grant_pool_v1_send_failed(pool->resource, (uint32_t)code);
	}
}

/* ---- work, one segment a turn ---- */

static void map_one(struct pool *pool)
{
	int ret = xen_map_step(&pool->map);

	if (ret < 0) {
		pool_fail(pool, -ret);
		pool->state = POOL_UNMAPPING;
	} else if (ret == 0) {
		pool->state = POOL_READY;
		list_remove(&pool->work);
		vitrine_grant_pool_v1_send_ready(pool->resource);
	}
}

static void unmap_one(struct pool *pool)
{
	if (xen_map_unstep(&pool->map) == 0) {
		pool_gone(pool);
		pool_settle(pool);
	}
}

void pool_refuse(struct pool *pool, int code)
{
	if (pool->resource && !pool->released) {
		vitrine_grant_pool_v1_send_failed(pool->resource, (uint32_t)code);
	}
	pool_gone(pool);
	pool_settle(pool);
}

/* Slow, so on a turn that nothing else needs. */
static void allocate_one(struct pool *pool)
{
	int ret;

	list_remove(&pool->work);
	pool->state = POOL_GRANTING;
	ret = memory_create(&pool->memory, pool, pool->guest, pool->width, pool->height,
			    pool->pages);
	if (ret < 0) {
		pool_refuse(pool, -ret);
	}
}

int pools_work(sd_event_source *source, void *data)
{
	struct wayland *wayland = data;
	struct pool *pool;

	if (!list_empty(&wayland->maps)) {
		pool = container_of(wayland->maps.next, struct pool, work);
		list_remove(&pool->work);
		list_append(&wayland->maps, &pool->work);
		if (pool->state == POOL_MAPPING) {
			map_one(pool);
		} else if (pool->state == POOL_ALLOCATING) {
			allocate_one(pool);
		} else {
			unmap_one(pool);
		}
	}
	if (list_empty(&wayland->maps)) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return 0;
}

/* ---- memory of ours ---- */

void pool_memory_granted(struct pool *pool, int refs)
{
	if (pool->state != POOL_GRANTING) {
		return;
	}
	pool->state = POOL_READY;
	if (pool->resource && !pool->released) {
		vitrine_grant_pool_v1_send_granted(pool->resource, refs);
		vitrine_grant_pool_v1_send_ready(pool->resource);
	}
}

void pool_memory_failed(struct pool *pool, int code)
{
	pool->memory = NULL;
	pool_refuse(pool, code);
}

void pool_memory_gone(struct pool *pool)
{
	pool->memory = NULL;
	pool_gone(pool);
	pool_settle(pool);
}

/* ---- the broker's side ---- */

static struct pool *next_queued(struct guest *guest)
{
	struct pool *pool;

	list_for_each(pool, &guest->pools, guest_link) {
		if (pool->state == POOL_QUEUED) {
			return pool;
		}
	}
	return NULL;
}

struct pool *pool_next_affordable(struct guest *guest)
{
	const struct wayland *wayland = guest->wayland;
	struct pool *pool = next_queued(guest);

	while (pool && wayland->map_budget &&
	       wayland->mapped_pages + pool->pages > wayland->map_budget) {
		log_msg(LOG_LEVEL_WARN, LOG_HOST,
			"guest %s: %u more pages do not fit into the %u that can be mapped here, %llu are: "
			"raise gnttab_max_maptrack_frames of Xen and --map-pages of vitrine-broker",
			guest_name(guest), pool->pages, wayland->map_budget,
			(unsigned long long)wayland->mapped_pages);
		pool_refuse(pool, ENOSPC);
		pool = next_queued(guest);
	}
	return pool;
}

int pool_asked(struct pool *pool)
{
	int refs = pool->refs;

	pool->state = POOL_ASKED;
	pool->refs = -1;
	pool->is_counted = true;
	pool->wayland->mapped_pages += pool->pages;
	return refs;
}

uint32_t pool_pages(const struct pool *pool)
{
	return pool->pages;
}

void pool_refused(struct pool *pool, int code)
{
	pool_fail(pool, code);
	pool_gone(pool);
	pool_settle(pool);
}

void pool_exported(struct pool *pool, int dmabuf)
{
	close_fd(&pool->dmabuf);
	pool->dmabuf = dmabuf;
}

int pool_prepared(struct pool *pool, int fd, const void *segments, size_t size)
{
	struct xen_segment copy[XEN_MAX_SEGMENTS];
	size_t n = size / sizeof(copy[0]);
	int ret = -EINVAL;

	if (size % sizeof(copy[0]) == 0 && n <= XEN_MAX_SEGMENTS) {
		/* The array in the message is aligned for 32 bits only. */
		memcpy(copy, segments, size);
		ret = xen_map_init(&pool->map, fd, copy, (uint32_t)n, pool->pages, false);
	} else {
		close_fd(&fd);
	}
	if (ret < 0) {
		pool_refused(pool, -ret);
		return ret == -EINVAL ? ret : 0;
	}
	pool_work_add(pool, pool_wanted(pool) ? POOL_MAPPING : POOL_UNMAPPING);
	return 0;
}

void pools_forget_guest(struct guest *guest)
{
	struct pool *pool, *tmp;

	guest->asking = NULL;
	list_for_each_safe(pool, tmp, &guest->pools, guest_link) {
		list_remove(&pool->guest_link);
		pool->guest = NULL;
		if (pool->state == POOL_QUEUED || pool->state == POOL_ASKED ||
		    pool->state == POOL_ALLOCATING) {
			pool_gone(pool);
		}
		pool_settle(pool);
	}
}

void pools_finish(struct wayland *wayland)
{
	struct pool *pool, *tmp;

	list_for_each_safe(pool, tmp, &wayland->maps, work) {
		pool_gone(pool);
		pool_settle(pool);
	}
}
