/* SPDX-License-Identifier: MIT */
/* Trusted clients: which globals they see, monitors, idleness, and that they cost nobody else anything. */
#include "tests/wayland_world.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "compositor/wayland/local/guard.h"
#include "compositor/wayland/local/local_priv.h"
#include "ext-idle-notify-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "tests/skip.h"

struct fixture {
	struct world *world;
	struct peer peer;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
};

static struct local *local_of(const struct fixture *f)
{
	return f->world->server.wayland->local;
}

static void advance(struct fixture *f, uint64_t ms)
{
	struct clock_source *clock = f->world->server.clock;

	clock_virtual_advance(clock, clock_now(clock) + ms * NSEC_PER_MSEC);
	assert_true(peer_turn(f->world, &f->peer));
}

/* As monitors.c does with each event of a device. */
static void touch_something(struct fixture *f)
{
	idleness.since_ns = clock_now(f->world->server.clock);
	if (idleness.listener) {
		idleness.listener->changed(idleness.listener->data, idleness.since_ns);
	}
	assert_true(peer_turn(f->world, &f->peer));
}

static void connect_to(struct fixture *f, const char *socket)
{
	peer_connect(&f->peer, world_connect(f->world, socket));
	assert_true(peer_turn(f->world, &f->peer));
	f->compositor = peer_bind(&f->peer, &wl_compositor_interface);
	f->shm = peer_bind(&f->peer, &wl_shm_interface);
	f->seat = peer_bind(&f->peer, &wl_seat_interface);
	assert_true(peer_turn(f->world, &f->peer));
}

static void fixture_init(struct fixture *f, const char *socket)
{
	memset(f, 0, sizeof(*f));
	f->world = world_create();
	connect_to(f, socket);
}

/* Whatever else the test made goes with the connection. */
static void peer_end(struct fixture *f)
{
	wl_compositor_destroy(f->compositor);
	wl_shm_destroy(f->shm);
	wl_seat_destroy(f->seat);
	wl_registry_destroy(f->peer.registry);
	wl_display_disconnect(f->peer.display);
	world_turn(f->world);
	assert_true(list_empty(&local_of(f)->clients));
}

static void fixture_finish(struct fixture *f)
{
	peer_end(f);
	world_destroy(f->world);
}

/* ---- globals ---- */

static void each_kind_sees_its_own(void **state)
{
	static const char *const guests_only[] = {"wp_viewporter", "wp_presentation",
						  "zwp_relative_pointer_manager_v1",
						  "vitrine_guest_v1", "vitrine_broker_v1"};
	static const char *const trusted_only[] = {"ext_idle_notifier_v1",
						   "zwp_idle_inhibit_manager_v1"};
	struct fixture f;
	struct broker broker;
	struct guest_peer guest;

	(void)state;
	fixture_init(&f, "trusted.sock");
	broker_connect(f.world, &broker);
	guest_announce(f.world, &broker, &guest, "work");
	worker_connect(&guest);
	assert_true(peer_has(&f.peer, "wl_output"));
	assert_false(peer_has(&guest.peer, "wl_output"));
	assert_int_equal(broker.peer.n_globals, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(guests_only); i++) {
		assert_false(peer_has(&f.peer, guests_only[i]));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(trusted_only); i++) {
		assert_true(peer_has(&f.peer, trusted_only[i]));
		assert_false(peer_has(&guest.peer, trusted_only[i]));
	}
	peer_end(&f);
	connect_to(&f, "lock.sock");
	for (unsigned i = 0; i < ARRAY_SIZE(trusted_only); i++) {
		assert_false(peer_has(&f.peer, trusted_only[i]));
	}
	assert_int_equal(guest.peer.n_globals, 7);
	worker_disconnect(&guest);
	vitrine_broker_guest_v1_destroy(guest.proxy);
	broker_disconnect(f.world, &broker);
	fixture_finish(&f);
}

/* A global's name is a number that a guest's worker could guess. */
static void no_worker_binds_what_it_does_not_see(void **state)
{
	struct fixture f;
	struct broker broker;
	struct guest_peer guest;

	(void)state;
	fixture_init(&f, "trusted.sock");
	broker_connect(f.world, &broker);
	guest_announce(f.world, &broker, &guest, "work");
	for (unsigned i = 0; i < f.peer.n_globals; i++) {
		worker_connect(&guest);
		if (!peer_has(&guest.peer, f.peer.globals[i]) ||
		    strcmp(f.peer.globals[i], "wl_shm") == 0 ||
		    strcmp(f.peer.globals[i], "wl_seat") == 0) {
			const struct wl_interface guess = {f.peer.globals[i], 1, 0, NULL, 0, NULL};
			void *bound = wl_registry_bind(guest.peer.registry, f.peer.names[i], &guess,
						       1);

			assert_false(peer_turn(f.world, &guest.peer));
			wl_proxy_destroy(bound);
		}
		worker_disconnect(&guest);
	}
	vitrine_broker_guest_v1_destroy(guest.proxy);
	broker_disconnect(f.world, &broker);
	fixture_finish(&f);
}

#define STRANGER 65534

/* 'y': it was told of globals, 'n': turned away before a byte was said. */
static char visit(const struct fixture *f, const char *socket_name)
{
	static const uint32_t get_registry[] = {1, 12u << 16 | 1, 2};
	char answer[64];
	int fd;

	if (setuid(STRANGER) < 0) {
		return '?';
	}
	fd = world_connect(f->world, socket_name);
	(void)!send(fd, get_registry, sizeof(get_registry), MSG_NOSIGNAL);
	return read(fd, answer, sizeof(answer)) > 0 ? 'y' : 'n';
}

static char visited(const struct fixture *f, const char *socket_name)
{
	int answer[2];
	char verdict = 0;
	pid_t child;

	assert_int_equal(pipe(answer), 0);
	child = fork();
	if (child == 0) {
		verdict = visit(f, socket_name);
		(void)!write(answer[1], &verdict, 1);
		_exit(0);
	}
	close(answer[1]);
	while (waitpid(child, NULL, WNOHANG) == 0) {
		sd_event_run(f->world->server.event, 10 * 1000);
	}
	assert_int_equal(read(answer[0], &verdict, 1), 1);
	close(answer[0]);
	world_turn(f->world);
	return verdict;
}

/* The mode keeps them out; where that is open for the one who may, who they are does. */
static void strangers_are_turned_away(void **state)
{
	static const char *const sockets[] = {"trusted.sock", "lock.sock"};
	struct fixture f;

	(void)state;
	if (geteuid() != 0) {
		SKIP_TEST("only root can be somebody else");
	}
	fixture_init(&f, "trusted.sock");
	assert_int_equal(chmod(f.world->dir, 0755), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(sockets); i++) {
		char *path = xasprintf("%s/%s", f.world->dir, sockets[i]);
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(chmod(path, 0666), 0);
		assert_int_equal(visited(&f, sockets[i]), 'n');
		local_of(&f)->has_user = true;
		local_of(&f)->user = STRANGER - 1;
		assert_int_equal(visited(&f, sockets[i]), 'n');
		local_of(&f)->user = STRANGER;
		assert_int_equal(visited(&f, sockets[i]), 'y');
		local_of(&f)->has_user = false;
		free(path);
	}
	fixture_finish(&f);
}

static void there_are_only_so_many(void **state)
{
	struct fixture f;
	struct peer more[LIMIT_LOCAL_CLIENTS];

	(void)state;
	fixture_init(&f, "trusted.sock");
	for (unsigned i = 0; i < LIMIT_LOCAL_CLIENTS; i++) {
		peer_connect(&more[i], world_connect(f.world, "trusted.sock"));
		assert_int_equal(peer_turn(f.world, &more[i]), i + 1 < LIMIT_LOCAL_CLIENTS);
	}
	/* The lock screen's place is its own. */
	for (unsigned i = 0; i < LIMIT_LOCAL_CLIENTS; i++) {
		wl_registry_destroy(more[i].registry);
		wl_display_disconnect(more[i].display);
	}
	world_turn(f.world);
	fixture_finish(&f);
}

/* ---- monitors ---- */

struct monitor {
	struct wl_output *proxy;
	char name[32];
	int width, height, scale;
	unsigned n_done;
};

static void monitor_geometry(void *data, struct wl_output *proxy, int32_t x, int32_t y, int32_t w,
			     int32_t h, int32_t subpixel, const char *make, const char *model,
			     int32_t transform)
{
}

static void monitor_mode(void *data, struct wl_output *proxy, uint32_t flags, int32_t width,
			 int32_t height, int32_t refresh)
{
	struct monitor *monitor = data;

	monitor->width = width;
	monitor->height = height;
}

static void monitor_done(void *data, struct wl_output *proxy)
{
	struct monitor *monitor = data;

	monitor->n_done++;
}

static void monitor_scale(void *data, struct wl_output *proxy, int32_t scale)
{
	struct monitor *monitor = data;

	monitor->scale = scale;
}

static void monitor_name(void *data, struct wl_output *proxy, const char *name)
{
	struct monitor *monitor = data;

	snprintf(monitor->name, sizeof(monitor->name), "%s", name);
}

static void monitor_description(void *data, struct wl_output *proxy, const char *text)
{
}

static const struct wl_output_listener monitor_listener = {monitor_geometry, monitor_mode,
							   monitor_done,     monitor_scale,
							   monitor_name,     monitor_description};

static void monitor_bind(struct fixture *f, struct monitor *monitor, unsigned global)
{
	memset(monitor, 0, sizeof(*monitor));
	monitor->proxy = wl_registry_bind(f->peer.registry, f->peer.names[global],
					  &wl_output_interface, 4);
	wl_output_add_listener(monitor->proxy, &monitor_listener, monitor);
}

static void monitors_come_and_go(void **state)
{
	struct fixture f;
	struct scene_output *second;
	struct monitor one, two, late;

	(void)state;
	fixture_init(&f, "trusted.sock");
	monitor_bind(&f, &one, f.peer.n_globals - 1);
	assert_true(peer_turn(f.world, &f.peer));
	assert_string_equal(one.name, "T-1");
	assert_int_equal(one.width, 640);
	assert_int_equal(one.scale, 1);
	second = scene_output_add(f.world->server.scene, "T-2", 800, 600, 60000, NULL);
	assert_true(peer_turn(f.world, &f.peer));
	monitor_bind(&f, &two, f.peer.n_globals - 1);
	assert_true(peer_turn(f.world, &f.peer));
	assert_string_equal(two.name, "T-2");
	assert_int_equal(two.n_done, 1);
	scene_output_remove(second);
	/* It is gone, but the client could not know. */
	monitor_bind(&f, &late, f.peer.n_globals - 1);
	assert_true(peer_turn(f.world, &f.peer));
	advance(&f, 6000);
	assert_true(list_empty(&local_of(&f)->retired));
	wl_output_release(one.proxy);
	wl_output_release(two.proxy);
	wl_output_release(late.proxy);
	assert_true(peer_turn(f.world, &f.peer));
	fixture_finish(&f);
}

/* ---- idleness ---- */

struct watch {
	struct ext_idle_notification_v1 *proxy;
	unsigned n_idled, n_resumed;
};

static void watch_idled(void *data, struct ext_idle_notification_v1 *proxy)
{
	struct watch *watch = data;

	watch->n_idled++;
	assert_int_equal(watch->n_idled, watch->n_resumed + 1);
}

static void watch_resumed(void *data, struct ext_idle_notification_v1 *proxy)
{
	struct watch *watch = data;

	watch->n_resumed++;
	assert_int_equal(watch->n_idled, watch->n_resumed);
}

static const struct ext_idle_notification_v1_listener watch_listener = {watch_idled, watch_resumed};

static void watch_begin(struct fixture *f, struct ext_idle_notifier_v1 *notifier,
			struct watch *watch, uint32_t ms)
{
	memset(watch, 0, sizeof(*watch));
	watch->proxy = ext_idle_notifier_v1_get_idle_notification(notifier, ms, f->seat);
	ext_idle_notification_v1_add_listener(watch->proxy, &watch_listener, watch);
	assert_true(peer_turn(f->world, &f->peer));
}

static void idleness_is_told(void **state)
{
	struct fixture f;
	struct ext_idle_notifier_v1 *notifier;
	struct watch soon, later;

	(void)state;
	fixture_init(&f, "trusted.sock");
	notifier = peer_bind(&f.peer, &ext_idle_notifier_v1_interface);
	watch_begin(&f, notifier, &soon, 2000);
	watch_begin(&f, notifier, &later, 5000);
	advance(&f, 1000);
	touch_something(&f);
	advance(&f, 1999);
	assert_int_equal(soon.n_idled, 0);
	advance(&f, 1);
	assert_int_equal(soon.n_idled, 1);
	advance(&f, 2999);
	assert_int_equal(later.n_idled, 0);
	advance(&f, 1);
	assert_int_equal(later.n_idled, 1);
	assert_int_equal(soon.n_idled, 1);
	touch_something(&f);
	touch_something(&f);
	assert_int_equal(soon.n_resumed, 1);
	assert_int_equal(later.n_resumed, 1);
	advance(&f, 2000);
	assert_int_equal(soon.n_idled, 2);
	ext_idle_notification_v1_destroy(soon.proxy);
	ext_idle_notification_v1_destroy(later.proxy);
	ext_idle_notifier_v1_destroy(notifier);
	fixture_finish(&f);
}

/* What was idle before it was watched does not count. */
static void idleness_counts_from_the_watch(void **state)
{
	struct fixture f;
	struct ext_idle_notifier_v1 *notifier;
	struct watch watch;

	(void)state;
	fixture_init(&f, "trusted.sock");
	notifier = peer_bind(&f.peer, &ext_idle_notifier_v1_interface);
	idleness.since_ns = 0;
	watch_begin(&f, notifier, &watch, 500);
	assert_int_equal(watch.n_idled, 0);
	advance(&f, 500);
	assert_int_equal(watch.n_idled, 1);
	ext_idle_notification_v1_destroy(watch.proxy);
	/* Zero is no reason to tell of each event. */
	watch_begin(&f, notifier, &watch, 0);
	for (unsigned i = 0; i < 50; i++) {
		touch_something(&f);
		advance(&f, 1);
	}
	assert_int_equal(watch.n_idled, 0);
	ext_idle_notification_v1_destroy(watch.proxy);
	ext_idle_notifier_v1_destroy(notifier);
	fixture_finish(&f);
}

static void inhibitors_hold_idleness_off(void **state)
{
	struct fixture f;
	struct ext_idle_notifier_v1 *notifier;
	struct zwp_idle_inhibit_manager_v1 *manager;
	struct zwp_idle_inhibitor_v1 *one, *two;
	struct wl_surface *surface;
	struct watch watch;

	(void)state;
	fixture_init(&f, "trusted.sock");
	notifier = peer_bind(&f.peer, &ext_idle_notifier_v1_interface);
	manager = peer_bind(&f.peer, &zwp_idle_inhibit_manager_v1_interface);
	surface = wl_compositor_create_surface(f.compositor);
	watch_begin(&f, notifier, &watch, 1000);
	one = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, surface);
	two = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, surface);
	assert_true(peer_turn(f.world, &f.peer));
	assert_true(idleness.is_inhibited);
	advance(&f, 5000);
	assert_int_equal(watch.n_idled, 0);
	zwp_idle_inhibitor_v1_destroy(one);
	assert_true(peer_turn(f.world, &f.peer));
	assert_true(idleness.is_inhibited);
	wl_surface_destroy(surface);
	assert_true(peer_turn(f.world, &f.peer));
	assert_false(idleness.is_inhibited);
	touch_something(&f);
	advance(&f, 1000);
	assert_int_equal(watch.n_idled, 1);
	zwp_idle_inhibitor_v1_destroy(two);
	ext_idle_notification_v1_destroy(watch.proxy);
	ext_idle_notifier_v1_destroy(notifier);
	zwp_idle_inhibit_manager_v1_destroy(manager);
	fixture_finish(&f);
}

static void who_inhibits_and_dies_inhibits_no_more(void **state)
{
	struct fixture f;
	struct zwp_idle_inhibit_manager_v1 *manager;
	struct zwp_idle_inhibitor_v1 *inhibitor;
	struct wl_surface *surface;

	(void)state;
	fixture_init(&f, "trusted.sock");
	manager = peer_bind(&f.peer, &zwp_idle_inhibit_manager_v1_interface);
	surface = wl_compositor_create_surface(f.compositor);
	inhibitor = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, surface);
	assert_true(peer_turn(f.world, &f.peer));
	assert_true(idleness.is_inhibited);
	zwp_idle_inhibitor_v1_destroy(inhibitor);
	inhibitor = zwp_idle_inhibit_manager_v1_create_inhibitor(manager, surface);
	assert_true(peer_turn(f.world, &f.peer));
	wl_proxy_destroy((struct wl_proxy *)inhibitor);
	wl_proxy_destroy((struct wl_proxy *)surface);
	wl_proxy_destroy((struct wl_proxy *)manager);
	peer_end(&f);
	assert_false(idleness.is_inhibited);
	world_destroy(f.world);
}

static void nobody_watches_without_end(void **state)
{
	struct fixture f;
	struct ext_idle_notifier_v1 *notifier;
	struct ext_idle_notification_v1 *watches[LIMIT_NOTIFICATIONS + 1];

	(void)state;
	fixture_init(&f, "trusted.sock");
	notifier = peer_bind(&f.peer, &ext_idle_notifier_v1_interface);
	for (unsigned i = 0; i < ARRAY_SIZE(watches); i++) {
		watches[i] = ext_idle_notifier_v1_get_idle_notification(notifier, 1000, f.seat);
	}
	assert_false(peer_turn(f.world, &f.peer));
	for (unsigned i = 0; i < ARRAY_SIZE(watches); i++) {
		ext_idle_notification_v1_destroy(watches[i]);
	}
	ext_idle_notifier_v1_destroy(notifier);
	fixture_finish(&f);
}

/* ---- memory ---- */

static int memory_of(size_t size)
{
	int fd = memfd_create("pictures", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static bool pool_is_taken(struct fixture *f, int fd, int32_t size)
{
	struct wl_shm_pool *pool = wl_shm_create_pool(f->shm, fd, size);
	bool alive = peer_turn(f->world, &f->peer);

	wl_shm_pool_destroy(pool);
	return peer_turn(f->world, &f->peer) && alive;
}

static void pools_are_memory_of_the_kernels(void **state)
{
	struct fixture f;
	static const char *const others[] = {"/dev/zero", "/bin/sh"};
	int fd = memory_of(4096);

	(void)state;
	fixture_init(&f, "lock.sock");
	assert_true(pool_is_taken(&f, fd, 4096));
	assert_false(pool_is_taken(&f, fd, 0));
	peer_end(&f);
	connect_to(&f, "lock.sock");
	assert_false(pool_is_taken(&f, fd, -4096));
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		int file = open(others[i], O_RDONLY | O_CLOEXEC);

		peer_end(&f);
		connect_to(&f, "lock.sock");
		assert_false(pool_is_taken(&f, file, 4096));
		close(file);
	}
	close(fd);
	fixture_finish(&f);
}

static void memory_is_counted(void **state)
{
	struct fixture f;
	struct wl_shm_pool *pools[4];
	int fd = memory_of(4096);
	const struct local_client *client;

	(void)state;
	fixture_init(&f, "lock.sock");
	for (unsigned i = 0; i < 2; i++) {
		pools[i] = wl_shm_create_pool(f.shm, fd, 1 << 30);
	}
	assert_true(peer_turn(f.world, &f.peer));
	client = container_of(local_of(&f)->clients.next, struct local_client, link);
	assert_int_equal(client->n_maps, 2);
	wl_shm_pool_destroy(pools[1]);
	assert_true(peer_turn(f.world, &f.peer));
	assert_int_equal(client->map_bytes, 1 << 30);
	pools[1] = wl_shm_create_pool(f.shm, fd, 1 << 30);
	pools[2] = wl_shm_create_pool(f.shm, fd, 4096);
	assert_false(peer_turn(f.world, &f.peer));
	for (unsigned i = 0; i < 3; i++) {
		wl_shm_pool_destroy(pools[i]);
	}
	close(fd);
	fixture_finish(&f);
}

static bool buffer_is_taken(struct fixture *f, int32_t offset, int32_t width, int32_t height,
			    int32_t stride, uint32_t format)
{
	int fd = memory_of(4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(f->shm, fd, 4096);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, offset, width, height, stride,
							     format);
	bool alive = peer_turn(f->world, &f->peer);

	close(fd);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	if (!alive) {
		peer_end(f);
		connect_to(f, "lock.sock");
	}
	return alive;
}

static void buffers_lie_inside(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, "lock.sock");
	assert_true(buffer_is_taken(&f, 0, 32, 32, 128, WL_SHM_FORMAT_XRGB8888));
	assert_true(buffer_is_taken(&f, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888));
	assert_false(buffer_is_taken(&f, 4, 32, 32, 128, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, -128, 32, 32, 128, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, 0, 32, 33, 128, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, 0, 32, 32, 124, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, 0, 32, 32, -128, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, 0, -32, 32, 128, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, 0, 0, 32, 128, WL_SHM_FORMAT_XRGB8888));
	assert_false(buffer_is_taken(&f, 0, 16, 16, 64, WL_SHM_FORMAT_RGB565));
	fixture_finish(&f);
}

/* Memory that is taken away is zero, in its whole length, and known as such; other guards are not. */
static void memory_that_is_taken_away_ends_nobody(void **state)
{
	int fd = memory_of(3 * 4096), other_fd = memory_of(4096);
	volatile uint8_t *base, *other;
	int guard, other_guard;

	(void)state;
	base = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 0);
	other = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other_fd, 0);
	assert_true(base != MAP_FAILED && other != MAP_FAILED);
	guard = guard_add((void *)base, 3 * 4096);
	other_guard = guard_add((void *)other, 4096);
	assert_true(guard >= 0 && other_guard >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
	assert_int_equal(base[0], 'x');
	assert_false(guard_is_broken(guard));
	assert_int_equal(ftruncate(other_fd, 0), 0);
	assert_int_equal(other[0], 0);
	assert_true(guard_is_broken(other_guard));
	assert_false(guard_is_broken(guard));
	assert_int_equal(base[0], 'x');
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(base[2 * 4096], 0);
	assert_int_equal(base[0], 0);
	assert_true(guard_is_broken(guard));
	guard_remove(guard);
	guard_remove(other_guard);
	munmap((void *)base, 3 * 4096);
	munmap((void *)other, 4096);
	close(fd);
	close(other_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_sees_its_own),
		cmocka_unit_test(no_worker_binds_what_it_does_not_see),
		cmocka_unit_test(strangers_are_turned_away),
		cmocka_unit_test(there_are_only_so_many),
		cmocka_unit_test(monitors_come_and_go),
		cmocka_unit_test(idleness_is_told),
		cmocka_unit_test(idleness_counts_from_the_watch),
		cmocka_unit_test(inhibitors_hold_idleness_off),
		cmocka_unit_test(who_inhibits_and_dies_inhibits_no_more),
		cmocka_unit_test(nobody_watches_without_end),
		cmocka_unit_test(pools_are_memory_of_the_kernels),
		cmocka_unit_test(memory_is_counted),
		cmocka_unit_test(buffers_lie_inside),
		cmocka_unit_test(memory_that_is_taken_away_ends_nobody),
	};

	log_init("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
