/* SPDX-License-Identifier: MIT */
#include "tests/bench/flip_screen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "xdg-shell-client-protocol.h"

void flip_die(const char *what)
{
	fprintf(stderr, "bench_flips: %s: %s\n", what, strerror(errno));
	exit(1);
}

int flip_memory_create(struct flip_screen *screen, size_t size)
{
	int fd = memfd_create("pictures", MFD_CLOEXEC);
	uint8_t *bytes;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0) {
		flip_die("memory");
	}
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED) {
		flip_die("memory");
	}
	for (unsigned i = 0; i < FLIP_BUFFERS; i++) {
		screen->buffers[i].pixels = (uint32_t *)(bytes + i * FLIP_BUFFER_BYTES(screen));
	}
	return fd;
}

static void handle_release(void *data, struct wl_buffer *proxy)
{
	((struct flip_buffer *)data)->is_busy = false;
}

static const struct wl_buffer_listener buffer_listener = {handle_release};

void flip_buffer_watch(struct flip_buffer *buffer)
{
	wl_buffer_add_listener(buffer->proxy, &buffer_listener, buffer);
}

struct flip_buffer *flip_screen_buffer(struct flip_screen *screen)
{
	for (unsigned i = 0; i < FLIP_BUFFERS; i++) {
		if (!screen->buffers[i].is_busy) {
			return &screen->buffers[i];
		}
	}
	return NULL;
}

/* ---- the connection ---- */

struct binding {
	struct flip_screen *screen;
	flip_global_fn others;
};

static void handle_clock_id(void *data, struct wp_presentation *presentation, uint32_t clock_id)
{
	((struct flip_screen *)data)->clock_id = clock_id;
}

static const struct wp_presentation_listener presentation_listener = {handle_clock_id};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct binding *binding = data;
	struct flip_screen *screen = binding->screen;

	if (strcmp(interface, "wl_compositor") == 0) {
		screen->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, "wp_presentation") == 0) {
		screen->presentation = wl_registry_bind(registry, name, &wp_presentation_interface,
							1);
		wp_presentation_add_listener(screen->presentation, &presentation_listener, screen);
	} else {
		binding->others(screen, registry, name, interface);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {handle_global, handle_global_remove};

void flip_screen_connect(struct flip_screen *screen, struct wl_display *display,
			 flip_global_fn others)
{
	struct binding binding = {screen, others};
	struct wl_registry *registry;

	if (!display) {
		flip_die("connect");
	}
	screen->display = display;
	registry = wl_display_get_registry(display);
	wl_registry_add_listener(registry, &registry_listener, &binding);
	/* Once for the globals, once for what they say of themselves. */
	for (unsigned i = 0; i < 2; i++) {
		if (wl_display_roundtrip(display) < 0) {
			flip_die("the server's globals");
		}
	}
	wl_registry_destroy(registry);
	if (!screen->compositor || !screen->presentation) {
		flip_die("no compositor or presentation time");
	}
	screen->surface = wl_compositor_create_surface(screen->compositor);
}

static void send_all(struct wl_display *display)
{
	while (wl_display_prepare_read(display) != 0) {
		if (wl_display_dispatch_pending(display) < 0) {
			flip_die("dispatch");
		}
	}
	wl_display_flush(display);
}

static void receive(struct wl_display *display, short revents)
{
	if (revents & POLLIN) {
		if (wl_display_read_events(display) < 0) {
			flip_die("the server hung up");
		}
	} else {
		wl_display_cancel_read(display);
	}
	if (wl_display_dispatch_pending(display) < 0) {
		flip_die("dispatch");
	}
}

void flip_screen_wait(struct flip_screen *screen, int timer_fd)
{
	struct wl_display *displays[2] = {screen->display, screen->broker};
	struct pollfd fds[3] = {{.fd = -1}, {.fd = -1}, {.fd = timer_fd, .events = POLLIN}};

	for (unsigned i = 0; i < 2 && displays[i]; i++) {
		send_all(displays[i]);
		fds[i] = (struct pollfd){.fd = wl_display_get_fd(displays[i]), .events = POLLIN};
	}
	if (poll(fds, 3, -1) < 0) {
		flip_die("poll");
	}
	for (unsigned i = 0; i < 2 && displays[i]; i++) {
		receive(displays[i], fds[i].revents);
	}
}

/* ---- a window ---- */

struct flip_desktop {
	struct wl_shm *shm;
	struct xdg_wm_base *base;
};

static void handle_ping(void *data, struct xdg_wm_base *base, uint32_t serial)
{
	xdg_wm_base_pong(base, serial);
}

static const struct xdg_wm_base_listener base_listener = {handle_ping};

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	xdg_surface_ack_configure(surface, serial);
	((struct flip_screen *)data)->is_shown = true;
}

static const struct xdg_surface_listener surface_listener = {handle_configure};

static void bind_desktop(struct flip_screen *screen, struct wl_registry *registry, uint32_t name,
			 const char *interface)
{
	struct flip_desktop *desktop = screen->desktop;

	if (strcmp(interface, "wl_shm") == 0) {
		desktop->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, "xdg_wm_base") == 0) {
		desktop->base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(desktop->base, &base_listener, NULL);
	}
}

static void desktop_buffers(struct flip_screen *screen)
{
	size_t size = FLIP_BUFFER_BYTES(screen);
	int fd = flip_memory_create(screen, size * FLIP_BUFFERS);
	struct wl_shm_pool *pool = wl_shm_create_pool(screen->desktop->shm, fd,
						      (int32_t)(size * FLIP_BUFFERS));

	for (unsigned i = 0; i < FLIP_BUFFERS; i++) {
		screen->buffers[i].proxy = wl_shm_pool_create_buffer(pool, (int32_t)(i * size),
								     screen->width, screen->height,
								     screen->width * 4,
								     WL_SHM_FORMAT_XRGB8888);
		flip_buffer_watch(&screen->buffers[i]);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
}

void flip_screen_open_desktop(struct flip_screen *screen, const char *socket, int width, int height)
{
	struct xdg_surface *surface;
	struct xdg_toplevel *toplevel;

	*screen = (struct flip_screen){.width = width, .height = height};
	screen->desktop = xcalloc(1, sizeof(*screen->desktop));
	flip_screen_connect(screen, wl_display_connect(socket), bind_desktop);
	if (!screen->desktop->shm || !screen->desktop->base) {
		flip_die("no wl_shm or xdg_wm_base");
	}
	desktop_buffers(screen);
	surface = xdg_wm_base_get_xdg_surface(screen->desktop->base, screen->surface);
	xdg_surface_add_listener(surface, &surface_listener, screen);
	toplevel = xdg_surface_get_toplevel(surface);
	xdg_toplevel_set_title(toplevel, "flips");
	wl_surface_commit(screen->surface);
	while (!screen->is_shown) {
		flip_screen_wait(screen, -1);
	}
}
