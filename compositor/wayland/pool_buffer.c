/* SPDX-License-Identifier: MIT */
/* Pictures that are cut from pools, and how high on the zero-copy ladder each can come. */
#include <errno.h>
#include <stdlib.h>

#include "compositor/scene/buffer.h"
#include "compositor/wayland/buffer_parse.h"
#include "compositor/wayland/memory.h"
#include "compositor/wayland/pool_priv.h"
#include "config/settings.h"
#include "vitrine-guest-v1-server-protocol.h"

/* One wl_buffer. Outlives its resource while something shows it. */
struct pool_buffer {
	struct buffer base;
	struct pool *pool;
	struct wl_resource *resource; /* NULL once destroyed */
	struct buffer_dmabuf dmabuf;
	char reason[224]; /* why it is on no higher rung */
	struct list link; /* pool.buffers */
};

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

static void describe(struct pool_buffer *buffer, int fd, const struct buffer_shape *shape,
		     bool is_coherent)
{
	buffer->dmabuf = (struct buffer_dmabuf){
		.fd = fd,
		.offset = shape->offset,
		.stride = (uint32_t)shape->stride,
		.is_coherent = is_coherent,
	};
	buffer->base.dmabuf = &buffer->dmabuf;
}

/* why: of the guest's own pages; be-alloc is the other way up from there. */
static void stay_below(struct pool_buffer *buffer, enum buffer_rung rung, const char *why)
{
	snprintf(buffer->reason, sizeof(buffer->reason), "%s; be-alloc: %s", why,
		 memories_obstacle(buffer->pool->guest));
	buffer->base.rung = rung;
	buffer->base.rung_reason = buffer->reason;
}

static bool is_sampled(const struct wayland *wayland, const struct buffer *buffer)
{
	struct renderer *renderer = wayland->server->renderer;

	return !renderer || renderer_rung(renderer, buffer) == RUNG_SAMPLED;
}

/* How high on the ladder it can come. What a guest's pages are to a display is known of no driver: the admin may say so. */
static void buffer_climb(struct pool_buffer *buffer, const struct buffer_shape *shape)
{
	const struct pool *pool = buffer->pool;
	const struct wayland *wayland = pool->wayland;

	if (pool->memory) {
		describe(buffer, pool->memory->memory.fd, shape, pool->memory->memory.is_coherent);
	} else if (pool->dmabuf >= 0) {
		describe(buffer, pool->dmabuf, shape,
			 wayland->server->settings->allow_incoherent_scanout);
	}
	buffer->base.rung = RUNG_SCANOUT;
	if (!buffer->base.dmabuf) {
		stay_below(buffer, RUNG_MAPPED,
			   wayland->export_reason[0] ? wayland->export_reason :
						       "its own pages, which are no dma-buf");
	} else if (!buffer->dmabuf.is_coherent && !is_sampled(wayland, &buffer->base)) {
		stay_below(
			buffer, RUNG_MAPPED,
			"its own pages; incoherent-scanout=no in vitrine.conf, and the processor draws");
	} else if (!buffer->dmabuf.is_coherent) {
		stay_below(buffer, RUNG_SAMPLED,
			   "its own pages, and incoherent-scanout=no in vitrine.conf");
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

void pool_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			uint32_t untrusted_offset, uint32_t untrusted_width,
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
