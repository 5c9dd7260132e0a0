/* SPDX-License-Identifier: MIT */
/*
 * The protocol side of the server with a real scene and a virtual clock, a broker that the test
 * plays, and workers that are clients on the same thread. A test includes it once: it also stands
 * in for input.c.
 */
#ifndef TESTS_WAYLAND_WORLD_H
#define TESTS_WAYLAND_WORLD_H

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-client.h>

#include <cmocka.h>

#include "compositor/trusted/trusted.h"
#include "compositor/wayland/wayland_priv.h"
#include "presentation-time-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "vitrine-broker-v1-client-protocol.h"
#include "vitrine-guest-v1-client-protocol.h"
#include "xen/map.h"

#define FOURCC_XRGB8888 0x34325258u
#define START_NS NSEC_PER_SEC
#define MAX_GLOBALS 32
#define MAX_EVENTS 512

/* ---- what stands in for input.c ---- */

static unsigned heads_placed, heads_removed, guests_removed;

void input_guest_added(struct input *input, struct scene_guest *guest)
{
}

void input_guest_removed(struct input *input, struct scene_guest *guest)
{
	guests_removed++;
}

void input_head_placed(struct input *input, struct scene_head *head)
{
	heads_placed++;
}

void input_head_removed(struct input *input, struct scene_head *head)
{
	heads_removed++;
}

static const struct scene_guest *lit_guest; /* who told of its lights last */
static uint32_t lit_leds;

void input_guest_leds(struct input *input, const struct scene_guest *guest, uint32_t leds)
{
	lit_guest = guest;
	lit_leds = leds;
}

static uint64_t event_ns; /* of what the test's device reports */
static unsigned event_device = SEAT_MAX_DEVICES;

uint64_t input_event_ns(const struct input *input)
{
	return event_ns;
}

unsigned input_event_device(const struct input *input)
{
	return event_device;
}

static struct roster *roster; /* the world's */

struct roster *input_roster(struct input *input)
{
	return roster;
}

void test_input_poll(struct test_input *test)
{
}

/* ---- what stands in for monitors.c ---- */

static struct {
	uint64_t since_ns; /* nobody has touched anything; UINT64_MAX: it can't be idle */
	bool is_inhibited;
	struct idle_listener *listener;
} idleness;

uint64_t monitors_idle_since(const struct monitors *monitors)
{
	return idleness.is_inhibited ? UINT64_MAX : idleness.since_ns;
}

void monitors_inhibit(struct monitors *monitors, bool inhibited)
{
	idleness.is_inhibited = inhibited;
}

void monitors_listen(struct monitors *monitors, struct idle_listener *listener)
{
	idleness.listener = listener;
	list_init(&listener->link);
}

/* ---- what stands in for the lock, and for who of the host has its input ---- */

static struct {
	struct scene *scene;
	bool is_refused; /* it can't be locked by a client */
	bool is_locked, is_clients, is_dark;
	bool is_orphan; /* of a client that is gone: another one may take it over */
	unsigned n_gone, n_unlocked;
	const struct trusted_ops *ops; /* on TRUSTED_LOCK */
	void *ops_data;
} lockness;

void lock_now(struct lock *lock, enum lock_reason reason)
{
	if (!lockness.is_locked && !lockness.is_refused) {
		lockness.is_locked = true;
		lockness.is_clients = reason == LOCK_BY_CLIENT;
		scene_set_locked(lockness.scene, true);
	} else if (lockness.is_orphan && reason == LOCK_BY_CLIENT) {
		lockness.is_orphan = false;
		lockness.is_clients = true;
	}
}

bool lock_is_clients(const struct lock *lock)
{
	return lockness.is_locked && lockness.is_clients;
}

bool lock_is_dark(const struct lock *lock)
{
	return lockness.is_locked && lockness.is_dark;
}

bool lock_client_unlocks(struct lock *lock)
{
	if (!lockness.is_clients) {
		return false;
	}
	lockness.is_locked = lockness.is_clients = false;
	lockness.n_unlocked++;
	scene_set_locked(lockness.scene, false);
	lockness.ops = NULL;
	return true;
}

void lock_client_gone(struct lock *lock)
{
	lockness.is_clients = false;
	lockness.is_orphan = true;
	lockness.ops = NULL;
	lockness.n_gone++;
}

void trusted_show(struct trusted *trusted, enum trusted_level level, const struct trusted_ops *ops,
		  void *data)
{
	assert_int_equal(level, TRUSTED_LOCK);
	lockness.ops = ops;
	lockness.ops_data = data;
}

/* ---- the server ---- */

struct world {
	struct server_options options;
	struct server server;
	struct scene_output *output;
	char dir[64];
};

static inline void world_frame_wanted(void *data, struct scene_output *output)
{
}

static inline void world_head_placed(void *data, struct scene_head *head)
{
	struct server *server = data;

	wayland_head_placed(server->wayland, head);
}

static inline void world_commit_done(void *data, struct scene_head *head, uint64_t token,
				     const struct presented *how)
{
	struct server *server = data;

	wayland_commit_done(server->wayland, head, token, how);
}

static inline void world_outputs_changed(void *data)
{
	struct server *server = data;

	wayland_outputs_changed(server->wayland);
}

static inline void world_output_presented(void *data, struct scene_output *output,
					  const struct presented *how)
{
	struct server *server = data;

	wayland_output_presented(server->wayland, output, how);
}

static const struct scene_events world_events = {
	.output_presented = world_output_presented,
	.outputs_changed = world_outputs_changed,
	.frame_wanted = world_frame_wanted,
	.head_placed = world_head_placed,
	.commit_done = world_commit_done,
};

static inline struct world *world_create(void)
{
	struct world *world = xcalloc(1, sizeof(*world));

	heads_placed = heads_removed = guests_removed = 0;
	memset(&idleness, 0, sizeof(idleness));
	memset(&lockness, 0, sizeof(lockness));
	snprintf(world->dir, sizeof(world->dir), "/tmp/vitrine-test-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	world->options.runtime_dir = world->dir;
	world->server.options = &world->options;
	world->server.settings = settings_default();
	assert_true(sd_event_new(&world->server.event) >= 0);
	world->server.clock = clock_virtual_create(START_NS);
	roster = roster_create(NULL, 0);
	world->server.scene = scene_create(&world_events, &world->server);
	lockness.scene = world->server.scene;
	assert_int_equal(wayland_create(&world->server.wayland, &world->server), 0);
	world->output = scene_output_add(world->server.scene, "T-1", 640, 480, 60000, NULL);
	assert_non_null(world->output);
	return world;
}

static inline void world_destroy(struct world *world)
{
	char *lock = xasprintf("%s/vitrined.lock", world->dir);

	wayland_destroy(world->server.wayland);
	world->server.wayland = NULL;
	scene_output_remove(world->output);
	scene_destroy(world->server.scene);
	clock_destroy(world->server.clock);
	sd_event_unref(world->server.event);
	free(world->server.settings);
	roster_destroy(roster);
	unlink(lock);
	free(lock);
	assert_int_equal(rmdir(world->dir), 0);
	free(world);
}

/* Until nothing is left to do at once. */
static inline void world_turn(struct world *world)
{
	while (sd_event_run(world->server.event, 0) > 0) {
	}
}

/* One frame from latch to flip. Returns whether there was anything to draw. */
static inline bool world_frame(struct world *world)
{
	struct presented how = {
		.time_ns = clock_now(world->server.clock),
		.refresh_ns = 16666667,
		.sequence = world->output->frames + 1,
	};
	struct frame frame;
	bool changed = scene_output_latch(world->output, 0, &frame);

	frame_finish(&frame);
	if (changed) {
		scene_output_committed(world->output, true);
		scene_output_presented(world->output, &how);
	}
	return changed;
}

/* ---- any client ---- */

struct peer {
	struct wl_display *display; /* NULL: disconnected */
	struct wl_registry *registry;
	char globals[MAX_GLOBALS][64];
	uint32_t names[MAX_GLOBALS], versions[MAX_GLOBALS];
	unsigned n_globals;
};

static inline void peer_global(void *data, struct wl_registry *registry, uint32_t name,
			       const char *interface, uint32_t version)
{
	struct peer *peer = data;

	assert_true(peer->n_globals < MAX_GLOBALS);
	snprintf(peer->globals[peer->n_globals], sizeof(peer->globals[0]), "%s", interface);
	peer->names[peer->n_globals] = name;
	peer->versions[peer->n_globals++] = version;
}

static inline void peer_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener peer_registry = {peer_global, peer_global_remove};

static inline void peer_connect(struct peer *peer, int fd)
{
	memset(peer, 0, sizeof(*peer));
	peer->display = wl_display_connect_to_fd(fd);
	assert_non_null(peer->display);
	peer->registry = wl_display_get_registry(peer->display);
	wl_registry_add_listener(peer->registry, &peer_registry, peer);
}

static inline bool peer_has(const struct peer *peer, const char *interface)
{
	for (unsigned i = 0; i < peer->n_globals; i++) {
		if (strcmp(peer->globals[i], interface) == 0) {
			return true;
		}
	}
	return false;
}

static inline void *peer_bind(struct peer *peer, const struct wl_interface *interface)
{
	for (unsigned i = 0; i < peer->n_globals; i++) {
		if (strcmp(peer->globals[i], interface->name) == 0) {
			return wl_registry_bind(peer->registry, peer->names[i], interface,
						peer->versions[i]);
		}
	}
	return NULL;
}

/* Reads what has come. False when the connection has ended. */
static inline bool peer_read(struct peer *peer)
{
	struct pollfd poll_fd = {.fd = wl_display_get_fd(peer->display), .events = POLLIN};

	while (wl_display_prepare_read(peer->display) != 0) {
		if (wl_display_dispatch_pending(peer->display) < 0) {
			return false;
		}
	}
	if (poll(&poll_fd, 1, 0) > 0) {
		if (wl_display_read_events(peer->display) < 0) {
			return false;
		}
	} else {
		wl_display_cancel_read(peer->display);
	}
	return wl_display_dispatch_pending(peer->display) >= 0;
}

/*
 * Sends, lets the server answer, reads: often enough for answers to answers. False when the
 * connection has ended.
 */
static inline bool peer_turn(struct world *world, struct peer *peer)
{
	bool alive = true;

	for (int i = 0; i < 4 && alive; i++) {
		wl_display_flush(peer->display);
		world_turn(world);
		alive = peer_read(peer);
	}
	return alive;
}

/* ---- the broker ---- */

struct broker {
	struct peer peer;
	struct vitrine_broker_v1 *proxy;
};

/* How the broker answers map requests. */
enum map_answer {
	MAP_GOOD,
	MAP_REFUSED,
	MAP_SHORT,  /* segments of one page too few */
	MAP_SILENT, /* not at all */
};

#define MAX_GRANTS 16

/* Memory that the server had granted. */
struct granted {
	uint32_t serial;
	ino_t memory; /* which */
	uint32_t width, height, first_ref;
	bool is_live;
};

/* One guest as the broker has it, and its worker. */
struct guest_peer {
	struct world *world;
	struct broker *broker;
	struct vitrine_broker_guest_v1 *proxy;
	enum map_answer answer;
	uint32_t segment_pages;
	int memory; /* of the map that was last prepared */
	unsigned n_maps;
	uint32_t map_serial;
	char reason[128]; /* of the last disconnection */
	struct granted grants[MAX_GRANTS];
	unsigned n_grants;
	enum map_answer grant_answer; /* good, refused or silent */
	bool ends_silently;           /* end_grant is not answered */
	uint32_t ending;              /* serial of the last end_grant */

	struct peer peer;
	struct wl_compositor *compositor;
	struct wp_viewporter *viewporter;
	struct wp_presentation *presentation;
	struct wl_seat *seat;
	struct vitrine_guest_v1 *root;
	uint32_t limits[4];
	uint32_t marks[MAX_EVENTS];
	unsigned n_marks;
};

static inline int world_connect(const struct world *world, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%s", world->dir, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline void broker_connect(struct world *world, struct broker *broker)
{
	peer_connect(&broker->peer, world_connect(world, "broker.sock"));
	assert_true(peer_turn(world, &broker->peer));
	broker->proxy = peer_bind(&broker->peer, &vitrine_broker_v1_interface);
	assert_non_null(broker->proxy);
}

static inline void broker_disconnect(struct world *world, struct broker *broker)
{
	vitrine_broker_v1_destroy(broker->proxy);
	wl_registry_destroy(broker->peer.registry);
	wl_display_disconnect(broker->peer.display);
	world_turn(world);
}

static inline void send_map(struct guest_peer *guest, uint32_t serial, uint32_t pages)
{
	struct wl_array segments;
	uint64_t offset = 0;

	guest->memory = memfd_create("grants", MFD_CLOEXEC);
	assert_int_equal(ftruncate(guest->memory, (off_t)pages * XEN_PAGE_SIZE), 0);
	wl_array_init(&segments);
	for (uint32_t left = guest->answer == MAP_SHORT ? pages - 1 : pages; left > 0;) {
		struct xen_segment *segment = wl_array_add(&segments, sizeof(*segment));

		*segment = (struct xen_segment){.offset = offset,
						.pages = MIN(left, guest->segment_pages)};
		left -= segment->pages;
		offset += (uint64_t)segment->pages * XEN_PAGE_SIZE;
	}
	vitrine_broker_guest_v1_mapped(guest->proxy, serial, guest->memory, &segments);
	wl_array_release(&segments);
	close_fd(&guest->memory);
}

static inline void handle_map(void *data, struct vitrine_broker_guest_v1 *proxy, uint32_t serial,
			      int32_t refs, uint32_t pages)
{
	struct guest_peer *guest = data;
	uint32_t *copy = xcalloc(pages, sizeof(*copy));

	/* What the server passes on is what the broker can rely on. */
	assert_int_equal(memfd_read_sealed(refs, copy, pages * sizeof(*copy)), 0);
	free(copy);
	close(refs);
	guest->n_maps++;
	guest->map_serial = serial;
	if (guest->answer == MAP_REFUSED) {
		vitrine_broker_guest_v1_map_failed(proxy, serial, EPERM);
	} else if (guest->answer != MAP_SILENT) {
		send_map(guest, serial, pages);
	}
}

static inline void handle_disconnected(void *data, struct vitrine_broker_guest_v1 *proxy,
				       const char *reason)
{
	struct guest_peer *guest = data;

	snprintf(guest->reason, sizeof(guest->reason), "%s", reason);
}

static inline uint32_t grant_pages(const struct granted *grant)
{
	return (grant->width * grant->height * 4 + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;
}

static inline int grant_refs(const struct granted *grant)
{
	uint32_t refs[64];

	assert_true(grant_pages(grant) <= ARRAY_SIZE(refs));
	for (uint32_t i = 0; i < ARRAY_SIZE(refs); i++) {
		refs[i] = grant->first_ref + i;
	}
	return memfd_create_sealed("refs", refs, grant_pages(grant) * sizeof(refs[0]));
}

static inline void send_granted(struct guest_peer *guest, struct granted *grant)
{
	int refs = grant_refs(grant);

	grant->is_live = true;
	vitrine_broker_guest_v1_granted(guest->proxy, grant->serial, refs);
	close(refs);
}

static inline void handle_grant(void *data, struct vitrine_broker_guest_v1 *proxy, uint32_t serial,
				int32_t memory, uint32_t width, uint32_t height)
{
	static uint32_t next_ref = 1000;
	struct guest_peer *guest = data;
	struct granted *grant = &guest->grants[guest->n_grants % MAX_GRANTS];
	struct stat st;

	/* One more than there is room for is answered, and what it replaces is not ended any more. */
	guest->n_grants++;
	assert_int_equal(fstat(memory, &st), 0);
	close(memory);
	*grant = (struct granted){serial, st.st_ino, width, height, next_ref += 100, false};
	if (guest->grant_answer == MAP_REFUSED) {
		vitrine_broker_guest_v1_grant_failed(proxy, serial, EOPNOTSUPP);
	} else if (guest->grant_answer == MAP_GOOD) {
		send_granted(guest, grant);
	}
}

static inline void handle_end_grant(void *data, struct vitrine_broker_guest_v1 *proxy,
				    uint32_t serial)
{
	struct guest_peer *guest = data;

	guest->ending = serial;
	for (unsigned i = 0; i < MIN(guest->n_grants, MAX_GRANTS) && !guest->ends_silently; i++) {
		if (guest->grants[i].serial == serial) {
			assert_true(guest->grants[i].is_live);
			guest->grants[i].is_live = false;
			vitrine_broker_guest_v1_grant_ended(proxy, serial);
		}
	}
}

static const struct vitrine_broker_guest_v1_listener guest_listener = {
	handle_map, handle_disconnected, handle_grant, handle_end_grant};

static inline void guest_announce(struct world *world, struct broker *broker,
				  struct guest_peer *guest, const char *name)
{
	memset(guest, 0, sizeof(*guest));
	guest->world = world;
	guest->broker = broker;
	guest->segment_pages = 2;
	guest->memory = -1;
	guest->proxy = vitrine_broker_v1_add_guest(broker->proxy, name);
	vitrine_broker_guest_v1_add_listener(guest->proxy, &guest_listener, guest);
	assert_true(peer_turn(world, &broker->peer));
}

/* ---- a worker ---- */

static inline void handle_mark(void *data, struct vitrine_guest_v1 *root, uint32_t serial)
{
	struct guest_peer *guest = data;

	assert_true(guest->n_marks < MAX_EVENTS);
	guest->marks[guest->n_marks++] = serial;
}

static inline void handle_limits(void *data, struct vitrine_guest_v1 *root, uint32_t heads,
				 uint32_t pools, uint32_t buffers, uint32_t pages)
{
	struct guest_peer *guest = data;

	guest->limits[0] = heads;
	guest->limits[1] = pools;
	guest->limits[2] = buffers;
	guest->limits[3] = pages;
}

static const struct vitrine_guest_v1_listener root_listener = {handle_mark, handle_limits};

/* Both ends: worker, broker. False when the worker's connection has ended. */
static inline bool guest_turn(struct guest_peer *guest)
{
	bool alive = true;

	for (int i = 0; i < 3; i++) {
		alive = alive && peer_turn(guest->world, &guest->peer);
		assert_true(peer_turn(guest->world, &guest->broker->peer));
	}
	return alive;
}

static inline void worker_connect(struct guest_peer *guest)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	vitrine_broker_guest_v1_connect(guest->proxy, fds[0]);
	close(fds[0]);
	peer_connect(&guest->peer, fds[1]);
	guest->n_marks = 0;
	guest->reason[0] = '\0';
	assert_true(peer_turn(guest->world, &guest->broker->peer));
	assert_true(peer_turn(guest->world, &guest->peer));
	guest->compositor = peer_bind(&guest->peer, &wl_compositor_interface);
	guest->viewporter = peer_bind(&guest->peer, &wp_viewporter_interface);
	guest->presentation = peer_bind(&guest->peer, &wp_presentation_interface);
	guest->seat = peer_bind(&guest->peer, &wl_seat_interface);
	guest->root = peer_bind(&guest->peer, &vitrine_guest_v1_interface);
	vitrine_guest_v1_add_listener(guest->root, &root_listener, guest);
	assert_true(guest_turn(guest));
}

/* The test destroys what it made itself first. */
static inline void worker_disconnect(struct guest_peer *guest)
{
	wl_compositor_destroy(guest->compositor);
	wp_viewporter_destroy(guest->viewporter);
	wp_presentation_destroy(guest->presentation);
	wl_seat_destroy(guest->seat);
	vitrine_guest_v1_destroy(guest->root);
	wl_registry_destroy(guest->peer.registry);
	wl_display_disconnect(guest->peer.display);
	guest->peer.display = NULL;
	world_turn(guest->world);
	/* The broker may be gone as well. */
	(void)peer_turn(guest->world, &guest->broker->peer);
}

static inline int refs_create(uint32_t pages)
{
	uint32_t *refs = xcalloc(pages, sizeof(*refs));
	int fd = memfd_create_sealed("refs", refs, pages * sizeof(*refs));

	free(refs);
	assert_true(fd >= 0);
	return fd;
}

#endif
