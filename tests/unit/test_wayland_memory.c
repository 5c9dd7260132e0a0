/* SPDX-License-Identifier: MIT */
/*
 * Memory that the server allocates for guests to draw into: who may have it, who finds it again, and that it goes back
 * only when nobody shows it and its grants have ended. The backend that lends it fails the test otherwise.
 */
#include "compositor/render/render_priv.h"
#include "tests/wayland_world.h"

#include "compositor/wayland/pool.h"
#include "config/settings.h"

#define WIDTH 64u
#define HEIGHT 32u
#define PAGES 2u
#define MAX_LENT 16

struct fixture {
	struct world *world;
	struct broker broker;
	struct guest_peer a, b;
	struct output_backend backend;
	ino_t lent[MAX_LENT];
	unsigned n_lent, n_back;
	uint32_t row_gap; /* of what is lent, in bytes */
};

static struct fixture *fixture;

/* ---- the backend ---- */

static int lend(struct output_backend *backend, uint32_t width, uint32_t height,
		struct output_memory *out)
{
	uint64_t size = (uint64_t)width * height * 4;
	int fd = memfd_create("memory", MFD_CLOEXEC);
	struct stat st;

	size = (size + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE * XEN_PAGE_SIZE;
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(fixture->n_lent < MAX_LENT);
	fixture->lent[fixture->n_lent++] = st.st_ino;
	*out = (struct output_memory){
		.fd = fd,
		.width = width,
		.height = height,
		.stride = width * 4 + fixture->row_gap,
		.size = size,
		.pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0),
		.is_coherent = true,
	};
	return 0;
}

static void check_ended(const struct guest_peer *guest, ino_t memory)
{
	for (unsigned i = 0; i < guest->n_grants; i++) {
		assert_false(guest->grants[i].memory == memory && guest->grants[i].is_live);
	}
}

static void take_back(struct output_backend *backend, struct output_memory *memory)
{
	struct stat st;

	assert_int_equal(fstat(memory->fd, &st), 0);
	check_ended(&fixture->a, st.st_ino);
	check_ended(&fixture->b, st.st_ino);
	munmap((void *)memory->pixels, memory->size);
	fixture->n_back++;
}

static const struct output_backend_ops backend_ops = {
	.memory_create = lend,
	.memory_destroy = take_back,
};

/* ---- the world ---- */

static int setup(void **state)
{
	struct fixture *f = fixture = xcalloc(1, sizeof(*f));

	f->world = world_create();
	f->backend.ops = &backend_ops;
	f->world->server.backend = &f->backend;
	f->world->server.settings->guest_defaults.allow_be_alloc = true;
	f->world->server.settings->guest_defaults.be_alloc_bytes = (uint64_t)3 * PAGES *
								   XEN_PAGE_SIZE;
	broker_connect(f->world, &f->broker);
	guest_announce(f->world, &f->broker, &f->a, "alpha");
	guest_announce(f->world, &f->broker, &f->b, "beta");
	worker_connect(&f->a);
	worker_connect(&f->b);
	scene_set_front(f->world->server.scene, scene_guest_find(f->world->server.scene, "alpha"));
	*state = f;
	return 0;
}

/* As the broker: its grants end first. */
static void guest_end(struct guest_peer *guest)
{
	for (unsigned i = 0; i < guest->n_grants; i++) {
		guest->grants[i].is_live = false;
	}
	if (guest->peer.display) {
		worker_disconnect(guest);
	}
	if (guest->proxy) {
		vitrine_broker_guest_v1_destroy(guest->proxy);
		guest->proxy = NULL;
	}
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guest_end(&f->a);
	guest_end(&f->b);
	broker_disconnect(f->world, &f->broker);
	world_turn(f->world);
	/* Whatever a test did: all is back. */
	assert_int_equal(f->n_back, f->n_lent);
	f->world->server.backend = NULL;
	world_destroy(f->world);
	free(f);
	return 0;
}

struct pool_events {
	unsigned ready, failed, unmapped, granted;
	uint32_t code, first_ref;
};

static void on_ready(void *data, struct vitrine_grant_pool_v1 *pool)
{
	((struct pool_events *)data)->ready++;
}

static void on_failed(void *data, struct vitrine_grant_pool_v1 *pool, uint32_t code)
{
	struct pool_events *events = data;

	events->failed++;
	events->code = code;
}

static void on_unmapped(void *data, struct vitrine_grant_pool_v1 *pool)
{
	((struct pool_events *)data)->unmapped++;
}

static void on_granted(void *data, struct vitrine_grant_pool_v1 *pool, int32_t refs)
{
	struct pool_events *events = data;
	uint32_t list[PAGES];

	assert_int_equal(memfd_read_sealed(refs, list, sizeof(list)), 0);
	close(refs);
	assert_int_equal(events->ready, 0);
	events->granted++;
	events->first_ref = list[0];
}

static const struct vitrine_grant_pool_v1_listener pool_listener = {on_ready, on_failed,
								    on_unmapped, on_granted};

static struct vitrine_grant_pool_v1 *listen_to(struct vitrine_grant_pool_v1 *pool,
					       struct pool_events *events)
{
	memset(events, 0, sizeof(*events));
	vitrine_grant_pool_v1_add_listener(pool, &pool_listener, events);
	return pool;
}

static struct vitrine_grant_pool_v1 *allocate(struct guest_peer *guest, struct pool_events *events)
{
	return listen_to(vitrine_guest_v1_allocate_pool(guest->root, WIDTH, HEIGHT, PAGES), events);
}

static struct vitrine_grant_pool_v1 *restore(struct guest_peer *guest, uint32_t first_ref,
					     struct pool_events *events)
{
	return listen_to(vitrine_guest_v1_restore_pool(guest->root, first_ref, PAGES), events);
}

static char *report(struct fixture *f)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	wayland_report(f->world->server.wayland, out);
	fclose(out);
	return text;
}

static void assert_reported(struct fixture *f, const char *line)
{
	char *text = report(f);

	if (!strstr(text, line)) {
		print_error("no \"%s\" in:\n%s", line, text);
		fail();
	}
	free(text);
}

/* ---- a head that shows it ---- */

struct screen {
	struct wl_surface *surface;
	struct vitrine_head_v1 *head;
	struct wl_buffer *buffer;
};

static void on_mode(void *data, struct vitrine_head_v1 *head, uint32_t width, uint32_t height,
		    uint32_t refresh_mhz)
{
}

static void on_edid(void *data, struct vitrine_head_v1 *head, struct wl_array *edid)
{
}

static void on_visibility(void *data, struct vitrine_head_v1 *head, uint32_t visible,
			  uint32_t pace_ms)
{
}

static const struct vitrine_head_v1_listener head_listener = {on_mode, on_edid, on_visibility};

static void on_release(void *data, struct wl_buffer *buffer)
{
}

static const struct wl_buffer_listener buffer_listener = {on_release};

static void screen_show(struct screen *screen, struct guest_peer *guest,
			struct vitrine_grant_pool_v1 *pool)
{
	screen->surface = wl_compositor_create_surface(guest->compositor);
	screen->head = vitrine_guest_v1_create_head(guest->root, screen->surface, 0, WIDTH, HEIGHT);
	vitrine_head_v1_add_listener(screen->head, &head_listener, NULL);
	screen->buffer = vitrine_grant_pool_v1_create_buffer(pool, 0, WIDTH, HEIGHT, WIDTH * 4,
							     FOURCC_XRGB8888);
	wl_buffer_add_listener(screen->buffer, &buffer_listener, NULL);
	wl_surface_attach(screen->surface, screen->buffer, 0, 0);
	wl_surface_damage_buffer(screen->surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(screen->surface);
	assert_true(guest_turn(guest));
	assert_true(world_frame(guest->world));
	assert_true(guest_turn(guest));
}

static void screen_forget(struct screen *screen)
{
	wl_buffer_destroy(screen->buffer);
	vitrine_head_v1_destroy(screen->head);
	wl_surface_destroy(screen->surface);
}

/* ---- tests ---- */

static void test_life(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = allocate(&f->a, &events);

	assert_true(guest_turn(&f->a));
	assert_int_equal(events.granted, 1);
	assert_int_equal(events.ready, 1);
	assert_int_equal(events.first_ref, f->a.grants[0].first_ref);
	assert_int_equal(f->a.grants[0].memory, f->lent[0]);
	assert_int_equal(f->b.n_grants, 0);
	assert_reported(f, "guest.alpha.be_alloc_bytes 8192\n");
	vitrine_grant_pool_v1_release(pool);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.unmapped, 1);
	assert_int_equal(f->n_back, 1);
	assert_reported(f, "guest.alpha.be_alloc_bytes 0\n");
	vitrine_grant_pool_v1_destroy(pool);
	assert_true(guest_turn(&f->a));
	assert_reported(f, "guest.alpha.pools 0\n");
}

/* Released, and still on the glass: nothing ends before another picture is there; nothing is back before the grants are. */
static void test_back_after_glass_and_grants(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = allocate(&f->a, &events);
	struct screen screen;

	assert_true(guest_turn(&f->a));
	screen_show(&screen, &f->a, pool);
	assert_reported(f, "guest.alpha.buffer.0.rung scanout\n");
	vitrine_grant_pool_v1_release(pool);
	wl_buffer_destroy(screen.buffer);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.ending, 0);
	f->a.ends_silently = true;
	vitrine_head_v1_destroy(screen.head);
	wl_surface_destroy(screen.surface);
	assert_true(guest_turn(&f->a));
	world_frame(f->world);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.ending, f->a.grants[0].serial);
	assert_int_equal(events.unmapped, 0);
	assert_int_equal(f->n_back, 0);
	f->a.grants[0].is_live = false;
	vitrine_broker_guest_v1_grant_ended(f->a.proxy, f->a.ending);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->n_back, 1);
	assert_int_equal(events.unmapped, 1);
	vitrine_grant_pool_v1_destroy(pool);
}

static void assert_refused(struct fixture *f, uint32_t width, uint32_t height, uint32_t pages,
			   int code)
{
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool =
		listen_to(vitrine_guest_v1_allocate_pool(f->a.root, width, height, pages), &events);
	unsigned grants = f->a.n_grants;

	assert_true(guest_turn(&f->a));
	assert_int_equal(events.failed, 1);
	assert_int_equal(events.code, code);
	assert_int_equal(events.granted + events.ready, 0);
	assert_int_equal(f->a.n_grants, grants);
	vitrine_grant_pool_v1_destroy(pool);
	assert_true(guest_turn(&f->a));
}

static void test_policy(void **state)
{
	struct fixture *f = *state;
	struct settings_guest *policy = &f->world->server.settings->guest_defaults;
	struct pool_events events[4];
	struct vitrine_grant_pool_v1 *pools[4];

	policy->allow_be_alloc = false;
	assert_refused(f, WIDTH, HEIGHT, PAGES, EPERM);
	assert_reported(f, "guest.alpha.be_alloc not allowed by the configuration\n");
	policy->allow_be_alloc = true;
	assert_reported(f, "guest.alpha.be_alloc yes\n");
	/* Three fit into the quota, the fourth does not; it is one guest's alone. */
	for (unsigned i = 0; i < 3; i++) {
		pools[i] = allocate(&f->a, &events[i]);
		assert_true(guest_turn(&f->a));
		assert_int_equal(events[i].ready, 1);
	}
	assert_refused(f, WIDTH, HEIGHT, PAGES, ENOSPC);
	pools[3] = allocate(&f->b, &events[3]);
	assert_true(guest_turn(&f->b));
	assert_int_equal(events[3].ready, 1);
	for (unsigned i = 0; i < 4; i++) {
		vitrine_grant_pool_v1_destroy(pools[i]);
	}
	assert_true(guest_turn(&f->a));
	assert_true(guest_turn(&f->b));
	assert_int_equal(f->n_back, 4);
}

/* Pages that are not what the pixels take; sides of nothing; a product that wraps round. */
static void test_sizes(void **state)
{
	struct fixture *f = *state;

	f->world->server.settings->guest_defaults.be_alloc_bytes = UINT64_MAX;
	assert_refused(f, WIDTH, HEIGHT, PAGES + 1, EINVAL);
	assert_refused(f, WIDTH, HEIGHT, PAGES - 1, EINVAL);
	assert_refused(f, 0, HEIGHT, 1, EINVAL);
	assert_refused(f, WIDTH, 0, 1, EINVAL);
	assert_refused(f, 0x40000000, 0x40000000, 1, EINVAL);
	assert_refused(f, 0x80000001, 2, 1, EINVAL);
	/* displif has no stride: what the card would pad is no use. */
	f->row_gap = 64;
	assert_refused(f, WIDTH, HEIGHT, PAGES, EOPNOTSUPP);
	assert_int_equal(f->n_back, 1);
}

static void test_cannot(void **state)
{
	struct fixture *f = *state;

	vitrine_broker_guest_v1_be_alloc(f->a.proxy, EOPNOTSUPP, "a PV guest");
	assert_true(guest_turn(&f->a));
	assert_refused(f, WIDTH, HEIGHT, PAGES, EOPNOTSUPP);
	assert_reported(f, "guest.alpha.be_alloc a PV guest\n");
	assert_int_equal(f->n_lent, 0);
	vitrine_broker_guest_v1_be_alloc(f->a.proxy, 0, "");
	f->world->server.backend = NULL;
	assert_true(guest_turn(&f->a));
	assert_refused(f, WIDTH, HEIGHT, PAGES, EOPNOTSUPP);
	f->world->server.backend = &f->backend;
}

static void test_broker_refuses(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool;

	f->a.grant_answer = MAP_REFUSED;
	pool = allocate(&f->a, &events);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.failed, 1);
	assert_int_equal(events.code, EOPNOTSUPP);
	assert_int_equal(f->n_back, 1);
	vitrine_grant_pool_v1_destroy(pool);
}

/* Given up while the broker is at it: what it then grants is ended again. */
static void test_given_up_while_granting(void **state)
{
	struct fixture *f = *state;
	struct pool_events events[2];
	struct vitrine_grant_pool_v1 *pools[2];

	f->a.grant_answer = MAP_SILENT;
	pools[0] = allocate(&f->a, &events[0]);
	pools[1] = allocate(&f->a, &events[1]);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.n_grants, 2);
	vitrine_grant_pool_v1_destroy(pools[0]);
	vitrine_grant_pool_v1_release(pools[1]);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->n_back, 0);
	assert_int_equal(events[1].unmapped, 0);
	send_granted(&f->a, &f->a.grants[1]);
	send_granted(&f->a, &f->a.grants[0]);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->n_back, 2);
	assert_int_equal(events[1].ready + events[1].granted, 0);
	assert_int_equal(events[1].unmapped, 1);
	vitrine_grant_pool_v1_destroy(pools[1]);
}

/* A worker dies with a picture on the glass: the next one finds the memory, nobody else does. */
static void test_outlives_the_worker(void **state)
{
	struct fixture *f = *state;
	struct pool_events events, theirs;
	struct vitrine_grant_pool_v1 *pool = allocate(&f->a, &events), *other;
	struct screen screen;
	uint32_t first;

	assert_true(guest_turn(&f->a));
	first = events.first_ref;
	screen_show(&screen, &f->a, pool);
	wl_display_flush(f->a.peer.display);
	/* As by kill -9: nothing is said any more. */
	shutdown(wl_display_get_fd(f->a.peer.display), SHUT_RDWR);
	world_turn(f->world);
	screen_forget(&screen);
	vitrine_grant_pool_v1_destroy(pool);
	worker_disconnect(&f->a);
	other = restore(&f->b, first, &theirs);
	assert_true(guest_turn(&f->b));
	assert_int_equal(theirs.code, ENOENT);
	vitrine_grant_pool_v1_destroy(other);
	worker_connect(&f->a);
	pool = restore(&f->a, first, &events);
	other = restore(&f->a, first, &theirs);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.ready, 1);
	assert_int_equal(theirs.code, ENOENT); /* it has one owner */
	vitrine_grant_pool_v1_destroy(other);
	screen_show(&screen, &f->a, pool);
	/* The picture of the worker before it is replaced only now: its pool goes, the memory stays. */
	assert_reported(f, "guest.alpha.pools 1\n");
	/* The time for orphans is over: this is none. */
	clock_virtual_advance(f->world->server.clock,
			      clock_now(f->world->server.clock) + 20 * NSEC_PER_SEC);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->n_back, 0);
	screen_forget(&screen);
	vitrine_grant_pool_v1_destroy(pool);
	assert_true(guest_turn(&f->a));
	world_frame(f->world);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->n_lent, 1);
	assert_int_equal(f->n_back, 1);
}

/* What a new worker does not ask for goes back after a while. */
static void test_orphans_go_back(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = allocate(&f->a, &events);

	assert_true(guest_turn(&f->a));
	shutdown(wl_display_get_fd(f->a.peer.display), SHUT_RDWR);
	world_turn(f->world);
	vitrine_grant_pool_v1_destroy(pool);
	worker_disconnect(&f->a);
	worker_connect(&f->a);
	assert_int_equal(f->n_back, 0);
	assert_reported(f, "guest.alpha.be_alloc_bytes 8192\n");
	clock_virtual_advance(f->world->server.clock,
			      clock_now(f->world->server.clock) + 6 * NSEC_PER_SEC);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->n_back, 1);
	pool = restore(&f->a, events.first_ref, &events);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.code, ENOENT);
	vitrine_grant_pool_v1_destroy(pool);
}

static struct buffer *server_buffer(struct fixture *f, struct wl_buffer *buffer)
{
	struct scene_guest *scene = scene_guest_find(f->world->server.scene, "alpha");
	const struct guest *guest = scene->data;
	struct wl_resource *resource = wl_client_get_object(
		guest->connection->client, wl_proxy_get_id((struct wl_proxy *)buffer));

	assert_non_null(resource);
	return buffer_from_resource(resource);
}

/* Not even then while a plane shows it. */
static void test_orphans_on_a_plane_stay(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = allocate(&f->a, &events);
	struct screen screen;
	struct buffer *shown;

	assert_true(guest_turn(&f->a));
	screen_show(&screen, &f->a, pool);
	shown = server_buffer(f, screen.buffer);
	buffer_lock(shown);
	shutdown(wl_display_get_fd(f->a.peer.display), SHUT_RDWR);
	world_turn(f->world);
	screen_forget(&screen);
	vitrine_grant_pool_v1_destroy(pool);
	worker_disconnect(&f->a);
	worker_connect(&f->a);
	clock_virtual_advance(f->world->server.clock,
			      clock_now(f->world->server.clock) + 6 * NSEC_PER_SEC);
	assert_true(guest_turn(&f->a));
	world_frame(f->world);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.ending, 0);
	buffer_unlock(shown);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.ending, f->a.grants[0].serial);
	assert_int_equal(f->n_back, 1);
}

/* The guest goes while its picture is on the glass. */
static void test_guest_goes(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = allocate(&f->a, &events);
	struct screen screen;

	assert_true(guest_turn(&f->a));
	screen_show(&screen, &f->a, pool);
	screen_forget(&screen);
	vitrine_grant_pool_v1_destroy(pool);
	wl_display_flush(f->a.peer.display);
	guest_end(&f->a);
	assert_true(peer_turn(f->world, &f->broker.peer));
	world_frame(f->world);
	world_turn(f->world);
	assert_int_equal(f->n_back, 1);
}

/* A server that comes after another is handed what that had granted. */
static void test_kept_from_a_server_before(void **state)
{
	struct fixture *f = *state;
	struct granted kept = {77, 0, WIDTH, HEIGHT, 4711, true};
	int memory = memfd_create("memory", MFD_CLOEXEC), refs = grant_refs(&kept);
	struct pool_events events, fresh;
	struct vitrine_grant_pool_v1 *pool, *other;

	assert_int_equal(ftruncate(memory, PAGES * XEN_PAGE_SIZE), 0);
	vitrine_broker_guest_v1_kept(f->a.proxy, kept.serial, memory, refs, WIDTH, HEIGHT);
	assert_true(guest_turn(&f->a));
	assert_reported(f, "guest.alpha.be_alloc_bytes 8192\n");
	pool = restore(&f->a, 4711, &events);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.ready, 1);
	/* New ones get other numbers. */
	other = allocate(&f->a, &fresh);
	assert_true(guest_turn(&f->a));
	assert_true(f->a.grants[0].serial > kept.serial);
	f->a.grants[f->a.n_grants++] = kept;
	vitrine_grant_pool_v1_destroy(pool);
	vitrine_grant_pool_v1_destroy(other);
	assert_true(guest_turn(&f->a));
	assert_reported(f, "guest.alpha.be_alloc_bytes 0\n");
	/* Memory that is shorter than it is said to be is not shown. */
	close(refs);
	kept.height *= 2;
	refs = grant_refs(&kept);
	vitrine_broker_guest_v1_kept(f->a.proxy, 78, memory, refs, WIDTH, 2 * HEIGHT);
	close(memory);
	close(refs);
	wl_display_flush(f->broker.peer.display);
	world_turn(f->world);
	assert_false(peer_read(&f->broker.peer));
}

/* The broker is trusted, but not to mix up its words. */
static void test_broker_names_what_is_not_there(void **state)
{
	struct fixture *f = *state;

	vitrine_broker_guest_v1_grant_ended(f->a.proxy, 5);
	wl_display_flush(f->broker.peer.display);
	world_turn(f->world);
	assert_false(peer_read(&f->broker.peer));
	assert_int_equal(wl_display_get_error(f->broker.peer.display), EPROTO);
}

/* ---- pages of guests: what this host can do with them ---- */

static struct vitrine_grant_pool_v1 *map_pages(struct guest_peer *guest, uint32_t pages,
					       struct pool_events *events)
{
	int refs = refs_create(pages);
	struct vitrine_grant_pool_v1 *pool =
		listen_to(vitrine_guest_v1_create_grant_pool(guest->root, refs, pages), events);

	close(refs);
	return pool;
}

static void test_budget_of_maps(void **state)
{
	struct fixture *f = *state;
	struct pool_events events[3];
	struct vitrine_grant_pool_v1 *pools[3];

	vitrine_broker_v1_host(f->broker.proxy, 10, 0, "");
	assert_true(guest_turn(&f->a));
	pools[0] = map_pages(&f->a, 6, &events[0]);
	assert_true(guest_turn(&f->a));
	pools[1] = map_pages(&f->b, 5, &events[1]);
	pools[2] = map_pages(&f->b, 4, &events[2]);
	assert_true(guest_turn(&f->b));
	assert_int_equal(events[0].ready, 1);
	assert_int_equal(events[1].code, ENOSPC);
	assert_int_equal(events[2].ready, 1);
	assert_reported(f, "maps.pages 10\n");
	assert_reported(f, "maps.budget 10\n");
	for (unsigned i = 0; i < 3; i++) {
		vitrine_grant_pool_v1_destroy(pools[i]);
	}
	assert_true(guest_turn(&f->a));
	assert_true(guest_turn(&f->b));
	assert_reported(f, "maps.pages 0\n");
}

/* What is on which rung, and why no higher. */
static void check_rung(struct fixture *f, bool exported, const char *rung, const char *reason)
{
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool;
	struct wl_buffer *buffer;

	f->a.answer = MAP_SILENT;
	pool = map_pages(&f->a, PAGES, &events);
	assert_true(guest_turn(&f->a));
	if (exported) {
		int fd = memfd_create("exported", MFD_CLOEXEC);

		vitrine_broker_guest_v1_exported(f->a.proxy, f->a.map_serial, fd);
		close(fd);
	}
	f->a.answer = MAP_GOOD;
	send_map(&f->a, f->a.map_serial, PAGES);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.ready, 1);
	buffer = vitrine_grant_pool_v1_create_buffer(pool, 0, WIDTH, HEIGHT, WIDTH * 4,
						     FOURCC_XRGB8888);
	assert_true(guest_turn(&f->a));
	assert_reported(f, rung);
	assert_reported(f, reason);
	wl_buffer_destroy(buffer);
	vitrine_grant_pool_v1_destroy(pool);
	assert_true(guest_turn(&f->a));
}

static void test_rungs_of_guests_pages(void **state)
{
	struct fixture *f = *state;

	vitrine_broker_v1_host(f->broker.proxy, 0, EINVAL, "this is a PV domain");
	check_rung(f, false, "guest.alpha.buffer.0.rung mapped\n",
		   "guest.alpha.buffer.0.reason this is a PV domain; be-alloc: not asked for by the "
		   "toolstack\n");
	vitrine_broker_guest_v1_be_alloc(f->a.proxy, EOPNOTSUPP, "a PV guest");
	check_rung(f, false, "guest.alpha.buffer.0.rung mapped\n", "; be-alloc: a PV guest\n");
	vitrine_broker_guest_v1_be_alloc(f->a.proxy, 0, "");
	vitrine_broker_v1_host(f->broker.proxy, 0, 0, "");
	check_rung(f, true, "guest.alpha.buffer.0.rung sampled\n",
		   "guest.alpha.buffer.0.reason its own pages, and incoherent-scanout=no");
	/* A renderer that samples nothing. */
	f->world->server.renderer = &(struct renderer){.ops = &(struct renderer_ops){0}};
	check_rung(f, true, "guest.alpha.buffer.0.rung mapped\n",
		   "guest.alpha.buffer.0.reason its own pages; incoherent-scanout=no");
	f->world->server.renderer = NULL;
	f->world->server.settings->allow_incoherent_scanout = true;
	check_rung(f, true, "guest.alpha.buffer.0.rung scanout\n",
		   "guest.alpha.buffer.0.size 64 32\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),
		TEST(test_back_after_glass_and_grants),
		TEST(test_policy),
		TEST(test_sizes),
		TEST(test_cannot),
		TEST(test_broker_refuses),
		TEST(test_given_up_while_granting),
		TEST(test_outlives_the_worker),
		TEST(test_orphans_go_back),
		TEST(test_orphans_on_a_plane_stay),
		TEST(test_guest_goes),
		TEST(test_kept_from_a_server_before),
		TEST(test_broker_names_what_is_not_there),
		TEST(test_budget_of_maps),
		TEST(test_rungs_of_guests_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
