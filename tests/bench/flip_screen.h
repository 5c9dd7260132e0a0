/* SPDX-License-Identifier: MIT */
/*
 * A surface that is shown, and buffers for it: as a window of an ordinary Wayland desktop in wl_shm
 * memory, or as the head of a guest of vitrined, whose broker this process plays. The rest of a
 * client is the same for both. What goes wrong ends the process with a word.
 */
#ifndef TESTS_BENCH_FLIP_SCREEN_H
#define TESTS_BENCH_FLIP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "presentation-time-client-protocol.h"

#define FLIP_BUFFERS 4

struct flip_buffer {
	struct wl_buffer *proxy;
	uint32_t *pixels; /* XRGB8888, rows without padding */
	bool is_busy;     /* the server may still read it */
};

struct flip_screen {
	struct wl_display *display;
	struct wl_display *broker; /* NULL: none is played */
	struct wl_surface *surface;
	struct wp_presentation *presentation;
	struct flip_buffer buffers[FLIP_BUFFERS];
	int width, height;
	bool is_shown;
	uint32_t clock_id; /* whose times presentation tells */

	struct wl_compositor *compositor;
	struct flip_desktop *desktop; /* what only one of the two has */
	struct flip_guest *guest;
};

/* socket: the desktop's, as $WAYLAND_DISPLAY has it. Returns when the window may be drawn into. */
void flip_screen_open_desktop(struct flip_screen *screen, const char *socket, int width, int height);
/* socket: vitrined's broker.sock. Returns when the guest's head is on a monitor. */
void flip_screen_open_guest(struct flip_screen *screen, const char *socket, int width, int height);
/* Sends what is due, waits until something came or timer_fd is readable, and dispatches it. */
void flip_screen_wait(struct flip_screen *screen, int timer_fd);
/* Free to draw into; NULL: the server has them all. */
struct flip_buffer *flip_screen_buffer(struct flip_screen *screen);

_Noreturn void flip_die(const char *what);

/* ---- between the files of it ---- */

#define FLIP_BUFFER_BYTES(screen) ((size_t)(screen)->width * (size_t)(screen)->height * 4)

/* Memory for all buffers, which pixels then points into. */
int flip_memory_create(struct flip_screen *screen, size_t size);
/* The globals that both kinds use; others is told of the rest. */
typedef void (*flip_global_fn)(struct flip_screen *screen, struct wl_registry *registry,
			       uint32_t name, const char *interface);
void flip_screen_connect(struct flip_screen *screen, struct wl_display *display,
			 flip_global_fn others);
void flip_buffer_watch(struct flip_buffer *buffer);

#endif
