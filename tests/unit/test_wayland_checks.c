/* SPDX-License-Identifier: MIT */
/*
 * Each rule for workers, broken alone: the worker is disconnected for that reason, the one beside it
 * is not. Rules for the broker likewise.
 */
#include "tests/wayland_world.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "compositor/wayland/surface.h"

#define MAX_OWNED 512

struct fixture {
	struct world *world;
	struct broker broker;
	struct guest_peer a, b;
	struct wl_proxy *owned[MAX_OWNED]; /* what the client has of its objects */
	unsigned n_owned;
};

static void *own(struct fixture *f, void *proxy)
{
	assert_true(f->n_owned < MAX_OWNED);
	f->owned[f->n_owned++] = proxy;
	return proxy;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	setenv("WAYLAND_DEBUG", "1", 1);
	f->world = world_create();
	broker_connect(f->world, &f->broker);
	guest_announce(f->world, &f->broker, &f->a, "alpha");
	guest_announce(f->world, &f->broker, &f->b, "beta");
	worker_connect(&f->a);
	worker_connect(&f->b);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->n_owned > 0) {
		wl_proxy_destroy(f->owned[--f->n_owned]);
	}
	worker_disconnect(&f->a);
	worker_disconnect(&f->b);
	vitrine_broker_guest_v1_destroy(f->a.proxy);
	vitrine_broker_guest_v1_destroy(f->b.proxy);
	broker_disconnect(f->world, &f->broker);
	world_turn(f->world);
	world_destroy(f->world);
	free(f);
	return 0;
}

/* ---- what workers may not do ---- */

static struct wl_surface *surface_make(struct fixture *f)
{
	return own(f, wl_compositor_create_surface(f->a.compositor));
}

static void *head_make(struct fixture *f, struct wl_surface *surface, uint32_t index,
		       uint32_t width, uint32_t height)
{
	return own(f, vitrine_guest_v1_create_head(f->a.root, surface, index, width, height));
}

static struct vitrine_grant_pool_v1 *pool_make(struct fixture *f, uint32_t pages)
{
	int refs = refs_create(pages);
	struct vitrine_grant_pool_v1 *pool;

	pool = own(f, vitrine_guest_v1_create_grant_pool(f->a.root, refs, pages));
	close(refs);
	assert_true(guest_turn(&f->a));
	return pool;
}

static struct wl_buffer *buffer_make(struct fixture *f, struct vitrine_grant_pool_v1 *pool)
{
	return own(f, vitrine_grant_pool_v1_create_buffer(pool, 0, 16, 8, 64, FOURCC_XRGB8888));
}

static struct wp_viewport *viewport_make(struct fixture *f, struct wl_surface *surface)
{
	return own(f, wp_viewporter_get_viewport(f->a.viewporter, surface));
}

static void source_set(struct wp_viewport *viewport, int x, int y, int w, int h)
{
	wp_viewport_set_source(viewport, wl_fixed_from_int(x), wl_fixed_from_int(y),
			       wl_fixed_from_int(w), wl_fixed_from_int(h));
}

/* Of a buffer of 16 by 8. */
static void source_shown(struct fixture *f, int x, int y, int w, int h)
{
	struct wl_surface *surface = surface_make(f);

	source_set(viewport_make(f, surface), x, y, w, h);
	wl_surface_attach(surface, buffer_make(f, pool_make(f, 1)), 0, 0);
	wl_surface_commit(surface);
}

static void head_of_no_index(struct fixture *f)
{
	head_make(f, surface_make(f), LIMIT_HEADS, 64, 32);
}

static void head_far_off(struct fixture *f)
{
	head_make(f, surface_make(f), 1u << 30, 64, 32);
}

static void head_of_same_index(struct fixture *f)
{
	head_make(f, surface_make(f), 3, 64, 32);
	assert_true(guest_turn(&f->a));
	head_make(f, surface_make(f), 3, 64, 32);
}

static void head_too_wide(struct fixture *f)
{
	head_make(f, surface_make(f), 0, 16385, 32);
}

static void head_flat(struct fixture *f)
{
	head_make(f, surface_make(f), 0, 64, 0);
}

static void buffer_of_released_pool(struct fixture *f)
{
	struct vitrine_grant_pool_v1 *pool = pool_make(f, 1);

	/* Which is mapped on, for the sake of this one. */
	buffer_make(f, pool);
	vitrine_grant_pool_v1_release(pool);
	assert_true(guest_turn(&f->a));
	buffer_make(f, pool);
}

static void buffers_too_many(struct fixture *f)
{
	struct vitrine_grant_pool_v1 *pool = pool_make(f, 1);

	for (unsigned i = 0; i < 2 * LIMIT_BUFFERS; i++) {
		buffer_make(f, pool);
	}
	assert_true(guest_turn(&f->a));
	buffer_make(f, pool);
}

static void pool_of_nothing(struct fixture *f)
{
	int refs = memfd_create_sealed("refs", "", 0);

	own(f, vitrine_guest_v1_create_grant_pool(f->a.root, refs, 0));
	close(refs);
}

static void pool_too_large(struct fixture *f)
{
	int refs = refs_create(LIMIT_PAGES + 1);

	own(f, vitrine_guest_v1_create_grant_pool(f->a.root, refs, LIMIT_PAGES + 1));
	close(refs);
}

static void pages_too_many(struct fixture *f)
{
	int refs = refs_create(1);

	f->a.answer = MAP_SILENT;
	pool_make(f, LIMIT_PAGES);
	pool_make(f, LIMIT_PAGES);
	own(f, vitrine_guest_v1_create_grant_pool(f->a.root, refs, 1));
	close(refs);
}

static void second_root(struct fixture *f)
{
	own(f, peer_bind(&f->a.peer, &vitrine_guest_v1_interface));
}

static void surfaces_too_many(struct fixture *f)
{
	for (unsigned i = 0; i < LIMIT_SURFACES; i++) {
		surface_make(f);
	}
	assert_true(guest_turn(&f->a));
	surface_make(f);
}

static void turned(struct fixture *f)
{
	wl_surface_set_buffer_transform(surface_make(f), WL_OUTPUT_TRANSFORM_90);
}

static void magnified(struct fixture *f)
{
	wl_surface_set_buffer_scale(surface_make(f), 2);
}

static void source_too_wide(struct fixture *f)
{
	source_shown(f, 0, 0, 17, 8);
}

static void source_too_high(struct fixture *f)
{
	source_shown(f, 0, 0, 16, 9);
}

static void source_too_far_right(struct fixture *f)
{
	source_shown(f, 9, 0, 8, 8);
}

static void source_too_far_down(struct fixture *f)
{
	source_shown(f, 0, 5, 16, 4);
}

static void source_left_of_it(struct fixture *f)
{
	source_set(viewport_make(f, surface_make(f)), -2, 0, 4, 4);
}

static void source_of_nothing(struct fixture *f)
{
	source_set(viewport_make(f, surface_make(f)), 1, 1, 0, 4);
}

static void second_viewport(struct fixture *f)
{
	struct wl_surface *surface = surface_make(f);

	viewport_make(f, surface);
	viewport_make(f, surface);
}

static void viewport_of_no_surface(struct fixture *f)
{
	struct wl_surface *surface = wl_compositor_create_surface(f->a.compositor);
	struct wp_viewport *viewport = viewport_make(f, surface);

	wl_surface_destroy(surface);
	assert_true(guest_turn(&f->a));
	source_set(viewport, 0, 0, 4, 4);
}

static void *external_make(struct fixture *f, struct wl_surface *surface)
{
	return own(f, vitrine_guest_v1_create_external(f->a.root, surface));
}

static void second_external(struct fixture *f)
{
	external_make(f, surface_make(f));
	external_make(f, surface_make(f));
}

static void external_of_a_head(struct fixture *f)
{
	struct wl_surface *surface = surface_make(f);

	head_make(f, surface, 0, 16, 8);
	external_make(f, surface);
}

static void head_of_an_external(struct fixture *f)
{
	struct wl_surface *surface = surface_make(f);

	external_make(f, surface);
	head_make(f, surface, 0, 16, 8);
}

static const struct rule {
	void (*offend)(struct fixture *f);
	const char *reason;
} rules[] = {
	{head_of_no_index, "index that is taken or out of range"},
	{head_far_off, "index that is taken or out of range"},
	{head_of_same_index, "index that is taken or out of range"},
	{head_too_wide, "no possible size"},
	{head_flat, "no possible size"},
	{buffer_of_released_pool, "not ready"},
	{buffers_too_many, "too many buffers"},
	{pool_of_nothing, "no sealed list"},
	{pool_too_large, "no sealed list"},
	{pages_too_many, "too many pages"},
	{second_root, "root object twice"},
	{surfaces_too_many, "too many surfaces"},
	{turned, "transform"},
	{magnified, "scale"},
	{source_too_wide, "outside of its buffer"},
	{source_too_high, "outside of its buffer"},
	{source_too_far_right, "outside of its buffer"},
	{source_too_far_down, "outside of its buffer"},
	{source_left_of_it, "not of whole pixels"},
	{source_of_nothing, "not of whole pixels"},
	{second_viewport, "second viewport"},
	{viewport_of_no_surface, "without its surface"},
	{second_external, "second place for the pointer"},
	{external_of_a_head, "surface that has a role"},
	{head_of_an_external, "head of a surface"},
};

static void test_rules_of_workers(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
		struct fixture *f;

		setup((void **)&f);
		rules[i].offend(f);
		if (guest_turn(&f->a) || !strstr(f->a.reason, rules[i].reason)) {
			fail_msg("rule %u (%s): '%s'", i, rules[i].reason, f->a.reason);
		}
		assert_true(guest_turn(&f->b));
		teardown((void **)&f);
	}
}

/* The server's end of a surface of alpha's. */
static struct surface *surface_of(struct fixture *f, struct wl_surface *surface)
{
	struct guest *guest = scene_guest_find(f->world->server.scene, "alpha")->data;

	return surface_from_resource(wl_client_get_object(
		guest->connection->client, wl_proxy_get_id((struct wl_proxy *)surface)));
}

/* No worker decides how long a region operation takes, and what is no rectangle is no damage. */
static void test_damage_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct wl_surface *surface = surface_make(f);

	wl_surface_damage_buffer(surface, 5, 5, -3, 4);
	wl_surface_damage_buffer(surface, -9, 5, 4, 4);
	wl_surface_damage_buffer(surface, INT32_MAX, 5, INT32_MAX, 4);
	assert_true(guest_turn(&f->a));
	assert_false(pixman_region32_not_empty(&surface_of(f, surface)->pending.damage));
	for (int i = 0; i < 5000; i++) {
		wl_surface_damage_buffer(surface, i * 3 % 1000, i * 7 % 1000, 1, 1);
		if (i % 100 == 0) {
			assert_true(guest_turn(&f->a));
		}
	}
	assert_true(guest_turn(&f->a));
	assert_in_range(pixman_region32_n_rects(&surface_of(f, surface)->pending.damage), 1, 32);
}

/* ---- what a broker may not do: it is trusted, but not to be without bugs ---- */

static void broker_fails(struct fixture *f, uint32_t code)
{
	const struct wl_interface *interface;
	bool alive = true;
	uint32_t id;

	for (unsigned i = 0; i < 4 && alive; i++) {
		alive = peer_turn(f->world, &f->broker.peer);
	}
	assert_false(alive);
	assert_int_equal(wl_display_get_protocol_error(f->broker.peer.display, &interface, &id),
			 code);
	assert_string_equal(interface->name, "vitrine_broker_guest_v1");
}

static void test_broker_connects_twice(void **state)
{
	struct fixture *f = *state;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	vitrine_broker_guest_v1_connect(f->a.proxy, fds[0]);
	broker_fails(f, VITRINE_BROKER_GUEST_V1_ERROR_CONNECTED);
	close(fds[0]);
	close(fds[1]);
}

static void test_broker_answers_nothing(void **state)
{
	struct fixture *f = *state;

	vitrine_broker_guest_v1_map_failed(f->a.proxy, 0, EPERM);
	broker_fails(f, VITRINE_BROKER_GUEST_V1_ERROR_UNKNOWN_MAP);
}

static void test_broker_answers_another(void **state)
{
	struct fixture *f = *state;

	f->a.answer = MAP_SILENT;
	pool_make(f, 3);
	send_map(&f->a, f->a.map_serial + 1, 3);
	broker_fails(f, VITRINE_BROKER_GUEST_V1_ERROR_UNKNOWN_MAP);
}

/* Of one page each: they add up, as far as they are whole. */
static void segments_refused(struct fixture *f, size_t size)
{
	struct wl_array segments;
	int memory = memfd_create("grants", MFD_CLOEXEC);

	f->a.answer = MAP_SILENT;
	pool_make(f, (uint32_t)(size / sizeof(struct xen_segment)));
	wl_array_init(&segments);
	memset(wl_array_add(&segments, size), 0, size);
	for (size_t i = 0; i < size / sizeof(struct xen_segment); i++) {
		((struct xen_segment *)segments.data)[i] =
			(struct xen_segment){.offset = i * XEN_PAGE_SIZE, .pages = 1};
	}
	vitrine_broker_guest_v1_mapped(f->a.proxy, f->a.map_serial, memory, &segments);
	broker_fails(f, VITRINE_BROKER_GUEST_V1_ERROR_INVALID_SEGMENTS);
	wl_array_release(&segments);
	close(memory);
}

static void test_broker_too_many_segments(void **state)
{
	segments_refused(*state, (XEN_MAX_SEGMENTS + 1) * sizeof(struct xen_segment));
}

static void test_broker_half_a_segment(void **state)
{
	segments_refused(*state, 3 * sizeof(struct xen_segment) + 4);
}

static void on_ready(void *data, struct vitrine_grant_pool_v1 *pool)
{
	fail();
}

static void on_failed(void *data, struct vitrine_grant_pool_v1 *pool, uint32_t code)
{
	*(uint32_t *)data = code;
}

static void on_unmapped(void *data, struct vitrine_grant_pool_v1 *pool)
{
	fail();
}

static const struct vitrine_grant_pool_v1_listener pool_listener = {on_ready, on_failed,
								    on_unmapped};

/* What is no errno does not go on to a worker. */
static void test_broker_fails_without_reason(void **state)
{
	static const uint32_t codes[] = {0, 4096, UINT32_MAX};
	struct fixture *f = *state;

	f->a.answer = MAP_SILENT;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		struct vitrine_grant_pool_v1 *pool = pool_make(f, 1);
		uint32_t code = 0;

		vitrine_grant_pool_v1_add_listener(pool, &pool_listener, &code);
		vitrine_broker_guest_v1_map_failed(f->a.proxy, f->a.map_serial, codes[i]);
		assert_true(guest_turn(&f->a));
		assert_int_equal(code, EIO);
	}
}

/* 0: turned away before a byte was said. */
static int stranger(const struct sockaddr_un *address)
{
	struct pollfd poll_fd = {.fd = socket(AF_UNIX, SOCK_STREAM, 0), .events = POLLIN};
	char byte;

	if (setuid(65534) < 0 ||
	    connect(poll_fd.fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		return 2;
	}
	return poll(&poll_fd, 1, 2000) == 1 && read(poll_fd.fd, &byte, 1) == 0 ? 0 : 1;
}

/* The socket's mode keeps them out; should that be changed, who they are does. */
static void test_strangers_are_no_brokers(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	char verdict = 0;
	int answer[2];
	pid_t child;

	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/broker.sock", f->world->dir);
	assert_int_equal(stat(address.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	if (geteuid() != 0) {
		return; /* only root can become a stranger */
	}
	assert_int_equal(chmod(f->world->dir, 0711) | chmod(address.sun_path, 0666), 0);
	/* Not by its exit status, which a memory checker replaces by its own opinion of the copy. */
	assert_int_equal(pipe(answer), 0);
	child = fork();
	if (child == 0) {
		verdict = stranger(&address) == 0 ? 'y' : 'n';
		_exit(write(answer[1], &verdict, 1) == 1 ? 0 : 1);
	}
	close(answer[1]);
	while (waitpid(child, NULL, WNOHANG) == 0) {
		sd_event_run(f->world->server.event, 10 * 1000);
	}
	assert_int_equal(read(answer[0], &verdict, 1), 1);
	assert_int_equal(verdict, 'y');
	close(answer[0]);
	/* And the one that is there stays. */
	assert_true(guest_turn(&f->a));
}

/* ---- what is left behind ---- */

static void test_keyboard_of_a_guest_that_went(void **state)
{
	struct fixture *f = *state;
	struct wayland *wayland = f->world->server.wayland;

	wayland_set_keyboard(wayland, scene_guest_find(f->world->server.scene, "alpha"));
	vitrine_broker_guest_v1_destroy(f->a.proxy);
	assert_true(peer_turn(f->world, &f->broker.peer));
	assert_null(wayland->keyboard);
	wayland_set_keyboard(wayland, NULL);
	worker_disconnect(&f->a);
	guest_announce(f->world, &f->broker, &f->a, "alpha");
	worker_connect(&f->a);
}

/* libwayland would print each key. */
static void test_no_key_is_printed(void **state)
{
	assert_null(getenv("WAYLAND_DEBUG"));
}

#define CHECK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_of_workers),
		CHECK_TEST(test_damage_is_bounded),
		CHECK_TEST(test_broker_connects_twice),
		CHECK_TEST(test_broker_answers_nothing),
		CHECK_TEST(test_broker_answers_another),
		CHECK_TEST(test_broker_too_many_segments),
		CHECK_TEST(test_broker_half_a_segment),
		CHECK_TEST(test_broker_fails_without_reason),
		CHECK_TEST(test_strangers_are_no_brokers),
		CHECK_TEST(test_keyboard_of_a_guest_that_went),
		CHECK_TEST(test_no_key_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
