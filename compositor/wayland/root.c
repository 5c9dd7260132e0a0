/* SPDX-License-Identifier: MIT */
/* vitrine_guest_v1: the root of a worker's objects. */
#include "compositor/wayland/head.h"
#include "compositor/wayland/pool.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-guest-v1-server-protocol.h"

static void handle_acknowledge_input(struct wl_client *client, struct wl_resource *resource,
				     uint32_t untrusted_serial)
{
	struct connection *connection = connection_of(resource);

	if (guest_seat_credit(connection, untrusted_serial) < 0) {
		connection_fault(resource, VITRINE_GUEST_V1_ERROR_INVALID_CREDIT,
				 "acknowledged input that it was never sent");
	}
}

static const struct vitrine_guest_v1_interface implementation = {
	.destroy = object_destroy,
	.create_head = head_request,
	.create_grant_pool = pool_request,
	.allocate_pool = pool_allocate,
	.restore_pool = pool_restore,
	.acknowledge_input = handle_acknowledge_input,
};

static void root_destroyed(struct wl_resource *resource)
{
	struct connection *connection = wl_resource_get_user_data(resource);

	if (connection->root == resource) {
		connection->root = NULL;
		guest_seat_settle(connection);
	}
}

void root_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct connection *connection = connection_find(client);
	struct wl_resource *resource = object_create(client, &vitrine_guest_v1_interface,
						     (int)version, id, &implementation, connection,
						     root_destroyed);

	if (!resource) {
		return;
	}
	if (connection->root) {
		connection_fault(resource, VITRINE_GUEST_V1_ERROR_TOO_MANY,
				 "bound its root object twice");
		return;
	}
	connection->root = resource;
	vitrine_guest_v1_send_limits(resource, LIMIT_HEADS, LIMIT_POOLS, LIMIT_BUFFERS, LIMIT_PAGES);
	guest_seat_refresh(connection);
}
