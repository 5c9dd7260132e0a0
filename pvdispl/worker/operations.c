/* SPDX-License-Identifier: MIT */
/* What the requests of displif do. Each returns 0, -errno for the guest, or 1 when it waits. */
#include <errno.h>
#include <string.h>

#include "pvdispl/worker/buffers.h"
#include "pvdispl/worker/connector.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/edid.h"
#include "pvdispl/worker/worker.h"

#define EDID_PAGES (DISPLIF_EDID_MAX / XEN_PAGE_SIZE)

/* ---- display buffers ---- */

/* How far the server is with a new buffer: 0, -errno, or 1 when that is to be seen. */
static int pool_status(const struct dbuf *dbuf)
{
	switch (dbuf->pool.state) {
	case POOL_MAPPING:
		return 1;
	case POOL_FAILED:
		return -dbuf->pool.error;
	default:
		return 0;
	}
}

static void on_filled(struct directory *directory, int error)
{
	struct connector *connector = container_of(directory, struct connector, directory);
	struct dbuf *dbuf = dbuf_find(connector->display, connector->command.u.dbuf_create.cookie);

	directory_cancel(directory);
	if (error < 0 && dbuf) {
		(void)dbuf_release(dbuf);
	}
	connector_answer(connector, error, 0);
}

/* The guest finds in its directory what it may map. */
static int fill_directory(struct connector *connector, const struct dbuf *dbuf)
{
	int ret = directory_write(&connector->directory, connector->command.u.dbuf_create.directory,
				  dbuf->refs, dbuf->geometry.pages, on_filled);

	if (ret < 0) {
		return ret;
	}
	worker_timer_disarm(connector->timer);
	connector->wait = WAIT_DIRECTORY;
	connector->dbuf = NULL;
	return 1;
}

/* Without a server: the next one may come in time. */
static int allocated_status(struct connector *connector, const struct dbuf *dbuf)
{
	if (dbuf->refs) {
		return fill_directory(connector, dbuf);
	}
	return dbuf->pool.state == POOL_NONE ? 1 : -ENOMEM;
}

/* Answers unless the server is still at it. A buffer that cannot be mapped does not come to be. */
static void settle_create(struct connector *connector)
{
	struct dbuf *dbuf = connector->dbuf;
	int status = pool_status(dbuf);

	if (status == 0 && dbuf->is_allocated) {
		status = allocated_status(connector, dbuf);
	}
	if (status > 0) {
		return;
	}
	if (status < 0) {
		dbuf_destroy(dbuf);
	}
	connector_answer(connector, status, 0);
}

static void on_directory(struct directory *directory, int error)
{
	struct connector *connector = container_of(directory, struct connector, directory);
	const struct command_dbuf_create *command = &connector->command.u.dbuf_create;

	if (error == 0) {
		/* Checked again: another device of the guest may have taken what was left. */
		error = dbuf_check(connector->display, command);
	}
	if (error == 0) {
		error = dbuf_create(connector->display, command, directory_take(directory), -1);
	}
	directory_cancel(directory);
	if (error < 0) {
		connector_answer(connector, error, 0);
		return;
	}
	connector->wait = WAIT_POOL;
	connector->dbuf = dbuf_find(connector->display, command->cookie);
	worker_timer_arm(connector->timer, now_ns() + NSEC_PER_SEC);
	dbuf_open(connector->dbuf);
	settle_create(connector);
}

static int start(struct connector *connector, enum connector_wait wait, int ret)
{
	if (ret < 0) {
		return ret;
	}
	connector->wait = wait;
	return 1;
}

/* What the worker before us has made and not answered: there already, and the same. */
static bool is_made(const struct connector *connector)
{
	const struct command_dbuf_create *command = &connector->command.u.dbuf_create;
	const struct dbuf *dbuf = dbuf_find(connector->display, command->cookie);

	return connector->is_replay && dbuf && dbuf->is_allocated == command->is_allocated &&
	       memcmp(&dbuf->geometry, &command->geometry, sizeof(dbuf->geometry)) == 0;
}

static int execute_dbuf_allocate(struct connector *connector)
{
	const struct command_dbuf_create *command = &connector->command.u.dbuf_create;
	int ret = geometry_check_allocated(&command->geometry, command->height);

	if (ret == 0 && is_made(connector)) {
		return fill_directory(connector, dbuf_find(connector->display, command->cookie));
	}
	if (ret == 0) {
		ret = dbuf_check(connector->display, command);
	}
	if (ret == 0) {
		ret = dbuf_allocate(connector->display, command, &connector->dbuf);
	}
	if (ret == 0 && connector->dbuf->pool.state == POOL_FAILED) {
		ret = -connector->dbuf->pool.error;
		dbuf_destroy(connector->dbuf);
		connector->dbuf = NULL;
	}
	return start(connector, WAIT_POOL, ret);
}

static int execute_dbuf_create(struct connector *connector)
{
	struct command_dbuf_create *command = &connector->command.u.dbuf_create;
	int ret = dbuf_check(connector->display, command);

	command->is_allocated &= connector->display->may_allocate;
	if (command->is_allocated) {
		return execute_dbuf_allocate(connector);
	}
	if (is_made(connector)) {
		return 0;
	}
	if (ret < 0) {
		return ret;
	}
	return start(connector, WAIT_DIRECTORY,
		     directory_read(&connector->directory, command->directory,
				    command->geometry.pages, on_directory));
}

/* What the worker before us has destroyed and not answered, or what came before that. */
static int unknown(const struct connector *connector)
{
	return connector->is_replay ? 0 : -ENOENT;
}

static int execute_dbuf_destroy(struct connector *connector)
{
	struct dbuf *dbuf = dbuf_find(connector->display, connector->command.u.cookie);

	if (!dbuf) {
		return unknown(connector);
	}
	if (dbuf->n_fbs > 0) {
		return -EBUSY;
	}
	if (dbuf_release(dbuf)) {
		return 0;
	}
	connector->dbuf = dbuf;
	return start(connector, WAIT_UNMAP, 0);
}

/* ---- framebuffers ---- */

static int execute_fb_attach(struct connector *connector)
{
	const struct command_fb_attach *command = &connector->command.u.fb_attach;
	const struct fb *fb = fb_find(connector->display, command->fb);

	if (connector->is_replay && fb && fb->dbuf->cookie == command->dbuf &&
	    fb->format == command->format && fb->geometry.width == command->untrusted_width &&
	    fb->geometry.height == command->untrusted_height) {
		return 0;
	}
	return fb_attach(connector->display, command, -1);
}

static int execute_fb_detach(struct connector *connector)
{
	struct fb *fb = fb_find(connector->display, connector->command.u.cookie);

	if (!fb) {
		return unknown(connector);
	}
	display_forget_fb(connector->display, fb);
	fb_destroy(fb);
	return 0;
}

static int execute_set_config(struct connector *connector)
{
	const struct command_set_config *command = &connector->command.u.set_config;
	struct fb *fb;

	if (!command->enable) {
		scanout_disable(&connector->scanout);
		return 0;
	}
	fb = fb_find(connector->display, command->fb);
	if (!fb && unknown(connector) < 0) {
		return -ENOENT;
	}
	return scanout_configure(&connector->scanout, fb, command->fb, command->untrusted_x,
				 command->untrusted_y);
}

static int execute_pg_flip(struct connector *connector)
{
	struct fb *fb = fb_find(connector->display, connector->command.u.cookie);

	if (!fb && unknown(connector) < 0) {
		return -ENOENT;
	}
	return scanout_flip(&connector->scanout, fb, connector->command.u.cookie);
}

/* ---- EDID ---- */

static void on_edid_map(struct map_request *request, int error, struct xen_map *map)
{
	struct connector *connector = container_of(request, struct connector, edid_map);
	const struct head *head = &connector->scanout.head;
	uint8_t made[DISPLIF_EDID_BLOCK];
	const uint8_t *edid = head->edid;
	size_t size = head->edid_size;

	if (error) {
		connector_answer(connector, -EINVAL, 0);
		return;
	}
	if (size == 0) {
		edid_make(made, connector->scanout.width, connector->scanout.height);
		edid = made;
		size = sizeof(made);
	}
	memcpy(map->addr, edid, size);
	xen_map_finish(map);
	connector_answer(connector, 0, (uint32_t)size);
}

static void on_edid_directory(struct directory *directory, int error)
{
	struct connector *connector = container_of(directory, struct connector, directory);

	if (error == 0) {
		connector->edid_map.pages = EDID_PAGES;
		connector->edid_map.writable = true;
		connector->edid_map.done = on_edid_map;
		error = broker_link_map(&directory->worker->broker, &connector->edid_map,
					directory->refs);
	}
	directory_cancel(directory);
	if (error < 0) {
		connector_answer(connector, error, 0);
	}
}

static int execute_get_edid(struct connector *connector)
{
	return start(connector, WAIT_EDID,
		     directory_read(&connector->directory, connector->command.u.directory,
				    EDID_PAGES, on_edid_directory));
}

/* ---- all ---- */

int connector_execute(struct connector *connector)
{
	switch (connector->command.operation) {
	case DISPLIF_DBUF_CREATE:
		return execute_dbuf_create(connector);
	case DISPLIF_DBUF_DESTROY:
		return execute_dbuf_destroy(connector);
	case DISPLIF_FB_ATTACH:
		return execute_fb_attach(connector);
	case DISPLIF_FB_DETACH:
		return execute_fb_detach(connector);
	case DISPLIF_SET_CONFIG:
		return execute_set_config(connector);
	case DISPLIF_PG_FLIP:
		return execute_pg_flip(connector);
	case DISPLIF_GET_EDID:
		return execute_get_edid(connector);
	default:
		return -EOPNOTSUPP;
	}
}

void connector_pool_changed(struct connector *connector)
{
	if (connector->wait == WAIT_POOL) {
		settle_create(connector);
	} else if (connector->wait == WAIT_UNMAP) {
		dbuf_destroy(connector->dbuf);
		connector_answer(connector, 0, 0);
	}
}

void connector_abandon(struct connector *connector)
{
	directory_cancel(&connector->directory);
	broker_link_cancel(&connector->edid_map);
	connector->wait = WAIT_NOTHING;
	connector->dbuf = NULL;
}
