/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/seat.h"

#include <errno.h>

#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland_priv.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "vitrine-guest-v1-server-protocol.h"
#include "wayland-server-protocol.h"

static uint64_t now(const struct connection *connection)
{
	return clock_now(connection->wayland->server->clock);
}

/* ---- credit ---- */

static void credit_late(void *data, uint64_t now_ns)
{
	connection_kill(data, "took no input for a second");
}

void guest_seat_report(const struct guest *guest, FILE *out)
{
	const struct histogram *latency = guest->connection ?
						  &guest->connection->seat.input.latency :
						  NULL;

	if (latency) {
		fprintf(out, "guest.%s.input_p50_us %llu\n", guest_name(guest),
			histogram_percentile(latency, 50) / NSEC_PER_USEC);
		fprintf(out, "guest.%s.input_p99_us %llu\n", guest_name(guest),
			histogram_percentile(latency, 99) / NSEC_PER_USEC);
	}
}

int guest_seat_credit(struct connection *connection, uint32_t untrusted_serial,
		      uint64_t untrusted_ns)
{
	struct guest_seat *seat = &connection->seat;
	int ret = guest_input_credit(&seat->input, untrusted_serial, untrusted_ns, now(connection));

	if (credit_deadline(&seat->input.credit) == UINT64_MAX) {
		clock_timer_disarm(seat->dry);
	}
	test_input_poll(connection->wayland->server->test_input);
	return ret;
}

/* ---- objects ---- */

int guest_seat_init(struct connection *connection)
{
	guest_input_init(&connection->seat.input, &guest_seat_ops, connection);
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
	if (!guest_seat_takes_input(connection)) {
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
		guest_seat_ops.pointer_enter(connection, place->head, place->x, place->y);
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
		guest_seat_ops.keyboard_focus(connection, true);
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
