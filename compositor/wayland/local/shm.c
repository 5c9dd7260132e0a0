/* SPDX-License-Identifier: MIT */
/*
 * wl_shm for trusted clients: pictures in memory that the client made, read in place. A map outlives its pool and its
 * client while a picture in it is shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "compositor/scene/buffer.h"
#include "compositor/wayland/buffer_parse.h"
#include "compositor/wayland/local/guard.h"
#include "compositor/wayland/local/local_priv.h"
#include "wayland-server-protocol.h"

/* The two that wl_shm numbers on its own; others are not offered. */
#define FOURCC_ARGB8888 0x34325241u
#define FOURCC_XRGB8888 0x34325258u

struct shm_map {
	struct list link;            /* client.maps */
	struct local_client *client; /* whose share it counts to; NULL: gone */
	uint8_t *base;
	size_t size;
	int guard;
	unsigned refs; /* of the pool and its buffers */
};

struct shm_pool {
	struct local_client *client;
	struct shm_map *map;
	int fd; /* for resizing; the pool's */
};

struct shm_buffer {
	struct buffer base;
	struct shm_map *map;
	struct local_client *client;  /* NULL: gone */
	struct wl_resource *resource; /* NULL once destroyed */
};

/* ---- maps ---- */

static void map_leave_client(struct shm_map *map)
{
	list_remove(&map->link);
	map->client->n_maps--;
	map->client->map_bytes -= map->size;
	map->client = NULL;
}

static void map_unref(struct shm_map *map)
{
	if (--map->refs) {
		return;
	}
	if (map->client) {
		map_leave_client(map);
	}
	guard_remove(map->guard);
	munmap(map->base, map->size);
	free(map);
}

/* Memory of the kernel's: of any other file, each page could wait for whoever serves its file system, or be a device's. */
static bool fd_is_memory(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fstatfs(fd, &fs) == 0 &&
	       fs.f_type == TMPFS_MAGIC;
}

static int map_bytes(struct shm_map *map, int fd, size_t size)
{
	void *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (base == MAP_FAILED) {
		return -errno;
	}
	map->guard = guard_add(base, size);
	if (map->guard < 0) {
		munmap(base, size);
		return map->guard;
	}
	map->base = base;
	map->size = size;
	map->refs = 1;
	return 0;
}

/* NULL and errno. */
static struct shm_map *map_create(struct local_client *client, int fd, size_t size)
{
	struct shm_map *map;
	int ret;

	if (client->n_maps >= LIMIT_LOCAL_MAPS || size > LIMIT_LOCAL_BYTES - client->map_bytes) {
		errno = EDQUOT;
		return NULL;
	}
	if (!fd_is_memory(fd)) {
		errno = EINVAL;
		return NULL;
	}
	map = calloc(1, sizeof(*map));
	ret = map ? map_bytes(map, fd, size) : -ENOMEM;
	if (ret < 0) {
		free(map);
		errno = -ret;
		return NULL;
	}
	map->client = client;
	list_append(&client->maps, &map->link);
	client->n_maps++;
	client->map_bytes += size;
	return map;
}

void shm_forget_client(struct local_client *client)
{
	struct shm_map *map, *tmp;

	list_for_each_safe(map, tmp, &client->maps, link) {
		map_leave_client(map);
	}
}

/* ---- buffers ---- */

static void buffer_released(struct buffer *base)
{
	const struct shm_buffer *buffer = container_of(base, struct shm_buffer, base);

	wl_buffer_send_release(buffer->resource);
}

static void buffer_free(struct buffer *base)
{
	struct shm_buffer *buffer = container_of(base, struct shm_buffer, base);

	map_unref(buffer->map);
	free(buffer);
}

static const struct buffer_ops buffer_ops = {
	.released = buffer_released,
	.destroy = buffer_free,
};

static const struct wl_buffer_interface buffer_implementation = {
	.destroy = object_destroy,
};

static void buffer_destroyed(struct wl_resource *resource)
{
	struct shm_buffer *buffer = wl_resource_get_user_data(resource);

	buffer->resource = NULL;
	buffer->client->n_buffers--;
	buffer_drop(&buffer->base);
}

struct buffer *shm_buffer_from_resource(struct wl_resource *resource)
{
	struct shm_buffer *buffer;

	if (!wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_implementation)) {
		return NULL;
	}
	buffer = wl_resource_get_user_data(resource);
	return &buffer->base;
}

bool shm_buffer_is_broken(const struct buffer *base)
{
	const struct shm_buffer *buffer = container_of(base, struct shm_buffer, base);

	return base->ops == &buffer_ops && guard_is_broken(buffer->map->guard);
}

static struct shm_buffer *buffer_create(struct shm_pool *pool, const struct buffer_shape *shape)
{
	struct shm_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer) {
		return NULL;
	}
	buffer_init(&buffer->base, &buffer_ops);
	buffer->base.width = shape->width;
	buffer->base.height = shape->height;
	buffer->base.stride = shape->stride;
	buffer->base.format = shape->format;
	buffer->base.pixels = pool->map->base + shape->offset;
	buffer->base.rung = RUNG_MAPPED;
	buffer->base.rung_reason = "a trusted client's own memory";
	buffer->client = pool->client;
	buffer->map = pool->map;
	pool->map->refs++;
	pool->client->n_buffers++;
	return buffer;
}

/* ---- pools ---- */

/* 0: none that is offered. */
static uint32_t fourcc_of(uint32_t untrusted_format)
{
	switch (untrusted_format) {
	case WL_SHM_FORMAT_ARGB8888:
		return FOURCC_ARGB8888;
	case WL_SHM_FORMAT_XRGB8888:
		return FOURCC_XRGB8888;
	}
	return 0;
}

static void handle_create_buffer(struct wl_client *client, struct wl_resource *resource,
				 uint32_t id, int32_t untrusted_offset, int32_t untrusted_width,
				 int32_t untrusted_height, int32_t untrusted_stride,
				 uint32_t untrusted_format)
{
	struct shm_pool *pool = wl_resource_get_user_data(resource);
	/* Negative ones are too large. */
	struct buffer_request untrusted = {
		.offset = (uint32_t)untrusted_offset,
		.width = (uint32_t)untrusted_width,
		.height = (uint32_t)untrusted_height,
		.stride = (uint32_t)untrusted_stride,
		.format = fourcc_of(untrusted_format),
	};
	struct buffer_shape shape;
	struct shm_buffer *buffer;
	int ret = buffer_check(&untrusted, pool->map->size, &shape);

	if (ret < 0) {
		connection_fault(resource,
				 ret == -ENOTSUP ? WL_SHM_ERROR_INVALID_FORMAT :
						   WL_SHM_ERROR_INVALID_STRIDE,
				 "made a buffer that is not inside its pool, or of no such format");
		return;
	}
	if (pool->client->n_buffers >= LIMIT_LOCAL_BUFFERS) {
		connection_fault(resource, WL_SHM_ERROR_INVALID_FD, "has too many buffers");
		return;
	}
	buffer = buffer_create(pool, &shape);
	if (!buffer) {
		wl_client_post_no_memory(client);
		return;
	}
	buffer->resource = object_create(client, &wl_buffer_interface, 1, id,
					 &buffer_implementation, buffer, buffer_destroyed);
	if (!buffer->resource) {
		pool->client->n_buffers--;
		buffer_drop(&buffer->base);
	}
}

/* What was cut from it stays where it is. */
static void handle_resize(struct wl_client *client, struct wl_resource *resource,
			  int32_t untrusted_size)
{
	struct shm_pool *pool = wl_resource_get_user_data(resource);
	struct shm_map *map;

	if (untrusted_size <= 0 || (size_t)untrusted_size < pool->map->size) {
		connection_fault(resource, WL_SHM_ERROR_INVALID_FD, "made a pool smaller");
		return;
	}
	map = map_create(pool->client, pool->fd, (size_t)untrusted_size);
	if (!map) {
		connection_fault(resource, WL_SHM_ERROR_INVALID_FD, "made a pool too large");
		return;
	}
	map_unref(pool->map);
	pool->map = map;
}

static const struct wl_shm_pool_interface pool_implementation = {
	.create_buffer = handle_create_buffer,
	.destroy = object_destroy,
	.resize = handle_resize,
};

static void pool_destroyed(struct wl_resource *resource)
{
	struct shm_pool *pool = wl_resource_get_user_data(resource);

	map_unref(pool->map);
	close_fd(&pool->fd);
	free(pool);
}

/* ---- wl_shm ---- */

/* Takes fd. NULL and errno. */
static struct shm_pool *pool_create(struct local_client *client, int fd, int32_t untrusted_size)
{
	struct shm_map *map = NULL;
	struct shm_pool *pool;

	errno = EINVAL;
	if (untrusted_size > 0) {
		map = map_create(client, fd, (size_t)untrusted_size);
	}
	pool = map ? calloc(1, sizeof(*pool)) : NULL;
	if (!pool) {
		if (map) {
			map_unref(map);
			errno = ENOMEM;
		}
		close_fd(&fd);
		return NULL;
	}
	pool->client = client;
	pool->map = map;
	pool->fd = fd;
	return pool;
}

static void handle_create_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			       int32_t fd, int32_t untrusted_size)
{
	struct local_client *local = local_client_of(resource);
	struct shm_pool *pool;

	if (!local) {
		close_fd(&fd);
		return;
	}
	pool = pool_create(local, fd, untrusted_size);
	if (!pool) {
		connection_fault(resource, WL_SHM_ERROR_INVALID_FD,
				 errno == EDQUOT ? "has too much memory in pools" :
						   "offered memory that is none");
		return;
	}
	if (!object_create(client, &wl_shm_pool_interface, 1, id, &pool_implementation, pool,
			   pool_destroyed)) {
		map_unref(pool->map);
		close_fd(&pool->fd);
		free(pool);
	}
}

static const struct wl_shm_interface shm_implementation = {
	.create_pool = handle_create_pool,
};

void local_shm_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = object_create(client, &wl_shm_interface, (int)version, id,
						     &shm_implementation, data, NULL);

	if (resource) {
		wl_shm_send_format(resource, WL_SHM_FORMAT_ARGB8888);
		wl_shm_send_format(resource, WL_SHM_FORMAT_XRGB8888);
	}
}
