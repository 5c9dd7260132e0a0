/* SPDX-License-Identifier: MIT */
/*
 * ext-idle-notify-v1 and idle-inhibit-unstable-v1. Idle is what monitors.c says it is: whoever watches here is told of the
 * same idleness by which monitors are dimmed and the screen is locked. An inhibitor counts as long as its surface exists:
 * surfaces of these clients are shown nowhere.
 */
#include <stdlib.h>

#include "compositor/wayland/local/local_priv.h"
#include "compositor/wayland/surface.h"
#include "ext-idle-notify-v1-server-protocol.h"
#include "idle-inhibit-unstable-v1-server-protocol.h"

/* A client that wants to be told of less would be told with each event of a device. */
#define LEAST_TIMEOUT_NS (100 * NSEC_PER_MSEC)

struct idle_notification {
	struct list link; /* local.notifications */
	struct local *local;
	struct local_client *client;
	struct wl_resource *resource;
	struct clock_timer
		*timer; /* looks how long ago the last activity was: it does not move the timer */
	uint64_t timeout_ns;
	uint64_t begin_ns; /* idleness does not count from before */
	bool is_idle;
};

struct inhibitor {
	struct local *local;
	struct wl_listener surface_gone;
	bool counts;
};

static struct server *server_of(const struct local *local)
{
	return local->wayland->server;
}

/* ---- notifications ---- */

static void notification_look(struct idle_notification *notification, uint64_t now_ns)
{
	uint64_t since_ns = monitors_idle_since(server_of(notification->local)->monitors);
	uint64_t due_ns;

	if (notification->is_idle || since_ns == UINT64_MAX) {
		clock_timer_disarm(notification->timer);
		return;
	}
	due_ns = MAX(since_ns, notification->begin_ns) + notification->timeout_ns;
	if (now_ns < due_ns) {
		clock_timer_arm(notification->timer, due_ns);
		return;
	}
	notification->is_idle = true;
	clock_timer_disarm(notification->timer);
	ext_idle_notification_v1_send_idled(notification->resource);
}

static void handle_timer(void *data, uint64_t now_ns)
{
	notification_look(data, now_ns);
}

/* With each event of a device: what is not idle is left to its timer. */
static void handle_changed(void *data, uint64_t now_ns)
{
	const struct local *local = data;
	struct idle_notification *notification;

	list_for_each(notification, &local->notifications, link) {
		if (notification->is_idle) {
			notification->is_idle = false;
			ext_idle_notification_v1_send_resumed(notification->resource);
		}
		if (clock_timer_at(notification->timer) == UINT64_MAX) {
			notification_look(notification, now_ns);
		}
	}
}

/* The server's monitors come after its display. */
static void listen(struct local *local)
{
	if (!local->is_listening) {
		local->is_listening = true;
		monitors_listen(server_of(local)->monitors, &local->listener);
	}
}

static void notification_destroyed(struct wl_resource *resource)
{
	struct idle_notification *notification = wl_resource_get_user_data(resource);

	list_remove(&notification->link);
	notification->client->n_notifications--;
	clock_timer_destroy(notification->timer);
	free(notification);
}

static const struct ext_idle_notification_v1_interface notification_implementation = {
	.destroy = object_destroy,
};

static struct idle_notification *notification_create(struct local_client *client,
						     uint32_t untrusted_timeout_ms)
{
	struct idle_notification *notification = calloc(1, sizeof(*notification));
	struct server *server = server_of(client->local);

	if (!notification) {
		return NULL;
	}
	notification->timer = clock_timer_create(server->clock, PRIORITY_STATS, handle_timer,
						 notification);
	if (!notification->timer) {
		free(notification);
		return NULL;
	}
	notification->local = client->local;
	notification->client = client;
	notification->timeout_ns = MAX(untrusted_timeout_ms * NSEC_PER_MSEC, LEAST_TIMEOUT_NS);
	notification->begin_ns = clock_now(server->clock);
	list_append(&client->local->notifications, &notification->link);
	client->n_notifications++;
	return notification;
}

static void handle_get_notification(struct wl_client *client, struct wl_resource *resource,
				    uint32_t id, uint32_t untrusted_timeout_ms,
				    struct wl_resource *seat)
{
	struct local_client *local = local_client_of(resource);
	struct idle_notification *notification;

	if (!local) {
		return;
	}
	if (local->n_notifications >= LIMIT_NOTIFICATIONS) {
		local->connection->fault = "watches idleness too often";
		wl_client_post_implementation_error(client, "%s", local->connection->fault);
		return;
	}
	notification = notification_create(local, untrusted_timeout_ms);
	if (!notification) {
		wl_client_post_no_memory(client);
		return;
	}
	notification->resource = wl_resource_create(client, &ext_idle_notification_v1_interface,
						    wl_resource_get_version(resource), id);
	if (!notification->resource) {
		wl_client_post_no_memory(client);
		list_remove(&notification->link);
		local->n_notifications--;
		clock_timer_destroy(notification->timer);
		free(notification);
		return;
	}
	wl_resource_set_implementation(notification->resource, &notification_implementation,
				       notification, notification_destroyed);
	listen(local->local);
	notification_look(notification, notification->begin_ns);
}

static const struct ext_idle_notifier_v1_interface notifier_implementation = {
	.destroy = object_destroy,
	.get_idle_notification = handle_get_notification,
};

void idle_notifier_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &ext_idle_notifier_v1_interface, (int)version, id,
		      &notifier_implementation, data, NULL);
}

/* ---- inhibitors ---- */

static void inhibit(struct local *local, int by)
{
	local->n_inhibitors += (unsigned)by;
	monitors_inhibit(server_of(local)->monitors, local->n_inhibitors > 0);
}

static void inhibitor_end(struct inhibitor *inhibitor)
{
	if (inhibitor->counts) {
		inhibitor->counts = false;
		wl_list_remove(&inhibitor->surface_gone.link);
		inhibit(inhibitor->local, -1);
	}
}

static void handle_surface_gone(struct wl_listener *listener, void *data)
{
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, surface_gone);

	inhibitor_end(inhibitor);
}

static void inhibitor_destroyed(struct wl_resource *resource)
{
	struct inhibitor *inhibitor = wl_resource_get_user_data(resource);

	inhibitor_end(inhibitor);
	free(inhibitor);
}

static const struct zwp_idle_inhibitor_v1_interface inhibitor_implementation = {
	.destroy = object_destroy,
};

static void handle_create_inhibitor(struct wl_client *client, struct wl_resource *resource,
				    uint32_t id, struct wl_resource *surface)
{
	const struct local_client *local = local_client_of(resource);
	struct inhibitor *inhibitor;

	if (!local) {
		return;
	}
	inhibitor = calloc(1, sizeof(*inhibitor));
	if (!inhibitor) {
		wl_client_post_no_memory(client);
		return;
	}
	inhibitor->local = local->local;
	if (!object_create(client, &zwp_idle_inhibitor_v1_interface,
			   wl_resource_get_version(resource), id, &inhibitor_implementation,
			   inhibitor, inhibitor_destroyed)) {
		free(inhibitor);
		return;
	}
	inhibitor->counts = true;
	inhibitor->surface_gone.notify = handle_surface_gone;
	wl_resource_add_destroy_listener(surface, &inhibitor->surface_gone);
	inhibit(local->local, 1);
}

static const struct zwp_idle_inhibit_manager_v1_interface manager_implementation = {
	.destroy = object_destroy,
	.create_inhibitor = handle_create_inhibitor,
};

void idle_inhibit_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &zwp_idle_inhibit_manager_v1_interface, (int)version, id,
		      &manager_implementation, data, NULL);
}

/* ---- start and stop ---- */

void idle_init(struct local *local)
{
	list_init(&local->notifications);
	list_init(&local->listener.link);
	local->listener.changed = handle_changed;
	local->listener.data = local;
}

void idle_finish(struct local *local)
{
	list_remove(&local->listener.link);
}
