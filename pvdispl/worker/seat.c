/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/seat.h"

#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "pvdispl/worker/client.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/head.h"
#include "pvdispl/worker/input.h"
#include "pvdispl/worker/worker.h"
#include "relative-pointer-unstable-v1-client-protocol.h"

#define SEAT_VERSION 8u /* wl_pointer.axis_value120 */
#define NOTCH 120

static struct sink *sink_of(struct guest_seat *seat)
{
	return seat->client->worker->sink;
}

/* A place on the guest's desktop. */
struct place {
	double x, y;
	int width, height;
};

static bool locate(struct guest_seat *seat, const struct head *head, wl_fixed_t x, wl_fixed_t y,
		   struct place *out)
{
	struct desktop desktop;

	if (!head) {
		return false;
	}
	displays_arrange(seat->client->worker, &desktop);
	out->width = desktop.width;
	out->height = desktop.height;
	return desktop_locate(&desktop, head->index, wl_fixed_to_double(x), wl_fixed_to_double(y),
			      &out->x, &out->y);
}

/* ---- keyboard ---- */

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
		      uint32_t size)
{
	close(fd);
}

static void on_keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			      struct wl_surface *surface, struct wl_array *keys)
{
}

static void on_keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			      struct wl_surface *surface)
{
	struct guest_seat *seat = data;

	sink_release_keys(sink_of(seat));
	input_flush(seat->client->worker);
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
		   uint32_t key, uint32_t state)
{
	sink_key(sink_of(data), key, state == WL_KEYBOARD_KEY_STATE_PRESSED);
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			 uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
}

static void on_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = on_keymap,
	.enter = on_keyboard_enter,
	.leave = on_keyboard_leave,
	.key = on_key,
	.modifiers = on_modifiers,
	.repeat_info = on_repeat_info,
};

/* ---- pointer ---- */

static void on_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
		      wl_fixed_t y)
{
	struct guest_seat *seat = data;
	const struct external *external = &seat->client->external;
	struct place at;

	if (seat->is_external) {
		/* All of that monitor is all of the guest's absolute pointer. */
		sink_position(sink_of(seat), wl_fixed_to_double(x), wl_fixed_to_double(y),
			      (int)external->width, (int)external->height);
	} else if (locate(seat, seat->pointer_head, x, y, &at)) {
		sink_position(sink_of(seat), at.x, at.y, at.width, at.height);
	}
}

static void on_pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
			     struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct guest_seat *seat = data;

	seat->pointer_head = head_of_surface(surface);
	seat->is_external = external_has(&seat->client->external, surface);
	on_motion(seat, pointer, 0, x, y);
}

static void pointer_leave(struct guest_seat *seat)
{
	seat->pointer_head = NULL;
	seat->is_external = false;
	sink_release_buttons(sink_of(seat));
	input_flush(seat->client->worker);
}

static void on_pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
			     struct wl_surface *surface)
{
	pointer_leave(data);
}

static void on_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
		      uint32_t button, uint32_t state)
{
	sink_key(sink_of(data), button, state == WL_POINTER_BUTTON_STATE_PRESSED);
}

static void on_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
		    wl_fixed_t value)
{
	/* Distances that are no notches: comes beside the two events below. */
}

static void on_frame(void *data, struct wl_pointer *pointer)
{
	sink_pointer_frame(sink_of(data));
}

static void on_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
}

static void on_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis)
{
}

/* kbdif has no horizontal wheel. */
static void on_axis_value120(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t value120)
{
	if (axis == WL_POINTER_AXIS_VERTICAL_SCROLL) {
		sink_wheel(sink_of(data), value120);
	}
}

/* Only of servers before version 8. */
static void on_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t discrete)
{
	on_axis_value120(data, pointer, axis, MAX(MIN(discrete, NOTCH), -NOTCH) * NOTCH);
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = on_pointer_enter,
	.leave = on_pointer_leave,
	.motion = on_motion,
	.button = on_button,
	.axis = on_axis,
	.frame = on_frame,
	.axis_source = on_axis_source,
	.axis_stop = on_axis_stop,
	.axis_discrete = on_axis_discrete,
	.axis_value120 = on_axis_value120,
};

static void on_relative(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t utime_hi,
			uint32_t utime_lo, wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t dx_unaccel,
			wl_fixed_t dy_unaccel)
{
	sink_relative(sink_of(data), wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {
	.relative_motion = on_relative};

/* ---- touch ---- */

static int touch_find(const struct guest_seat *seat, int32_t touch)
{
	for (unsigned i = 0; i < ARRAY_SIZE(seat->touches); i++) {
		if (seat->touches[i].head && seat->touches[i].touch == touch) {
			return (int)i;
		}
	}
	return -1;
}

static int touch_add(struct guest_seat *seat, int32_t touch, struct head *head)
{
	for (unsigned i = 0; i < ARRAY_SIZE(seat->touches); i++) {
		if (!seat->touches[i].head) {
			seat->touches[i].head = head;
			seat->touches[i].touch = touch;
			return (int)i;
		}
	}
	return -1;
}

static void on_touch_down(void *data, struct wl_touch *proxy, uint32_t serial, uint32_t time,
			  struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct guest_seat *seat = data;
	struct head *head = head_of_surface(surface);
	struct place at;

	if (touch_find(seat, id) < 0 && locate(seat, head, x, y, &at) &&
	    touch_add(seat, id, head) >= 0) {
		sink_touch_down(sink_of(seat), id, at.x, at.y, at.width, at.height);
	}
}

static void on_touch_up(void *data, struct wl_touch *proxy, uint32_t serial, uint32_t time,
			int32_t id)
{
	struct guest_seat *seat = data;
	int i = touch_find(seat, id);

	if (i >= 0) {
		seat->touches[i].head = NULL;
		sink_touch_up(sink_of(seat), id);
	}
}

static void on_touch_motion(void *data, struct wl_touch *proxy, uint32_t time, int32_t id,
			    wl_fixed_t x, wl_fixed_t y)
{
	struct guest_seat *seat = data;
	int i = touch_find(seat, id);
	struct place at;

	if (i >= 0 && locate(seat, seat->touches[i].head, x, y, &at)) {
		sink_touch_motion(sink_of(seat), id, at.x, at.y, at.width, at.height);
	}
}

static void on_touch_frame(void *data, struct wl_touch *proxy)
{
	sink_touch_frame(sink_of(data));
}

static void touch_cancel(struct guest_seat *seat)
{
	memset(seat->touches, 0, sizeof(seat->touches));
	sink_release_touches(sink_of(seat));
	input_flush(seat->client->worker);
}

static void on_touch_cancel(void *data, struct wl_touch *proxy)
{
	touch_cancel(data);
}

static void on_touch_shape(void *data, struct wl_touch *proxy, int32_t id, wl_fixed_t major,
			   wl_fixed_t minor)
{
}

static void on_touch_orientation(void *data, struct wl_touch *proxy, int32_t id,
				 wl_fixed_t orientation)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = on_touch_down,
	.up = on_touch_up,
	.motion = on_touch_motion,
	.frame = on_touch_frame,
	.cancel = on_touch_cancel,
	.shape = on_touch_shape,
	.orientation = on_touch_orientation,
};

/* ---- the seat ---- */

static void keyboard_drop(struct guest_seat *seat)
{
	if (seat->keyboard) {
		wl_keyboard_destroy(seat->keyboard);
		seat->keyboard = NULL;
		sink_release_keys(sink_of(seat));
	}
}

static void pointer_drop(struct guest_seat *seat)
{
	if (seat->relative) {
		zwp_relative_pointer_v1_destroy(seat->relative);
		seat->relative = NULL;
	}
	if (seat->pointer) {
		wl_pointer_destroy(seat->pointer);
		seat->pointer = NULL;
		pointer_leave(seat);
	}
}

static void touch_drop(struct guest_seat *seat)
{
	if (seat->touch) {
		wl_touch_destroy(seat->touch);
		seat->touch = NULL;
		touch_cancel(seat);
	}
}

static void get_relative(struct guest_seat *seat)
{
	if (seat->manager && seat->pointer && !seat->relative) {
		seat->relative = zwp_relative_pointer_manager_v1_get_relative_pointer(seat->manager,
										      seat->pointer);
		zwp_relative_pointer_v1_add_listener(seat->relative, &relative_listener, seat);
	}
}

static void on_capabilities(void *data, struct wl_seat *proxy, uint32_t capabilities)
{
	struct guest_seat *seat = data;

	if (!(capabilities & WL_SEAT_CAPABILITY_KEYBOARD)) {
		keyboard_drop(seat);
	} else if (!seat->keyboard) {
		seat->keyboard = wl_seat_get_keyboard(proxy);
		wl_keyboard_add_listener(seat->keyboard, &keyboard_listener, seat);
	}
	if (!(capabilities & WL_SEAT_CAPABILITY_POINTER)) {
		pointer_drop(seat);
	} else if (!seat->pointer) {
		seat->pointer = wl_seat_get_pointer(proxy);
		wl_pointer_add_listener(seat->pointer, &pointer_listener, seat);
		get_relative(seat);
	}
	if (!(capabilities & WL_SEAT_CAPABILITY_TOUCH)) {
		touch_drop(seat);
	} else if (!seat->touch) {
		seat->touch = wl_seat_get_touch(proxy);
		wl_touch_add_listener(seat->touch, &touch_listener, seat);
	}
	input_flush(seat->client->worker);
}

static void on_name(void *data, struct wl_seat *proxy, const char *name)
{
}

static const struct wl_seat_listener seat_listener = {.capabilities = on_capabilities,
						      .name = on_name};

void guest_seat_init(struct guest_seat *seat, struct client *client)
{
	memset(seat, 0, sizeof(*seat));
	seat->client = client;
}

void guest_seat_finish(struct guest_seat *seat)
{
	keyboard_drop(seat);
	pointer_drop(seat);
	touch_drop(seat);
	if (seat->manager) {
		zwp_relative_pointer_manager_v1_destroy(seat->manager);
	}
	if (seat->proxy) {
		wl_seat_destroy(seat->proxy);
	}
	seat->manager = NULL;
	seat->proxy = NULL;
	input_flush(seat->client->worker);
}

void guest_seat_bind(struct guest_seat *seat, struct wl_registry *registry, uint32_t name,
		     uint32_t version)
{
	if (!seat->proxy) {
		seat->proxy = wl_registry_bind(registry, name, &wl_seat_interface,
					       MIN(version, SEAT_VERSION));
		wl_seat_add_listener(seat->proxy, &seat_listener, seat);
	}
}

void guest_seat_bind_relative(struct guest_seat *seat, struct wl_registry *registry, uint32_t name)
{
	if (!seat->manager) {
		seat->manager = wl_registry_bind(registry, name,
						 &zwp_relative_pointer_manager_v1_interface, 1);
		get_relative(seat);
	}
}

void guest_seat_forget_head(struct guest_seat *seat, struct head *head)
{
	if (seat->pointer_head == head) {
		pointer_leave(seat);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(seat->touches); i++) {
		if (seat->touches[i].head == head) {
			seat->touches[i].head = NULL;
			sink_touch_up(sink_of(seat), seat->touches[i].touch);
		}
	}
	sink_touch_frame(sink_of(seat));
	input_flush(seat->client->worker);
}
