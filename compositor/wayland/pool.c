/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compositor/scene/buffer.h"
#include "compositor/wayland/buffer_parse.h"
#include "compositor/wayland/memory.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-guest-v1-server-protocol.h"
#include "xen/map.h"

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
	struct memory *memory;  /* of ours, instead; from POOL_GRANTING to POOL_LEFT */
	uint32_t width, height; /* of POOL_ALLOCATING */
	bool is_over;           /* memory: not to be kept for another connection */
};

_Static_assert(LIMIT_PAGES <= XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES, "what one map can hold");

/* One wl_buffer. Outlives its resource while something shows it. */
struct pool_buffer {
	struct buffer base;
	struct pool *pool;
	struct wl_resource *resource; /* NULL once destroyed */
	struct buffer_dmabuf dmabuf;
	struct list link; /* pool.buffers */
};

static void work_add(struct pool *pool, enum pool_state state)
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

/* Takes the next step that follows from what still wants the pool. It may be gone afterwards. */
static void pool_settle(struct pool *pool)
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
		work_add(pool, POOL_UNMAPPING);
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

static void pool_refuse(struct pool *pool, int code)
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

struct pool *pool_next_queued(struct guest *guest)
{
	struct pool *pool;

	list_for_each(pool, &guest->pools, guest_link) {
		if (pool->state == POOL_QUEUED) {
			return pool;
		}
	}
	return NULL;
}

int pool_asked(struct pool *pool)
{
	int refs = pool->refs;

	pool->state = POOL_ASKED;
	pool->refs = -1;
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
	work_add(pool, pool_wanted(pool) ? POOL_MAPPING : POOL_UNMAPPING);
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

/* ---- wl_buffer ---- */

static void buffer_destroy(struct buffer *base)
{
	struct pool_buffer *buffer = container_of(base, struct pool_buffer, base);
	struct pool *pool = buffer->pool;

	list_remove(&buffer->link);
	free(buffer);
	pool->n_buffers--;
	if (pool->guest) {
		pool->guest->n_buffers--;
	}
	pool_settle(pool);
}

static void buffer_released(struct buffer *base)
{
	struct pool_buffer *buffer = container_of(base, struct pool_buffer, base);

	wl_buffer_send_release(buffer->resource);
}

static const struct buffer_ops buffer_ops = {
	.released = buffer_released,
	.destroy = buffer_destroy,
};

static const struct wl_buffer_interface buffer_implementation = {
	.destroy = object_destroy,
};

static void buffer_resource_destroyed(struct wl_resource *resource)
{
	struct pool_buffer *buffer = wl_resource_get_user_data(resource);

	buffer->resource = NULL;
	buffer_drop(&buffer->base);
}

struct buffer *buffer_from_resource(struct wl_resource *resource)
{
	struct pool_buffer *buffer;

	if (!wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_implementation)) {
		return NULL;
	}
	buffer = wl_resource_get_user_data(resource);
	return &buffer->base;
}

/* Where an error is posted that is no error of this object. */
static struct wl_resource *guest_root(struct wl_resource *resource)
{
	struct connection *connection = connection_of(resource);

	return connection->root ? connection->root : resource;
}

static const uint8_t *pool_pixels(const struct pool *pool)
{
	return pool->memory ? pool->memory->memory.pixels : pool->map.addr;
}

/* How high on the ladder it can come. */
static void buffer_climb(struct pool_buffer *buffer, const struct buffer_shape *shape)
{
	const struct memory *memory = buffer->pool->memory;

	buffer->base.rung = RUNG_MAPPED;
	buffer->base.rung_reason = "the guest's own pages, which this kernel can't give to devices";
	if (memory) {
		buffer->dmabuf = (struct buffer_dmabuf){
			.fd = memory->memory.fd,
			.offset = shape->offset,
			.stride = (uint32_t)shape->stride,
			.is_coherent = memory->memory.is_coherent,
		};
		buffer->base.dmabuf = &buffer->dmabuf;
		buffer->base.rung = RUNG_SCANOUT;
		buffer->base.rung_reason = NULL;
	}
}

static struct pool_buffer *buffer_create(struct pool *pool, const struct buffer_shape *shape)
{
	struct pool_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer) {
		return NULL;
	}
	buffer_init(&buffer->base, &buffer_ops);
	buffer->base.width = shape->width;
	buffer->base.height = shape->height;
	buffer->base.stride = shape->stride;
	buffer->base.format = shape->format;
	buffer->base.pixels = pool_pixels(pool) + shape->offset;
	buffer->pool = pool;
	buffer_climb(buffer, shape);
	pool->n_buffers++;
	list_append(&pool->buffers, &buffer->link);
	pool->guest->n_buffers++;
	return buffer;
}

/* ---- requests of the worker ---- */

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource,
				 uint32_t id, uint32_t untrusted_offset, uint32_t untrusted_width,
				 uint32_t untrusted_height, uint32_t untrusted_stride,
				 uint32_t untrusted_format)
{
	struct pool *pool = wl_resource_get_user_data(resource);
	struct buffer_request untrusted = {untrusted_offset, untrusted_width, untrusted_height,
					   untrusted_stride, untrusted_format};
	struct pool_buffer *buffer;
	struct buffer_shape shape;
	int ret;

	if (!pool || !pool->guest || pool->state != POOL_READY || pool->released) {
		connection_fault(resource, VITRINE_GRANT_POOL_V1_ERROR_NOT_READY,
				 "cut a buffer from a pool that is not ready");
		return;
	}
	ret = buffer_check(&untrusted, (uint64_t)pool->pages * XEN_PAGE_SIZE, &shape);
	if (ret < 0) {
		connection_fault(resource,
				 ret == -ENOTSUP ? VITRINE_GRANT_POOL_V1_ERROR_INVALID_FORMAT :
						   VITRINE_GRANT_POOL_V1_ERROR_INVALID_GEOMETRY,
				 "cut a buffer that its pool does not cover, or of no known format");
		return;
	}
	if (pool->guest->n_buffers >= 2 * LIMIT_BUFFERS) {
		connection_fault(guest_root(resource), VITRINE_GUEST_V1_ERROR_TOO_MANY,
				 "has too many buffers");
		return;
	}
	buffer = buffer_create(pool, &shape);
	if (!buffer) {
		wl_client_post_no_memory(client);
		return;
	}
	buffer->resource = object_create(client, &wl_buffer_interface, 1, id,
					 &buffer_implementation, buffer, buffer_resource_destroyed);
	if (!buffer->resource) {
		buffer_drop(&buffer->base);
	}
}

static void handle_release(struct wl_client *client, struct wl_resource *resource)
{
	struct pool *pool = wl_resource_get_user_data(resource);

	if (!pool || pool->released) {
		return;
	}
	pool->released = true;
	if (pool->state == POOL_GONE) {
		/* It had failed; there is nothing left to unmap. */
		vitrine_grant_pool_v1_send_unmapped(resource);
	}
	pool_settle(pool);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	struct pool *pool = wl_resource_get_user_data(resource);

	if (pool) {
		pool->is_over = true;
	}
	wl_resource_destroy(resource);
}

static const struct vitrine_grant_pool_v1_interface pool_implementation = {
	.destroy = handle_destroy,
	.release = handle_release,
	.create_buffer = handle_create_buffer,
};

static void pool_resource_destroyed(struct wl_resource *resource)
{
	struct pool *pool = wl_resource_get_user_data(resource);

	if (pool) {
		pool->resource = NULL;
		if (pool->memory) {
			/* Buffers may be shown on; the next connection may have the memory all the same. */
			memory_forget_pool(pool->memory, pool);
		}
		pool_settle(pool);
	}
}

/*
 * The broker reads the content; here it is only made sure that it can't change or shrink any more.
 */
static bool refs_valid(int fd, uint32_t pages)
{
	const int sealed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & sealed) == sealed && fstat(fd, &st) == 0 &&
	       st.st_size == (off_t)pages * (off_t)sizeof(uint32_t);
}

static struct pool *pool_create(struct guest *guest, int refs, uint32_t pages)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool) {
		return NULL;
	}
	list_init(&pool->work);
	list_init(&pool->buffers);
	pool->wayland = guest->wayland;
	pool->guest = guest;
	pool->state = POOL_QUEUED;
	pool->refs = refs;
	pool->pages = pages;
	pool->map.fd = -1;
	list_append(&guest->pools, &pool->guest_link);
	guest->n_pools++;
	guest->pages += pages;
	return pool;
}

static bool pool_has_room(const struct guest *guest, uint32_t pages)
{
	return guest->n_pools < 2 * LIMIT_POOLS && guest->pages + pages <= 2 * LIMIT_PAGES;
}

static const char *pool_objection(const struct guest *guest, int refs, uint32_t untrusted_pages,
				  uint32_t *code)
{
	*code = VITRINE_GUEST_V1_ERROR_INVALID_REFS;
	if (untrusted_pages == 0 || untrusted_pages > LIMIT_PAGES ||
	    !refs_valid(refs, untrusted_pages)) {
		return "named its pages by something that is no sealed list of references";
	}
	*code = VITRINE_GUEST_V1_ERROR_TOO_MANY;
	if (!pool_has_room(guest, untrusted_pages)) {
		return "has too many pages or pools";
	}
	return NULL;
}

/* refs: as of pool_create. NULL: no memory, which was posted. */
static struct pool *pool_open(struct wl_client *client, struct wl_resource *root,
			      struct guest *guest, uint32_t id, int refs, uint32_t pages)
{
	struct pool *pool = pool_create(guest, refs, pages);

	if (!pool) {
		close_fd(&refs);
		wl_client_post_no_memory(client);
		return NULL;
	}
	pool->resource = object_create(client, &vitrine_grant_pool_v1_interface,
				       wl_resource_get_version(root), id, &pool_implementation,
				       pool, pool_resource_destroyed);
	if (!pool->resource) {
		pool_settle(pool);
		return NULL;
	}
	return pool;
}

void pool_request(struct wl_client *client, struct wl_resource *root, uint32_t id, int refs,
		  uint32_t pages)
{
	struct guest *guest = guest_of(root);
	const char *objection;
	uint32_t code;

	if (!guest) {
		close_fd(&refs);
		return;
	}
	objection = pool_objection(guest, refs, pages, &code);
	if (objection) {
		close_fd(&refs);
		connection_fault(root, code, objection);
		return;
	}
	if (pool_open(client, root, guest, id, refs, pages)) {
		guest_ask(guest);
	}
}

static struct pool *pool_open_memory(struct wl_client *client, struct wl_resource *root,
				     uint32_t id, uint32_t untrusted_pages)
{
	struct guest *guest = guest_of(root);

	if (!guest) {
		return NULL;
	}
	if (untrusted_pages == 0 || untrusted_pages > LIMIT_PAGES ||
	    !pool_has_room(guest, untrusted_pages)) {
		connection_fault(root, VITRINE_GUEST_V1_ERROR_TOO_MANY,
				 "has too many pages or pools");
		return NULL;
	}
	return pool_open(client, root, guest, id, -1, untrusted_pages);
}

void pool_allocate(struct wl_client *client, struct wl_resource *root, uint32_t id,
		   uint32_t untrusted_width, uint32_t untrusted_height, uint32_t untrusted_pages)
{
	struct pool *pool = pool_open_memory(client, root, id, untrusted_pages);

	if (pool) {
		pool->width = untrusted_width; /* checked by memory_create */
		pool->height = untrusted_height;
		work_add(pool, POOL_ALLOCATING);
	}
}

void pool_restore(struct wl_client *client, struct wl_resource *root, uint32_t id,
		  uint32_t first_ref, uint32_t untrusted_pages)
{
	struct pool *pool = pool_open_memory(client, root, id, untrusted_pages);

	if (!pool) {
		return;
	}
	pool->memory = memory_find(pool, pool->guest, first_ref, untrusted_pages);
	if (!pool->memory) {
		pool_refuse(pool, ENOENT);
		return;
	}
	pool->state = POOL_READY;
	vitrine_grant_pool_v1_send_ready(pool->resource);
}

void pools_report(const struct guest *guest, FILE *out)
{
	static const char *const rungs[] = {
		[RUNG_COPIED] = "copied",
		[RUNG_MAPPED] = "mapped",
		[RUNG_SAMPLED] = "sampled",
		[RUNG_SCANOUT] = "scanout",
	};
	const struct pool_buffer *buffer;
	const struct pool *pool;
	unsigned n = 0;

	list_for_each(pool, &guest->pools, guest_link) {
		list_for_each(buffer, &pool->buffers, link) {
			const struct buffer *base = &buffer->base;

			fprintf(out, "guest.%s.buffer.%u.size %d %d\n", guest_name(guest), n,
				base->width, base->height);
			fprintf(out, "guest.%s.buffer.%u.rung %s\n", guest_name(guest), n,
				rungs[base->rung]);
			if (base->rung_reason) {
				fprintf(out, "guest.%s.buffer.%u.reason %s\n", guest_name(guest), n,
					base->rung_reason);
			}
			n++;
		}
	}
}
