/* SPDX-License-Identifier: MIT */
/* One window: a monitor of a fixed size. Its flips are what the desktop says of its frames. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"
#include "compositor/output/nested/nested_priv.h"
#include "presentation-time-client-protocol.h"
#include "xdg-shell-client-protocol.h"

static struct nested_window *to_window(struct output_device *device)
{
	return container_of(device, struct nested_window, base);
}

/* ---- flips ---- */

/* The frame under way is over, or nobody wants to hear of it. */
static void flip_forget(struct nested_window *window)
{
	if (window->feedback) {
		wp_presentation_feedback_destroy(window->feedback);
		window->feedback = NULL;
	}
	if (window->frame) {
		wl_callback_destroy(window->frame);
		window->frame = NULL;
	}
}

static void flip_done(struct nested_window *window, uint64_t time_ns)
{
	struct nested *nested = window->nested;

	flip_forget(window);
	nested->listener->flipped(nested->data, &window->base, time_ns);
}

static void on_sync_output(void *data, struct wp_presentation_feedback *feedback,
			   struct wl_output *output)
{
}

static void on_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t sec_hi,
			 uint32_t sec_lo, uint32_t nsec, uint32_t refresh, uint32_t seq_hi,
			 uint32_t seq_lo, uint32_t flags)
{
	uint64_t seconds = (uint64_t)sec_hi << 32 | sec_lo;

	flip_done(data, seconds * NSEC_PER_SEC + nsec);
}

/*
 * The desktop did not show it. What it says of the surface's next frame callback decides then: a hidden window's flips
 * do not come.
 */
static void on_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	struct nested_window *window = data;

	wp_presentation_feedback_destroy(window->feedback);
	window->feedback = NULL;
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = on_sync_output,
	.presented = on_presented,
	.discarded = on_discarded,
};

/* Comes when the desktop is to draw the frame after this one: this one was taken. */
static void on_frame(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct nested_window *window = data;

	wl_callback_destroy(window->frame);
	window->frame = NULL;
	if (!window->feedback) {
		flip_done(window, now_ns());
	}
}

static const struct wl_callback_listener frame_listener = {.done = on_frame};

static void flip_await(struct nested_window *window)
{
	struct nested *nested = window->nested;

	window->frame = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->frame, &frame_listener, window);
	if (nested->presentation && nested->has_monotonic_times) {
		window->feedback = wp_presentation_feedback(nested->presentation, window->surface);
		wp_presentation_feedback_add_listener(window->feedback, &feedback_listener, window);
	}
}

/* ---- frames ---- */

/* The youngest that is free has the least to be redrawn. NULL and errno: none. */
static struct nested_buffer *buffer_take(struct nested_window *window)
{
	struct nested_buffer *best = NULL;

	for (unsigned i = 0; i < NESTED_BUFFERS; i++) {
		struct nested_buffer *buffer = &window->buffers[i];

		if (!buffer->is_busy && buffer->proxy &&
		    (!best || buffer->committed > best->committed)) {
			best = buffer;
		}
	}
	for (unsigned i = 0; i < NESTED_BUFFERS && !best; i++) {
		if (!window->buffers[i].proxy) {
			best = &window->buffers[i];
			errno = -nested_buffer_init(best, window);
			return errno ? NULL : best;
		}
	}
	errno = EBUSY;
	return best;
}

static int window_acquire(struct output_device *device, struct target *target)
{
	struct nested_window *window = to_window(device);
	struct nested_buffer *buffer;

	if (window->frame || window->feedback || window->acquired) {
		return -EBUSY;
	}
	buffer = buffer_take(window);
	if (!buffer) {
		window->is_starved = errno == EBUSY;
		return -errno;
	}
	window->acquired = buffer;
	*target = (struct target){
		.pixels = buffer->pixels,
		.width = device->width,
		.height = device->height,
		.stride = device->width * 4,
		.age = buffer->committed ? (unsigned)(window->commits - buffer->committed + 1) : 0,
	};
	return 0;
}

static void surface_damage(struct wl_surface *surface, const pixman_region32_t *damage)
{
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)damage, &n);

	for (int i = 0; i < n; i++) {
		wl_surface_damage_buffer(surface, boxes[i].x1, boxes[i].y1,
					 boxes[i].x2 - boxes[i].x1, boxes[i].y2 - boxes[i].y1);
	}
}

static int window_commit(struct output_device *device, const struct output_frame *frame)
{
	struct nested_window *window = to_window(device);
	struct nested_buffer *buffer = window->acquired;

	if (!buffer || !frame->is_composed || frame->n_uses > 0) {
		return -EINVAL;
	}
	window->acquired = NULL;
	buffer->is_busy = true;
	buffer->committed = ++window->commits;
	wl_surface_attach(window->surface, buffer->proxy, 0, 0);
	surface_damage(window->surface, frame->damage);
	flip_await(window);
	wl_surface_commit(window->surface);
	return 0;
}

static void window_cancel(struct output_device *device)
{
	to_window(device)->acquired = NULL;
}

static void window_lost(struct output_device *device)
{
	flip_forget(to_window(device));
}

static const struct output_device_ops window_ops = {
	.acquire = window_acquire,
	.commit = window_commit,
	.cancel = window_cancel,
	.lost = window_lost,
};

/* ---- the desktop's side ---- */

static void on_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
	struct nested_window *window = data;
	struct nested *nested = window->nested;

	xdg_surface_ack_configure(xdg, serial);
	if (!window->is_added) {
		window->is_added = true;
		nested->listener->added(nested->data, &window->base);
	}
}

static const struct xdg_surface_listener xdg_listener = {.configure = on_configure};

/* A monitor keeps its size, whatever place the desktop has for it. */
static void on_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
				  int32_t height, struct wl_array *states)
{
}

static void on_close(void *data, struct xdg_toplevel *toplevel)
{
	struct nested_window *window = data;

	window->is_closed = true;
	/* Not from within the connection's dispatch, whose objects it would take away. */
	sd_event_source_set_enabled(window->nested->closer, SD_EVENT_ONESHOT);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = on_toplevel_configure,
	.close = on_close,
};

/* ---- coming and going ---- */

static void device_init(struct nested_window *window, unsigned index)
{
	const struct headless_mode *mode = &window->nested->spec.modes[index];
	struct output_device *device = &window->base;

	device->ops = &window_ops;
	snprintf(device->name, sizeof(device->name), "NESTED-%u", index + 1);
	device->width = mode->width;
	device->height = mode->height;
	device->refresh_mhz = mode->refresh_hz * 1000;
	device->has_vblank = window->nested->presentation && window->nested->has_monotonic_times;
	device->backlight = -1;
}

static void surface_init(struct nested_window *window)
{
	struct nested *nested = window->nested;
	const struct output_device *device = &window->base;

	window->surface = wl_compositor_create_surface(nested->compositor);
	wl_surface_set_user_data(window->surface, window);
	window->xdg = xdg_wm_base_get_xdg_surface(nested->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg, &xdg_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_title(window->toplevel, device->name);
	xdg_toplevel_set_app_id(window->toplevel, "vitrined");
	xdg_toplevel_set_min_size(window->toplevel, device->width, device->height);
	xdg_toplevel_set_max_size(window->toplevel, device->width, device->height);
	wl_surface_commit(window->surface);
}

struct nested_window *nested_window_create(struct nested *nested, unsigned index)
{
	struct nested_window *window = xcalloc(1, sizeof(*window));

	window->nested = nested;
	device_init(window, index);
	surface_init(window);
	return window;
}

void nested_window_destroy(struct nested_window *window)
{
	struct nested *nested = window->nested;

	nested_input_forget(nested, window);
	if (window->is_added) {
		nested->listener->removed(nested->data, &window->base);
	}
	flip_forget(window);
	for (unsigned i = 0; i < NESTED_BUFFERS; i++) {
		nested_buffer_finish(&window->buffers[i]);
	}
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg);
	wl_surface_destroy(window->surface);
	free(window);
}

struct nested_window *nested_window_of(struct wl_surface *surface)
{
	return surface ? wl_surface_get_user_data(surface) : NULL;
}
