/* SPDX-License-Identifier: MIT */
/* The broker as a client of the display server, which is played here: guests, connections, maps, and its absence. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
	int be_alloc; /* code; -1: not told */
	char reason[96];
	uint32_t granted, kept, grant_failed, grant_ended; /* serials */
	int refs, memory;                                  /* of granted and kept */
	uint32_t width, height;                            /* of kept */
	uint32_t map_pages, export_code;                   /* of the host */
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

static void guest_be_alloc(struct wl_client *client, struct wl_resource *resource, uint32_t code,
			   const char *reason)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	desk->be_alloc = (int)code;
	snprintf(desk->reason, sizeof(desk->reason), "%s", reason);
}

static void guest_kept(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
		       int32_t memory, int32_t refs, uint32_t width, uint32_t height)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	close_fd(&desk->refs);
	close_fd(&desk->memory);
	desk->refs = refs;
	desk->memory = memory;
	desk->width = width;
	desk->height = height;
	desk->kept = serial;
}

static void guest_granted(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
			  int32_t refs)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	close_fd(&desk->refs);
	desk->refs = refs;
	desk->granted = serial;
}

static void guest_grant_failed(struct wl_client *client, struct wl_resource *resource,
			       uint32_t serial, uint32_t code)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	desk->grant_failed = serial;
	desk->code = code;
}

static void guest_grant_ended(struct wl_client *client, struct wl_resource *resource,
			      uint32_t serial)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	desk->grant_ended = serial;
}

static const struct vitrine_broker_guest_v1_interface guest_implementation = {
	.be_alloc = guest_be_alloc,
	.kept = guest_kept,
	.granted = guest_granted,
	.grant_failed = guest_grant_failed,
	.grant_ended = guest_grant_ended,
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

static void broker_host(struct wl_client *client, struct wl_resource *resource, uint32_t map_pages,
			uint32_t export_code, const char *reason)
{
	struct desk *desk = wl_resource_get_user_data(resource);

	assert_int_equal(desk->added, 0);
	desk->map_pages = map_pages;
	desk->export_code = export_code;
	snprintf(desk->reason, sizeof(desk->reason), "%s", reason);
}

static const struct vitrine_broker_v1_interface broker_implementation = {
	.destroy = broker_destroy,
	.host = broker_host,
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
	desk->be_alloc = -1;
	desk->refs = -1;
	desk->memory = -1;
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
	close_fd(&desk->refs);
	close_fd(&desk->memory);
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
	/* The loopback gives no dma-bufs of guests' pages, and counts no maps. */
	assert_int_equal(desk.map_pages, 0);
	assert_int_equal(desk.export_code, EOPNOTSUPP);
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

/* ---- memory of ours (be-alloc) ---- */

#define PIXELS 2048u /* a row, 2 pages */

static int make_memory(void)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PIXELS * 4), 0);
	return fd;
}

static void send_grant(struct desk *desk, uint32_t serial, int fd)
{
	vitrine_broker_guest_v1_send_grant(desk->guest, serial, fd, PIXELS, 1);
	wl_display_flush_clients(desk->display);
}

/* Whether the guest can map what refs names; writes text there. */
static bool guest_draws(const struct world *world, int refs, const char *text)
{
	struct xen_prepared prepared;
	struct xen_map map;
	uint32_t list[2];
	bool mapped;

	assert_int_equal(memfd_read_sealed(refs, list, sizeof(list)), 0);
	assert_int_equal(xen_map_prepare(world->guest, 0, list, 2, true, &prepared), 0);
	assert_int_equal(xen_map_init(&map, prepared.fd, prepared.segments, prepared.n_segments, 2,
				      true),
			 0);
	mapped = xen_map_step(&map) == 0;
	if (mapped) {
		strcpy((char *)map.addr + XEN_PAGE_SIZE, text);
	}
	xen_map_finish(&map);
	return mapped;
}

static void check_drawn(int memory, const char *text)
{
	char found[32];

	assert_int_equal(pread(memory, found, sizeof(found), XEN_PAGE_SIZE), sizeof(found));
	assert_string_equal(found, text);
}

static void memory_is_granted_until_it_is_ended(void **state)
{
	struct world *world = *state;
	int memory = make_memory();
	struct desk desk;

	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	assert_int_equal(desk.be_alloc, 0);
	assert_string_equal(desk.reason, "");
	send_grant(&desk, 3, memory);
	serve_until(&desk, &desk.granted, 3);
	assert_true(guest_draws(world, desk.refs, "by the guest"));
	check_drawn(memory, "by the guest");
	assert_string_equal(stat_value(world, "guest.work.pages_granted"), "2");
	/* The same number again, and a size that it has not. */
	send_grant(&desk, 3, memory);
	serve_until(&desk, &desk.grant_failed, 3);
	assert_int_equal(desk.code, EEXIST);
	vitrine_broker_guest_v1_send_grant(desk.guest, 4, memory, PIXELS, 2);
	wl_display_flush_clients(desk.display);
	serve_until(&desk, &desk.grant_failed, 4);
	/* 2^62 + 1296 pixels: their bytes wrap around to those of this memory. */
	vitrine_broker_guest_v1_send_grant(desk.guest, 5, memory, 0x80060024u, 0x7ffa0024u);
	wl_display_flush_clients(desk.display);
	serve_until(&desk, &desk.grant_failed, 5);
	assert_int_equal(desk.code, EINVAL);
	vitrine_broker_guest_v1_send_end_grant(desk.guest, 3);
	wl_display_flush_clients(desk.display);
	serve_until(&desk, &desk.grant_ended, 3);
	assert_false(guest_draws(world, desk.refs, "too late"));
	assert_string_equal(stat_value(world, "guest.work.pages_granted"), "0");
	close(memory);
	desk_close(&desk);
}

/* The server goes, the guest draws on; the next server gets the memory, while nobody else holds it. */
static void memory_outlives_the_server(void **state)
{
	struct world *world = *state;
	int memory = make_memory();
	struct desk desk;
	int refs;

	desk_open(&desk, world);
	broker_start(world);
	make_guest(world);
	serve_until(&desk, &desk.connected, 1);
	send_grant(&desk, 9, memory);
	close(memory);
	serve_until(&desk, &desk.granted, 9);
	refs = desk.refs;
	desk.refs = -1;
	desk_close(&desk);
	wait_log(world, "the display server is gone");
	assert_true(guest_draws(world, refs, "alone"));
	desk_open(&desk, world);
	serve_until(&desk, &desk.connected, 1);
	assert_int_equal(desk.kept, 9);
	assert_int_equal(desk.width, PIXELS);
	assert_int_equal(desk.height, 1);
	check_drawn(desk.memory, "alone");
	assert_true(guest_draws(world, desk.refs, "for the next one"));
	check_drawn(desk.memory, "for the next one");
	/* The guest's end is its grants' end, before the server hears of it. */
	put(world, DISPLAY_BE, "online", "0");
	put(world, DISPLAY_BE, "state", "5");
	wait_store(world, DISPLAY_BE "/state", "6");
	assert_int_equal(xen_store_remove(world->toolstack, "/local/domain/0/backend/vdispl/5"), 0);
	serve_until(&desk, &desk.removed, 1);
	assert_false(guest_draws(world, refs, "gone"));
	close(refs);
	desk_close(&desk);
}

/* Its frontend reads be-alloc when the backend waits for it: by then it says what is possible. */
static void a_pv_guest_is_told_to_use_its_own_memory(void **state)
{
	static const char *const sizes[] = {"1024x768", NULL};
	struct world *world = *state;
	int memory = make_memory();
	struct desk desk;

	desk_open(&desk, world);
	broker_start(world);
	make_domain(world, "work");
	put(world, "/libxl/5", "type", "pv");
	put(world, DISPLAY_FE, "be-alloc", "1");
	make_display(world, sizes);
	wait_store(world, DISPLAY_BE "/state", "2");
	assert_string_equal(store_value(world, DISPLAY_FE "/be-alloc"), "0");
	wait_log(world, "be-alloc=1 is not possible: a PV guest can't map memory of the host");
	serve_until(&desk, &desk.connected, 1);
	assert_int_equal(desk.be_alloc, EOPNOTSUPP);
	assert_non_null(strstr(desk.reason, "PV guest"));
	send_grant(&desk, 1, memory);
	serve_until(&desk, &desk.grant_failed, 1);
	assert_int_equal(desk.code, EOPNOTSUPP);
	close(memory);
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
		BROKER_TEST(memory_is_granted_until_it_is_ended),
		BROKER_TEST(memory_outlives_the_server),
		BROKER_TEST(a_pv_guest_is_told_to_use_its_own_memory),
		BROKER_TEST(bad_map_requests_are_answered),
		BROKER_TEST(a_guest_has_only_so_much_mapped_in_a_second),
	};

	if (argc > 0 && strncmp(argv[0], "vitrine-pv@", 11) == 0) {
		return fake_worker();
	}
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
