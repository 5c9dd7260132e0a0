/* SPDX-License-Identifier: MIT */
/* What the files of the nested backend share. */
#ifndef OUTPUT_NESTED_PRIV_H
#define OUTPUT_NESTED_PRIV_H

#include <wayland-client.h>

#include "compositor/output/headless/headless_spec.h"
#include "compositor/output/nested/nested.h"

struct xdg_surface;
struct xdg_toplevel;
struct xdg_wm_base;
struct wp_presentation;
struct wp_presentation_feedback;

/* One on the glass, one on its way there, one to draw into, one for a desktop that gives back late. */
#define NESTED_BUFFERS 4
#define NESTED_SLOTS 32
#define NESTED_PRIORITY (-20) /* of the loop: frames come first */

struct nested_window;

struct nested_buffer {
	struct nested_window *window;
	struct wl_buffer *proxy; /* NULL: not made yet */
	uint8_t *pixels;
	bool is_busy;       /* the desktop may read it */
	uint64_t committed; /* number of the commit that showed it last; 0: never */
};

struct nested_window {
	struct output_device base;
	struct nested *nested;
	struct wl_surface *surface;
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	bool is_added;  /* the listener knows it */
	bool is_closed; /* the listener is told on a later turn */
	struct nested_buffer buffers[NESTED_BUFFERS];
	struct nested_buffer *acquired;
	/* The frame under way: one of the two is set while it is. */
	struct wp_presentation_feedback *feedback;
	struct wl_callback *frame;
	bool is_starved; /* asked for a buffer when there was none */
	uint64_t commits;
};

struct nested {
	struct output_backend base;
	sd_event *event;
	sd_event_source *source; /* of the connection */
	sd_event_source *closer; /* a window was closed */
	const struct output_listener *listener;
	void *data;
	struct headless_spec spec;

	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wp_presentation *presentation; /* NULL: none that tells our clock's time */
	bool has_monotonic_times;
	struct wl_seat *seat;
	uint32_t seat_name;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	const struct nested_input *input;
	void *input_data;
	struct nested_window *focus; /* under the pointer */
	double scroll_rest[2];       /* of the desktop's smooth scrolling, in 1/120 notches */
	struct nested_window *touched[NESTED_SLOTS]; /* where each contact began; NULL: none */

	struct nested_window *windows[HEADLESS_MAX_OUTPUTS];
	unsigned n_windows;
};

/* ---- window.c ---- */
/* The listener hears of it when the desktop has configured it. */
struct nested_window *nested_window_create(struct nested *nested, unsigned index);
/* Tells the listener, then frees. */
void nested_window_destroy(struct nested_window *window);
/* NULL when the surface is none of ours. */
struct nested_window *nested_window_of(struct wl_surface *surface);

/* ---- buffer.c ---- */
/* Shared with the desktop. 0 or -errno. */
MUST_USE int nested_buffer_init(struct nested_buffer *buffer, struct nested_window *window);
void nested_buffer_finish(struct nested_buffer *buffer);

/* ---- input.c ---- */
void nested_input_bind(struct nested *nested, uint32_t name, uint32_t version);
void nested_input_unbind(struct nested *nested);
/* The window is about to go. */
void nested_input_forget(struct nested *nested, const struct nested_window *window);

#endif
