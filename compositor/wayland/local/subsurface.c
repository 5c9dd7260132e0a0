/* SPDX-License-Identifier: MIT */
/*
 * wl_subcompositor for lock screens: one level of surfaces above a lock surface. A synchronised child's commits wait for one
 * of the parent's.
 */
#include <stdlib.h>

#include "compositor/scene/buffer.h"
#include "compositor/wayland/local/local_priv.h"
#include "compositor/wayland/surface.h"
#include "wayland-server-protocol.h"

/* Positions that are further off show nothing. */
#define FAR 32768

static const struct surface_role subsurface_role;

static struct subsurface *subsurface_of(const struct surface *surface)
{
	return surface && surface->role == &subsurface_role ? surface->role_data : NULL;
}

static void show(const struct surface *parent)
{
	struct lock_surface *lock = parent ? lock_surface_of((struct surface *)parent) : NULL;

	if (lock) {
		lock_surface_show(lock);
	}
}

void subsurfaces_settle(struct surface *parent)
{
	struct subsurface *child;

	list_for_each(child, &parent->children, link) {
		child->x = child->pending_x;
		child->y = child->pending_y;
	}
}

void subsurfaces_forget_parent(struct surface *surface)
{
	struct subsurface *child, *tmp;

	list_for_each_safe(child, tmp, &surface->children, link) {
		list_remove(&child->link);
		child->parent = NULL;
		if (child->surface) {
			surface_discard_all(child->surface);
		}
	}
}

/* ---- its role ---- */

static void buffer_set(struct subsurface *child, struct buffer *buffer)
{
	if (buffer) {
		buffer_lock(buffer);
	}
	if (child->buffer) {
		buffer_unlock(child->buffer);
	}
	child->buffer = buffer;
}

static bool child_may_commit(struct surface *surface, bool attached, const struct buffer *buffer)
{
	return buffer_is_whole(surface, buffer);
}

static bool child_commit(struct surface *surface, bool attached, struct buffer *buffer,
			 const struct rect *src, const pixman_region32_t *damage, uint64_t token)
{
	struct subsurface *child = surface->role_data;

	if (!child->parent) {
		return false;
	}
	if (attached) {
		buffer_set(child, buffer);
	}
	if (child->buffer) {
		damage_note(&child->damage, child->buffer, damage);
	}
	if (child->is_desync) {
		show(child->parent);
	}
	return true;
}

static void child_leave(struct surface *surface)
{
	struct subsurface *child = surface->role_data;
	const struct surface *parent = child->parent;

	list_remove(&child->link);
	child->surface = NULL;
	child->parent = NULL;
	surface->role = NULL;
	buffer_set(child, NULL);
	show(parent);
}

static const struct surface_role subsurface_role = {
	.may_commit = child_may_commit,
	.commit = child_commit,
	.leave = child_leave,
	.keeps_picture = true,
};

/* ---- requests ---- */

static void handle_set_position(struct wl_client *client, struct wl_resource *resource,
				int32_t untrusted_x, int32_t untrusted_y)
{
	struct subsurface *child = wl_resource_get_user_data(resource);

	child->pending_x = MAX(-FAR, MIN(untrusted_x, FAR));
	child->pending_y = MAX(-FAR, MIN(untrusted_y, FAR));
}

/* above: over the sibling, or under it; over the parent, or hidden by it. */
static void place(struct wl_resource *resource, struct wl_resource *sibling_resource, bool above)
{
	struct subsurface *child = wl_resource_get_user_data(resource);
	const struct surface *sibling = surface_from_resource(sibling_resource);
	struct subsurface *beside = subsurface_of(sibling);

	if (!child->parent) {
		return;
	}
	if (sibling == child->parent) {
		child->is_below = !above;
		list_remove(&child->link);
		list_insert(&child->parent->children, &child->link);
	} else if (beside && beside != child && beside->parent == child->parent) {
		child->is_below = beside->is_below;
		list_remove(&child->link);
		list_insert(above ? &beside->link : beside->link.prev, &child->link);
	} else {
		connection_fault(resource, WL_SUBSURFACE_ERROR_BAD_SURFACE,
				 "placed a surface beside one that is none of its siblings");
	}
}

static void handle_place_above(struct wl_client *client, struct wl_resource *resource,
			       struct wl_resource *sibling)
{
	place(resource, sibling, true);
}

static void handle_place_below(struct wl_client *client, struct wl_resource *resource,
			       struct wl_resource *sibling)
{
	place(resource, sibling, false);
}

static void handle_set_sync(struct wl_client *client, struct wl_resource *resource)
{
	struct subsurface *child = wl_resource_get_user_data(resource);

	child->is_desync = false;
}

static void handle_set_desync(struct wl_client *client, struct wl_resource *resource)
{
	struct subsurface *child = wl_resource_get_user_data(resource);

	child->is_desync = true;
}

static const struct wl_subsurface_interface subsurface_implementation = {
	.destroy = object_destroy,
	.set_position = handle_set_position,
	.place_above = handle_place_above,
	.place_below = handle_place_below,
	.set_sync = handle_set_sync,
	.set_desync = handle_set_desync,
};

static void subsurface_destroyed(struct wl_resource *resource)
{
	struct subsurface *child = wl_resource_get_user_data(resource);

	if (child->surface) {
		child_leave(child->surface);
	}
	free(child);
}

static void handle_get_subsurface(struct wl_client *client, struct wl_resource *resource,
				  uint32_t id, struct wl_resource *surface_resource,
				  struct wl_resource *parent_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct surface *parent = surface_from_resource(parent_resource);
	struct subsurface *child;

	if (!surface || !parent || surface == parent || surface->role ||
	    !list_empty(&surface->children) || subsurface_of(parent)) {
		connection_fault(resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
				 "put a surface above another that can't be there");
		return;
	}
	child = calloc(1, sizeof(*child));
	if (!child) {
		wl_client_post_no_memory(client);
		return;
	}
	child->resource = object_create(client, &wl_subsurface_interface,
					wl_resource_get_version(resource), id,
					&subsurface_implementation, child, subsurface_destroyed);
	if (!child->resource) {
		free(child);
		return;
	}
	child->surface = surface;
	child->parent = parent;
	surface->role = &subsurface_role;
	surface->role_data = child;
	list_append(&parent->children, &child->link);
}

static const struct wl_subcompositor_interface subcompositor_implementation = {
	.destroy = object_destroy,
	.get_subsurface = handle_get_subsurface,
};

void subcompositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &wl_subcompositor_interface, (int)version, id,
		      &subcompositor_implementation, data, NULL);
}
