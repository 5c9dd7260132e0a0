/* SPDX-License-Identifier: MIT */
/* The desktop's seat, as far as it is over our windows. Key codes never reach a log. */
#include <string.h>
#include <unistd.h>

#include "compositor/output/nested/nested_priv.h"

#define SEAT_VERSION 5 /* with discrete scrolling and frames */
#define NOTCH_V120 120
#define SMOOTH_PER_NOTCH 10.0 /* of the desktop's scroll distance, by convention */
#define BUTTON_PRESSED WL_POINTER_BUTTON_STATE_PRESSED

/* ---- keyboard ---- */

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
		      uint32_t size)
{
	/* Codes go to guests as they are. */
	close(fd);
}

/* Keys that are held already belong to whoever saw them go down. */
static void on_keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			      struct wl_surface *surface, struct wl_array *keys)
{
}

static void on_keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			      struct wl_surface *surface)
{
	struct nested *nested = data;

	nested->input->keyboard_left(nested->input_data);
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
		   uint32_t code, uint32_t state)
{
	struct nested *nested = data;

	nested->input->key(nested->input_data, code, state == WL_KEYBOARD_KEY_STATE_PRESSED);
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

static double part(wl_fixed_t position, int size)
{
	return MAX(0, MIN(wl_fixed_to_double(position) / size, 1));
}

static void pointer_at(struct nested *nested, wl_fixed_t x, wl_fixed_t y)
{
	const struct output_device *device;

	if (nested->focus) {
		device = &nested->focus->base;
		nested->input->pointer_at(nested->input_data, device->name, part(x, device->width),
					  part(y, device->height));
	}
}

static void on_pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
			     struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct nested *nested = data;

	nested->focus = nested_window_of(surface);
	/* Guests draw their own pointers: a second one would only lie. */
	wl_pointer_set_cursor(pointer, serial, NULL, 0, 0);
	pointer_at(nested, x, y);
}

static void on_pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
			     struct wl_surface *surface)
{
	struct nested *nested = data;

	nested->focus = NULL;
	memset(nested->scroll_rest, 0, sizeof(nested->scroll_rest));
	nested->input->pointer_left(nested->input_data);
}

static void on_pointer_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
			      wl_fixed_t y)
{
	pointer_at(data, x, y);
}

static void on_pointer_button(void *data, struct wl_pointer *pointer, uint32_t serial,
			      uint32_t time, uint32_t code, uint32_t state)
{
	struct nested *nested = data;

	nested->input->button(nested->input_data, code, state == BUTTON_PRESSED);
}

/* Whole 1/120 notches now, the rest with what follows. */
static void on_pointer_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
			    wl_fixed_t value)
{
	struct nested *nested = data;
	bool is_horizontal = axis == WL_POINTER_AXIS_HORIZONTAL_SCROLL;
	double *rest = &nested->scroll_rest[is_horizontal];
	int whole;

	*rest += wl_fixed_to_double(value) * NOTCH_V120 / SMOOTH_PER_NOTCH;
	whole = (int)*rest;
	*rest -= whole;
	if (whole) {
		nested->input->scroll(nested->input_data, is_horizontal, whole);
	}
}

static void on_pointer_frame(void *data, struct wl_pointer *pointer)
{
}

static void on_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
}

static void on_axis_stop(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis)
{
	struct nested *nested = data;

	nested->scroll_rest[axis == WL_POINTER_AXIS_HORIZONTAL_SCROLL] = 0;
}

/* Its distance comes as on_pointer_axis, too. */
static void on_axis_discrete(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t steps)
{
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = on_pointer_enter,
	.leave = on_pointer_leave,
	.motion = on_pointer_motion,
	.button = on_pointer_button,
	.axis = on_pointer_axis,
	.frame = on_pointer_frame,
	.axis_source = on_axis_source,
	.axis_stop = on_axis_stop,
	.axis_discrete = on_axis_discrete,
};

/* ---- touch ---- */

/* A contact that the desktop numbers past ours is nobody's. */
static struct nested_window **slot_of(struct nested *nested, int32_t id)
{
	return id >= 0 && id < NESTED_SLOTS ? &nested->touched[id] : NULL;
}

static void on_touch_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
			  struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct nested *nested = data;
	struct nested_window **slot = slot_of(nested, id);
	const struct output_device *device;

	if (slot && nested_window_of(surface)) {
		*slot = nested_window_of(surface);
		device = &(*slot)->base;
		nested->input->touch_down(nested->input_data, device->name, id,
					  part(x, device->width), part(y, device->height));
	}
}

static void on_touch_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
			int32_t id)
{
	struct nested *nested = data;
	struct nested_window **slot = slot_of(nested, id);

	if (slot && *slot) {
		*slot = NULL;
		nested->input->touch_up(nested->input_data, id);
	}
}

static void on_touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
			    wl_fixed_t x, wl_fixed_t y)
{
	struct nested *nested = data;
	struct nested_window **slot = slot_of(nested, id);

	if (slot && *slot) {
		const struct output_device *device = &(*slot)->base;

		nested->input->touch_motion(nested->input_data, device->name, id,
					    part(x, device->width), part(y, device->height));
	}
}

static void on_touch_frame(void *data, struct wl_touch *touch)
{
	struct nested *nested = data;

	nested->input->touch_frame(nested->input_data);
}

static void on_touch_cancel(void *data, struct wl_touch *touch)
{
	struct nested *nested = data;

	memset(nested->touched, 0, sizeof(nested->touched));
	nested->input->touch_cancelled(nested->input_data);
}

static const struct wl_touch_listener touch_listener = {
	.down = on_touch_down,
	.up = on_touch_up,
	.motion = on_touch_motion,
	.frame = on_touch_frame,
	.cancel = on_touch_cancel,
};

/* ---- the seat ---- */

static void keyboard_end(struct nested *nested)
{
	if (nested->keyboard) {
		nested->input->keyboard_left(nested->input_data);
		wl_keyboard_release(nested->keyboard);
		nested->keyboard = NULL;
	}
}

static void pointer_end(struct nested *nested)
{
	if (nested->pointer) {
		nested->focus = NULL;
		nested->input->pointer_left(nested->input_data);
		wl_pointer_release(nested->pointer);
		nested->pointer = NULL;
	}
}

static void touch_end(struct nested *nested)
{
	if (nested->touch) {
		on_touch_cancel(nested, nested->touch);
		wl_touch_release(nested->touch);
		nested->touch = NULL;
	}
}

static void keyboard_begin(struct nested *nested)
{
	if (!nested->keyboard) {
		nested->keyboard = wl_seat_get_keyboard(nested->seat);
		wl_keyboard_add_listener(nested->keyboard, &keyboard_listener, nested);
	}
}

static void pointer_begin(struct nested *nested)
{
	if (!nested->pointer) {
		nested->pointer = wl_seat_get_pointer(nested->seat);
		wl_pointer_add_listener(nested->pointer, &pointer_listener, nested);
	}
}

static void touch_begin(struct nested *nested)
{
	if (!nested->touch) {
		nested->touch = wl_seat_get_touch(nested->seat);
		wl_touch_add_listener(nested->touch, &touch_listener, nested);
	}
}

static void on_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	struct nested *nested = data;

	(capabilities & WL_SEAT_CAPABILITY_KEYBOARD ? keyboard_begin : keyboard_end)(nested);
	(capabilities & WL_SEAT_CAPABILITY_POINTER ? pointer_begin : pointer_end)(nested);
	(capabilities & WL_SEAT_CAPABILITY_TOUCH ? touch_begin : touch_end)(nested);
}

static void on_name(void *data, struct wl_seat *seat, const char *name)
{
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = on_capabilities,
	.name = on_name,
};

void nested_input_bind(struct nested *nested, uint32_t name, uint32_t version)
{
	if (!nested->input || version < SEAT_VERSION) {
		return;
	}
	nested->seat_name = name;
	nested->seat = wl_registry_bind(nested->registry, name, &wl_seat_interface, SEAT_VERSION);
	wl_seat_add_listener(nested->seat, &seat_listener, nested);
}

void nested_input_unbind(struct nested *nested)
{
	if (!nested->seat) {
		return;
	}
	keyboard_end(nested);
	pointer_end(nested);
	touch_end(nested);
	wl_seat_release(nested->seat);
	nested->seat = NULL;
}

void nested_input_forget(struct nested *nested, const struct nested_window *window)
{
	if (nested->focus == window) {
		nested->focus = NULL;
	}
	for (int i = 0; i < NESTED_SLOTS; i++) {
		if (nested->touched[i] == window) {
			nested->touched[i] = NULL;
			nested->input->touch_up(nested->input_data, i);
		}
	}
}
