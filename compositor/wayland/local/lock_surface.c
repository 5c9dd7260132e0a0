/* SPDX-License-Identifier: MIT */
/* ext_session_lock_surface_v1: what a lock screen shows on one monitor. */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "compositor/scene/buffer.h"
#include "compositor/wayland/local/local_priv.h"
#include "compositor/wayland/surface.h"
#include "ext-session-lock-v1-server-protocol.h"
#include "wayland-server-protocol.h"

static const struct surface_role lock_role;

struct scene_output *lock_surface_output(const struct lock_surface *surface)
{
	return surface->lock ? scene_output_named(surface->lock->local, surface->output) : NULL;
}

struct lock_surface *lock_surface_of(struct surface *surface)
{
	return surface->role == &lock_role ? surface->role_data : NULL;
}

bool buffer_is_whole(struct surface *surface, const struct buffer *buffer)
{
	if (buffer && shm_buffer_is_broken(buffer)) {
		connection_fault(surface->resource, WL_SURFACE_ERROR_INVALID_SIZE,
				 "took away the memory of its picture");
		return false;
	}
	return true;
}

void damage_note(struct rect *sum, const struct buffer *buffer, const pixman_region32_t *damage)
{
	pixman_box32_t box = {0, 0, buffer->width, buffer->height};

	if (damage) {
		box = *pixman_region32_extents((pixman_region32_t *)damage);
	}
	if (box.x1 >= box.x2 || box.y1 >= box.y2) {
		return;
	}
	if (!rect_empty(sum)) {
		box.x1 = MIN(box.x1, sum->x);
		box.y1 = MIN(box.y1, sum->y);
		box.x2 = MAX(box.x2, sum->x + sum->w);
		box.y2 = MAX(box.y2, sum->y + sum->h);
	}
	*sum = (struct rect){box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1};
}

/* ---- configure ---- */

static struct lock_size size_due(const struct scene_output *output)
{
	struct rect area = scene_output_cover_area(output);
	int scale = output_surface_scale(output);

	return (struct lock_size){.width = area.w / scale, .height = area.h / scale};
}

void lock_surface_configure(struct lock_surface *surface)
{
	const struct scene_output *output = lock_surface_output(surface);
	const struct lock_size *last = surface->n_sent ? &surface->sent[surface->n_sent - 1] :
							 &surface->acked;
	struct lock_size due;

	if (!output || !surface->surface || surface->n_sent == LOCK_SIZES) {
		return;
	}
	due = size_due(output);
	if (surface->serial && due.width == last->width && due.height == last->height) {
		return;
	}
	due.serial = ++surface->serial;
	surface->sent[surface->n_sent++] = due;
	ext_session_lock_surface_v1_send_configure(surface->resource, due.serial,
						   (uint32_t)due.width, (uint32_t)due.height);
	session_lock_expect(surface->lock);
}

static void handle_ack(struct wl_client *client, struct wl_resource *resource,
		       uint32_t untrusted_serial)
{
	struct lock_surface *surface = wl_resource_get_user_data(resource);

	for (unsigned i = 0; i < surface->n_sent; i++) {
		if (surface->sent[i].serial != untrusted_serial) {
			continue;
		}
		surface->acked = surface->sent[i];
		surface->has_acked = true;
		surface->n_sent -= i + 1;
		memmove(surface->sent, surface->sent + i + 1,
			surface->n_sent * sizeof(surface->sent[0]));
		/* What was not told for want of room. */
		lock_surface_configure(surface);
		return;
	}
	connection_fault(resource, EXT_SESSION_LOCK_SURFACE_V1_ERROR_INVALID_SERIAL,
			 "acknowledged a configure that it was not sent");
}

/* ---- what it shows ---- */

/* One pixel of the buffer for each of the monitor: cut to what is the client's. */
static bool part_clip(struct cover_part *part, const struct rect *area)
{
	struct rect dst = part->dst;

	dst.x = MAX(part->dst.x, area->x);
	dst.y = MAX(part->dst.y, area->y);
	dst.w = MIN(part->dst.x + part->dst.w, area->x + area->w) - dst.x;
	dst.h = MIN(part->dst.y + part->dst.h, area->y + area->h) - dst.y;
	if (rect_empty(&dst)) {
		return false;
	}
	part->src.x += dst.x - part->dst.x;
	part->src.y += dst.y - part->dst.y;
	part->src.w = dst.w;
	part->src.h = dst.h;
	part->dst = dst;
	return true;
}

/* From pixels of the buffer, of which one is one of the monitor's. */
static struct rect damage_at(const struct rect *damage, int x, int y)
{
	return (struct rect){damage->x + x, damage->y + y, damage->w, damage->h};
}

static void child_add(struct cover *cover, struct subsurface *child, const struct rect *area,
		      int scale)
{
	struct cover_part *part = &cover->parts[cover->n_parts];
	struct buffer *buffer = child->buffer;

	if (!buffer || child->is_below || cover->n_parts == COVER_PARTS) {
		return;
	}
	*part = (struct cover_part){
		.buffer = buffer,
		.src = {0, 0, buffer->width, buffer->height},
		.dst = {area->x + child->x * scale, area->y + child->y * scale, buffer->width,
			buffer->height},
	};
	part->damage = damage_at(&child->damage, part->dst.x, part->dst.y);
	child->damage = (struct rect){0};
	if (part_clip(part, area)) {
		cover->n_parts++;
	}
}

static void ground_add(struct cover *cover, struct lock_surface *surface, const struct rect *area)
{
	struct cover_part *part = &cover->parts[cover->n_parts++];
	struct buffer *buffer = surface->buffer;

	*part = (struct cover_part){
		.buffer = buffer,
		.src = {0, 0, buffer->width, buffer->height},
		.dst = *area,
	};
	if (buffer->width == area->w && buffer->height == area->h) {
		part->damage = damage_at(&surface->damage, area->x, area->y);
	} else if (!rect_empty(&surface->damage)) {
		part->damage = *area;
	}
	surface->damage = (struct rect){0};
}

void lock_surface_show(struct lock_surface *surface)
{
	struct scene_output *output = lock_surface_output(surface);
	struct cover cover = {0};
	struct subsurface *child;
	struct rect area;

	if (!output || surface->lock->stage == SESSION_LOCK_OVER) {
		return;
	}
	area = scene_output_cover_area(output);
	if (surface->surface && surface->buffer && !rect_empty(&area)) {
		ground_add(&cover, surface, &area);
		list_for_each(child, &surface->surface->children, link) {
			child_add(&cover, child, &area, output_surface_scale(output));
		}
	}
	scene_output_set_cover(output, cover.n_parts ? &cover : NULL);
}

static void buffer_set(struct lock_surface *surface, struct buffer *buffer)
{
	if (buffer) {
		buffer_lock(buffer);
	}
	if (surface->buffer) {
		buffer_unlock(surface->buffer);
	}
	surface->buffer = buffer;
}

/* ---- its role ---- */

static bool fault(const struct lock_surface *surface, uint32_t code, const char *why)
{
	connection_fault(surface->resource, code, why);
	return false;
}

static bool lock_may_commit(struct surface *surface, bool attached, const struct buffer *buffer)
{
	const struct lock_surface *lock = surface->role_data;
	const struct buffer *shown = attached ? buffer : lock->buffer;

	if (!lock->has_acked) {
		return fault(lock, EXT_SESSION_LOCK_SURFACE_V1_ERROR_COMMIT_BEFORE_FIRST_ACK,
			     "committed before it acknowledged a size");
	}
	if (!shown) {
		return fault(lock, EXT_SESSION_LOCK_SURFACE_V1_ERROR_NULL_BUFFER,
			     "committed without a picture");
	}
	if (shown->width != lock->acked.width * surface->scale ||
	    shown->height != lock->acked.height * surface->scale) {
		return fault(lock, EXT_SESSION_LOCK_SURFACE_V1_ERROR_DIMENSIONS_MISMATCH,
			     "committed a picture of another size than it acknowledged");
	}
	return buffer_is_whole(surface, shown);
}

static bool lock_commit(struct surface *surface, bool attached, struct buffer *buffer,
			const struct rect *src, const pixman_region32_t *damage, uint64_t token)
{
	struct lock_surface *lock = surface->role_data;

	if (!lock_surface_output(lock)) {
		return false;
	}
	if (attached) {
		buffer_set(lock, buffer);
	}
	damage_note(&lock->damage, lock->buffer, damage);
	subsurfaces_settle(surface);
	lock_surface_show(lock);
	return true;
}

/* Its monitor falls back to the plain ground. */
static void lock_leave(struct surface *surface)
{
	struct lock_surface *lock = surface->role_data;

	if (lock->lock) {
		lock_input_surface_gone(lock->lock->local, lock);
	}
	lock->surface = NULL;
	surface->role = NULL;
	if (lock->lock) {
		lock_input_settle(lock->lock->local);
	}
	buffer_set(lock, NULL);
	lock_surface_show(lock);
}

static const struct surface_role lock_role = {
	.may_commit = lock_may_commit,
	.commit = lock_commit,
	.leave = lock_leave,
	.keeps_picture = true,
};

/* ---- requests ---- */

static const struct ext_session_lock_surface_v1_interface implementation = {
	.destroy = object_destroy,
	.ack_configure = handle_ack,
};

void lock_surface_end(struct lock_surface *surface)
{
	list_remove(&surface->link);
	surface->lock = NULL;
}

static void surface_destroyed(struct wl_resource *resource)
{
	struct lock_surface *surface = wl_resource_get_user_data(resource);

	if (surface->surface) {
		lock_leave(surface->surface);
	}
	list_remove(&surface->link);
	free(surface);
}

static bool is_taken(const struct session_lock *lock, const char *output)
{
	const struct lock_surface *surface;

	list_for_each(surface, &lock->surfaces, link) {
		if (strcmp(surface->output, output) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_content(const struct surface *surface)
{
	return surface->buffer.resource || surface->pending.attached;
}

/* False: refused, and the client told. */
static bool request_check(const struct session_lock *lock, struct wl_resource *lock_resource,
			  const struct surface *surface, const char *output)
{
	if (!surface || surface->role) {
		connection_fault(lock_resource, EXT_SESSION_LOCK_V1_ERROR_ROLE,
				 "locked with a surface that has a role");
	} else if (has_content(surface)) {
		connection_fault(lock_resource, EXT_SESSION_LOCK_V1_ERROR_ALREADY_CONSTRUCTED,
				 "locked with a surface that has a picture");
	} else if (output && is_taken(lock, output)) {
		connection_fault(lock_resource, EXT_SESSION_LOCK_V1_ERROR_DUPLICATE_OUTPUT,
				 "made a second surface for a monitor");
	} else {
		return true;
	}
	return false;
}

void lock_surface_request(struct session_lock *lock, struct wl_resource *lock_resource, uint32_t id,
			  struct wl_resource *surface_resource, struct wl_resource *output_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	const struct scene_output *output = output_of_resource(output_resource);
	struct wl_client *client = wl_resource_get_client(lock_resource);
	struct lock_surface *made;

	if (!request_check(lock, lock_resource, surface, output ? output->name : NULL)) {
		return;
	}
	made = calloc(1, sizeof(*made));
	if (!made) {
		wl_client_post_no_memory(client);
		return;
	}
	made->resource = object_create(client, &ext_session_lock_surface_v1_interface,
				       wl_resource_get_version(lock_resource), id, &implementation,
				       made, surface_destroyed);
	if (!made->resource) {
		free(made);
		return;
	}
	made->lock = lock;
	made->surface = surface;
	surface->role = &lock_role;
	surface->role_data = made;
	list_append(&lock->surfaces, &made->link);
	if (output) {
		memcpy(made->output, output->name, sizeof(made->output));
		lock_surface_configure(made);
		lock_input_settle(lock->local);
	}
}
