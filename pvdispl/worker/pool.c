/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/pool.h"

#include <errno.h>
#include <unistd.h>
#include <wayland-client.h>

#include "pvdispl/worker/client.h"
#include "vitrine-guest-v1-client-protocol.h"

void pool_init(struct pool *pool, void (*changed)(struct pool *pool))
{
	*pool = (struct pool){.state = POOL_NONE, .changed = changed};
}

static void on_granted(void *data, struct vitrine_grant_pool_v1 *proxy, int32_t refs)
{
	struct pool *pool = data;

	if (pool->state == POOL_MAPPING && pool->granted) {
		pool->granted(pool, refs);
	}
	close(refs);
}

static void on_ready(void *data, struct vitrine_grant_pool_v1 *proxy)
{
	struct pool *pool = data;

	if (pool->state == POOL_MAPPING) {
		pool->state = POOL_READY;
		pool->changed(pool);
	}
}

static void on_failed(void *data, struct vitrine_grant_pool_v1 *proxy, uint32_t code)
{
	struct pool *pool = data;
	bool was_releasing = pool->state == POOL_RELEASING;

	pool_close(pool);
	pool->state = was_releasing ? POOL_NONE : POOL_FAILED;
	/* The number goes to the guest: only what is one. */
	pool->error = code >= 1 && code <= 133 ? (int)code : EIO;
	pool->changed(pool);
}

static void on_unmapped(void *data, struct vitrine_grant_pool_v1 *proxy)
{
	struct pool *pool = data;

	pool_close(pool);
	pool->changed(pool);
}

static const struct vitrine_grant_pool_v1_listener listener = {
	.granted = on_granted,
	.ready = on_ready,
	.failed = on_failed,
	.unmapped = on_unmapped,
};

static int check_room(const struct client *client, uint32_t pages)
{
	return client->n_pools < client->max_pools && pages <= client->max_pages - client->n_pages ?
		       0 :
		       -ENOSPC;
}

static int use(struct pool *pool, struct client *client, struct vitrine_grant_pool_v1 *proxy,
	       uint32_t pages)
{
	if (!proxy) {
		return -ENOMEM;
	}
	vitrine_grant_pool_v1_add_listener(proxy, &listener, pool);
	pool->proxy = proxy;
	pool->client = client;
	pool->pages = pages;
	client->n_pools++;
	client->n_pages += pages;
	pool->state = POOL_MAPPING;
	return 0;
}

int pool_open(struct pool *pool, struct client *client, const uint32_t *refs, uint32_t pages)
{
	struct vitrine_grant_pool_v1 *proxy;
	int fd = check_room(client, pages);

	if (fd == 0) {
		fd = memfd_create_sealed("refs", refs, pages * sizeof(*refs));
	}
	if (fd < 0) {
		return fd;
	}
	proxy = vitrine_guest_v1_create_grant_pool(client->guest, fd, pages);
	close(fd);
	return use(pool, client, proxy, pages);
}

int pool_allocate(struct pool *pool, struct client *client, uint32_t width, uint32_t height,
		  uint32_t pages)
{
	int ret = check_room(client, pages);

	if (ret < 0) {
		return ret;
	}
	return use(pool, client,
		   vitrine_guest_v1_allocate_pool(client->guest, width, height, pages), pages);
}

int pool_restore(struct pool *pool, struct client *client, uint32_t first_ref, uint32_t pages)
{
	int ret = check_room(client, pages);

	if (ret < 0) {
		return ret;
	}
	return use(pool, client, vitrine_guest_v1_restore_pool(client->guest, first_ref, pages),
		   pages);
}

struct wl_buffer *pool_create_buffer(struct pool *pool, const struct geometry_fb *geometry,
				     uint32_t fourcc)
{
	return vitrine_grant_pool_v1_create_buffer(pool->proxy, geometry->offset, geometry->width,
						   geometry->height, geometry->stride, fourcc);
}

void pool_release(struct pool *pool)
{
	if (pool->state == POOL_MAPPING || pool->state == POOL_READY) {
		vitrine_grant_pool_v1_release(pool->proxy);
		pool->state = POOL_RELEASING;
	} else if (pool->state != POOL_RELEASING) {
		pool_close(pool);
	}
}

void pool_close(struct pool *pool)
{
	if (pool->proxy) {
		vitrine_grant_pool_v1_destroy(pool->proxy);
		pool->client->n_pools--;
		pool->client->n_pages -= pool->pages;
	}
	pool->proxy = NULL;
	pool->client = NULL;
	pool->state = POOL_NONE;
}
