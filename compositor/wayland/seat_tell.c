/* SPDX-License-Identifier: MIT */
/* What a worker is told of its guest's input: the events of its seat's objects. */
#include "base/util.h"
#include "compositor/wayland/head.h"
#include "compositor/wayland/seat.h"
#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland_priv.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "vitrine-guest-v1-server-protocol.h"
#include "wayland-server-protocol.h"

/* Surface pixels of wl_pointer.axis for one notch of a wheel, as libinput and others have it. */
#define NOTCH_PX 15.0

static uint64_t now(const struct connection *connection)
{
	return clock_now(connection->wayland->server->clock);
}

static uint32_t now_ms(const struct connection *connection)
{
	return (uint32_t)(now(connection) / NSEC_PER_MSEC);
}

/* The surface of a head, NULL when this connection has none for it. */
static struct wl_resource *surface_of(const struct connection *connection,
				      const struct seat_head *seat_head)
{
	const struct scene_head *scene = (const struct scene_head *)seat_head;
	const struct head *head = scene ? scene->data : NULL;

	return head && head->connection == connection && head->surface ? head->surface->resource :
									 NULL;
}

static struct wl_resource *any_surface(const struct connection *connection)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (connection->heads[i] && connection->heads[i]->surface) {
			return connection->heads[i]->surface->resource;
		}
	}
	return connection->external.resource ? connection->external.head.surface->resource : NULL;
}

static void keyboard_enter(struct connection *connection)
{
	struct guest_seat *seat = &connection->seat;
	struct wl_resource *surface = any_surface(connection);
	struct wl_array none = {0};

	if (!seat->keyboard || !surface) {
		return;
	}
	seat->keyboard_surface = surface;
	wl_keyboard_send_enter(seat->keyboard, ++seat->serial, surface, &none);
	wl_keyboard_send_modifiers(seat->keyboard, ++seat->serial, 0, 0, 0, 0);
}

static void tell_keyboard_focus(void *data, bool has_it)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;

	if (has_it) {
		keyboard_enter(connection);
	} else if (seat->keyboard && seat->keyboard_surface) {
		wl_keyboard_send_leave(seat->keyboard, ++seat->serial, seat->keyboard_surface);
		seat->keyboard_surface = NULL;
	}
}

static void tell_key(void *data, uint32_t code, bool pressed)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;

	if (seat->keyboard) {
		wl_keyboard_send_key(seat->keyboard, ++seat->serial, now_ms(connection), code,
				     pressed ? WL_KEYBOARD_KEY_STATE_PRESSED :
					       WL_KEYBOARD_KEY_STATE_RELEASED);
	}
}

static void pointer_leave(struct connection *connection)
{
	struct guest_seat *seat = &connection->seat;

	if (seat->pointer && seat->pointer_surface) {
		wl_pointer_send_leave(seat->pointer, ++seat->serial, seat->pointer_surface);
		seat->pointer_dirty = true;
	}
	seat->pointer_surface = NULL;
}

static void tell_pointer_enter(void *data, struct seat_head *head, double x, double y)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;
	struct wl_resource *surface = surface_of(connection, head);

	pointer_leave(connection);
	if (seat->pointer && surface) {
		seat->pointer_surface = surface;
		wl_pointer_send_enter(seat->pointer, ++seat->serial, surface,
				      wl_fixed_from_double(x), wl_fixed_from_double(y));
		seat->pointer_dirty = true;
	}
}

static void tell_pointer_motion(void *data, double x, double y)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;

	if (seat->pointer && seat->pointer_surface) {
		wl_pointer_send_motion(seat->pointer, now_ms(connection), wl_fixed_from_double(x),
				       wl_fixed_from_double(y));
		seat->pointer_dirty = true;
	}
}

static void tell_pointer_relative(void *data, double dx, double dy)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;
	uint64_t us = now(connection) / NSEC_PER_USEC;

	if (seat->relative) {
		zwp_relative_pointer_v1_send_relative_motion(seat->relative, (uint32_t)(us >> 32),
							     (uint32_t)us, wl_fixed_from_double(dx),
							     wl_fixed_from_double(dy),
							     wl_fixed_from_double(dx),
							     wl_fixed_from_double(dy));
		seat->pointer_dirty = true;
	}
}

static void tell_pointer_button(void *data, uint32_t code, bool pressed)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;

	if (seat->pointer) {
		wl_pointer_send_button(seat->pointer, ++seat->serial, now_ms(connection), code,
				       pressed ? WL_POINTER_BUTTON_STATE_PRESSED :
						 WL_POINTER_BUTTON_STATE_RELEASED);
		seat->pointer_dirty = true;
	}
}

static void tell_pointer_axis(void *data, enum seat_axis axis, int v120)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;
	uint32_t wl_axis = axis == SEAT_AXIS_VERTICAL ? WL_POINTER_AXIS_VERTICAL_SCROLL :
							WL_POINTER_AXIS_HORIZONTAL_SCROLL;
	int version;

	if (!seat->pointer) {
		return;
	}
	version = wl_resource_get_version(seat->pointer);
	if (version >= WL_POINTER_AXIS_SOURCE_SINCE_VERSION) {
		wl_pointer_send_axis_source(seat->pointer, WL_POINTER_AXIS_SOURCE_WHEEL);
	}
	if (version >= WL_POINTER_AXIS_VALUE120_SINCE_VERSION) {
		wl_pointer_send_axis_value120(seat->pointer, wl_axis, v120);
	} else if (version >= WL_POINTER_AXIS_DISCRETE_SINCE_VERSION && v120 / 120 != 0) {
		wl_pointer_send_axis_discrete(seat->pointer, wl_axis, v120 / 120);
	}
	wl_pointer_send_axis(seat->pointer, now_ms(connection), wl_axis,
			     wl_fixed_from_double(v120 * NOTCH_PX / 120));
	seat->pointer_dirty = true;
}

static void tell_touch_down(void *data, struct seat_head *head, int id, double x, double y)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;
	struct wl_resource *surface = surface_of(connection, head);

	if (seat->touch && surface) {
		wl_touch_send_down(seat->touch, ++seat->serial, now_ms(connection), surface, id,
				   wl_fixed_from_double(x), wl_fixed_from_double(y));
		seat->touch_dirty = true;
	}
}

static void tell_touch_motion(void *data, int id, double x, double y)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;

	if (seat->touch) {
		wl_touch_send_motion(seat->touch, now_ms(connection), id, wl_fixed_from_double(x),
				     wl_fixed_from_double(y));
		seat->touch_dirty = true;
	}
}

static void tell_touch_up(void *data, int id)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;

	if (seat->touch) {
		wl_touch_send_up(seat->touch, ++seat->serial, now_ms(connection), id);
		seat->touch_dirty = true;
	}
}

static void tell_mark(void *data, uint32_t serial)
{
	struct connection *connection = data;
	struct guest_seat *seat = &connection->seat;
	uint64_t deadline = credit_deadline(&seat->input.credit);

	if (seat->pointer && seat->pointer_dirty &&
	    wl_resource_get_version(seat->pointer) >= WL_POINTER_FRAME_SINCE_VERSION) {
		wl_pointer_send_frame(seat->pointer);
	}
	if (seat->touch && seat->touch_dirty) {
		wl_touch_send_frame(seat->touch);
	}
	seat->pointer_dirty = false;
	seat->touch_dirty = false;
	if (connection->root) {
		vitrine_guest_v1_send_mark_input(connection->root, serial);
	}
	/* At once: before any other client is served. */
	input_latency_sent(connection, guest_input_origin(&seat->input, serial));
	wl_client_flush(connection->client);
	if (deadline != UINT64_MAX) {
		clock_timer_arm(seat->dry, deadline);
	}
}

static void tell_done(void *data, const struct input_origin *origin, uint64_t latency_ns)
{
	input_latency_done(data, origin, latency_ns);
}

const struct guest_input_ops guest_seat_ops = {
	.keyboard_focus = tell_keyboard_focus,
	.key = tell_key,
	.pointer_enter = tell_pointer_enter,
	.pointer_motion = tell_pointer_motion,
	.pointer_relative = tell_pointer_relative,
	.pointer_button = tell_pointer_button,
	.pointer_axis = tell_pointer_axis,
	.touch_down = tell_touch_down,
	.touch_motion = tell_touch_motion,
	.touch_up = tell_touch_up,
	.mark = tell_mark,
	.done = tell_done,
};
