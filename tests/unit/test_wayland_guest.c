/* SPDX-License-Identifier: MIT */
/*
 * Guests on their connections: what they see, pools and buffers, heads and commits, and workers
 * that misbehave.
 */
#include "tests/wayland_world.h"

#include <fcntl.h>

struct fixture {
	struct world *world;
	struct broker broker;
	struct guest_peer a, b; /* two guests with workers */
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->world = world_create();
	broker_connect(f->world, &f->broker);
	guest_announce(f->world, &f->broker, &f->a, "alpha");
	guest_announce(f->world, &f->broker, &f->b, "beta");
	worker_connect(&f->a);
	worker_connect(&f->b);
	*state = f;
	return 0;
}

static void guest_gone(struct guest_peer *guest)
{
	if (guest->peer.display) {
		worker_disconnect(guest);
	}
	vitrine_broker_guest_v1_destroy(guest->proxy);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guest_gone(&f->a);
	guest_gone(&f->b);
	broker_disconnect(f->world, &f->broker);
	world_turn(f->world);
	world_destroy(f->world);
	free(f);
	return 0;
}

/* ---- pools ---- */

struct pool_events {
	unsigned ready, failed, unmapped;
	uint32_t code;
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

static const struct vitrine_grant_pool_v1_listener pool_listener = {on_ready, on_failed,
								    on_unmapped};

static struct vitrine_grant_pool_v1 *pool_make(struct guest_peer *guest, uint32_t pages,
					       struct pool_events *events)
{
	int refs = refs_create(pages);
	struct vitrine_grant_pool_v1 *pool = vitrine_guest_v1_create_grant_pool(guest->root, refs,
										pages);

	close(refs);
	memset(events, 0, sizeof(*events));
	vitrine_grant_pool_v1_add_listener(pool, &pool_listener, events);
	return pool;
}

/* As the server counts it. */
static uint64_t reported(struct world *world, const char *key)
{
	char *text = NULL, *line;
	size_t size = 0, len = strlen(key);
	uint64_t value = UINT64_MAX;
	FILE *out = open_memstream(&text, &size);

	wayland_report(world->server.wayland, out);
	fclose(out);
	for (line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, key, len) == 0 && line[len] == ' ') {
			value = strtoull(line + len, NULL, 10);
		}
	}
	free(text);
	return value;
}

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 4096; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

static void test_globals(void **state)
{
	static const char *const expected[] = {"wl_compositor",   "wl_shm",
					       "wp_viewporter",   "wp_presentation",
					       "wl_seat",         "zwp_relative_pointer_manager_v1",
					       "vitrine_guest_v1"};
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(peer_has(&f->a.peer, expected[i]));
	}
	assert_int_equal(f->a.peer.n_globals, ARRAY_SIZE(expected));
	assert_int_equal(f->broker.peer.n_globals, 1);
	assert_true(peer_has(&f->broker.peer, "vitrine_broker_v1"));
	assert_int_equal(f->a.limits[0], LIMIT_HEADS);
	assert_int_equal(f->a.limits[3], LIMIT_PAGES);
}

/* A name that was guessed: the global is there, and the filter holds. */
static void test_broker_global_is_out_of_reach(void **state)
{
	struct fixture *f = *state;
	void *proxy = wl_registry_bind(f->a.peer.registry, f->broker.peer.names[0],
				       &vitrine_broker_v1_interface, 1);

	assert_false(guest_turn(&f->a));
	wl_proxy_destroy(proxy);
	assert_true(guest_turn(&f->b));
}

static void test_pool_life(void **state)
{
	struct fixture *f = *state;
	unsigned fds = open_fds();
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = pool_make(&f->a, 5, &events);

	assert_true(guest_turn(&f->a));
	assert_int_equal(events.ready, 1);
	assert_int_equal(f->a.n_maps, 1);
	assert_int_equal(f->b.n_maps, 0);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 5);
	vitrine_grant_pool_v1_release(pool);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.unmapped, 1);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 0);
	vitrine_grant_pool_v1_destroy(pool);
	assert_true(guest_turn(&f->a));
	assert_int_equal(reported(f->world, "guest.alpha.pools"), 0);
	assert_int_equal(open_fds(), fds);
}

static void test_pool_refused(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool;

	f->a.answer = MAP_REFUSED;
	pool = pool_make(&f->a, 3, &events);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events.ready, 0);
	assert_int_equal(events.failed, 1);
	assert_int_equal(events.code, EPERM);
	vitrine_grant_pool_v1_destroy(pool);
	assert_true(guest_turn(&f->a));
	assert_int_equal(reported(f->world, "guest.alpha.pools"), 0);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 0);
}

/*
 * One request at a time is with the broker, and what was given up meanwhile is still answered for.
 */
static void test_pool_queue(void **state)
{
	struct fixture *f = *state;
	struct vitrine_grant_pool_v1 *pools[4];
	struct pool_events events[4];

	f->a.answer = MAP_SILENT;
	for (unsigned i = 0; i < 4; i++) {
		pools[i] = pool_make(&f->a, 3, &events[i]);
	}
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.n_maps, 1);
	vitrine_grant_pool_v1_destroy(pools[0]);
	vitrine_grant_pool_v1_release(pools[1]);
	assert_true(guest_turn(&f->a));
	assert_int_equal(events[1].unmapped, 1);
	f->a.answer = MAP_GOOD;
	send_map(&f->a, f->a.map_serial, 3);
	assert_true(guest_turn(&f->a));
	assert_int_equal(f->a.n_maps, 3);
	assert_int_equal(events[1].ready, 0);
	assert_int_equal(events[2].ready, 1);
	assert_int_equal(events[3].ready, 1);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 6);
	for (unsigned i = 1; i < 4; i++) {
		vitrine_grant_pool_v1_destroy(pools[i]);
	}
	assert_true(guest_turn(&f->a));
	assert_int_equal(reported(f->world, "guest.alpha.pools"), 0);
}

static void refs_rejected(struct fixture *f, int refs, uint32_t pages)
{
	struct vitrine_grant_pool_v1 *pool = vitrine_guest_v1_create_grant_pool(f->a.root, refs,
										pages);

	close(refs);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "sealed list"));
	assert_true(guest_turn(&f->b));
	assert_int_equal(f->a.n_maps, 0);
	vitrine_grant_pool_v1_destroy(pool);
	worker_disconnect(&f->a);
	worker_connect(&f->a);
}

static void test_pool_bad_refs(void **state)
{
	struct fixture *f = *state;
	int unsealed = memfd_create("refs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	unsigned fds;

	assert_int_equal(ftruncate(unsealed, 12), 0);
	refs_rejected(f, unsealed, 3);
	fds = open_fds();
	refs_rejected(f, refs_create(3), 4);
	refs_rejected(f, refs_create(3), 2);
	refs_rejected(f, refs_create(3), 0);
	refs_rejected(f, refs_create(3), LIMIT_PAGES + 1);
	refs_rejected(f, refs_create(3), 0x40000003); /* 4 * pages wraps round to 12 */
	refs_rejected(f, open("/dev/null", O_RDONLY), 1);
	assert_int_equal(open_fds(), fds);
}

static void test_pool_quota(void **state)
{
	struct fixture *f = *state;
	static struct vitrine_grant_pool_v1 *pools[2 * LIMIT_POOLS + 1];
	static struct pool_events events[2 * LIMIT_POOLS + 1];

	for (unsigned i = 0; i < 2 * LIMIT_POOLS; i++) {
		pools[i] = pool_make(&f->a, 1, &events[i]);
		assert_true(peer_turn(f->world, &f->a.peer));
	}
	pools[2 * LIMIT_POOLS] = pool_make(&f->a, 1, &events[2 * LIMIT_POOLS]);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "too many pages or pools"));
	assert_true(guest_turn(&f->b));
	for (unsigned i = 0; i <= 2 * LIMIT_POOLS; i++) {
		vitrine_grant_pool_v1_destroy(pools[i]);
	}
	/* Nothing is left of them, so the next worker has its whole share. */
	assert_int_equal(reported(f->world, "guest.alpha.pools"), 0);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 0);
}

/* The broker is trusted, but not to add up. */
static void test_broker_bad_segments(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool;

	f->a.answer = MAP_SHORT;
	pool = pool_make(&f->a, 3, &events);
	peer_turn(f->world, &f->a.peer);
	peer_turn(f->world, &f->broker.peer);
	assert_false(peer_turn(f->world, &f->broker.peer));
	assert_int_equal(wl_display_get_error(f->broker.peer.display), EPROTO);
	vitrine_grant_pool_v1_destroy(pool);
	/* Its guests left with it. */
	world_turn(f->world);
	assert_int_equal(guests_removed, 2);
	assert_false(peer_read(&f->b.peer));
}

/* ---- buffers ---- */

static struct wl_buffer *buffer_make(struct vitrine_grant_pool_v1 *pool, uint32_t width,
				     uint32_t height)
{
	return vitrine_grant_pool_v1_create_buffer(pool, 0, width, height, width * 4,
						   FOURCC_XRGB8888);
}

static void buffer_rejected(struct fixture *f, uint32_t offset, uint32_t width, uint32_t height,
			    uint32_t stride, uint32_t format)
{
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool = pool_make(&f->a, 2, &events);
	struct wl_buffer *buffer;

	assert_true(guest_turn(&f->a));
	assert_int_equal(events.ready, 1);
	buffer = vitrine_grant_pool_v1_create_buffer(pool, offset, width, height, stride, format);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "cut a buffer"));
	assert_true(guest_turn(&f->b));
	wl_buffer_destroy(buffer);
	vitrine_grant_pool_v1_destroy(pool);
	worker_disconnect(&f->a);
	worker_connect(&f->a);
}

static void test_buffer_not_covered(void **state)
{
	struct fixture *f = *state;

	buffer_rejected(f, 0, 32, 65, 128, FOURCC_XRGB8888);
	buffer_rejected(f, 4, 32, 64, 128, FOURCC_XRGB8888);
	buffer_rejected(f, 0, 33, 1, 128, FOURCC_XRGB8888);
	buffer_rejected(f, 0xffffff00, 32, 1, 128, FOURCC_XRGB8888);
	buffer_rejected(f, 0, 16384, 16384, 0x40004, FOURCC_XRGB8888);
	buffer_rejected(f, 0, 32, 1, 128, 0x3231564e);
	buffer_rejected(f, 0, 0, 1, 128, FOURCC_XRGB8888);
}

static void test_buffer_before_ready(void **state)
{
	struct fixture *f = *state;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool;
	struct wl_buffer *buffer;

	f->a.answer = MAP_SILENT;
	pool = pool_make(&f->a, 2, &events);
	buffer = buffer_make(pool, 32, 32);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "not ready"));
	wl_buffer_destroy(buffer);
	vitrine_grant_pool_v1_destroy(pool);
}

/* ---- heads and commits ---- */

struct head_events {
	uint32_t width, height, refresh, visible, pace;
	unsigned modes, edids, visibilities;
	uint8_t edid[128];
};

static void on_mode(void *data, struct vitrine_head_v1 *head, uint32_t width, uint32_t height,
		    uint32_t refresh)
{
	struct head_events *events = data;

	events->modes++;
	events->width = width;
	events->height = height;
	events->refresh = refresh;
}

static void on_edid(void *data, struct vitrine_head_v1 *head, struct wl_array *edid)
{
	struct head_events *events = data;

	assert_int_equal(edid->size, sizeof(events->edid));
	memcpy(events->edid, edid->data, sizeof(events->edid));
	events->edids++;
}

static void on_visibility(void *data, struct vitrine_head_v1 *head, uint32_t visible, uint32_t pace)
{
	struct head_events *events = data;

	events->visibilities++;
	events->visible = visible;
	events->pace = pace;
}

static const struct vitrine_head_v1_listener head_listener = {on_mode, on_edid, on_visibility};

#define MAX_OPEN 16

/* A head with a surface, a ready pool and two buffers in it. */
struct screen {
	struct guest_peer *guest;
	struct wl_surface *surface;
	struct vitrine_head_v1 *head;
	struct vitrine_grant_pool_v1 *pool;
	struct wl_buffer *buffers[2];
	struct head_events events;
	struct pool_events pool_events;
	unsigned released[2], presented, discarded, callbacks;
	uint32_t sequence;
	struct wl_proxy *open[MAX_OPEN]; /* feedback and callbacks that were not told yet */
};

static void on_release(void *data, struct wl_buffer *buffer)
{
	++*(unsigned *)data;
}

static const struct wl_buffer_listener buffer_listener = {on_release};

static void screen_make(struct screen *screen, struct guest_peer *guest, uint32_t index)
{
	memset(screen, 0, sizeof(*screen));
	screen->guest = guest;
	screen->surface = wl_compositor_create_surface(guest->compositor);
	screen->head = vitrine_guest_v1_create_head(guest->root, screen->surface, index, 64, 32);
	vitrine_head_v1_add_listener(screen->head, &head_listener, &screen->events);
	screen->pool = pool_make(guest, 4, &screen->pool_events);
	assert_true(guest_turn(guest));
	assert_int_equal(screen->pool_events.ready, 1);
	for (unsigned i = 0; i < 2; i++) {
		screen->buffers[i] = buffer_make(screen->pool, 64, 32);
		wl_buffer_add_listener(screen->buffers[i], &buffer_listener, &screen->released[i]);
	}
	assert_true(guest_turn(guest));
}

static void open_add(struct screen *screen, void *proxy)
{
	for (unsigned i = 0; i < MAX_OPEN; i++) {
		if (!screen->open[i]) {
			screen->open[i] = proxy;
			return;
		}
	}
	fail();
}

static void open_done(struct screen *screen, void *proxy)
{
	for (unsigned i = 0; i < MAX_OPEN; i++) {
		if (screen->open[i] == proxy) {
			screen->open[i] = NULL;
			wl_proxy_destroy(proxy);
			return;
		}
	}
	fail();
}

/* What the client has of it; the server knows when the requests arrive, if they do. */
static void screen_drop(struct screen *screen)
{
	for (unsigned i = 0; i < MAX_OPEN; i++) {
		if (screen->open[i]) {
			wl_proxy_destroy(screen->open[i]);
		}
	}
	wl_buffer_destroy(screen->buffers[0]);
	wl_buffer_destroy(screen->buffers[1]);
	vitrine_grant_pool_v1_destroy(screen->pool);
	vitrine_head_v1_destroy(screen->head);
	wl_surface_destroy(screen->surface);
}

static void on_sync_output(void *data, struct wp_presentation_feedback *feedback,
			   struct wl_output *output)
{
}

static void on_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t sec_hi,
			 uint32_t sec, uint32_t nsec, uint32_t refresh, uint32_t seq_hi,
			 uint32_t seq, uint32_t flags)
{
	struct screen *screen = data;

	screen->presented++;
	screen->sequence = seq;
	open_done(screen, feedback);
}

static void on_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	((struct screen *)data)->discarded++;
	open_done(data, feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {on_sync_output,
									   on_presented,
									   on_discarded};

static void on_done(void *data, struct wl_callback *callback, uint32_t time)
{
	((struct screen *)data)->callbacks++;
	open_done(data, callback);
}

static const struct wl_callback_listener callback_listener = {on_done};

static void screen_commit(struct screen *screen, unsigned buffer)
{
	struct wp_presentation_feedback *feedback =
		wp_presentation_feedback(screen->guest->presentation, screen->surface);
	struct wl_callback *callback = wl_surface_frame(screen->surface);

	wp_presentation_feedback_add_listener(feedback, &feedback_listener, screen);
	wl_callback_add_listener(callback, &callback_listener, screen);
	open_add(screen, feedback);
	open_add(screen, callback);
	wl_surface_attach(screen->surface, screen->buffers[buffer], 0, 0);
	wl_surface_damage(screen->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(screen->surface);
	assert_true(guest_turn(screen->guest));
}

static struct scene_guest *scene_of(struct fixture *f, const char *name)
{
	return scene_guest_find(f->world->server.scene, name);
}

static void test_head_is_told(void **state)
{
	struct fixture *f = *state;
	struct screen screen;
	struct rect area = scene_output_area(f->world->output);

	screen_make(&screen, &f->a, 0);
	/* Nobody is in front: hidden, at the size it was configured with. */
	assert_int_equal(screen.events.visible, 0);
	assert_in_range(screen.events.pace, 1, 1000);
	assert_int_equal(screen.events.width, 64);
	assert_int_equal(screen.events.height, 32);
	assert_int_equal(screen.events.edids, 1);
	assert_memory_equal(screen.events.edid + 77, "alpha\n", 6);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.events.visible, 1);
	assert_int_equal(screen.events.width, area.w);
	assert_int_equal(screen.events.height, area.h);
	assert_int_equal(screen.events.refresh, 60000);
	assert_int_equal(screen.events.edids, 2);
	scene_set_front(f->world->server.scene, NULL);
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.events.visible, 0);
	assert_int_equal(screen.events.visibilities, 3);
	screen_drop(&screen);
}

/* While it is hidden; of a visible one there is nothing to tell. */
static void test_pace_follows_the_settings(void **state)
{
	struct fixture *f = *state;
	struct settings *settings = f->world->server.settings;
	struct screen screen;

	screen_make(&screen, &f->a, 0);
	assert_int_equal(screen.events.pace, 1000 / settings->guest_defaults.pace_hz);
	settings->guests[settings->n_guests++] = settings->guest_defaults;
	snprintf(settings->guests[0].name, sizeof(settings->guests[0].name), "alpha");
	settings->guests[0].pace_hz = 4;
	wayland_settings_changed(f->world->server.wayland);
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.events.pace, 250);
	assert_int_equal(screen.events.visible, 0);
	assert_int_equal(screen.events.visibilities, 2);
	wayland_settings_changed(f->world->server.wayland);
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.events.visibilities, 2);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.events.visibilities, 3);
	settings->guests[0].pace_hz = 2;
	wayland_settings_changed(f->world->server.wayland);
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.events.visibilities, 3);
	screen_drop(&screen);
}

static void test_commit_shown_and_replaced(void **state)
{
	struct fixture *f = *state;
	struct screen screen;

	screen_make(&screen, &f->a, 0);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	screen_commit(&screen, 0);
	assert_int_equal(screen.presented + screen.discarded, 0);
	assert_true(world_frame(f->world));
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.presented, 1);
	assert_int_equal(screen.callbacks, 1);
	assert_int_equal(screen.released[0], 0);
	/*
	 * Two in one frame: the first is discarded and its buffer free, the old one is freed by the
	 * flip.
	 */
	screen_commit(&screen, 1);
	screen_commit(&screen, 0);
	assert_int_equal(screen.discarded, 1);
	assert_int_equal(screen.released[1], 1);
	assert_true(world_frame(f->world));
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.presented, 2);
	assert_int_equal(screen.callbacks, 3);
	assert_int_equal(screen.sequence, f->world->output->frames);
	screen_drop(&screen);
}

static void test_commit_hidden(void **state)
{
	struct fixture *f = *state;
	struct screen screen;

	screen_make(&screen, &f->a, 0);
	screen_commit(&screen, 0);
	assert_int_equal(screen.discarded, 1);
	assert_int_equal(screen.released[0], 1);
	assert_int_equal(screen.callbacks, 0);
	/* Hiding what is shown gives everything back first. */
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	screen_commit(&screen, 0);
	assert_true(world_frame(f->world));
	screen_commit(&screen, 1);
	scene_set_front(f->world->server.scene, NULL);
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.released[0], 2);
	assert_int_equal(screen.released[1], 1);
	assert_int_equal(screen.presented, 1);
	assert_int_equal(screen.discarded, 2);
	screen_drop(&screen);
}

static const struct scene_head *head_0(struct fixture *f, const char *name)
{
	return scene_of(f, name)->heads[0];
}

/* What is on the glass stays mapped although the worker destroyed it, and no longer. */
static void test_pool_outlives_worker_objects(void **state)
{
	struct fixture *f = *state;
	struct screen screen;

	screen_make(&screen, &f->a, 0);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	screen_commit(&screen, 0);
	assert_true(world_frame(f->world));
	wl_buffer_destroy(screen.buffers[0]);
	wl_buffer_destroy(screen.buffers[1]);
	vitrine_grant_pool_v1_release(screen.pool);
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.pool_events.unmapped, 0);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 4);
	wl_surface_attach(screen.surface, NULL, 0, 0);
	wl_surface_commit(screen.surface);
	assert_true(guest_turn(&f->a));
	assert_true(world_frame(f->world));
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.pool_events.unmapped, 1);
	vitrine_grant_pool_v1_destroy(screen.pool);
	vitrine_head_v1_destroy(screen.head);
	wl_surface_destroy(screen.surface);
}

/* A worker dies: the picture stays, frozen; the next one takes the head over. */
static void test_worker_restart(void **state)
{
	struct fixture *f = *state;
	struct screen screen, next;
	const struct scene_head *head;

	screen_make(&screen, &f->a, 0);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	screen_commit(&screen, 0);
	assert_true(world_frame(f->world));
	assert_true(guest_turn(&f->a));
	head = head_0(f, "alpha");
	/* Without a word: the socket is closed under it. */
	shutdown(wl_display_get_fd(f->a.peer.display), SHUT_RDWR);
	world_turn(f->world);
	assert_true(peer_turn(f->world, &f->broker.peer));
	assert_non_null(strstr(f->a.reason, "closed"));
	assert_ptr_equal(head_0(f, "alpha"), head);
	assert_true(head->visible);
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 4);
	screen_drop(&screen);
	worker_disconnect(&f->a);
	worker_connect(&f->a);
	screen_make(&next, &f->a, 0);
	assert_ptr_equal(head_0(f, "alpha"), head);
	assert_int_equal(next.events.visible, 1);
	screen_commit(&next, 1);
	assert_true(world_frame(f->world));
	assert_true(guest_turn(&f->a));
	assert_int_equal(next.presented, 1);
	/* The old worker's pages are gone with its picture. */
	assert_int_equal(reported(f->world, "guest.alpha.pages"), 4);
	screen_drop(&next);
}

/* Heads that the new worker does not make are gone after a while. */
static void test_worker_restart_with_fewer_heads(void **state)
{
	struct fixture *f = *state;
	struct screen first, second, next;

	screen_make(&first, &f->a, 0);
	screen_make(&second, &f->a, 1);
	screen_drop(&first);
	screen_drop(&second);
	shutdown(wl_display_get_fd(f->a.peer.display), SHUT_RDWR);
	world_turn(f->world);
	assert_true(peer_turn(f->world, &f->broker.peer));
	worker_disconnect(&f->a);
	assert_non_null(scene_of(f, "alpha")->heads[1]);
	worker_connect(&f->a);
	screen_make(&next, &f->a, 0);
	clock_virtual_advance(f->world->server.clock,
			      clock_now(f->world->server.clock) + 10 * NSEC_PER_SEC);
	assert_non_null(scene_of(f, "alpha")->heads[0]);
	assert_null(scene_of(f, "alpha")->heads[1]);
	assert_true(guest_turn(&f->a));
	screen_drop(&next);
}

static void test_source_rectangle(void **state)
{
	struct fixture *f = *state;
	struct screen screen;
	struct wp_viewport *viewport;

	screen_make(&screen, &f->a, 0);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	viewport = wp_viewporter_get_viewport(f->a.viewporter, screen.surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(32), wl_fixed_from_int(8),
			       wl_fixed_from_int(32), wl_fixed_from_int(24));
	screen_commit(&screen, 0);
	assert_true(world_frame(f->world));
	assert_int_equal(head_0(f, "alpha")->width, 32);
	assert_int_equal(head_0(f, "alpha")->height, 24);
	/* One pixel past the buffer's edge. */
	wp_viewport_set_source(viewport, wl_fixed_from_int(33), wl_fixed_from_int(8),
			       wl_fixed_from_int(32), wl_fixed_from_int(24));
	wl_surface_commit(screen.surface);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "outside of its buffer"));
	assert_true(guest_turn(&f->b));
	wp_viewport_destroy(viewport);
	screen_drop(&screen);
}

static void test_source_not_whole(void **state)
{
	struct fixture *f = *state;
	struct wl_surface *surface = wl_compositor_create_surface(f->a.compositor);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(f->a.viewporter, surface);

	wp_viewport_set_source(viewport, 128, 0, wl_fixed_from_int(32), wl_fixed_from_int(24));
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "whole pixels"));
	wp_viewport_destroy(viewport);
	wl_surface_destroy(surface);
}

/* ---- workers that misbehave ---- */

static void head_rejected(struct fixture *f, uint32_t index, uint32_t width, uint32_t height,
			  bool twice)
{
	struct wl_surface *surface = wl_compositor_create_surface(f->a.compositor);
	struct vitrine_head_v1 *first = NULL, *head;

	if (twice) {
		first = vitrine_guest_v1_create_head(f->a.root, surface, 0, 64, 32);
		assert_true(guest_turn(&f->a));
	}
	head = vitrine_guest_v1_create_head(f->a.root, surface, index, width, height);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "made a head"));
	assert_true(guest_turn(&f->b));
	vitrine_head_v1_destroy(head);
	if (first) {
		vitrine_head_v1_destroy(first);
	}
	wl_surface_destroy(surface);
	worker_disconnect(&f->a);
	worker_connect(&f->a);
}

static void test_heads_bad(void **state)
{
	struct fixture *f = *state;

	head_rejected(f, SCENE_MAX_HEADS, 64, 32, false);
	head_rejected(f, 0, 0, 32, false);
	head_rejected(f, 0, 64, 0x80000000, false);
	head_rejected(f, 1, 64, 32, true);
	head_rejected(f, 0, 64, 32, true);
}

/*
 * Each head that comes or goes arranges and draws all monitors anew: a worker may not make that
 * happen as often as it can.
 */
static void test_head_flood(void **state)
{
	struct fixture *f = *state;
	struct wl_surface *surface = wl_compositor_create_surface(f->a.compositor);
	struct clock_source *clock = f->world->server.clock;
	unsigned made = 0;

	while (made < 1000) {
		struct vitrine_head_v1 *head = vitrine_guest_v1_create_head(f->a.root, surface, 0,
									    64, 32);

		vitrine_head_v1_destroy(head);
		made++;
		if (!peer_turn(f->world, &f->a.peer)) {
			break;
		}
		if (made == LIMIT_HEAD_BURST) {
			/* What a second brings, no more. */
			clock_virtual_advance(clock, clock_now(clock) + NSEC_PER_SEC);
		}
	}
	assert_int_equal(made, LIMIT_HEAD_BURST + LIMIT_HEADS_PER_SECOND + 1);
	assert_true(guest_turn(&f->b));
	assert_true(peer_turn(f->world, &f->broker.peer));
	assert_non_null(strstr(f->a.reason, "faster than"));
	wl_surface_destroy(surface);
}

static void test_object_flood(void **state)
{
	struct fixture *f = *state;
	static struct wl_region *regions[3 * LIMIT_OBJECTS];
	unsigned n = 0;
	bool alive = true;

	while (alive && n < ARRAY_SIZE(regions)) {
		regions[n++] = wl_compositor_create_region(f->a.compositor);
		if (n % 64 == 0) {
			alive = peer_turn(f->world, &f->a.peer);
		}
	}
	assert_false(alive);
	assert_true(n > LIMIT_OBJECTS);
	guest_turn(&f->b);
	assert_non_null(strstr(f->a.reason, "too many objects"));
	assert_string_equal(f->b.reason, "");
	for (unsigned i = 0; i < n; i++) {
		wl_region_destroy(regions[i]);
	}
}

/* One that only ever destroys what it made is no flood, however long it goes on. */
static void test_objects_made_and_destroyed(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 5 * LIMIT_OBJECTS; i++) {
		wl_region_destroy(wl_compositor_create_region(f->a.compositor));
		if (i % 64 == 0) {
			assert_true(peer_turn(f->world, &f->a.peer));
		}
	}
	assert_true(guest_turn(&f->a));
}

/* Descriptors that no request takes: they are not kept without end, and go with the worker. */
static void test_fd_flood(void **state)
{
	struct fixture *f = *state;
	unsigned fds = open_fds(), most = 0;
	struct wl_surface *surface = wl_compositor_create_surface(f->a.compositor);
	/* wl_surface.commit, which takes none */
	uint32_t request[2] = {wl_proxy_get_id((struct wl_proxy *)surface), 8u << 16 | 6};
	bool alive = guest_turn(&f->a);

	for (unsigned i = 0; i < 100 && alive; i++) {
		union {
			struct cmsghdr header;
			char bytes[CMSG_SPACE(28 * sizeof(int))];
		} control = {0};
		struct iovec io = {request, sizeof(request)};
		struct msghdr message = {.msg_iov = &io,
					 .msg_iovlen = 1,
					 .msg_control = &control,
					 .msg_controllen = sizeof(control)};

		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(28 * sizeof(int));
		for (unsigned n = 0; n < 28; n++) {
			((int *)(void *)CMSG_DATA(&control.header))[n] = STDERR_FILENO;
		}
		alive = sendmsg(wl_display_get_fd(f->a.peer.display), &message, MSG_NOSIGNAL) > 0;
		world_turn(f->world);
		most = MAX(most, open_fds());
	}
	assert_false(alive);
	assert_true(most > fds + 28 && most <= fds + 1024 + 28);
	assert_true(guest_turn(&f->b));
	assert_true(open_fds() <= fds);
	wl_surface_destroy(surface);
}

static void test_damage_flood(void **state)
{
	struct fixture *f = *state;
	struct screen screen;

	screen_make(&screen, &f->a, 0);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	for (int i = 0; i < 4000; i++) {
		wl_surface_damage_buffer(screen.surface, (i * 7) % 64, (i * 5) % 32, 1, 1);
		wl_surface_damage(screen.surface, INT32_MAX - i, INT32_MIN, INT32_MAX, INT32_MAX);
		if (i % 100 == 0) {
			assert_true(peer_turn(f->world, &f->a.peer));
		}
	}
	screen_commit(&screen, 0);
	assert_true(world_frame(f->world));
	assert_true(guest_turn(&f->a));
	assert_int_equal(screen.presented, 1);
	screen_drop(&screen);
}

static void test_shm_is_refused(void **state)
{
	struct fixture *f = *state;
	struct wl_shm *shm = peer_bind(&f->a.peer, &wl_shm_interface);
	int fd = memfd_create("shm", MFD_CLOEXEC);
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, 4096);

	close(fd);
	assert_false(guest_turn(&f->a));
	assert_non_null(strstr(f->a.reason, "memory that is not its guest's"));
	wl_shm_pool_destroy(pool);
	wl_shm_destroy(shm);
	assert_true(guest_turn(&f->b));
}

static void test_closes_in_the_middle(void **state)
{
	struct fixture *f = *state;
	/* The head of a message of 16 bytes, and no more. */
	uint32_t half[2] = {1, 16 << 16};

	assert_int_equal(write(wl_display_get_fd(f->a.peer.display), half, 6), 6);
	shutdown(wl_display_get_fd(f->a.peer.display), SHUT_RDWR);
	world_turn(f->world);
	assert_true(guest_turn(&f->b));
	assert_non_null(strstr(f->a.reason, "closed"));
	assert_string_equal(f->b.reason, "");
}

static void test_garbage(void **state)
{
	struct fixture *f = *state;
	/* Whole messages to objects that do not exist, then of a length that never comes. */
	uint32_t garbage[] = {0xdeadbeef, 8 << 16, 0xfeffffff, 12 << 16 | 7, 1, 1, 0xfff00000,
			      1,          2,       3};

	assert_int_equal(write(wl_display_get_fd(f->a.peer.display), garbage, sizeof(garbage)),
			 sizeof(garbage));
	world_turn(f->world);
	assert_true(guest_turn(&f->b));
	assert_string_not_equal(f->a.reason, "");
	assert_string_equal(f->b.reason, "");
}

/* ---- the broker ---- */

static void test_guest_ends_with_everything_under_way(void **state)
{
	struct fixture *f = *state;
	struct screen screen;
	struct pool_events events;
	struct vitrine_grant_pool_v1 *pool;
	unsigned fds = open_fds();

	screen_make(&screen, &f->a, 0);
	scene_set_front(f->world->server.scene, scene_of(f, "alpha"));
	screen_commit(&screen, 0);
	assert_true(world_frame(f->world));
	screen_commit(&screen, 1);
	f->a.answer = MAP_SILENT;
	pool = pool_make(&f->a, 3, &events);
	assert_true(guest_turn(&f->a));
	vitrine_broker_guest_v1_destroy(f->a.proxy);
	assert_true(peer_turn(f->world, &f->broker.peer));
	assert_null(scene_of(f, "alpha"));
	assert_int_equal(guests_removed, 1);
	assert_false(peer_read(&f->a.peer));
	assert_true(guest_turn(&f->b));
	/* Only the worker's own end of its connection is left; the server had two for its end. */
	assert_int_equal(open_fds(), fds - 2);
	vitrine_grant_pool_v1_destroy(pool);
	screen_drop(&screen);
	worker_disconnect(&f->a);
	/* The name is free again. */
	guest_announce(f->world, &f->broker, &f->a, "alpha");
	worker_connect(&f->a);
}

static void test_broker_ends(void **state)
{
	struct fixture *f = *state;
	struct broker again;

	broker_connect(f->world, &again);
	/* The new one replaces the old one, whose guests leave. */
	world_turn(f->world);
	assert_int_equal(guests_removed, 2);
	assert_false(peer_read(&f->broker.peer));
	assert_false(peer_read(&f->a.peer));
	assert_null(scene_of(f, "alpha"));
	broker_disconnect(f->world, &again);
}

static void test_second_instance(void **state)
{
	struct fixture *f = *state;
	struct wayland *second = NULL;

	assert_int_equal(wayland_create(&second, &f->world->server), -EADDRINUSE);
	assert_null(second);
	/* The first one's socket is still there. */
	assert_true(guest_turn(&f->a));
	test_broker_ends(state);
}

#define GUEST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUEST_TEST(test_globals),
		GUEST_TEST(test_broker_global_is_out_of_reach),
		GUEST_TEST(test_pool_life),
		GUEST_TEST(test_pool_refused),
		GUEST_TEST(test_pool_queue),
		GUEST_TEST(test_pool_bad_refs),
		GUEST_TEST(test_pool_quota),
		GUEST_TEST(test_broker_bad_segments),
		GUEST_TEST(test_buffer_not_covered),
		GUEST_TEST(test_buffer_before_ready),
		GUEST_TEST(test_head_is_told),
		GUEST_TEST(test_commit_shown_and_replaced),
		GUEST_TEST(test_pace_follows_the_settings),
		GUEST_TEST(test_commit_hidden),
		GUEST_TEST(test_pool_outlives_worker_objects),
		GUEST_TEST(test_worker_restart),
		GUEST_TEST(test_worker_restart_with_fewer_heads),
		GUEST_TEST(test_source_rectangle),
		GUEST_TEST(test_source_not_whole),
		GUEST_TEST(test_heads_bad),
		GUEST_TEST(test_head_flood),
		GUEST_TEST(test_object_flood),
		GUEST_TEST(test_objects_made_and_destroyed),
		GUEST_TEST(test_fd_flood),
		GUEST_TEST(test_damage_flood),
		GUEST_TEST(test_shm_is_refused),
		GUEST_TEST(test_closes_in_the_middle),
		GUEST_TEST(test_garbage),
		GUEST_TEST(test_guest_ends_with_everything_under_way),
		GUEST_TEST(test_broker_ends),
		GUEST_TEST(test_second_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
