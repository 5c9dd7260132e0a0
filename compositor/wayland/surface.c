/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/surface.h"

#include <stdlib.h>

#include "compositor/scene/buffer.h"
#include "compositor/wayland/local/local.h"
#include "compositor/wayland/pool.h"
#include "compositor/wayland/presentation.h"
#include "compositor/wayland/wayland_priv.h"
#include "viewporter-server-protocol.h"
#include "wayland-server-protocol.h"

/*
 * Damage of more rectangles than this becomes their bounds: no worker decides how long a region
 * operation takes.
 */
#define DAMAGE_RECTS 32
/* Larger than any buffer, and far from where regions overflow. */
#define DAMAGE_SIDE 65535

/* Of a trusted client's pictures. */
#define SURFACE_MAX_SCALE 4

/* What one commit is to tell when it ends. */
struct surface_commit {
	struct list link; /* surface.commits */
	uint64_t token;
	struct wl_list callbacks, feedbacks;
};

/* ---- references to buffers ---- */

static void buffer_gone(struct wl_listener *listener, void *data)
{
	struct buffer_ref *ref = wl_container_of(listener, ref, destroyed);

	ref->resource = NULL;
}

static void buffer_ref_set(struct buffer_ref *ref, struct wl_resource *resource)
{
	if (ref->resource) {
		wl_list_remove(&ref->destroyed.link);
	}
	ref->resource = resource;
	if (resource) {
		ref->destroyed.notify = buffer_gone;
		wl_resource_add_destroy_listener(resource, &ref->destroyed);
	}
}

/* ---- how commits end ---- */

static void list_move(struct wl_list *to, struct wl_list *from)
{
	wl_list_insert_list(to->prev, from);
	wl_list_init(from);
}

static void resources_destroy(struct wl_list *resources)
{
	while (!wl_list_empty(resources)) {
		wl_resource_destroy(wl_resource_from_link(resources->next));
	}
}

static void callbacks_done(struct wl_list *callbacks, uint32_t time_ms)
{
	while (!wl_list_empty(callbacks)) {
		struct wl_resource *callback = wl_resource_from_link(callbacks->next);

		wl_callback_send_done(callback, time_ms);
		wl_resource_destroy(callback);
	}
}

static void commit_end(struct surface *surface, struct surface_commit *commit,
		       const struct presented *how)
{
	list_remove(&commit->link);
	list_move(&surface->callbacks, &commit->callbacks);
	if (how) {
		callbacks_done(&surface->callbacks, (uint32_t)(how->time_ns / NSEC_PER_MSEC));
	}
	presentation_tell(&commit->feedbacks, how);
	free(commit);
}

void surface_commit_done(struct surface *surface, uint64_t token, const struct presented *how)
{
	struct surface_commit *commit;

	list_for_each(commit, &surface->commits, link) {
		if (commit->token == token) {
			commit_end(surface, commit, how);
			return;
		}
	}
}

void surface_commits_shown(struct surface *surface, const struct presented *how)
{
	struct surface_commit *commit, *tmp;

	list_for_each_safe(commit, tmp, &surface->commits, link) {
		commit_end(surface, commit, how);
	}
}

void surface_discard_all(struct surface *surface)
{
	struct surface_commit *commit, *tmp;

	list_for_each_safe(commit, tmp, &surface->commits, link) {
		commit_end(surface, commit, NULL);
	}
}

/* ---- commit ---- */

/* The part of the buffer that is shown, false when it does not lie inside. */
static bool source_inside(const struct rect *src, const struct buffer *buffer, struct rect *out)
{
	if (rect_empty(src)) {
		*out = (struct rect){0, 0, buffer->width, buffer->height};
		return true;
	}
	*out = *src;
	return src->w <= buffer->width && src->h <= buffer->height &&
	       src->x <= buffer->width - src->w && src->y <= buffer->height - src->h;
}

/* All damage of this commit in buffer pixels. */
static void damage_take(struct surface *surface, const struct buffer *buffer,
			const struct rect *src, pixman_region32_t *out)
{
	if (surface->scale > 1 && pixman_region32_not_empty(&surface->pending.surface_damage)) {
		/* Its pixels are larger than the buffer's. */
		pixman_region32_union_rect(&surface->pending.damage, &surface->pending.damage, 0, 0,
					   (unsigned)buffer->width, (unsigned)buffer->height);
	}
	pixman_region32_translate(&surface->pending.surface_damage, src->x, src->y);
	pixman_region32_union(out, &surface->pending.damage, &surface->pending.surface_damage);
	pixman_region32_intersect_rect(out, out, 0, 0, (unsigned)buffer->width,
				       (unsigned)buffer->height);
	pixman_region32_clear(&surface->pending.damage);
	pixman_region32_clear(&surface->pending.surface_damage);
}

/* NULL: out of memory. */
static struct surface_commit *commit_create(struct surface *surface, uint64_t *token)
{
	struct surface_commit *commit;

	*token = 0;
	if (wl_list_empty(&surface->pending.callbacks) &&
	    wl_list_empty(&surface->pending.feedbacks)) {
		return NULL;
	}
	commit = calloc(1, sizeof(*commit));
	if (!commit) {
		wl_client_post_no_memory(surface->connection->client);
		return NULL;
	}
	*token = ++surface->connection->wayland->next_token;
	commit->token = *token;
	wl_list_init(&commit->callbacks);
	wl_list_init(&commit->feedbacks);
	list_move(&commit->callbacks, &surface->pending.callbacks);
	list_move(&commit->feedbacks, &surface->pending.feedbacks);
	list_append(&surface->commits, &commit->link);
	return commit;
}

/*
 * The role may end this commit, and others, from within. The lock makes a buffer that is discarded at once go through the
 * same release as one that was shown. False: nobody took it.
 */
static bool commit_to_role(struct surface *surface, bool attached, struct buffer *buffer,
			   const struct rect *src, bool all, uint64_t token)
{
	pixman_region32_t damage;
	bool ret;

	pixman_region32_init(&damage);
	if (buffer) {
		damage_take(surface, buffer, src, &damage);
		all = all && !pixman_region32_not_empty(&damage);
		buffer_lock(buffer);
	}
	ret = surface->role->commit(surface, attached, buffer, src, all ? NULL : &damage, token);
	if (buffer) {
		buffer_unlock(buffer);
	}
	pixman_region32_fini(&damage);
	return ret;
}

/* False: it breaks a rule, and the client was told. */
static bool commit_check(struct surface *surface, bool attached, const struct buffer *buffer,
			 struct rect *src)
{
	if (buffer && !source_inside(&surface->pending.src, buffer, src)) {
		connection_fault(surface->viewport ? surface->viewport : surface->resource,
				 WP_VIEWPORT_ERROR_OUT_OF_BUFFER,
				 "set a source rectangle outside of its buffer");
		return false;
	}
	return !surface->role || !surface->role->may_commit ||
	       surface->role->may_commit(surface, attached, buffer);
}

struct buffer *surface_buffer(const struct surface *surface)
{
	struct wl_resource *resource = surface->buffer.resource;
	struct buffer *buffer = resource ? buffer_from_resource(resource) : NULL;

	return buffer || !resource ? buffer : shm_buffer_from_resource(resource);
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct surface *surface = wl_resource_get_user_data(resource);
	bool attached = surface->pending.attached;
	bool moved = !rect_equal(&surface->src, &surface->pending.src) ||
		     surface->scale != surface->pending.scale;
	struct buffer *buffer;
	struct rect src = {0};
	struct surface_commit *commit;
	uint64_t token;

	if (attached) {
		buffer_ref_set(&surface->buffer, surface->pending.buffer.resource);
		buffer_ref_set(&surface->pending.buffer, NULL);
		surface->pending.attached = false;
	}
	surface->scale = surface->pending.scale;
	buffer = surface_buffer(surface);
	if (!commit_check(surface, attached, buffer, &src)) {
		return;
	}
	surface->src = surface->pending.src;
	commit = commit_create(surface, &token);
	if (surface->role && (buffer || attached || surface->role->keeps_picture) &&
	    commit_to_role(surface, attached, buffer, &src, attached || moved, token)) {
		return;
	}
	if (commit) {
		commit_end(surface, commit, NULL);
	}
}

/* ---- the other requests ---- */

static void handle_attach(struct wl_client *client, struct wl_resource *resource,
			  struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	surface->pending.attached = true;
	buffer_ref_set(&surface->pending.buffer, buffer);
}

static void damage_add(pixman_region32_t *region, int32_t untrusted_x, int32_t untrusted_y,
		       int32_t untrusted_w, int32_t untrusted_h)
{
	int64_t x1 = MAX(untrusted_x, 0), y1 = MAX(untrusted_y, 0);
	int64_t x2 = MIN((int64_t)untrusted_x + untrusted_w, DAMAGE_SIDE);
	int64_t y2 = MIN((int64_t)untrusted_y + untrusted_h, DAMAGE_SIDE);
	pixman_box32_t bounds;

	if (x1 >= x2 || y1 >= y2) {
		return;
	}
	pixman_region32_union_rect(region, region, (int)x1, (int)y1, (unsigned)(x2 - x1),
				   (unsigned)(y2 - y1));
	if (pixman_region32_n_rects(region) > DAMAGE_RECTS) {
		bounds = *pixman_region32_extents(region);
		pixman_region32_reset(region, &bounds);
	}
}

static void handle_damage(struct wl_client *client, struct wl_resource *resource,
			  int32_t untrusted_x, int32_t untrusted_y, int32_t untrusted_w,
			  int32_t untrusted_h)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	damage_add(&surface->pending.surface_damage, untrusted_x, untrusted_y, untrusted_w,
		   untrusted_h);
}

static void handle_damage_buffer(struct wl_client *client, struct wl_resource *resource,
				 int32_t untrusted_x, int32_t untrusted_y, int32_t untrusted_w,
				 int32_t untrusted_h)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	damage_add(&surface->pending.damage, untrusted_x, untrusted_y, untrusted_w, untrusted_h);
}

static void callback_destroyed(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void handle_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *surface = wl_resource_get_user_data(resource);
	struct wl_resource *callback = object_create(client, &wl_callback_interface, 1, id, NULL,
						     NULL, callback_destroyed);

	if (callback) {
		wl_list_insert(surface->pending.callbacks.prev, wl_resource_get_link(callback));
	}
}

/* What is opaque and where input goes is not a guest's to say. */
static void handle_set_region(struct wl_client *client, struct wl_resource *resource,
			      struct wl_resource *region)
{
}

static void handle_set_transform(struct wl_client *client, struct wl_resource *resource,
				 int32_t transform)
{
	if (transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		connection_fault(resource, WL_SURFACE_ERROR_INVALID_TRANSFORM,
				 "asked for a transform");
	}
}

static void handle_set_scale(struct wl_client *client, struct wl_resource *resource,
			     int32_t untrusted_scale)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	if (untrusted_scale < 1 ||
	    untrusted_scale > (surface->connection->local ? SURFACE_MAX_SCALE : 1)) {
		connection_fault(resource, WL_SURFACE_ERROR_INVALID_SCALE, "asked for a scale");
		return;
	}
	surface->pending.scale = untrusted_scale;
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = object_destroy,
	.attach = handle_attach,
	.damage = handle_damage,
	.frame = handle_frame,
	.set_opaque_region = handle_set_region,
	.set_input_region = handle_set_region,
	.commit = handle_commit,
	.set_buffer_transform = handle_set_transform,
	.set_buffer_scale = handle_set_scale,
	.damage_buffer = handle_damage_buffer,
};

struct surface *surface_from_resource(struct wl_resource *resource)
{
	if (!wl_resource_instance_of(resource, &wl_surface_interface, &surface_implementation)) {
		return NULL;
	}
	return wl_resource_get_user_data(resource);
}

static void surface_destroyed(struct wl_resource *resource)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	guest_seat_surface_gone(surface->connection, surface);
	if (surface->role) {
		surface->role->leave(surface);
	}
	subsurfaces_forget_parent(surface);
	surface_discard_all(surface);
	presentation_tell(&surface->pending.feedbacks, NULL);
	resources_destroy(&surface->pending.callbacks);
	resources_destroy(&surface->callbacks);
	if (surface->viewport) {
		wl_resource_set_user_data(surface->viewport, NULL);
	}
	buffer_ref_set(&surface->pending.buffer, NULL);
	buffer_ref_set(&surface->buffer, NULL);
	pixman_region32_fini(&surface->pending.damage);
	pixman_region32_fini(&surface->pending.surface_damage);
	surface->connection->n_surfaces--;
	free(surface);
}

static struct surface *surface_create(struct connection *connection)
{
	struct surface *surface = calloc(1, sizeof(*surface));

	if (surface) {
		surface->connection = connection;
		surface->scale = 1;
		surface->pending.scale = 1;
		list_init(&surface->children);
		list_init(&surface->commits);
		wl_list_init(&surface->callbacks);
		wl_list_init(&surface->pending.callbacks);
		wl_list_init(&surface->pending.feedbacks);
		pixman_region32_init(&surface->pending.damage);
		pixman_region32_init(&surface->pending.surface_damage);
	}
	return surface;
}

static void handle_create_surface(struct wl_client *client, struct wl_resource *resource,
				  uint32_t id)
{
	struct connection *connection = connection_of(resource);
	struct surface *surface;

	if (!connection) {
		return;
	}
	if (connection->n_surfaces >= LIMIT_SURFACES) {
		connection->fault = "has too many surfaces";
		wl_client_post_implementation_error(client, "%s", connection->fault);
		return;
	}
	surface = surface_create(connection);
	if (!surface) {
		wl_client_post_no_memory(client);
		return;
	}
	surface->resource = object_create(client, &wl_surface_interface,
					  wl_resource_get_version(resource), id,
					  &surface_implementation, surface, surface_destroyed);
	if (!surface->resource) {
		free(surface);
		return;
	}
	connection->n_surfaces++;
}

static void handle_region(struct wl_client *client, struct wl_resource *resource, int32_t x,
			  int32_t y, int32_t w, int32_t h)
{
}

static const struct wl_region_interface region_implementation = {
	.destroy = object_destroy,
	.add = handle_region,
	.subtract = handle_region,
};

static void handle_create_region(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	object_create(client, &wl_region_interface, wl_resource_get_version(resource), id,
		      &region_implementation, NULL, NULL);
}

static const struct wl_compositor_interface compositor_implementation = {
	.create_surface = handle_create_surface,
	.create_region = handle_create_region,
};

void compositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &wl_compositor_interface, (int)version, id,
		      &compositor_implementation, data, NULL);
}
