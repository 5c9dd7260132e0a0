/* SPDX-License-Identifier: MIT */
#include "tests/unit/nested_desktop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "presentation-time-server-protocol.h"
#include "xdg-shell-server-protocol.h"

static void destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static struct wl_resource *make(struct wl_client *client, const struct wl_interface *interface,
				int version, uint32_t id, const void *implementation, void *data)
{
	struct wl_resource *resource = wl_resource_create(client, interface, version, id);

	assert_non_null(resource);
	wl_resource_set_implementation(resource, implementation, data, NULL);
	return resource;
}

/* ---- surfaces ---- */

static void surface_attach(struct wl_client *client, struct wl_resource *resource,
			   struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct desktop_window *window = wl_resource_get_user_data(resource);

	window->attached = buffer;
}

static void surface_damage(struct wl_client *client, struct wl_resource *resource, int32_t x,
			   int32_t y, int32_t w, int32_t h)
{
	struct desktop_window *window = wl_resource_get_user_data(resource);

	window->damages++;
}

static void surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct desktop_window *window = wl_resource_get_user_data(resource);

	window->frame = make(client, &wl_callback_interface, 1, id, NULL, NULL);
}

static void surface_region(struct wl_client *client, struct wl_resource *resource,
			   struct wl_resource *region)
{
}

static void surface_number(struct wl_client *client, struct wl_resource *resource, int32_t number)
{
}

static void surface_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct desktop_window *window = wl_resource_get_user_data(resource);

	window->commits++;
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = destroy,
	.attach = surface_attach,
	.damage = surface_damage,
	.frame = surface_frame,
	.set_opaque_region = surface_region,
	.set_input_region = surface_region,
	.commit = surface_commit,
	.set_buffer_transform = surface_number,
	.set_buffer_scale = surface_number,
	.damage_buffer = surface_damage,
};

static void compositor_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct desktop *desktop = wl_resource_get_user_data(resource);
	struct desktop_window *window = &desktop->windows[desktop->n_windows++];

	assert_true(desktop->n_windows <= DESKTOP_WINDOWS);
	window->surface = make(client, &wl_surface_interface, wl_resource_get_version(resource), id,
			       &surface_implementation, window);
}

static const struct wl_compositor_interface compositor_implementation = {
	.create_surface = compositor_surface,
};

/* ---- windows ---- */

static void toplevel_title(struct wl_client *client, struct wl_resource *resource, const char *title)
{
}

static void toplevel_size(struct wl_client *client, struct wl_resource *resource, int32_t w,
			  int32_t h)
{
}

static const struct xdg_toplevel_interface toplevel_implementation = {
	.destroy = destroy,
	.set_title = toplevel_title,
	.set_app_id = toplevel_title,
	.set_max_size = toplevel_size,
	.set_min_size = toplevel_size,
};

static void xdg_toplevel(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct desktop_window *window = wl_resource_get_user_data(resource);

	window->toplevel = make(client, &xdg_toplevel_interface, 1, id, &toplevel_implementation,
				window);
}

static void xdg_ack(struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
}

static const struct xdg_surface_interface xdg_implementation = {
	.destroy = destroy,
	.get_toplevel = xdg_toplevel,
	.ack_configure = xdg_ack,
};

static void wm_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id,
		       struct wl_resource *surface)
{
	struct desktop_window *window = wl_resource_get_user_data(surface);

	window->xdg = make(client, &xdg_surface_interface, 1, id, &xdg_implementation, window);
}

static const struct xdg_wm_base_interface wm_implementation = {
	.destroy = destroy,
	.get_xdg_surface = wm_surface,
};

/* ---- presentation ---- */

static void presentation_feedback(struct wl_client *client, struct wl_resource *resource,
				  struct wl_resource *surface, uint32_t id)
{
	struct desktop_window *window = wl_resource_get_user_data(surface);

	window->feedback = make(client, &wp_presentation_feedback_interface, 1, id, NULL, NULL);
}

static const struct wp_presentation_interface presentation_implementation = {
	.destroy = destroy,
	.feedback = presentation_feedback,
};

/* ---- the seat ---- */

static void cursor(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
		   struct wl_resource *surface, int32_t x, int32_t y)
{
	assert_null(surface);
}

static const struct wl_pointer_interface pointer_implementation = {.set_cursor = cursor,
								   .release = destroy};
static const struct wl_keyboard_interface keyboard_implementation = {.release = destroy};
static const struct wl_touch_interface touch_implementation = {.release = destroy};

static void seat_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct desktop *desktop = wl_resource_get_user_data(resource);

	desktop->pointer = make(client, &wl_pointer_interface, 5, id, &pointer_implementation,
				desktop);
}

static void seat_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct desktop *desktop = wl_resource_get_user_data(resource);

	desktop->keyboard = make(client, &wl_keyboard_interface, 5, id, &keyboard_implementation,
				 desktop);
}

static void seat_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct desktop *desktop = wl_resource_get_user_data(resource);

	desktop->touch = make(client, &wl_touch_interface, 5, id, &touch_implementation, desktop);
}

static const struct wl_seat_interface seat_implementation = {
	.get_pointer = seat_pointer,
	.get_keyboard = seat_keyboard,
	.get_touch = seat_touch,
	.release = destroy,
};

/* ---- globals ---- */

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct desktop *desktop = data;

	desktop->client = client;
	make(client, &wl_compositor_interface, (int)version, id, &compositor_implementation, data);
}

static void bind_wm(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	make(client, &xdg_wm_base_interface, (int)version, id, &wm_implementation, data);
}

static void bind_presentation(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	wp_presentation_send_clock_id(make(client, &wp_presentation_interface, (int)version, id,
					   &presentation_implementation, data),
				      CLOCK_MONOTONIC);
}

static void bind_seat(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	wl_seat_send_capabilities(make(client, &wl_seat_interface, (int)version, id,
				       &seat_implementation, data),
				  WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_POINTER |
					  WL_SEAT_CAPABILITY_TOUCH);
}

/* ---- running ---- */

void desktop_turn(struct desktop *desktop)
{
	wl_event_loop_dispatch(wl_display_get_event_loop(desktop->display), 0);
	wl_display_flush_clients(desktop->display);
}

static void *serve(void *data)
{
	struct desktop *desktop = data;

	while (!__atomic_load_n(&desktop->stop, __ATOMIC_ACQUIRE)) {
		wl_event_loop_dispatch(wl_display_get_event_loop(desktop->display), 10);
		wl_display_flush_clients(desktop->display);
	}
	return NULL;
}

void desktop_start(struct desktop *desktop)
{
	struct wl_display *display = wl_display_create();

	*desktop = (struct desktop){.display = display, .name = "desktop"};
	strcpy(desktop->directory, "/tmp/vitrine-desktop-XXXXXX");
	assert_non_null(mkdtemp(desktop->directory));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", desktop->directory, 1), 0);
	assert_int_equal(wl_display_add_socket(display, desktop->name), 0);
	assert_int_equal(wl_display_init_shm(display), 0);
	wl_global_create(display, &wl_compositor_interface, 4, desktop, bind_compositor);
	wl_global_create(display, &xdg_wm_base_interface, 1, desktop, bind_wm);
	wl_global_create(display, &wp_presentation_interface, 1, desktop, bind_presentation);
	wl_global_create(display, &wl_seat_interface, 5, desktop, bind_seat);
	assert_int_equal(pthread_create(&desktop->thread, NULL, serve, desktop), 0);
}

void desktop_join(struct desktop *desktop)
{
	__atomic_store_n(&desktop->stop, true, __ATOMIC_RELEASE);
	pthread_join(desktop->thread, NULL);
}

void desktop_finish(struct desktop *desktop)
{
	if (desktop->display) {
		wl_display_destroy_clients(desktop->display);
		wl_display_destroy(desktop->display);
		desktop->display = NULL;
	}
	rmdir(desktop->directory);
}

void desktop_configure(struct desktop *desktop, unsigned window)
{
	struct wl_array states;

	wl_array_init(&states);
	xdg_toplevel_send_configure(desktop->windows[window].toplevel, 0, 0, &states);
	xdg_surface_send_configure(desktop->windows[window].xdg, 1);
	wl_array_release(&states);
}

void desktop_presented(struct desktop *desktop, unsigned window, uint64_t time_ns)
{
	struct wl_resource *feedback = desktop->windows[window].feedback;

	wp_presentation_feedback_send_presented(feedback, 0, (uint32_t)(time_ns / 1000000000),
						(uint32_t)(time_ns % 1000000000), 16666667, 0, 0, 0);
	wl_resource_destroy(feedback);
	desktop->windows[window].feedback = NULL;
}

void desktop_discarded(struct desktop *desktop, unsigned window)
{
	wp_presentation_feedback_send_discarded(desktop->windows[window].feedback);
	wl_resource_destroy(desktop->windows[window].feedback);
	desktop->windows[window].feedback = NULL;
}

void desktop_frame(struct desktop *desktop, unsigned window)
{
	wl_callback_send_done(desktop->windows[window].frame, 0);
	wl_resource_destroy(desktop->windows[window].frame);
	desktop->windows[window].frame = NULL;
}
