/* SPDX-License-Identifier: MIT */
/*
 * wl_seat of trusted clients: with a keymap, as any desktop's. Events come to a lock screen alone, while it has the host's
 * input.
 */
#include "compositor/wayland/local/local_priv.h"
#include "wayland-server-protocol.h"

#define REPEAT_PER_SECOND 25
#define REPEAT_DELAY_MS 600

static void resource_destroyed(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
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

static struct wl_resource *device_create(struct wl_resource *seat, struct wl_list *list,
					 const struct wl_interface *interface, uint32_t id,
					 const void *implementation)
{
	struct wl_resource *resource = object_create(wl_resource_get_client(seat), interface,
						     wl_resource_get_version(seat), id,
						     implementation, NULL, resource_destroyed);

	if (resource) {
		wl_list_insert(list, wl_resource_get_link(resource));
	}
	return resource;
}

static void handle_get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct local_client *local = local_client_of(resource);

	struct wl_resource *pointer = NULL;

	if (local) {
		pointer = device_create(resource, &local->pointers, &wl_pointer_interface, id,
					&pointer_implementation);
	}
	if (pointer) {
		lock_input_pointer_added(local, pointer);
	}
}

static void handle_get_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct local_client *local = local_client_of(resource);
	struct wl_resource *keyboard;

	if (!local) {
		return;
	}
	keyboard = device_create(resource, &local->keyboards, &wl_keyboard_interface, id,
				 &keyboard_implementation);
	if (!keyboard) {
		return;
	}
	keymap_send(&local->local->keymap, keyboard, local->local->wayland->null_fd);
	if (wl_resource_get_version(keyboard) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION) {
		wl_keyboard_send_repeat_info(keyboard, REPEAT_PER_SECOND, REPEAT_DELAY_MS);
	}
	lock_input_keyboard_added(local, keyboard);
}

static void handle_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct local_client *local = local_client_of(resource);

	if (local) {
		device_create(resource, &local->touches, &wl_touch_interface, id,
			      &touch_implementation);
	}
}

static const struct wl_seat_interface seat_implementation = {
	.get_pointer = handle_get_pointer,
	.get_keyboard = handle_get_keyboard,
	.get_touch = handle_get_touch,
	.release = object_destroy,
};

void local_seat_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
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
