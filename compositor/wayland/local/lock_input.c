/* SPDX-License-Identifier: MIT */
/*
 * The host's input for a lock screen: its keyboard for one of its surfaces, its pointer and contacts for the one under them.
 * Keys pass through as they come; none is kept.
 */
#include <string.h>

#include "compositor/trusted/trusted.h"
#include "compositor/wayland/local/local_priv.h"
#include "compositor/wayland/surface.h"
#include "wayland-server-protocol.h"

#define NOTCH 120
/* Surface pixels of wl_pointer.axis for one notch of a wheel. */
#define NOTCH_PX 15.0

static uint32_t to_ms(uint64_t time_ns)
{
	return (uint32_t)(time_ns / NSEC_PER_MSEC);
}

static uint32_t now_ms(const struct local *local)
{
	return to_ms(clock_now(local->wayland->server->clock));
}

/* NULL: no client has locked, or no longer. */
static struct local_client *client_of(const struct local *local)
{
	return local->lock ? local->lock->client : NULL;
}

static struct wl_resource *resource_of(const struct lock_surface *surface)
{
	return surface->surface->resource;
}

/* ---- keyboard ---- */

static void send_modifiers(struct local *local)
{
	struct local_client *client = client_of(local);
	struct keymap_mods mods = keymap_mods(&local->keymap);
	struct wl_resource *keyboard;

	wl_resource_for_each(keyboard, &client->keyboards) {
		wl_keyboard_send_modifiers(keyboard, ++client->serial, mods.depressed, mods.latched,
					   mods.locked, mods.group);
	}
}

static void keyboard_tell(struct local *local, struct wl_resource *keyboard)
{
	struct local_client *client = client_of(local);
	struct keymap_mods mods = keymap_mods(&local->keymap);
	struct wl_array none = {0};

	wl_keyboard_send_enter(keyboard, ++client->serial, resource_of(local->input.keyboard),
			       &none);
	wl_keyboard_send_modifiers(keyboard, ++client->serial, mods.depressed, mods.latched,
				   mods.locked, mods.group);
}

static void keyboard_enter(struct local *local, struct lock_surface *surface)
{
	struct wl_resource *keyboard;

	local->input.keyboard = surface;
	wl_resource_for_each(keyboard, &client_of(local)->keyboards) {
		keyboard_tell(local, keyboard);
	}
}

static void keyboard_leave(struct local *local)
{
	struct local_client *client = client_of(local);
	struct wl_resource *keyboard;

	if (!client || !local->input.keyboard) {
		return;
	}
	wl_resource_for_each(keyboard, &client->keyboards) {
		wl_keyboard_send_leave(keyboard, ++client->serial,
				       resource_of(local->input.keyboard));
	}
	local->input.keyboard = NULL;
}

/* The first of its surfaces that can have it; NULL: none. */
static struct lock_surface *keyboard_due(const struct session_lock *lock)
{
	struct lock_surface *surface;

	list_for_each(surface, &lock->surfaces, link) {
		if (surface->surface && lock_surface_output(surface)) {
			return surface;
		}
	}
	return NULL;
}

void lock_input_settle(struct local *local)
{
	struct lock_surface *surface = local->lock ? keyboard_due(local->lock) : NULL;

	if (surface && !local->input.keyboard && local->input.is_active) {
		keyboard_enter(local, surface);
	}
}

void lock_input_keyboard_added(struct local_client *client, struct wl_resource *keyboard)
{
	struct local *local = client->local;

	if (local->lock && client_of(local) == client && local->input.keyboard) {
		keyboard_tell(local, keyboard);
	}
}

static void handle_key(void *data, uint32_t code, bool pressed, uint64_t time_ns)
{
	struct local *local = data;
	struct local_client *client = client_of(local);
	struct wl_resource *keyboard;
	bool changed = keymap_key(&local->keymap, code, pressed);

	if (!local->input.keyboard) {
		return;
	}
	wl_resource_for_each(keyboard, &client->keyboards) {
		wl_keyboard_send_key(keyboard, ++client->serial, to_ms(time_ns), code,
				     pressed ? WL_KEYBOARD_KEY_STATE_PRESSED :
					       WL_KEYBOARD_KEY_STATE_RELEASED);
	}
	if (changed) {
		send_modifiers(local);
	}
	session_lock_expect(local->lock);
}

/* ---- places ---- */

/* NULL: it shows nothing there. */
static struct lock_surface *surface_on(const struct local *local, const struct scene_output *output)
{
	struct lock_surface *surface;

	if (!local->lock) {
		return NULL;
	}
	list_for_each(surface, &local->lock->surfaces, link) {
		if (surface->surface && lock_surface_output(surface) == output) {
			return surface;
		}
	}
	return NULL;
}

/* From pixels of the monitor to those of the surface that is on it. */
static void to_surface(const struct scene_output *output, double *x, double *y)
{
	struct rect area = scene_output_cover_area(output);
	double scale = output_surface_scale(output);

	*x = (*x - area.x) / scale;
	*y = (*y - area.y) / scale;
}

/* ---- pointer ---- */

static void pointer_tell(const struct local *local, struct wl_resource *pointer)
{
	wl_pointer_send_enter(pointer, ++client_of(local)->serial, resource_of(local->input.pointer),
			      wl_fixed_from_double(local->input.x),
			      wl_fixed_from_double(local->input.y));
}

static void pointer_leave(struct local *local)
{
	struct local_client *client = client_of(local);
	struct wl_resource *pointer;

	if (!client || !local->input.pointer) {
		return;
	}
	wl_resource_for_each(pointer, &client->pointers) {
		wl_pointer_send_leave(pointer, ++client->serial, resource_of(local->input.pointer));
	}
	local->input.pointer = NULL;
	local->input.pointer_dirty = true;
}

static void pointer_enter(struct local *local, struct lock_surface *surface)
{
	struct wl_resource *pointer;

	pointer_leave(local);
	local->input.pointer = surface;
	if (!surface) {
		return;
	}
	wl_resource_for_each(pointer, &client_of(local)->pointers) {
		pointer_tell(local, pointer);
	}
}

static void pointer_frame(const struct local *local)
{
	struct wl_resource *pointer;

	wl_resource_for_each(pointer, &client_of(local)->pointers) {
		if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION) {
			wl_pointer_send_frame(pointer);
		}
	}
}

void lock_input_pointer_added(struct local_client *client, struct wl_resource *pointer)
{
	struct local *local = client->local;

	if (local->lock && client_of(local) == client && local->input.pointer) {
		pointer_tell(local, pointer);
		pointer_frame(local);
	}
}

static void handle_point(void *data, struct scene_output *output, double x, double y)
{
	struct local *local = data;
	struct lock_surface *surface = surface_on(local, output);
	struct wl_resource *pointer;

	if (!local->lock) {
		return;
	}
	to_surface(output, &x, &y);
	local->input.x = x;
	local->input.y = y;
	local->input.pointer_dirty = true;
	if (surface != local->input.pointer) {
		pointer_enter(local, surface);
		return;
	}
	wl_resource_for_each(pointer, &client_of(local)->pointers) {
		if (surface) {
			wl_pointer_send_motion(pointer, now_ms(local), wl_fixed_from_double(x),
					       wl_fixed_from_double(y));
		}
	}
}

static void handle_button(void *data, uint32_t code, bool pressed)
{
	struct local *local = data;
	struct local_client *client = client_of(local);
	struct wl_resource *pointer;

	if (!local->input.pointer) {
		return;
	}
	wl_resource_for_each(pointer, &client->pointers) {
		wl_pointer_send_button(pointer, ++client->serial, now_ms(local), code,
				       pressed ? WL_POINTER_BUTTON_STATE_PRESSED :
						 WL_POINTER_BUTTON_STATE_RELEASED);
	}
	local->input.pointer_dirty = true;
	session_lock_expect(local->lock);
}

static void handle_axis(void *data, enum seat_axis axis, int v120)
{
	struct local *local = data;
	struct wl_resource *pointer;

	if (!local->input.pointer) {
		return;
	}
	wl_resource_for_each(pointer, &client_of(local)->pointers) {
		wl_pointer_send_axis(pointer, now_ms(local),
				     axis == SEAT_AXIS_VERTICAL ? WL_POINTER_AXIS_VERTICAL_SCROLL :
								  WL_POINTER_AXIS_HORIZONTAL_SCROLL,
				     wl_fixed_from_double(v120 * NOTCH_PX / NOTCH));
	}
	local->input.pointer_dirty = true;
}

/* ---- contacts ---- */

static void handle_touch_down(void *data, struct scene_output *output, int contact, double x,
			      double y)
{
	struct local *local = data;
	struct local_client *client = client_of(local);
	struct lock_surface *surface = surface_on(local, output);
	struct wl_resource *touch;

	local->input.contacts[contact] = surface;
	if (!surface) {
		return;
	}
	to_surface(output, &x, &y);
	wl_resource_for_each(touch, &client->touches) {
		wl_touch_send_down(touch, ++client->serial, now_ms(local), resource_of(surface),
				   contact, wl_fixed_from_double(x), wl_fixed_from_double(y));
	}
	local->input.touch_dirty = true;
	session_lock_expect(local->lock);
}

static void handle_touch_motion(void *data, struct scene_output *output, int contact, double x,
				double y)
{
	struct local *local = data;
	const struct lock_surface *surface = local->input.contacts[contact];
	struct wl_resource *touch;

	if (!local->lock || !surface || lock_surface_output(surface) != output) {
		return;
	}
	to_surface(output, &x, &y);
	wl_resource_for_each(touch, &client_of(local)->touches) {
		wl_touch_send_motion(touch, now_ms(local), contact, wl_fixed_from_double(x),
				     wl_fixed_from_double(y));
	}
	local->input.touch_dirty = true;
}

static void handle_touch_up(void *data, int contact)
{
	struct local *local = data;
	struct local_client *client = client_of(local);
	struct wl_resource *touch;

	if (!client || !local->input.contacts[contact]) {
		return;
	}
	local->input.contacts[contact] = NULL;
	wl_resource_for_each(touch, &client->touches) {
		wl_touch_send_up(touch, ++client->serial, now_ms(local), contact);
	}
	local->input.touch_dirty = true;
}

static void touch_cancel(struct local *local)
{
	struct wl_resource *touch;
	bool any = false;

	for (unsigned i = 0; i < SEAT_MAX_CONTACTS; i++) {
		any = any || local->input.contacts[i];
		local->input.contacts[i] = NULL;
	}
	if (any) {
		wl_resource_for_each(touch, &client_of(local)->touches) {
			wl_touch_send_cancel(touch);
		}
	}
}

/* ---- groups ---- */

static void handle_frame(void *data)
{
	struct local *local = data;
	struct wl_resource *touch;

	if (!local->lock) {
		return;
	}
	if (local->input.pointer_dirty) {
		pointer_frame(local);
	}
	if (local->input.touch_dirty) {
		wl_resource_for_each(touch, &client_of(local)->touches) {
			wl_touch_send_frame(touch);
		}
	}
	local->input.pointer_dirty = false;
	local->input.touch_dirty = false;
}

/* ---- having the input at all ---- */

static void leave_all(struct local *local)
{
	keyboard_leave(local);
	pointer_leave(local);
	touch_cancel(local);
	handle_frame(local);
	keymap_forget(&local->keymap);
}

static void handle_active(void *data, bool has_input)
{
	struct local *local = data;

	local->input.is_active = has_input;
	if (!local->lock) {
		return;
	}
	if (has_input) {
		lock_input_settle(local);
	} else {
		leave_all(local);
	}
}

void lock_input_begin(struct local *local)
{
	memset(&local->input, 0, sizeof(local->input));
	keymap_forget(&local->keymap);
	local->input.is_active = true;
}

void lock_input_end(struct local *local)
{
	leave_all(local);
	local->input.is_active = false;
}

void lock_input_surface_gone(struct local *local, const struct lock_surface *surface)
{
	if (!local->lock || local->lock != surface->lock) {
		return;
	}
	for (unsigned i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (local->input.contacts[i] == surface) {
			local->input.contacts[i] = NULL;
		}
	}
	if (local->input.pointer == surface) {
		pointer_leave(local);
	}
	if (local->input.keyboard == surface) {
		keyboard_leave(local);
	}
}

const struct trusted_ops lock_input_ops = {
	.key = handle_key,
	.point = handle_point,
	.button = handle_button,
	.axis = handle_axis,
	.touch_down = handle_touch_down,
	.touch_motion = handle_touch_motion,
	.touch_up = handle_touch_up,
	.frame = handle_frame,
	.active = handle_active,
};
