/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/head.h"

#include <errno.h>
#include <stdlib.h>

#include "base/trace.h"
#include "compositor/wayland/buffer_parse.h"
#include "compositor/wayland/edid.h"
#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-guest-v1-server-protocol.h"

/* What a head is told that has no place yet. */
#define DEFAULT_REFRESH_MHZ 60000

static void send_mode(struct head *head, unsigned width, unsigned height, unsigned refresh_mhz)
{
	uint8_t edid[EDID_SIZE];
	struct wl_array array = {.size = EDID_SIZE, .alloc = EDID_SIZE, .data = edid};

	if (head->told && head->width == width && head->height == height &&
	    head->refresh_mhz == refresh_mhz) {
		return;
	}
	head->width = width;
	head->height = height;
	head->refresh_mhz = refresh_mhz;
	vitrine_head_v1_send_mode(head->resource, width, height, refresh_mhz);
	edid_build(edid, width, height, refresh_mhz, head->scene->guest->mark.name);
	vitrine_head_v1_send_edid(head->resource, &array);
}

/* A hidden head's worker acknowledges its flips at the pace that the guest's settings give. */
static void send_visibility(struct head *head, bool visible)
{
	const struct scene_guest *guest = head->scene->guest;
	const struct settings *settings = head->connection->wayland->server->settings;
	unsigned pace_ms = visible ? 0 : 1000 / settings_guest(settings, guest->mark.name)->pace_hz;

	if (!head->told || head->visible != visible || head->pace_ms != pace_ms) {
		head->visible = visible;
		head->pace_ms = pace_ms;
		vitrine_head_v1_send_visibility(head->resource, visible, pace_ms);
	}
}

void head_settings_changed(struct head *head)
{
	if (head->scene && head->resource && head->told) {
		send_visibility(head, head->visible);
	}
}

void head_placed(struct head *head)
{
	const struct scene_head *scene = head->scene;
	int width = scene ? scene->width : 0, height = scene ? scene->height : 0;

	/* Its place may be told from inside scene_head_add, before the request is done. */
	if (!scene || !head->resource) {
		return;
	}
	if (scene->visible && scene_head_room(scene, &width, &height)) {
		send_mode(head, (unsigned)width, (unsigned)height,
			  (unsigned)scene->output->refresh_mhz);
	} else if (!head->told) {
		/* No place yet, or one that asks for no mode of its own. */
		send_mode(head, (unsigned)width, (unsigned)height, DEFAULT_REFRESH_MHZ);
	}
	send_visibility(head, scene->visible);
	head->told = true;
}

/* Nothing of the seat names it any longer, and the guest has been told so. */
static void seat_leave(struct wayland *wayland, struct guest *guest, struct scene_head *scene)
{
	input_head_removed(wayland->server->input, scene);
	if (guest->connection) {
		guest_input_forget_head(&guest->connection->seat.input, (struct seat_head *)scene);
		guest_input_frame(&guest->connection->seat.input, clock_now(wayland->server->clock));
	}
}

static void scene_end(struct guest *guest, struct scene_head *scene)
{
	struct head *head = scene->data;

	seat_leave(guest->wayland, guest, scene);
	scene_head_remove(scene);
	if (head) {
		head->scene = NULL;
		if (head->surface) {
			surface_discard_all(head->surface);
		}
	}
}

void heads_orphan(struct connection *connection)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		struct head *head = connection->heads[i];

		if (head && head->scene) {
			input_head_removed(connection->wayland->server->input, head->scene);
			head->scene->data = NULL;
			head->scene = NULL;
		}
	}
}

void heads_end_orphans(struct guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		struct scene_head *scene = guest->scene->heads[i];

		if (scene && !scene->data && guest->connection) {
			scene_end(guest, scene);
		}
	}
}

void heads_end_all(struct guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->scene->heads[i]) {
			scene_end(guest, guest->scene->heads[i]);
		}
	}
}

static const struct vitrine_head_v1_interface implementation = {
	.destroy = object_destroy,
};

static void head_destroyed(struct wl_resource *resource)
{
	struct head *head = wl_resource_get_user_data(resource);

	head->resource = NULL;
	if (head->scene) {
		scene_end(head->connection->guest, head->scene);
	}
	if (head->surface) {
		head->surface->role = NULL;
	}
	head->connection->heads[head->index] = NULL;
	free(head);
}

/* ---- its surface ---- */

static bool head_commit(struct surface *surface, bool attached, struct buffer *buffer,
			const struct rect *src, const pixman_region32_t *damage, uint64_t token)
{
	const struct head *head = surface->role_data;
	struct server *server = surface->connection->wayland->server;
	struct head_commit commit = {
		.buffer = buffer,
		.src = *src,
		.damage = damage,
		.token = token,
		.time_ns = clock_now(server->clock),
	};

	if (!head->scene) {
		return false;
	}
	trace_add(server->trace, TRACE_COMMIT,
		  trace_track(server->trace, "guest", head->scene->guest->mark.name),
		  commit.time_ns, 0, head->index);
	scene_head_commit(head->scene, &commit);
	return true;
}

/*
 * A head whose surface goes shows no picture any more, unless its whole worker went: then the last
 * one stays.
 */
static void head_leave_surface(struct surface *surface)
{
	struct head *head = surface->role_data;

	head->surface = NULL;
	surface->role = NULL;
	if (head->scene) {
		scene_head_commit(head->scene, &(struct head_commit){0});
	}
}

static const struct surface_role head_role = {
	.commit = head_commit,
	.leave = head_leave_surface,
};

/* ---- requests ---- */

static const char *head_objection(const struct connection *connection,
				  const struct surface *surface, uint32_t untrusted_index,
				  uint32_t untrusted_width, uint32_t untrusted_height)
{
	if (untrusted_index >= LIMIT_HEADS || connection->heads[untrusted_index]) {
		return "made a head of an index that is taken or out of range";
	}
	if (!surface || surface->role) {
		return "made a head of a surface that is one already";
	}
	if (untrusted_width < 1 || untrusted_width > BUFFER_MAX_SIDE || untrusted_height < 1 ||
	    untrusted_height > BUFFER_MAX_SIDE) {
		return "made a head of no possible size";
	}
	return NULL;
}

/* Of the guest, not of its worker: a new worker begins with what the one before left. */
static bool rate_take(struct guest *guest, uint64_t now_ns)
{
	const uint64_t each_ns = NSEC_PER_SEC / LIMIT_HEADS_PER_SECOND;
	uint64_t more = (now_ns - guest->heads_at_ns) / each_ns;

	guest->heads_left = (unsigned)MIN(guest->heads_left + more, LIMIT_HEAD_BURST);
	guest->heads_at_ns += more * each_ns;
	if (guest->heads_left == 0) {
		return false;
	}
	guest->heads_left--;
	return true;
}

/*
 * The scene's head of this index: the one that a worker before left, or a new one. NULL and errno.
 */
static struct scene_head *scene_take(struct guest *guest, struct head *head, int width, int height)
{
	struct scene_head *scene = guest->scene->heads[head->index];

	if (!scene) {
		return scene_head_add(guest->scene, head->index, width, height, head);
	}
	scene->data = head;
	return scene;
}

void head_request(struct wl_client *client, struct wl_resource *root, uint32_t id,
		  struct wl_resource *surface_resource, uint32_t untrusted_index,
		  uint32_t untrusted_width, uint32_t untrusted_height)
{
	struct connection *connection = connection_of(root);
	struct surface *surface = surface_from_resource(surface_resource);
	const char *objection;
	struct head *head;

	if (!connection || !connection->guest) {
		return;
	}
	objection = head_objection(connection, surface, untrusted_index, untrusted_width,
				   untrusted_height);
	if (objection) {
		connection_fault(root, VITRINE_GUEST_V1_ERROR_INVALID_HEAD, objection);
		return;
	}
	if (!rate_take(connection->guest, clock_now(connection->wayland->server->clock))) {
		connection_fault(root, VITRINE_GUEST_V1_ERROR_TOO_MANY,
				 "makes heads faster than anybody could look at them");
		return;
	}
	head = calloc(1, sizeof(*head));
	if (!head) {
		wl_client_post_no_memory(client);
		return;
	}
	head->connection = connection;
	head->index = untrusted_index;
	head->scene = scene_take(connection->guest, head, (int)untrusted_width,
				 (int)untrusted_height);
	if (!head->scene) {
		free(head);
		wl_client_post_no_memory(client);
		return;
	}
	head->surface = surface;
	surface->role = &head_role;
	surface->role_data = head;
	connection->heads[head->index] = head;
	head->resource = object_create(client, &vitrine_head_v1_interface,
				       wl_resource_get_version(root), id, &implementation, head,
				       head_destroyed);
	if (!head->resource) {
		/* The client ends; what it would have shown is an orphan like any other. */
		surface->role = NULL;
		connection->heads[head->index] = NULL;
		head->scene->data = NULL;
		free(head);
		return;
	}
	head_placed(head);
	input_head_placed(connection->wayland->server->input, head->scene);
}
