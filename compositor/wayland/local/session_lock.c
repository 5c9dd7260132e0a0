/* SPDX-License-Identifier: MIT */
/* ext_session_lock_manager_v1 and ext_session_lock_v1: who locks, when it is told so, and how that ends. */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "compositor/trusted/trusted.h"
#include "compositor/wayland/local/local_priv.h"
#include "compositor/wayland/surface.h"
#include "ext-session-lock-v1-server-protocol.h"

/* A lock screen that leaves unread what it was sent, or shows nothing, for so long is not one that could be unlocked. */
#define LOOKS 5
#define LOOK_NS NSEC_PER_SEC

static struct server *server_of(const struct local *local)
{
	return local->wayland->server;
}

/* ---- the end ---- */

/* It has nothing of the host's any more: pictures, input. */
static void lock_withdraw(struct session_lock *lock)
{
	struct local *local = lock->local;
	struct lock_surface *surface, *tmp;

	lock_input_end(local);
	clock_timer_disarm(local->watch);
	local->lock = NULL;
	lock->stage = SESSION_LOCK_OVER;
	list_for_each_safe(surface, tmp, &lock->surfaces, link) {
		struct scene_output *output = lock_surface_output(surface);

		if (output) {
			scene_output_set_cover(output, NULL);
		}
		lock_surface_end(surface);
	}
}

/* It stays locked, and the host's own prompt takes over. */
static void lock_abandon(struct session_lock *lock)
{
	struct server *server = server_of(lock->local);

	lock_withdraw(lock);
	lock_client_gone(server->lock);
}

static void lock_finish(struct session_lock *lock)
{
	bool had_it = lock->local->lock == lock;

	lock->stage = SESSION_LOCK_OVER;
	ext_session_lock_v1_send_finished(lock->resource);
	if (had_it) {
		lock_abandon(lock);
	}
}

void session_lock_client_ended(struct local_client *client)
{
	struct session_lock *lock = client->local->lock;

	if (lock && lock->client == client) {
		lock_abandon(lock);
	}
}

/* ---- a client that is alive ---- */

void session_lock_expect(struct session_lock *lock)
{
	struct local *local = lock->local;

	if (local->lock == lock && clock_timer_at(local->watch) == UINT64_MAX) {
		local->looks = 0;
		clock_timer_arm(local->watch, clock_now(server_of(local)->clock) + LOOK_NS);
	}
}

static bool has_unread(const struct session_lock *lock)
{
	struct wl_client *client = lock->client->connection->client;
	int unread = 0;

	wl_client_flush(client);
	return ioctl(wl_client_get_fd(client), SIOCOUTQ, &unread) == 0 && unread > 0;
}

static bool shows_something(const struct session_lock *lock)
{
	const struct lock_surface *surface;

	list_for_each(surface, &lock->surfaces, link) {
		if (surface->buffer) {
			return true;
		}
	}
	return false;
}

static void handle_watch(void *data, uint64_t now_ns)
{
	struct local *local = data;
	struct session_lock *lock = local->lock;

	if (!lock || (!has_unread(lock) && shows_something(lock))) {
		return;
	}
	if (++local->looks < LOOKS) {
		clock_timer_arm(local->watch, now_ns + LOOK_NS);
	} else if (has_unread(lock)) {
		connection_kill(lock->client->connection, "read nothing for five seconds");
	} else {
		log_warn(LOG_HOST,
			 "the lock screen (pid %d) shows nothing: the host's own takes over",
			 (int)lock->client->pid);
		lock_finish(lock);
	}
}

/* ---- what becomes of monitors ---- */

static int handle_settle(sd_event_source *source, void *data)
{
	struct local *local = data;
	struct session_lock *lock = local->lock;
	struct lock_surface *surface;

	if (!lock) {
		return 0;
	}
	if (lock->stage == SESSION_LOCK_ASKED && lock_is_dark(server_of(local)->lock)) {
		lock->stage = SESSION_LOCK_LOCKED;
		lock->was_locked = true;
		ext_session_lock_v1_send_locked(lock->resource);
		session_lock_expect(lock);
	}
	list_for_each(surface, &lock->surfaces, link) {
		lock_surface_configure(surface);
	}
	return 0;
}

void session_lock_settle_later(struct local *local)
{
	if (local->lock) {
		/* Fails only after the loop's end. */
		sd_event_source_set_enabled(local->settle, SD_EVENT_ONESHOT);
	}
}

static void surface_presented(const struct lock_surface *lock, const struct presented *how)
{
	struct subsurface *child;

	if (!lock->surface) {
		return;
	}
	surface_commits_shown(lock->surface, how);
	list_for_each(child, &lock->surface->children, link) {
		surface_commits_shown(child->surface, how);
	}
}

void local_output_presented(struct local *local, struct scene_output *output,
			    const struct presented *how)
{
	const struct lock_surface *surface;

	if (!local->lock) {
		return;
	}
	list_for_each(surface, &local->lock->surfaces, link) {
		if (lock_surface_output(surface) == output) {
			surface_presented(surface, how);
		}
	}
	session_lock_settle_later(local);
}

/* ---- requests of a lock ---- */

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	const struct session_lock *lock = wl_resource_get_user_data(resource);

	if (lock->was_locked) {
		connection_fault(resource, EXT_SESSION_LOCK_V1_ERROR_INVALID_DESTROY,
				 "went without unlocking");
		return;
	}
	wl_resource_destroy(resource);
}

static void handle_get_lock_surface(struct wl_client *client, struct wl_resource *resource,
				    uint32_t id, struct wl_resource *surface,
				    struct wl_resource *output)
{
	lock_surface_request(wl_resource_get_user_data(resource), resource, id, surface, output);
}

static void handle_unlock(struct wl_client *client, struct wl_resource *resource)
{
	struct session_lock *lock = wl_resource_get_user_data(resource);

	if (!lock->was_locked) {
		connection_fault(resource, EXT_SESSION_LOCK_V1_ERROR_INVALID_UNLOCK,
				 "unlocked what it had not locked");
		return;
	}
	if (lock->stage == SESSION_LOCK_LOCKED) {
		lock_withdraw(lock);
		lock_client_unlocks(server_of(lock->local)->lock);
	}
	wl_resource_destroy(resource);
}

static const struct ext_session_lock_v1_interface lock_implementation = {
	.destroy = handle_destroy,
	.get_lock_surface = handle_get_lock_surface,
	.unlock_and_destroy = handle_unlock,
};

static void lock_destroyed(struct wl_resource *resource)
{
	struct session_lock *lock = wl_resource_get_user_data(resource);
	struct lock_surface *surface, *tmp;

	if (lock->local->lock == lock) {
		lock_abandon(lock);
	}
	list_for_each_safe(surface, tmp, &lock->surfaces, link) {
		lock_surface_end(surface);
	}
	free(lock);
}

/* ---- the manager ---- */

/* True: it is locked now, and this client's to end. */
static bool lock_take(struct session_lock *lock)
{
	struct local *local = lock->local;
	struct server *server = server_of(local);

	if (local->lock) {
		return false;
	}
	lock_now(server->lock, LOCK_BY_CLIENT);
	if (!lock_is_clients(server->lock)) {
		return false;
	}
	local->lock = lock;
	lock_input_begin(local);
	trusted_show(server->trusted, TRUSTED_LOCK, &lock_input_ops, local);
	return true;
}

static void handle_lock(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct local_client *local = local_client_of(resource);
	struct session_lock *lock = local ? calloc(1, sizeof(*lock)) : NULL;

	if (!lock) {
		wl_client_post_no_memory(client);
		return;
	}
	lock->local = local->local;
	lock->client = local;
	list_init(&lock->surfaces);
	lock->resource = object_create(client, &ext_session_lock_v1_interface,
				       wl_resource_get_version(resource), id, &lock_implementation,
				       lock, lock_destroyed);
	if (!lock->resource) {
		free(lock);
		return;
	}
	if (lock_take(lock)) {
		session_lock_settle_later(lock->local);
		session_lock_expect(lock);
	} else {
		lock_finish(lock);
	}
}

static const struct ext_session_lock_manager_v1_interface manager_implementation = {
	.destroy = object_destroy,
	.lock = handle_lock,
};

void session_lock_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &ext_session_lock_manager_v1_interface, (int)version, id,
		      &manager_implementation, data, NULL);
}

/* ---- start and stop ---- */

int session_lock_init(struct local *local)
{
	struct server *server = server_of(local);
	int ret = sd_event_add_defer(server->event, &local->settle, handle_settle, local);

	if (ret < 0) {
		return ret;
	}
	local->watch = clock_timer_create(server->clock, PRIORITY_STATS, handle_watch, local);
	return local->watch ? sd_event_source_set_enabled(local->settle, SD_EVENT_OFF) : -ENOMEM;
}

void session_lock_finish(struct local *local)
{
	sd_event_source_disable_unref(local->settle);
	if (local->watch) {
		clock_timer_destroy(local->watch);
	}
}
