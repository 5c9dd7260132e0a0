/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/seat.h"

#include <errno.h>

#include "base/trace.h"
#include "compositor/wayland/head.h"
#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-guest-v1-server-protocol.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
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
	return NULL;
}

/* ---- what the worker is told ---- */

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
	if (deadline != UINT64_MAX) {
		clock_timer_arm(seat->dry, deadline);
	}
}

static const struct guest_input_ops input_ops = {
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
};

/* ---- credit ---- */

static void credit_late(void *data, uint64_t now_ns)
{
	connection_kill(data, "took no input for a second");
}

int guest_seat_credit(struct connection *connection, uint32_t untrusted_serial)
{
	struct guest_seat *seat = &connection->seat;
	uint64_t returned = seat->input.credit.returned;
	int ret = guest_input_credit(&seat->input, untrusted_serial, now(connection));

	if (connection->guest && seat->input.credit.returned != returned) {
		trace_add(connection->wayland->server->trace, TRACE_INPUT_DONE,
			  trace_track(connection->wayland->server->trace, "guest",
				      guest_name(connection->guest)),
			  now(connection), 0, seat->input.latency_ns);
	}

	if (credit_deadline(&seat->input.credit) == UINT64_MAX) {
		clock_timer_disarm(seat->dry);
	}
	test_input_poll(connection->wayland->server->test_input);
	return ret;
}

/* ---- what the seat says ---- */

static bool takes_input(const struct connection *connection)
{
	const struct guest_seat *seat = &connection->seat;

	return connection->client && connection->root &&
	       (seat->keyboard || seat->pointer || seat->relative || seat->touch);
}

/* NULL: its worker is away, or takes no input; then it misses the event and its release alike. */
static struct guest_input *input_of(struct seat_guest *seat_guest)
{
	struct scene_guest *scene = (struct scene_guest *)seat_guest;
	struct guest *guest = scene->data;

	return guest->connection && takes_input(guest->connection) ?
		       &guest->connection->seat.input :
		       NULL;
}

static void sink_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_key(input, code, pressed);
	}
}

static void sink_pointer(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			 double y)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_pointer(input, head, x, y);
	}
}

static void sink_pointer_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_relative(input, dx, dy);
	}
}

static void sink_pointer_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_button(input, code, pressed);
	}
}

static void sink_pointer_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_axis(input, axis, v120);
	}
}

static void sink_touch_down(void *data, struct seat_guest *guest, struct seat_head *head,
			    int contact, double x, double y)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_touch_down(input, contact, head, x, y);
	}
}

static void sink_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_touch_motion(input, contact, x, y);
	}
}

static void sink_touch_up(void *data, struct seat_guest *guest, int contact)
{
	struct guest_input *input = input_of(guest);

	if (input) {
		guest_input_touch_up(input, contact);
	}
}

static void sink_frame(void *data, struct seat_guest *guest)
{
	struct server *server = data;
	struct guest_input *input = input_of(guest);
	uint64_t event_ns = input_event_ns(server->input);

	if (input) {
		trace_add(server->trace, TRACE_INPUT,
			  trace_track(server->trace, "guest",
				      ((struct scene_guest *)guest)->mark.name),
			  event_ns ? event_ns : clock_now(server->clock), 0, 0);
		guest_input_event(input, event_ns);
		guest_input_frame(input, clock_now(server->clock));
	}
}

const struct seat_sink wayland_seat_sink = {
	.key = sink_key,
	.pointer_enter = sink_pointer,
	.pointer_motion = sink_pointer,
	.pointer_relative = sink_pointer_relative,
	.pointer_button = sink_pointer_button,
	.pointer_axis = sink_pointer_axis,
	.touch_down = sink_touch_down,
	.touch_motion = sink_touch_motion,
	.touch_up = sink_touch_up,
	.frame = sink_frame,
};

static void focus_set(struct guest *guest, bool has_keyboard)
{
	struct connection *connection = guest->connection;

	if (connection && takes_input(connection)) {
		guest_input_focus(&connection->seat.input, has_keyboard);
		guest_input_frame(&connection->seat.input, now(connection));
	}
}

void wayland_set_keyboard(struct wayland *wayland, struct scene_guest *scene)
{
	struct guest *guest = scene ? scene->data : NULL;

	if (wayland->keyboard == guest) {
		return;
	}
	if (wayland->keyboard) {
		focus_set(wayland->keyboard, false);
	}
	wayland->keyboard = guest;
	if (guest) {
		focus_set(guest, true);
	}
}

bool wayland_input_done(const struct scene_guest *scene)
{
	const struct guest *guest = scene->data;
	const struct guest_input *input;

	if (!guest->connection) {
		return false;
	}
	input = &guest->connection->seat.input;
	return !input->behind && !input->open && credit_whole(&input->credit);
}

void guest_seat_refresh(struct connection *connection)
{
	if (connection->guest && connection->wayland->keyboard == connection->guest) {
		focus_set(connection->guest, true);
	}
}

/* ---- objects ---- */

int guest_seat_init(struct connection *connection)
{
	guest_input_init(&connection->seat.input, &input_ops, connection);
	connection->seat.dry = clock_timer_create(connection->wayland->server->clock,
						  PRIORITY_CLIENTS, credit_late, connection);
	return connection->seat.dry ? 0 : -ENOMEM;
}

void guest_seat_finish(struct connection *connection)
{
	if (connection->seat.dry) {
		clock_timer_destroy(connection->seat.dry);
		connection->seat.dry = NULL;
	}
}

void guest_seat_surface_gone(struct connection *connection, const struct surface *surface)
{
	struct guest_seat *seat = &connection->seat;

	if (seat->keyboard_surface == surface->resource) {
		seat->keyboard_surface = NULL;
	}
	if (seat->pointer_surface == surface->resource) {
		seat->pointer_surface = NULL;
	}
}

void guest_seat_settle(struct connection *connection)
{
	if (!takes_input(connection)) {
		guest_input_reset(&connection->seat.input);
	}
}

static void slot_destroyed(struct wl_resource *resource)
{
	struct connection *connection = wl_resource_get_user_data(resource);
	struct wl_resource **slots[] = {&connection->seat.keyboard, &connection->seat.pointer,
					&connection->seat.relative, &connection->seat.touch};

	for (unsigned i = 0; i < ARRAY_SIZE(slots); i++) {
		if (*slots[i] == resource) {
			*slots[i] = NULL;
		}
	}
	guest_seat_settle(connection);
}

/* NULL: refused, or out of memory. */
static struct wl_resource *slot_fill(struct wl_resource *parent, struct wl_resource **slot,
				     const struct wl_interface *interface, uint32_t id,
				     const void *implementation)
{
	struct connection *connection = connection_of(parent);
	struct wl_client *client = wl_resource_get_client(parent);

	if (*slot) {
		connection->fault = "made a second object of one kind for its input";
		wl_client_post_implementation_error(client, "%s", connection->fault);
		return NULL;
	}
	*slot = object_create(client, interface, wl_resource_get_version(parent), id,
			      implementation, connection, slot_destroyed);
	return *slot;
}

static void handle_set_cursor(struct wl_client *client, struct wl_resource *resource,
			      uint32_t serial, struct wl_resource *surface, int32_t x, int32_t y)
{
}

static const struct wl_pointer_interface pointer_implementation = {
	.set_cursor = handle_set_cursor,
	.release = object_destroy,
};

static const struct wl_keyboard_interface keyboard_implementation = {
	.release = object_destroy,
};

static const struct wl_touch_interface touch_implementation = {
	.release = object_destroy,
};

static const struct zwp_relative_pointer_v1_interface relative_implementation = {
	.destroy = object_destroy,
};

static void handle_get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct connection *connection = connection_of(resource);
	const struct guest_place *place = &connection->seat.input.told.pointer;

	if (slot_fill(resource, &connection->seat.pointer, &wl_pointer_interface, id,
		      &pointer_implementation) &&
	    place->head) {
		tell_pointer_enter(connection, place->head, place->x, place->y);
	}
}

static void handle_get_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct connection *connection = connection_of(resource);
	struct wl_resource *keyboard = slot_fill(resource, &connection->seat.keyboard,
						 &wl_keyboard_interface, id,
						 &keyboard_implementation);

	if (!keyboard) {
		return;
	}
	wl_keyboard_send_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP,
				connection->wayland->null_fd, 0);
	if (wl_resource_get_version(keyboard) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION) {
		wl_keyboard_send_repeat_info(keyboard, 0, 0);
	}
	if (connection->seat.input.told.keyboard) {
		keyboard_enter(connection);
	} else {
		guest_seat_refresh(connection);
	}
}

static void handle_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct connection *connection = connection_of(resource);

	slot_fill(resource, &connection->seat.touch, &wl_touch_interface, id, &touch_implementation);
}

static const struct wl_seat_interface seat_implementation = {
	.get_pointer = handle_get_pointer,
	.get_keyboard = handle_get_keyboard,
	.get_touch = handle_get_touch,
	.release = object_destroy,
};

void seat_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = object_create(client, &wl_seat_interface, (int)version, id,
						     &seat_implementation, data, NULL);

	if (!resource) {
		return;
	}
	wl_seat_send_capabilities(resource, WL_SEAT_CAPABILITY_POINTER |
						    WL_SEAT_CAPABILITY_KEYBOARD |
						    WL_SEAT_CAPABILITY_TOUCH);
	if (version >= WL_SEAT_NAME_SINCE_VERSION) {
		wl_seat_send_name(resource, "vitrine");
	}
}

static void handle_get_relative(struct wl_client *client, struct wl_resource *resource, uint32_t id,
				struct wl_resource *pointer)
{
	struct connection *connection = connection_of(resource);

	slot_fill(resource, &connection->seat.relative, &zwp_relative_pointer_v1_interface, id,
		  &relative_implementation);
}

static const struct zwp_relative_pointer_manager_v1_interface manager_implementation = {
	.destroy = object_destroy,
	.get_relative_pointer = handle_get_relative,
};

void relative_pointer_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &zwp_relative_pointer_manager_v1_interface, (int)version, id,
		      &manager_implementation, data, NULL);
}
