/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "compositor/wayland/local/local.h"
#include "compositor/wayland/wayland_priv.h"

static enum wl_iterator_result count_one(struct wl_resource *resource, void *data)
{
	unsigned *n = data;

	(*n)++;
	return WL_ITERATOR_CONTINUE;
}

/*
 * Deletions are not told, so what lives is counted once in a while: each count is paid for by as
 * many creations as it looks at, and the true limit lies between LIMIT_OBJECTS and twice that.
 */
static void object_created(struct wl_listener *listener, void *data)
{
	struct connection *connection = wl_container_of(listener, connection, created);
	unsigned n = 0;

	if (connection->kind == CONNECTION_BROKER || ++connection->objects < 2 * LIMIT_OBJECTS) {
		return;
	}
	wl_client_for_each_resource(connection->client, count_one, &n);
	connection->objects = n;
	if (n >= LIMIT_OBJECTS && !connection->fault) {
		connection->fault = "has too many objects";
		wl_client_post_implementation_error(connection->client, "%s", connection->fault);
	}
}

static void connection_ended(struct wl_listener *listener, void *data)
{
	struct connection *connection = wl_container_of(listener, connection, destroyed);
	struct wayland *wayland = connection->wayland;

	connection->client = NULL;
	external_end(connection);
	guest_seat_finish(connection);
	if (connection->guest) {
		guest_disconnected(connection->guest, connection->fault);
		connection->guest = NULL;
	}
	if (connection->local) {
		local_client_ended(connection);
	}
	if (wayland->broker == connection) {
		log_warn(LOG_HOST,
			 "the broker has disconnected; its guests leave the screen until it is back");
		wayland->broker = NULL;
	}
	list_append(&wayland->dead, &connection->link);
}

static int connection_make(struct wayland *wayland, enum connection_kind kind, int fd,
			   struct connection **out)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int ret;

	if (!connection) {
		close_fd(&fd);
		return -ENOMEM;
	}
	connection->wayland = wayland;
	connection->kind = kind;
	list_init(&connection->link);
	ret = guest_seat_init(connection);
	if (ret < 0) {
		goto out;
	}
	connection->client = wl_client_create(wayland->display, fd);
	if (!connection->client) {
		ret = errno ? -errno : -ENOMEM;
		goto out;
	}
	connection->destroyed.notify = connection_ended;
	wl_client_add_destroy_listener(connection->client, &connection->destroyed);
	connection->created.notify = object_created;
	wl_client_add_resource_created_listener(connection->client, &connection->created);
	*out = connection;
	return 0;
out:
	close_fd(&fd);
	guest_seat_finish(connection);
	free(connection);
	return ret;
}

int connection_create(struct wayland *wayland, enum connection_kind kind, struct guest *guest,
		      int fd)
{
	struct connection *connection = NULL;
	int ret = connection_make(wayland, kind, fd, &connection);

	if (!connection) {
		return ret;
	}
	if (kind == CONNECTION_BROKER) {
		wayland->broker = connection;
	} else {
		connection->guest = guest;
		guest->connection = connection;
	}
	return 0;
}

int connection_create_local(struct wayland *wayland, enum connection_kind kind,
			    struct local_client *local, int fd)
{
	struct connection *connection = NULL;
	int ret = connection_make(wayland, kind, fd, &connection);

	if (connection) {
		connection->local = local;
		local->connection = connection;
	}
	return ret;
}

struct connection *connection_find(struct wl_client *client)
{
	struct wl_listener *listener = wl_client_get_destroy_listener(client, connection_ended);
	struct connection *connection;

	return listener ? wl_container_of(listener, connection, destroyed) : NULL;
}

struct connection *connection_of(struct wl_resource *resource)
{
	return connection_find(wl_resource_get_client(resource));
}

struct guest *guest_of(struct wl_resource *resource)
{
	struct connection *connection = connection_of(resource);

	return connection ? connection->guest : NULL;
}

void connection_fault(struct wl_resource *resource, uint32_t code, const char *why)
{
	struct connection *connection = connection_of(resource);

	if (connection && !connection->fault) {
		connection->fault = why;
	}
	wl_resource_post_error(resource, code, "%s", why);
}

void connection_kill(struct connection *connection, const char *why)
{
	if (connection->client) {
		connection->fault = why;
		wl_client_destroy(connection->client);
	}
}

void connections_reap(struct wayland *wayland)
{
	struct connection *connection, *tmp;

	list_for_each_safe(connection, tmp, &wayland->dead, link) {
		list_remove(&connection->link);
		free(connection->local);
		free(connection);
	}
}

struct wl_resource *object_create(struct wl_client *client, const struct wl_interface *interface,
				  int version, uint32_t id, const void *implementation, void *data,
				  wl_resource_destroy_func_t destroyed)
{
	struct wl_resource *resource = wl_resource_create(client, interface, version, id);

	if (!resource) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, implementation, data, destroyed);
	return resource;
}

void object_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}
