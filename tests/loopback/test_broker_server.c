/* SPDX-License-Identifier: MIT */
/* The broker as a client of the display server, which is played here: guests, connections, maps, and its absence. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <wayland-server.h>

#include "tests/loopback/broker_world.h"
#include "vitrine-broker-v1-server-protocol.h"
#include "xen/map.h"

#define PATIENCE_MS 10000

/* What the server has seen. */
struct desk {
	struct wl_display *display;
	struct wl_global *global;
	struct wl_resource *guest; /* the newest */
	char name[64];
	unsigned added, removed, connected;
	int connection;
	uint64_t connected_ns;
	uint32_t mapped, failed; /* serials */
	uint32_t code;
	struct xen_map map;
};

static void guest_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void guest_connect(struct wl_client *client, struct wl_resource *resource, int32_t fd)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	close_fd(&desk->connection);
	desk->connection = fd;
	desk->connected_ns = now_ns();
	desk->connected++;
}

static void guest_mapped(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			 int32_t fd, struct wl_array *segments)
{
	struct desk *desk = wl_resource_get_user_data(resource);
	uint32_t n = (uint32_t)(segments->size / sizeof(struct xen_segment));

	assert_int_equal(xen_map_init(&desk->map, fd, segments->data, n, 2, false), 0);
	desk->mapped = serial;
}

static void guest_map_failed(struct wl_client *client, struct wl_resource *resource,
			     uint32_t serial, uint32_t code)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	desk->failed = serial;
	desk->code = code;
}

static const struct vitrine_broker_guest_v1_interface guest_implementation = {
	.destroy = guest_destroy_request,
	.connect = guest_connect,
	.mapped = guest_mapped,
	.map_failed = guest_map_failed,
};

static void guest_gone(struct wl_resource *resource)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	desk->removed++;
	desk->guest = desk->guest == resource ? NULL : desk->guest;
}

static void broker_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void broker_add_guest(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			     const char *name)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	desk->guest = wl_resource_create(client, &vitrine_broker_guest_v1_interface, 1, id);
	wl_resource_set_implementation(desk->guest, &guest_implementation, desk, guest_gone);
	strncpy(desk->name, name, sizeof(desk->name) - 1);
	desk->added++;
}

static const struct vitrine_broker_v1_interface broker_implementation = {
	.destroy = broker_destroy,
	.add_guest = broker_add_guest,
};

static void bind_broker(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(client, &vitrine_broker_v1_interface, 1,
							  id);

	wl_resource_set_implementation(resource, &broker_implementation, data, NULL);
}

static void desk_open(struct desk *desk, const struct world *world)
{
	char *path = xasprintf("%s/broker.sock", world->dir);

	memset(desk, 0, sizeof(*desk));
	desk->connection = -1;
	desk->map.fd = -1;
	desk->display = wl_display_create();
	desk->global = wl_global_create(desk->display, &vitrine_broker_v1_interface, 1, desk,
					bind_broker);
	assert_int_equal(wl_display_add_socket(desk->display, path), 0);
	free(path);
}

static void desk_close(struct desk *desk)
{
	wl_display_destroy_clients(desk->display);
	wl_display_destroy(desk->display);
	xen_map_finish(&desk->map);
	close_fd(&desk->connection);
}

/* Serves until *counter has reached n. */
static void serve_until(struct desk *desk, const unsigned *counter, unsigned n)
{
	struct wl_event_loop *loop = wl_display_get_event_loop(desk->display);
	uint64_t end = now_ns() + PATIENCE_MS * NSEC_PER_MSEC;

	while (*counter < n) {
		assert_true(now_ns() < end);
		wl_event_loop_dispatch(loop, PATIENCE_MS);
		wl_display_flush_clients(desk->display);
	}
}

static void make_guest(struct world *world)
{
	static const char *const sizes[] = {"1024x768", "800x600", NULL};

	make_domain(world, "work");
	make_display(world, sizes);
	wait_store(world, DISPLAY_BE "/state", "2");
}

static void drop(struct desk *desk)
{
	close_fd(&desk->connection);
	vitrine_broker_guest_v1_send_disconnected(desk->guest, "tested");
	wl_display_flush_clients(desk->display);
}

static void guests_are_told_and_taken_back(void **state)
{
	struct world *world = *state;
	struct desk desk;

	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	assert_string_equal(desk.name, "work");
	wait_log(world, "worker: server connected");
	put(world, DISPLAY_BE, "online", "0");
	put(world, DISPLAY_BE, "state", "5");
	wait_store(world, DISPLAY_BE "/state", "6");
	assert_int_equal(xen_store_remove(world->toolstack, "/local/domain/0/backend/vdispl/5"), 0);
	serve_until(&desk, &desk.removed, 1);
	desk_close(&desk);
}

static void guests_do_without_a_server_until_one_comes(void **state)
{
	struct world *world = *state;
	struct desk desk;

	broker_start(world);
	make_guest(world);
	guest_publish_display(world);
	wait_store(world, DISPLAY_BE "/state", "4");
	desk_open(&desk, world);
	serve_until(&desk, &desk.connected, 1);
	wait_log(world, "worker: server connected");
	desk_close(&desk);
	wait_log(world, "the display server is gone");
	assert_string_equal(store_value(world, DISPLAY_BE "/state"), "4");
	desk_open(&desk, world);
	serve_until(&desk, &desk.connected, 1);
	assert_int_equal(desk.added, 1);
	wait_log(world, "worker: server connected");
	desk_close(&desk);
}

static void a_dropped_worker_is_connected_again_but_not_at_once(void **state)
{
	struct world *world = *state;
	struct desk desk;
	uint64_t first;

	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	first = desk.connected_ns;
	drop(&desk);
	serve_until(&desk, &desk.connected, 2);
	assert_true(desk.connected_ns - first > 900 * NSEC_PER_MSEC);
	/* Twice within seconds: the worker hangs, a new one is given the connection. */
	drop(&desk);
	serve_until(&desk, &desk.connected, 3);
	wait_log(world, "its worker is restarted");
	desk_close(&desk);
}

static int sealed_refs(const uint32_t *refs, uint32_t n)
{
	int fd = memfd_create_sealed("refs", refs, n * sizeof(*refs));

	assert_true(fd >= 0);
	return fd;
}

static void send_map(struct desk *desk, uint32_t serial, int fd, uint32_t pages)
{
	vitrine_broker_guest_v1_send_map(desk->guest, serial, fd, pages);
	wl_display_flush_clients(desk->display);
	close(fd);
}

static void maps_are_of_the_connections_own_guest(void **state)
{
	struct world *world = *state;
	struct desk desk;

	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	memcpy((char *)world->rings + 2 * XEN_PAGE_SIZE, "second", 6);
	memcpy(world->rings, "first", 5);
	send_map(&desk, 7, sealed_refs((uint32_t[]){world->refs[0], world->refs[2]}, 2), 2);
	serve_until(&desk, &desk.mapped, 7);
	while (xen_map_step(&desk.map) > 0) {
	}
	assert_int_equal(desk.map.pages_mapped, 2);
	assert_memory_equal(desk.map.addr, "first", 5);
	assert_memory_equal((char *)desk.map.addr + XEN_PAGE_SIZE, "second", 6);
	assert_string_equal(stat_value(world, "guest.work.maps_prepared"), "1");
	desk_close(&desk);
}

static void bad_map_requests_are_answered(void **state)
{
	struct world *world = *state;
	struct desk desk;
	int fds[2];

	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	/* Fewer references than pages; none; not a memfd; a reference that means none. */
	send_map(&desk, 1, sealed_refs(world->refs, 2), 3);
	serve_until(&desk, &desk.failed, 1);
	send_map(&desk, 2, sealed_refs(world->refs, 1), 0);
	serve_until(&desk, &desk.failed, 2);
	send_map(&desk, 3, sealed_refs(world->refs, 1), UINT32_MAX);
	serve_until(&desk, &desk.failed, 3);
	assert_int_equal(pipe(fds), 0);
	send_map(&desk, 4, fds[0], 1);
	close(fds[1]);
	serve_until(&desk, &desk.failed, 4);
	send_map(&desk, 5, sealed_refs((uint32_t[]){0}, 1), 1);
	serve_until(&desk, &desk.failed, 5);
	assert_int_equal(desk.mapped, 0);
	assert_true(desk.code > 0);
	desk_close(&desk);
}

/* A guest has the server map by creating buffers, and could keep the broker at it for good. */
static void a_guest_has_only_so_much_mapped_in_a_second(void **state)
{
	const uint32_t pages = XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES;
	uint32_t *refs = calloc(pages, sizeof(*refs));
	struct world *world = *state;
	struct desk desk;

	assert_non_null(refs);
	memset(refs, 0x55, pages * sizeof(*refs));
	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	/* Nobody granted these, which is noticed later than that it is too much. */
	for (uint32_t serial = 1; serial <= 3; serial++) {
		send_map(&desk, serial, sealed_refs(refs, pages), pages);
		serve_until(&desk, &desk.failed, serial);
		assert_true((desk.code == EBUSY) == (serial == 3));
	}
	assert_true(log_has(world, "pages mapped in a second: refused"));
	free(refs);
	desk_close(&desk);
}

#define BROKER_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(guests_are_told_and_taken_back),
		BROKER_TEST(guests_do_without_a_server_until_one_comes),
		BROKER_TEST(a_dropped_worker_is_connected_again_but_not_at_once),
		BROKER_TEST(maps_are_of_the_connections_own_guest),
		BROKER_TEST(bad_map_requests_are_answered),
		BROKER_TEST(a_guest_has_only_so_much_mapped_in_a_second),
	};

	if (argc > 0 && strncmp(argv[0], "vitrine-pv@", 11) == 0) {
		return fake_worker();
	}
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
