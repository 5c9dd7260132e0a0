/* SPDX-License-Identifier: MIT */
/* A display server that does nothing unless the test says so, on libwayland. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <wayland-server.h>

#include "base/fdmsg.h"
#include "base/util.h"
#include "presentation-time-server-protocol.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "tests/loopback/worker_rig.h"
#include "viewporter-server-protocol.h"
#include "vitrine-guest-v1-server-protocol.h"

static void destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static struct wl_resource *make(struct wl_client *client, const struct wl_interface *interface,
				uint32_t version, uint32_t id, const void *implementation,
				void *data)
{
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);

	wl_resource_set_implementation(resource, implementation, data, NULL);
	return resource;
}

/* ---- surfaces ---- */

static struct rig_head *head_of(struct rig *rig, struct wl_resource *surface)
{
	for (unsigned k = 0; k < 2; k++) {
		if (rig->server.heads[k].surface == surface) {
			return &rig->server.heads[k];
		}
	}
	return NULL;
}

static void on_attach(struct wl_client *client, struct wl_resource *surface,
		      struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct rig_head *head = head_of(wl_resource_get_user_data(surface), surface);

	head->attached = buffer;
}

static void on_damage(struct wl_client *client, struct wl_resource *surface, int32_t x, int32_t y,
		      int32_t w, int32_t h)
{
}

static void on_commit(struct wl_client *client, struct wl_resource *surface)
{
	struct rig_head *head = head_of(wl_resource_get_user_data(surface), surface);

	head->buffer = head->attached;
	head->n_commits++;
	if (head->pending_feedback) {
		assert_true(head->n_feedbacks < ARRAY_SIZE(head->feedbacks));
		head->feedbacks[head->n_feedbacks++] = head->pending_feedback;
		head->pending_feedback = NULL;
	}
}

static const struct wl_surface_interface surface_impl = {
	.destroy = destroy, .attach = on_attach, .damage = on_damage, .commit = on_commit};

static void on_create_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	make(client, &wl_surface_interface, 4, id, &surface_impl,
	     wl_resource_get_user_data(resource));
}

static const struct wl_compositor_interface compositor_impl = {.create_surface = on_create_surface};

static void on_set_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
			  wl_fixed_t y, wl_fixed_t w, wl_fixed_t h)
{
	struct wl_resource *surface = wl_resource_get_user_data(resource);
	struct rig_head *head = head_of(wl_resource_get_user_data(surface), surface);

	head->source_x = wl_fixed_to_int(x);
	head->source_y = wl_fixed_to_int(y);
	head->source_w = wl_fixed_to_int(w);
	head->source_h = wl_fixed_to_int(h);
}

static const struct wp_viewport_interface viewport_impl = {.destroy = destroy,
							   .set_source = on_set_source};

static void on_get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			    struct wl_resource *surface)
{
	make(client, &wp_viewport_interface, 1, id, &viewport_impl, surface);
}

static const struct wp_viewporter_interface viewporter_impl = {.destroy = destroy,
							       .get_viewport = on_get_viewport};

static void on_feedback(struct wl_client *client, struct wl_resource *resource,
			struct wl_resource *surface, uint32_t id)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	head_of(rig, surface)->pending_feedback = make(client, &wp_presentation_feedback_interface,
						       1, id, NULL, NULL);
}

static const struct wp_presentation_interface presentation_impl = {.destroy = destroy,
								   .feedback = on_feedback};

/* ---- pools ---- */

static const struct wl_buffer_interface buffer_impl = {.destroy = destroy};

static void on_buffer_gone(struct wl_resource *resource)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	for (unsigned k = 0; k < 2; k++) {
		struct rig_head *head = &rig->server.heads[k];

		head->buffer = head->buffer == resource ? NULL : head->buffer;
		head->attached = head->attached == resource ? NULL : head->attached;
	}
}

static void on_create_buffer(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			     uint32_t offset, uint32_t width, uint32_t height, uint32_t stride,
			     uint32_t format)
{
	struct rig *rig = wl_resource_get_user_data(resource);
	struct wl_resource *buffer = make(client, &wl_buffer_interface, 1, id, &buffer_impl, rig);

	wl_resource_set_destructor(buffer, on_buffer_gone);
	rig->server.buffer_offset = offset;
	rig->server.buffer_width = width;
	rig->server.buffer_height = height;
	rig->server.buffer_stride = stride;
	rig->server.buffer_format = format;
}

static struct rig_pool *pool_of(struct rig *rig, struct wl_resource *resource)
{
	for (unsigned i = 0; i < rig->server.n_pools; i++) {
		if (rig->server.pools[i].resource == resource) {
			return &rig->server.pools[i];
		}
	}
	return NULL;
}

static void on_pool_release(struct wl_client *client, struct wl_resource *resource)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	pool_of(rig, resource)->is_released = true;
	if (!rig->server.is_slow) {
		vitrine_grant_pool_v1_send_unmapped(resource);
	}
}

static const struct vitrine_grant_pool_v1_interface pool_impl = {.destroy = destroy,
								 .release = on_pool_release,
								 .create_buffer = on_create_buffer};

static void on_pool_gone(struct wl_resource *resource)
{
	pool_of(wl_resource_get_user_data(resource), resource)->resource = NULL;
}

static struct rig_pool *pool_add(struct rig *rig, struct wl_client *client, uint32_t id,
				 uint32_t pages)
{
	struct rig_pool *pool = &rig->server.pools[rig->server.n_pools++];

	assert_true(rig->server.n_pools <= RIG_MAX_POOLS);
	pool->resource = make(client, &vitrine_grant_pool_v1_interface, 1, id, &pool_impl, rig);
	wl_resource_set_destructor(pool->resource, on_pool_gone);
	pool->pages = pages;
	return pool;
}

static void on_create_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			   int32_t refs, uint32_t pages)
{
	struct rig *rig = wl_resource_get_user_data(resource);
	struct rig_pool *pool = pool_add(rig, client, id, pages);

	assert_true(pages <= RIG_PAGES);
	assert_int_equal(memfd_read_sealed(refs, pool->refs, pages * 4), 0);
	close(refs);
	if (rig->server.fails) {
		vitrine_grant_pool_v1_send_failed(pool->resource, rig->server.fails);
	} else if (!rig->server.is_slow) {
		vitrine_grant_pool_v1_send_ready(pool->resource);
	}
}

void rig_pool_granted(struct rig *rig, unsigned i)
{
	struct rig_pool *pool = &rig->server.pools[i];
	uint32_t *refs = calloc(pool->pages, sizeof(*refs));
	int fd;

	assert_non_null(refs);
	for (uint32_t k = 0; k < pool->pages; k++) {
		refs[k] = RIG_FIRST_REF(i) + k;
	}
	fd = memfd_create_sealed("refs", refs, pool->pages * sizeof(*refs));
	assert_true(fd >= 0);
	free(refs);
	vitrine_grant_pool_v1_send_granted(pool->resource, fd);
	close(fd);
	vitrine_grant_pool_v1_send_ready(pool->resource);
}

static void on_allocate_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			     uint32_t width, uint32_t height, uint32_t pages)
{
	struct rig *rig = wl_resource_get_user_data(resource);
	struct rig_pool *pool = pool_add(rig, client, id, pages);

	pool->width = width;
	pool->height = height;
	if (rig->server.fails) {
		vitrine_grant_pool_v1_send_failed(pool->resource, rig->server.fails);
	} else if (!rig->server.is_slow) {
		rig_pool_granted(rig, rig->server.n_pools - 1);
	}
}

static void on_restore_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			    uint32_t first_ref, uint32_t pages)
{
	struct rig *rig = wl_resource_get_user_data(resource);
	struct rig_pool *pool = pool_add(rig, client, id, pages);

	pool->refs[0] = first_ref;
	pool->is_restored = true;
	if (rig->server.restores_fail) {
		vitrine_grant_pool_v1_send_failed(pool->resource, rig->server.restores_fail);
	} else {
		vitrine_grant_pool_v1_send_ready(pool->resource);
	}
}

void rig_pool_ready(struct rig *rig, unsigned i)
{
	vitrine_grant_pool_v1_send_ready(rig->server.pools[i].resource);
}

void rig_pool_unmapped(struct rig *rig, unsigned i)
{
	vitrine_grant_pool_v1_send_unmapped(rig->server.pools[i].resource);
}

/* ---- heads ---- */

static const struct vitrine_head_v1_interface head_impl = {.destroy = destroy};

static void on_create_head(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			   struct wl_resource *surface, uint32_t index, uint32_t width,
			   uint32_t height)
{
	struct rig *rig = wl_resource_get_user_data(resource);
	struct rig_head *head = &rig->server.heads[index];

	assert_true(index < 2 && width == RIG_WIDTH && height == RIG_HEIGHT);
	memset(head, 0, sizeof(*head));
	head->surface = surface;
	head->resource = make(client, &vitrine_head_v1_interface, 1, id, &head_impl, rig);
}

static void on_acknowledge(struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	rig->server.acknowledged = serial;
}

static void on_acknowledge_at(struct wl_client *client, struct wl_resource *resource,
			      uint32_t serial, uint32_t ns_high, uint32_t ns_low)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	rig->server.acknowledged = serial;
	rig->server.notified_ns = (uint64_t)ns_high << 32 | ns_low;
	rig->server.commits_before = rig->server.heads[0].n_commits;
}

static const struct vitrine_external_v1_interface external_impl = {.destroy = destroy};

static void on_create_external(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			       struct wl_resource *surface)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	assert_null(rig->server.external);
	rig->server.external_surface = surface;
	rig->server.external = make(client, &vitrine_external_v1_interface, 1, id, &external_impl,
				    rig);
}

static void on_set_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t kinds)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	rig->server.pointer_kinds = kinds;
	rig->server.n_set_pointer++;
}

static const struct vitrine_guest_v1_interface guest_impl = {
	.destroy = destroy,
	.create_head = on_create_head,
	.create_grant_pool = on_create_pool,
	.allocate_pool = on_allocate_pool,
	.restore_pool = on_restore_pool,
	.acknowledge_input = on_acknowledge,
	.acknowledge_input_at = on_acknowledge_at,
	.set_pointer = on_set_pointer,
	.create_external = on_create_external,
};

/* ---- the seat ---- */

static const struct wl_keyboard_interface keyboard_impl = {.release = destroy};
static const struct wl_pointer_interface pointer_impl = {.release = destroy};
static const struct wl_touch_interface touch_impl = {.release = destroy};

static void on_get_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	rig->server.keyboard = make(client, &wl_keyboard_interface, 8, id, &keyboard_impl, rig);
}

static void on_get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	rig->server.pointer = make(client, &wl_pointer_interface, 8, id, &pointer_impl, rig);
}

static void on_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct rig *rig = wl_resource_get_user_data(resource);

	rig->server.touch = make(client, &wl_touch_interface, 8, id, &touch_impl, rig);
}

static const struct wl_seat_interface seat_impl = {.get_pointer = on_get_pointer,
						   .get_keyboard = on_get_keyboard,
						   .get_touch = on_get_touch};

/* ---- globals ---- */

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	make(client, &wl_compositor_interface, version, id, &compositor_impl, data);
}

static void bind_viewporter(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	make(client, &wp_viewporter_interface, version, id, &viewporter_impl, data);
}

static void bind_presentation(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	make(client, &wp_presentation_interface, version, id, &presentation_impl, data);
}

static void bind_guest(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct rig *rig = data;

	rig->server.guest = make(client, &vitrine_guest_v1_interface, version, id, &guest_impl,
				 data);
	vitrine_guest_v1_send_limits(rig->server.guest, 4, 4, 12, 1200);
}

static void bind_seat(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *seat = make(client, &wl_seat_interface, version, id, &seat_impl, data);

	wl_seat_send_capabilities(seat, WL_SEAT_CAPABILITY_POINTER | WL_SEAT_CAPABILITY_KEYBOARD |
						WL_SEAT_CAPABILITY_TOUCH);
}

void rig_server_start(struct rig *rig)
{
	struct worker_header message = {.type = WORKER_SERVER};
	struct rig_server *server = &rig->server;
	int fds[2];

	memset(server, 0, sizeof(*server));
	server->guest_version = rig->is_old ? 1 : 2;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	server->display = wl_display_create();
	wl_display_init_shm(server->display);
	wl_global_create(server->display, &wl_compositor_interface, 4, rig, bind_compositor);
	wl_global_create(server->display, &wp_viewporter_interface, 1, rig, bind_viewporter);
	wl_global_create(server->display, &wp_presentation_interface, 1, rig, bind_presentation);
	wl_global_create(server->display, &vitrine_guest_v1_interface, server->guest_version, rig,
			 bind_guest);
	wl_global_create(server->display, &wl_seat_interface, 8, rig, bind_seat);
	server->client = wl_client_create(server->display, fds[0]);
	assert_int_equal(fdmsg_send(rig->broker, &message, sizeof(message), &fds[1], 1), 0);
	close(fds[1]);
}

void rig_server_stop(struct rig *rig)
{
	if (rig->server.display) {
		wl_display_destroy_clients(rig->server.display);
		wl_display_destroy(rig->server.display);
	}
	memset(&rig->server, 0, sizeof(rig->server));
}

void rig_server_turn(struct rig *rig)
{
	if (rig->server.display) {
		wl_event_loop_dispatch(wl_display_get_event_loop(rig->server.display), 0);
		wl_display_flush_clients(rig->server.display);
	}
}

void rig_visible(struct rig *rig, unsigned k, bool visible, uint32_t pace_ms)
{
	vitrine_head_v1_send_visibility(rig->server.heads[k].resource, visible, pace_ms);
}

void rig_present(struct rig *rig, unsigned k)
{
	struct rig_head *head = &rig->server.heads[k];

	assert_true(head->n_feedbacks > 0);
	wp_presentation_feedback_send_presented(head->feedbacks[0], 0, 0, 0, 0, 0, 0, 0);
	wl_resource_destroy(head->feedbacks[0]);
	head->n_feedbacks--;
	for (unsigned i = 0; i < head->n_feedbacks; i++) {
		head->feedbacks[i] = head->feedbacks[i + 1];
	}
	wl_display_flush_clients(rig->server.display);
}
