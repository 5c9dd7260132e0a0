/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/external.h"

#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-guest-v1-server-protocol.h"

static struct seat_head *seat_head(struct external *external)
{
	return (struct seat_head *)&external->scene;
}

void external_end(struct connection *connection)
{
	struct external *external = &connection->external;

	if (!external->resource) {
		return;
	}
	external->resource = NULL;
	external->head.surface->role = NULL;
	external->head.surface = NULL;
	input_head_removed(connection->wayland->server->input, &external->scene);
	if (connection->client) {
		guest_input_forget_head(&connection->seat.input, seat_head(external));
		guest_input_frame(&connection->seat.input,
				  clock_now(connection->wayland->server->clock));
	}
}

/* Whatever is committed to it is shown nowhere. */
static bool role_commit(struct surface *surface, bool attached, struct buffer *buffer,
			const struct rect *src, const pixman_region32_t *damage, uint64_t token)
{
	return false;
}

static void role_leave(struct surface *surface)
{
	external_end(surface->connection);
}

static const struct surface_role external_role = {
	.commit = role_commit,
	.leave = role_leave,
};

static const struct vitrine_external_v1_interface implementation = {
	.destroy = object_destroy,
};

static void external_destroyed(struct wl_resource *resource)
{
	struct connection *connection = wl_resource_get_user_data(resource);

	if (connection->external.resource == resource) {
		external_end(connection);
	}
}

void external_request(struct wl_client *client, struct wl_resource *root, uint32_t id,
		      struct wl_resource *surface_resource)
{
	struct connection *connection = connection_of(root);
	struct surface *surface = surface_from_resource(surface_resource);
	struct external *external;

	if (!connection || !connection->guest) {
		return;
	}
	external = &connection->external;
	if (external->resource || !surface || surface->role) {
		connection_fault(
			root, VITRINE_GUEST_V1_ERROR_INVALID_HEAD,
			"offered a second place for the pointer, or a surface that has a role");
		return;
	}
	*external = (struct external){
		.head = {.connection = connection, .surface = surface},
		.scene = {.guest = connection->guest->scene},
	};
	external->head.scene = &external->scene;
	external->scene.data = &external->head;
	external->resource = object_create(client, &vitrine_external_v1_interface,
					   wl_resource_get_version(root), id, &implementation,
					   connection, external_destroyed);
	if (!external->resource) {
		return;
	}
	surface->role = &external_role;
	/* The pointer may be there. */
	input_head_placed(connection->wayland->server->input, &external->scene);
}

struct seat_head *wayland_external(const struct scene_guest *scene, int width, int height)
{
	struct guest *guest = scene->data;
	struct external *external = guest && guest->connection ? &guest->connection->external :
								 NULL;

	if (!external || !external->resource) {
		return NULL;
	}
	if (external->scene.width != width || external->scene.height != height) {
		external->scene.width = width;
		external->scene.height = height;
		vitrine_external_v1_send_size(external->resource, (uint32_t)width, (uint32_t)height);
	}
	return seat_head(external);
}
