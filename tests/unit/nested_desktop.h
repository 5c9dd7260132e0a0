/* SPDX-License-Identifier: MIT */
/* A Wayland desktop in this process, as much as windows of a nested server need; played step by step. */
#ifndef UNIT_NESTED_DESKTOP_H
#define UNIT_NESTED_DESKTOP_H

#include <pthread.h>
#include <stdbool.h>
#include <wayland-server.h>

#define DESKTOP_WINDOWS 2

struct desktop_window {
	struct wl_resource *surface, *xdg, *toplevel;
	struct wl_resource *attached;         /* since the last commit */
	struct wl_resource *frame, *feedback; /* since the last commit; NULL: none */
	unsigned commits, damages;
};

struct desktop {
	struct wl_display *display;
	struct wl_client *client;
	char name[32]; /* for nested_backend_create */
	char directory[64];
	pthread_t thread;
	bool stop;
	struct desktop_window windows[DESKTOP_WINDOWS];
	unsigned n_windows;
	struct wl_resource *keyboard, *pointer, *touch;
};

/* Listens, and answers from a thread of its own until desktop_join. */
void desktop_start(struct desktop *desktop);
void desktop_join(struct desktop *desktop);
/* One turn: what the client has sent is taken, what was said goes out. */
void desktop_turn(struct desktop *desktop);
void desktop_finish(struct desktop *desktop);

void desktop_configure(struct desktop *desktop, unsigned window);
void desktop_presented(struct desktop *desktop, unsigned window, uint64_t time_ns);
void desktop_discarded(struct desktop *desktop, unsigned window);
void desktop_frame(struct desktop *desktop, unsigned window);

#endif
