/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/buffers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include "pvdispl/worker/client.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/head.h"
#include "pvdispl/worker/worker.h"

/* ---- display buffers ---- */

int dbuf_check(struct display *display, const struct command_dbuf_create *command)
{
	const struct usage *used = &display->worker->used;
	const struct guest_limits *limits = &display->worker->limits;

	if (dbuf_find(display, command->cookie)) {
		return -EEXIST;
	}
	if (used->buffers >= limits->buffers || used->pages > limits->pages ||
	    command->geometry.pages > limits->pages - used->pages) {
		return -ENOSPC;
	}
	return 0;
}

static void on_pool_changed(struct pool *pool)
{
	struct dbuf *dbuf = container_of(pool, struct dbuf, pool);

	display_pool_changed(dbuf->display, dbuf);
}

static int store(struct dbuf *dbuf)
{
	return state_add_dbuf(&dbuf->display->worker->state, dbuf->display->state, dbuf->cookie,
			      &dbuf->geometry, dbuf->refs, dbuf->is_allocated);
}

/* What cannot be stored is not to be used: the pool then has no references when it is ready. */
static void on_pool_granted(struct pool *pool, int fd)
{
	struct dbuf *dbuf = container_of(pool, struct dbuf, pool);
	size_t size = dbuf->geometry.pages * sizeof(*dbuf->refs);

	if (dbuf->refs || dbuf->is_dying) {
		return;
	}
	dbuf->refs = malloc(size);
	if (!dbuf->refs || memfd_read_sealed(fd, dbuf->refs, size) < 0) {
		goto bad;
	}
	dbuf->state = store(dbuf);
	if (dbuf->state >= 0) {
		return;
	}
	dbuf->state = -1;
bad:
	free(dbuf->refs);
	dbuf->refs = NULL;
}

static struct dbuf *dbuf_alloc(struct display *display, const struct command_dbuf_create *command)
{
	struct dbuf *dbuf = calloc(1, sizeof(*dbuf));

	if (dbuf) {
		dbuf->state = -1;
		dbuf->display = display;
		dbuf->cookie = command->cookie;
		dbuf->geometry = command->geometry;
		dbuf->is_allocated = command->is_allocated;
		dbuf->height = command->height;
		pool_init(&dbuf->pool, on_pool_changed);
		dbuf->pool.granted = on_pool_granted;
	}
	return dbuf;
}

static void dbuf_add(struct dbuf *dbuf)
{
	struct display *display = dbuf->display;

	list_append(&display->dbufs, &dbuf->link);
	display->worker->used.buffers++;
	display->worker->used.pages += dbuf->geometry.pages;
}

int dbuf_create(struct display *display, const struct command_dbuf_create *command, uint32_t *refs,
		int state)
{
	struct dbuf *dbuf = dbuf_alloc(display, command);

	if (!dbuf) {
		free(refs);
		return -ENOMEM;
	}
	dbuf->refs = refs;
	dbuf->state = state < 0 ? store(dbuf) : state;
	if (dbuf->state < 0) {
		int ret = dbuf->state;

		free(refs);
		free(dbuf);
		return ret;
	}
	dbuf_add(dbuf);
	return 0;
}

int dbuf_allocate(struct display *display, const struct command_dbuf_create *command,
		  struct dbuf **out)
{
	struct dbuf *dbuf = dbuf_alloc(display, command);

	if (!dbuf) {
		return -ENOMEM;
	}
	dbuf_add(dbuf);
	dbuf_open(dbuf);
	*out = dbuf;
	return 0;
}

struct dbuf *dbuf_find(struct display *display, uint64_t cookie)
{
	struct dbuf *dbuf;

	list_for_each(dbuf, &display->dbufs, link) {
		if (dbuf->cookie == cookie && !dbuf->is_dying) {
			return dbuf;
		}
	}
	return NULL;
}

static void forget_state(struct dbuf *dbuf)
{
	state_remove_dbuf(&dbuf->display->worker->state, dbuf->state);
	dbuf->state = -1;
}

static int open_pool(struct dbuf *dbuf, struct client *client)
{
	const struct geometry_dbuf *geometry = &dbuf->geometry;

	if (!dbuf->is_allocated) {
		return pool_open(&dbuf->pool, client, dbuf->refs, geometry->pages);
	}
	if (!dbuf->refs) {
		return pool_allocate(&dbuf->pool, client, geometry->width, dbuf->height,
				     geometry->pages);
	}
	return pool_restore(&dbuf->pool, client, dbuf->refs[0], geometry->pages);
}

void dbuf_open(struct dbuf *dbuf)
{
	struct client *client = dbuf->display->worker->client;
	int ret;

	if (!client || !client->is_ready) {
		return;
	}
	ret = open_pool(dbuf, client);
	if (ret < 0) {
		dbuf->pool.state = POOL_FAILED;
		dbuf->pool.error = -ret;
	}
}

bool dbuf_release(struct dbuf *dbuf)
{
	dbuf->is_dying = true;
	forget_state(dbuf);
	pool_release(&dbuf->pool);
	if (dbuf->pool.state != POOL_RELEASING) {
		dbuf_destroy(dbuf);
		return true;
	}
	return false;
}

void dbuf_destroy(struct dbuf *dbuf)
{
	struct usage *used = &dbuf->display->worker->used;

	forget_state(dbuf);
	pool_close(&dbuf->pool);
	used->buffers--;
	used->pages -= dbuf->geometry.pages;
	list_remove(&dbuf->link);
	free(dbuf->refs);
	free(dbuf);
}

/* ---- framebuffers ---- */

int fb_attach(struct display *display, const struct command_fb_attach *command, int state)
{
	struct worker *worker = display->worker;
	struct dbuf *dbuf = dbuf_find(display, command->dbuf);
	struct geometry_fb geometry;
	struct fb *fb;
	int ret;

	if (!dbuf) {
		return -ENOENT;
	}
	if (fb_find(display, command->fb)) {
		return -EEXIST;
	}
	if (worker->used.framebuffers >= worker->limits.framebuffers) {
		return -ENOSPC;
	}
	ret = geometry_cut_fb(&dbuf->geometry, command->untrusted_width, command->untrusted_height,
			      command->format->bytes_per_pixel, &geometry);
	if (ret < 0) {
		return ret;
	}
	fb = calloc(1, sizeof(*fb));
	ret = fb ? state : -ENOMEM;
	if (fb && state < 0) {
		ret = state_add_fb(&worker->state, dbuf->state, command->fb, geometry.width,
				   geometry.height, command->format->fourcc);
	}
	if (ret < 0) {
		free(fb);
		return ret;
	}
	fb->state = ret;
	fb->dbuf = dbuf;
	fb->cookie = command->fb;
	fb->geometry = geometry;
	fb->format = command->format;
	list_append(&display->fbs, &fb->link);
	dbuf->n_fbs++;
	worker->used.framebuffers++;
	return 0;
}

struct fb *fb_find(struct display *display, uint64_t cookie)
{
	struct fb *fb;

	list_for_each(fb, &display->fbs, link) {
		if (fb->cookie == cookie) {
			return fb;
		}
	}
	return NULL;
}

void fb_forget_buffers(struct fb *fb)
{
	struct client *client = fb->dbuf->display->worker->client;

	for (unsigned k = 0; k < ARRAY_SIZE(fb->buffers); k++) {
		struct fb_buffer *buffer = &fb->buffers[k];

		if (!buffer->proxy) {
			continue;
		}
		if (buffer->head) {
			head_forget_buffer(buffer->head, buffer);
		}
		wl_buffer_destroy(buffer->proxy);
		client->n_buffers--;
		memset(buffer, 0, sizeof(*buffer));
	}
}

void fb_destroy(struct fb *fb)
{
	state_remove_fb(&fb->dbuf->display->worker->state, fb->state);
	fb_forget_buffers(fb);
	fb->dbuf->display->worker->used.framebuffers--;
	fb->dbuf->n_fbs--;
	list_remove(&fb->link);
	free(fb);
}

static void on_release(void *data, struct wl_buffer *proxy)
{
	struct fb_buffer *buffer = data;

	buffer->is_busy = false;
	if (buffer->head) {
		head_buffer_released(buffer->head, buffer);
	}
}

static const struct wl_buffer_listener buffer_listener = {.release = on_release};

struct fb_buffer *fb_buffer(struct fb *fb, unsigned k)
{
	struct fb_buffer *buffer = &fb->buffers[k];
	struct pool *pool = &fb->dbuf->pool;

	if (buffer->proxy) {
		return buffer;
	}
	if (pool->state != POOL_READY || !client_has_format(pool->client, fb->format->fourcc) ||
	    pool->client->n_buffers >= pool->client->max_buffers) {
		return NULL;
	}
	buffer->proxy = pool_create_buffer(pool, &fb->geometry, fb->format->fourcc);
	if (!buffer->proxy) {
		return NULL;
	}
	pool->client->n_buffers++;
	wl_buffer_add_listener(buffer->proxy, &buffer_listener, buffer);
	return buffer;
}
