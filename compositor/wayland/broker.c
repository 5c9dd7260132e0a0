/* SPDX-License-Identifier: MIT */
/*
 * The broker's requests: guests come and go, workers connect, maps are answered. The broker is
 * trusted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/wayland/head.h"
#include "compositor/wayland/memory.h"
#include "compositor/wayland/pool.h"
#include "compositor/wayland/wayland_priv.h"
#include "config/settings.h"
#include "vitrine-broker-v1-server-protocol.h"

/* A new worker has this long to make the heads of the one before its own. */
#define ORPHAN_NS (5 * NSEC_PER_SEC)

const char *guest_name(const struct guest *guest)
{
	return guest->scene->mark.name;
}

struct be_alloc_policy guest_be_alloc_policy(const struct guest *guest)
{
	const struct settings *settings = guest->wayland->server->settings;
	const struct settings_guest *policy;

	if (!settings) {
		return (struct be_alloc_policy){.is_allowed = false};
	}
	policy = settings_guest(settings, guest_name(guest));
	return (struct be_alloc_policy){
		.is_allowed = policy->allow_be_alloc,
		.bytes = policy->be_alloc_bytes,
	};
}

static void orphans_end(void *data, uint64_t now)
{
	heads_end_orphans(data);
	memories_end_orphans(data);
}

/* What the configuration says of this guest. */
static void guest_configure(struct guest *guest)
{
	const struct settings_guest *settings = settings_guest(guest->wayland->server->settings,
							       guest->scene->mark.name);

	scene_guest_set_colour(guest->scene, settings->colour);
	scene_guest_watch(guest->scene, settings->frozen_ms * NSEC_PER_MSEC);
}

void wayland_settings_changed(struct wayland *wayland)
{
	struct guest *guest;

	list_for_each(guest, &wayland->guests, link) {
		guest_configure(guest);
		for (unsigned i = 0; guest->connection && i < SCENE_MAX_HEADS; i++) {
			if (guest->connection->heads[i]) {
				head_settings_changed(guest->connection->heads[i]);
			}
		}
	}
}

static struct guest *guest_create(struct wayland *wayland, const char *name)
{
	struct guest *guest = xcalloc(1, sizeof(*guest));

	guest->wayland = wayland;
	guest->heads_left = LIMIT_HEAD_BURST;
	guest->pointer = SEAT_POINTER_BOTH;
	list_init(&guest->pools);
	list_init(&guest->memories);
	guest->orphans = clock_timer_create(wayland->server->clock, PRIORITY_CLIENTS, orphans_end,
					    guest);
	if (guest->orphans) {
		guest->scene = scene_guest_add(wayland->server->scene, name, guest);
	} else {
		errno = ENOMEM;
	}
	if (!guest->scene) {
		if (guest->orphans) {
			clock_timer_destroy(guest->orphans);
		}
		free(guest);
		return NULL;
	}
	guest_configure(guest);
	list_append(&wayland->guests, &guest->link);
	input_guest_added(wayland->server->input, guest->scene);
	return guest;
}

/* Its connection goes with its guest, which is nobody's fault. */
static void worker_end(struct guest *guest)
{
	struct connection *connection = guest->connection;

	if (connection) {
		heads_orphan(connection);
		guest->connection = NULL;
		connection->guest = NULL;
		connection_kill(connection, NULL);
	}
}

void guest_destroy(struct guest *guest)
{
	struct wayland *wayland = guest->wayland;

	if (guest->resource) {
		wl_resource_set_user_data(guest->resource, NULL);
		guest->resource = NULL;
	}
	worker_end(guest);
	if (wayland->keyboard == guest) {
		wayland->keyboard = NULL;
	}
	input_guest_removed(wayland->server->input, guest->scene);
	heads_end_all(guest);
	pools_forget_guest(guest);
	memories_forget_guest(guest);
	log_info(LOG_US, "guest %s leaves the screen", guest_name(guest));
	scene_guest_remove(guest->scene);
	clock_timer_destroy(guest->orphans);
	list_remove(&guest->link);
	free(guest);
}

void guest_disconnected(struct guest *guest, const char *fault)
{
	struct connection *connection = guest->connection;

	if (fault) {
		log_guest(LOG_LEVEL_WARN, guest_name(guest), &guest->limit, "its worker %s", fault);
	}
	guest->connection = NULL;
	heads_orphan(connection);
	if (guest->resource) {
		vitrine_broker_guest_v1_send_disconnected(guest->resource,
							  fault ? fault : "closed its connection");
	}
}

void guest_ask(struct guest *guest)
{
	struct pool *pool;
	int refs;

	if (guest->asking || !guest->resource) {
		return;
	}
	pool = pool_next_affordable(guest);
	if (pool) {
		guest->asking = pool;
		refs = pool_asked(pool);
		vitrine_broker_guest_v1_send_map(guest->resource, ++guest->map_serial, refs,
						 pool_pages(pool));
		close_fd(&refs);
	}
}

/*
 * The pool that an answer of this serial is for. NULL: an answer to nothing, which is an error of
 * the broker's.
 */
static struct pool *asked_for(struct wl_resource *resource, uint32_t serial)
{
	struct guest *guest = wl_resource_get_user_data(resource);
	struct pool *pool;

	if (!guest || !guest->asking || serial != guest->map_serial) {
		wl_resource_post_error(resource, VITRINE_BROKER_GUEST_V1_ERROR_UNKNOWN_MAP,
				       "no map request %u is open", serial);
		return NULL;
	}
	pool = guest->asking;
	guest->asking = NULL;
	return pool;
}

static void handle_connect(struct wl_client *client, struct wl_resource *resource, int32_t fd)
{
	struct guest *guest = wl_resource_get_user_data(resource);
	int ret;

	if (!guest) {
		close_fd(&fd);
		vitrine_broker_guest_v1_send_disconnected(resource, "is one guest too many");
		return;
	}
	if (guest->connection) {
		close_fd(&fd);
		wl_resource_post_error(resource, VITRINE_BROKER_GUEST_V1_ERROR_CONNECTED,
				       "a worker is still connected");
		return;
	}
	ret = connection_create(guest->wayland, CONNECTION_GUEST, guest, fd);
	if (ret < 0) {
		log_error(LOG_HOST, "no connection for guest %s: %s", guest_name(guest),
			  strerror(-ret));
		vitrine_broker_guest_v1_send_disconnected(resource, "could not be connected");
		return;
	}
	clock_timer_arm(guest->orphans, clock_now(guest->wayland->server->clock) + ORPHAN_NS);
}

static void handle_mapped(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			  int32_t fd, struct wl_array *segments)
{
	struct guest *guest = wl_resource_get_user_data(resource);
	struct pool *pool = asked_for(resource, serial);

	if (!pool) {
		close_fd(&fd);
		return;
	}
	if (pool_prepared(pool, fd, segments->data, segments->size) == -EINVAL) {
		wl_resource_post_error(resource, VITRINE_BROKER_GUEST_V1_ERROR_INVALID_SEGMENTS,
				       "segments of map %u do not add up", serial);
		return;
	}
	guest_ask(guest);
}

static void handle_exported(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			    int32_t dmabuf)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (!guest || !guest->asking || serial != guest->map_serial) {
		close_fd(&dmabuf);
		wl_resource_post_error(resource, VITRINE_BROKER_GUEST_V1_ERROR_UNKNOWN_MAP,
				       "no map request %u is open", serial);
		return;
	}
	pool_exported(guest->asking, dmabuf);
}

static void handle_map_failed(struct wl_client *client, struct wl_resource *resource,
			      uint32_t serial, uint32_t code)
{
	struct guest *guest = wl_resource_get_user_data(resource);
	struct pool *pool = asked_for(resource, serial);

	if (pool) {
		pool_refused(pool, code > 0 && code < 4096 ? (int)code : EIO);
		guest_ask(guest);
	}
}

/* ---- memory that we have granted ---- */

static void unknown_memory(struct wl_resource *resource, uint32_t serial)
{
	wl_resource_post_error(resource, VITRINE_BROKER_GUEST_V1_ERROR_UNKNOWN_MEMORY,
			       "no memory %u waits for that", serial);
}

static void handle_be_alloc(struct wl_client *client, struct wl_resource *resource, uint32_t code,
			    const char *reason)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (guest) {
		guest->be_alloc_code = code < 4096 ? (int)code : EIO;
		snprintf(guest->be_alloc_reason, sizeof(guest->be_alloc_reason), "%s", reason);
	}
}

static void handle_kept(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			int32_t memory, int32_t refs, uint32_t width, uint32_t height)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (!guest) {
		close_fd(&memory);
	} else if (!memory_kept(guest, serial, memory, refs, width, height)) {
		unknown_memory(resource, serial);
	}
	close_fd(&refs);
}

static void handle_granted(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			   int32_t refs)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (guest && !memory_granted(guest, serial, refs)) {
		unknown_memory(resource, serial);
	}
	close_fd(&refs);
}

static void handle_grant_failed(struct wl_client *client, struct wl_resource *resource,
				uint32_t serial, uint32_t code)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (guest && !memory_refused(guest, serial, code > 0 && code < 4096 ? (int)code : EIO)) {
		unknown_memory(resource, serial);
	}
}

static void handle_grant_ended(struct wl_client *client, struct wl_resource *resource,
			       uint32_t serial)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (guest && !memory_ended(guest, serial)) {
		unknown_memory(resource, serial);
	}
}

static const struct vitrine_broker_guest_v1_interface guest_implementation = {
	.destroy = object_destroy,
	.be_alloc = handle_be_alloc,
	.kept = handle_kept,
	.granted = handle_granted,
	.grant_failed = handle_grant_failed,
	.grant_ended = handle_grant_ended,
	.connect = handle_connect,
	.exported = handle_exported,
	.mapped = handle_mapped,
	.map_failed = handle_map_failed,
};

/*
 * By the broker's request, or because its client ends. That may happen while libwayland walks over
 * all clients, so no other client may be destroyed from here: guests without a resource are ended
 * on the loop's next turn.
 */
static void guest_resource_destroyed(struct wl_resource *resource)
{
	struct guest *guest = wl_resource_get_user_data(resource);

	if (guest) {
		guest->resource = NULL;
	}
}

void guests_reap(struct wayland *wayland)
{
	struct guest *guest, *tmp;

	list_for_each_safe(guest, tmp, &wayland->guests, link) {
		if (!guest->resource) {
			guest_destroy(guest);
		}
	}
}

/* A guest that there is no room for gets an object all the same, so that the others stay. */
static void handle_add_guest(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			     const char *name)
{
	struct wayland *wayland = wl_resource_get_user_data(resource);
	struct wl_resource *guest_resource;
	struct guest *guest;

	/* The name and the place of a guest that was just destroyed are free again. */
	guests_reap(wayland);
	guest = guest_create(wayland, name);
	if (!guest && (errno == EEXIST || errno == EINVAL)) {
		wl_resource_post_error(resource, VITRINE_BROKER_V1_ERROR_INVALID_NAME,
				       "no name for a new guest: %s", strerror(errno));
		return;
	}
	guest_resource = object_create(client, &vitrine_broker_guest_v1_interface,
				       wl_resource_get_version(resource), id, &guest_implementation,
				       guest, guest_resource_destroyed);
	if (guest) {
		guest->resource = guest_resource;
		log_info(LOG_US, "guest %s joins", guest_name(guest));
	} else {
		log_error(LOG_ADMIN, "no room for one more guest (%d at most)", SCENE_MAX_GUESTS);
	}
}

static void handle_host(struct wl_client *client, struct wl_resource *resource, uint32_t map_pages,
			uint32_t export_code, const char *reason)
{
	struct wayland *wayland = wl_resource_get_user_data(resource);

	wayland->map_budget = map_pages;
	snprintf(wayland->export_reason, sizeof(wayland->export_reason), "%s",
		 export_code ? reason : "");
}

static const struct vitrine_broker_v1_interface broker_implementation = {
	.destroy = object_destroy,
	.host = handle_host,
	.add_guest = handle_add_guest,
};

void broker_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &vitrine_broker_v1_interface, (int)version, id,
		      &broker_implementation, data, NULL);
}
