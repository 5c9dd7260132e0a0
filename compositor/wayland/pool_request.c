/* SPDX-License-Identifier: MIT */
/* What a worker asks of its pools. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "compositor/wayland/memory.h"
#include "compositor/wayland/pool_priv.h"
#include "vitrine-guest-v1-server-protocol.h"

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
	.create_buffer = pool_create_buffer,
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
	pool->dmabuf = -1;
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
		pool_work_add(pool, POOL_ALLOCATING);
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
