/* SPDX-License-Identifier: MIT */
/* A guest of vitrined, and the broker that announces it and prepares the maps of its memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"
#include "tests/bench/flip_screen.h"
#include "vitrine-broker-v1-client-protocol.h"
#include "vitrine-guest-v1-client-protocol.h"
#include "xen/map.h"

#define FOURCC_XRGB8888 0x34325258u

struct flip_guest {
	struct vitrine_broker_v1 *broker;
	struct vitrine_broker_guest_v1 *announced;
	struct vitrine_guest_v1 *root;
	int memory;
	bool is_mapped;
};

static uint32_t pages_of(const struct flip_screen *screen)
{
	return (uint32_t)((FLIP_BUFFER_BYTES(screen) * FLIP_BUFFERS + XEN_PAGE_SIZE - 1) /
			  XEN_PAGE_SIZE);
}

/* ---- the broker ---- */

static void handle_map(void *data, struct vitrine_broker_guest_v1 *announced, uint32_t serial,
		       int32_t refs, uint32_t pages)
{
	struct flip_screen *screen = data;
	struct wl_array segments;

	close(refs);
	wl_array_init(&segments);
	for (uint32_t first = 0; first < pages; first += XEN_SEGMENT_PAGES) {
		struct xen_segment *segment = wl_array_add(&segments, sizeof(*segment));

		*segment = (struct xen_segment){.offset = (uint64_t)first * XEN_PAGE_SIZE,
						.pages = MIN(pages - first, XEN_SEGMENT_PAGES)};
	}
	vitrine_broker_guest_v1_mapped(announced, serial, screen->guest->memory, &segments);
	wl_array_release(&segments);
}

static void handle_disconnected(void *data, struct vitrine_broker_guest_v1 *announced,
				const char *reason)
{
	fprintf(stderr, "bench_flips: the server says: %s\n", reason);
}

static void handle_grant(void *data, struct vitrine_broker_guest_v1 *announced, uint32_t serial,
			 int32_t memory, uint32_t width, uint32_t height)
{
	close(memory);
	vitrine_broker_guest_v1_grant_failed(announced, serial, EOPNOTSUPP);
}

static void handle_end_grant(void *data, struct vitrine_broker_guest_v1 *announced, uint32_t serial)
{
}

static const struct vitrine_broker_guest_v1_listener announced_listener = {
	.map = handle_map,
	.disconnected = handle_disconnected,
	.grant = handle_grant,
	.end_grant = handle_end_grant,
};

static void bind_broker(void *data, struct wl_registry *registry, uint32_t name,
			const char *interface, uint32_t version)
{
	struct flip_guest *guest = data;

	if (strcmp(interface, vitrine_broker_v1_interface.name) == 0) {
		guest->broker = wl_registry_bind(registry, name, &vitrine_broker_v1_interface, 1);
	}
}

static void ignore_global(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener broker_listener = {bind_broker, ignore_global};

static void broker_connect(struct flip_screen *screen, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct wl_registry *registry;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		flip_die(path);
	}
	screen->broker = wl_display_connect_to_fd(fd);
	if (!screen->broker) {
		flip_die("connect");
	}
	registry = wl_display_get_registry(screen->broker);
	wl_registry_add_listener(registry, &broker_listener, screen->guest);
	if (wl_display_roundtrip(screen->broker) < 0 || !screen->guest->broker) {
		flip_die("vitrined takes no broker");
	}
	wl_registry_destroy(registry);
}

/* Announces the guest; returns its end of the connection. */
static int guest_announce(struct flip_screen *screen)
{
	struct flip_guest *guest = screen->guest;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		flip_die("socketpair");
	}
	guest->announced = vitrine_broker_v1_add_guest(guest->broker, "flips");
	vitrine_broker_guest_v1_add_listener(guest->announced, &announced_listener, screen);
	vitrine_broker_guest_v1_connect(guest->announced, fds[1]);
	if (wl_display_roundtrip(screen->broker) < 0) {
		flip_die("the guest was not announced");
	}
	close(fds[1]);
	return fds[0];
}

/* ---- the guest ---- */

static void handle_mark(void *data, struct vitrine_guest_v1 *root, uint32_t serial)
{
	vitrine_guest_v1_acknowledge_input(root, serial);
}

static void handle_limits(void *data, struct vitrine_guest_v1 *root, uint32_t heads, uint32_t pools,
			  uint32_t buffers, uint32_t pages)
{
}

static const struct vitrine_guest_v1_listener root_listener = {handle_mark, handle_limits};

static void bind_guest(struct flip_screen *screen, struct wl_registry *registry, uint32_t name,
		       const char *interface)
{
	if (strcmp(interface, vitrine_guest_v1_interface.name) == 0) {
		screen->guest->root = wl_registry_bind(registry, name, &vitrine_guest_v1_interface,
						       1);
		vitrine_guest_v1_add_listener(screen->guest->root, &root_listener, screen);
	}
}

static void handle_mode(void *data, struct vitrine_head_v1 *head, uint32_t width, uint32_t height,
			uint32_t refresh_mhz)
{
}

static void handle_edid(void *data, struct vitrine_head_v1 *head, struct wl_array *edid)
{
}

static void handle_visibility(void *data, struct vitrine_head_v1 *head, uint32_t visible,
			      uint32_t pace_ms)
{
	((struct flip_screen *)data)->is_shown = visible;
}

static const struct vitrine_head_v1_listener head_listener = {
	.mode = handle_mode,
	.edid = handle_edid,
	.visibility = handle_visibility,
};

static void handle_ready(void *data, struct vitrine_grant_pool_v1 *pool)
{
	((struct flip_screen *)data)->guest->is_mapped = true;
}

static void handle_failed(void *data, struct vitrine_grant_pool_v1 *pool, uint32_t code)
{
	errno = (int)code;
	flip_die("the pool was not mapped");
}

static void handle_unmapped(void *data, struct vitrine_grant_pool_v1 *pool)
{
}

static void handle_granted(void *data, struct vitrine_grant_pool_v1 *pool, int32_t refs)
{
	close(refs);
}

static const struct vitrine_grant_pool_v1_listener pool_listener = {
	.ready = handle_ready,
	.failed = handle_failed,
	.unmapped = handle_unmapped,
	.granted = handle_granted,
};

/* References that only have to be there: the broker played here maps memory of its own. */
static int refs_create(uint32_t pages)
{
	int fd = memfd_create("refs", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	for (uint32_t ref = 1; ref <= pages; ref++) {
		if (fd < 0 || write(fd, &ref, sizeof(ref)) != sizeof(ref)) {
			flip_die("references");
		}
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
		flip_die("references");
	}
	return fd;
}

static void guest_buffers(struct flip_screen *screen)
{
	uint32_t pages = pages_of(screen);
	int refs = refs_create(pages);
	struct vitrine_grant_pool_v1 *pool;

	screen->guest->memory = flip_memory_create(screen, (size_t)pages * XEN_PAGE_SIZE);
	pool = vitrine_guest_v1_create_grant_pool(screen->guest->root, refs, pages);
	vitrine_grant_pool_v1_add_listener(pool, &pool_listener, screen);
	close(refs);
	while (!screen->guest->is_mapped) {
		flip_screen_wait(screen, -1);
	}
	for (unsigned i = 0; i < FLIP_BUFFERS; i++) {
		screen->buffers[i].proxy = vitrine_grant_pool_v1_create_buffer(
			pool, (uint32_t)(i * FLIP_BUFFER_BYTES(screen)), (uint32_t)screen->width,
			(uint32_t)screen->height, (uint32_t)screen->width * 4, FOURCC_XRGB8888);
		flip_buffer_watch(&screen->buffers[i]);
	}
}

void flip_screen_open_guest(struct flip_screen *screen, const char *socket, int width, int height)
{
	struct vitrine_head_v1 *head;

	*screen = (struct flip_screen){.width = width, .height = height};
	screen->guest = xcalloc(1, sizeof(*screen->guest));
	broker_connect(screen, socket);
	flip_screen_connect(screen, wl_display_connect_to_fd(guest_announce(screen)), bind_guest);
	if (!screen->guest->root) {
		flip_die("no vitrine_guest_v1");
	}
	head = vitrine_guest_v1_create_head(screen->guest->root, screen->surface, 0,
					    (uint32_t)width, (uint32_t)height);
	vitrine_head_v1_add_listener(head, &head_listener, screen);
	guest_buffers(screen);
	while (!screen->is_shown) {
		flip_screen_wait(screen, -1);
	}
}
