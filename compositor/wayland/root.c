/* SPDX-License-Identifier: MIT */
/* vitrine_guest_v1: the root of a worker's objects. */
#include "compositor/wayland/external.h"
#include "compositor/wayland/head.h"
#include "compositor/wayland/pool.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-guest-v1-server-protocol.h"

static void handle_acknowledge_input_at(struct wl_client *client, struct wl_resource *resource,
					uint32_t untrusted_serial, uint32_t untrusted_high,
					uint32_t untrusted_low)
{
	struct connection *connection = connection_of(resource);
	uint64_t untrusted_ns = (uint64_t)untrusted_high << 32 | untrusted_low;

	if (guest_seat_credit(connection, untrusted_serial, untrusted_ns) < 0) {
		connection_fault(resource, VITRINE_GUEST_V1_ERROR_INVALID_CREDIT,
				 "acknowledged input that it was never sent");
	}
}

static void handle_acknowledge_input(struct wl_client *client, struct wl_resource *resource,
				     uint32_t untrusted_serial)
{
	handle_acknowledge_input_at(client, resource, untrusted_serial, UINT32_MAX, UINT32_MAX);
}

_Static_assert((int)VITRINE_GUEST_V1_POINTER_ABSOLUTE == SEAT_POINTER_ABSOLUTE &&
		       (int)VITRINE_GUEST_V1_POINTER_RELATIVE == SEAT_POINTER_RELATIVE,
	       "the seat's words are the protocol's");

static void handle_set_pointer(struct wl_client *client, struct wl_resource *resource,
			       uint32_t untrusted_kinds)
{
	struct guest *guest = guest_of(resource);

	if (untrusted_kinds == 0 || untrusted_kinds > SEAT_POINTER_BOTH) {
		connection_fault(resource, VITRINE_GUEST_V1_ERROR_INVALID_POINTER,
				 "claims a pointer that there is not");
	} else if (guest) {
		guest->pointer = (enum seat_pointer_kind)untrusted_kinds;
	}
}

_Static_assert((int)VITRINE_GUEST_V1_LED_NUM_LOCK == (int)DEVICES_LED_NUM_LOCK &&
		       (int)VITRINE_GUEST_V1_LED_CAPS_LOCK == (int)DEVICES_LED_CAPS_LOCK &&
		       (int)VITRINE_GUEST_V1_LED_SCROLL_LOCK == (int)DEVICES_LED_SCROLL_LOCK,
	       "the devices' words are the protocol's");

static void handle_set_leds(struct wl_client *client, struct wl_resource *resource,
			    uint32_t untrusted_leds)
{
	struct guest *guest = guest_of(resource);

	if (untrusted_leds & ~DEVICES_LEDS) {
		connection_fault(resource, VITRINE_GUEST_V1_ERROR_INVALID_LEDS,
				 "lights what no keyboard has");
	} else if (guest) {
		input_guest_leds(guest->wayland->server->input, guest->scene, untrusted_leds);
	}
}

static const struct vitrine_guest_v1_interface implementation = {
	.destroy = object_destroy,
	.create_head = head_request,
	.create_grant_pool = pool_request,
	.allocate_pool = pool_allocate,
	.restore_pool = pool_restore,
	.acknowledge_input = handle_acknowledge_input,
	.set_pointer = handle_set_pointer,
	.acknowledge_input_at = handle_acknowledge_input_at,
	.create_external = external_request,
	.set_leds = handle_set_leds,
};

static void root_destroyed(struct wl_resource *resource)
{
	struct connection *connection = wl_resource_get_user_data(resource);

	if (connection->root == resource) {
		connection->root = NULL;
		guest_seat_settle(connection);
	}
}

void root_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct connection *connection = connection_find(client);
	struct wl_resource *resource = object_create(client, &vitrine_guest_v1_interface,
						     (int)version, id, &implementation, connection,
						     root_destroyed);

	if (!resource) {
		return;
	}
	if (connection->root) {
		connection_fault(resource, VITRINE_GUEST_V1_ERROR_TOO_MANY,
				 "bound its root object twice");
		return;
	}
	connection->root = resource;
	vitrine_guest_v1_send_limits(resource, LIMIT_HEADS, LIMIT_POOLS, LIMIT_BUFFERS, LIMIT_PAGES);
	guest_seat_refresh(connection);
}
