/* SPDX-License-Identifier: MIT */
/*
 * What the seat tells, handed to whom it is for: what of the host's is up, or the workers of guests. What follows from it
 * for the host (a click that asks for the keyboard) is only noted here, as the seat must not be called from here.
 */
#include "compositor/input/input_priv.h"
#include "compositor/trusted/trusted.h"
#include "compositor/wayland/wayland.h"

static const struct seat_sink *sink_of(const struct seat_guest *guest)
{
	return guest == seat_host ? &trusted_seat_sink : &wayland_seat_sink;
}

static void tell_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct server *server = data;

	if (pressed && guest != seat_host) {
		lights_key(server->input, scene_guest(guest), code);
	} else if (pressed) {
		input_tell_host_key(data, code);
	}
	sink_of(guest)->key(data, guest, code, pressed);
}

static void tell_enter(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		       double y)
{
	struct server *server = data;

	/* Somebody else may have the pointer, though no device has moved. */
	input_pointed_later(server->input);
	sink_of(guest)->pointer_enter(data, guest, head, x, y);
}

static void tell_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			double y)
{
	sink_of(guest)->pointer_motion(data, guest, head, x, y);
}

static void tell_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	sink_of(guest)->pointer_relative(data, guest, dx, dy);
}

static void tell_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct server *server = data;

	if (pressed && guest != seat_host) {
		pointed_click(server->input, scene_guest(guest), true);
	}
	sink_of(guest)->pointer_button(data, guest, code, pressed);
}

static void tell_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	sink_of(guest)->pointer_axis(data, guest, axis, v120);
}

static void tell_touch_down(void *data, struct seat_guest *guest, struct seat_head *head,
			    int contact, double x, double y)
{
	struct server *server = data;

	if (guest != seat_host) {
		pointed_click(server->input, scene_guest(guest), false);
	}
	sink_of(guest)->touch_down(data, guest, head, contact, x, y);
}

static void tell_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	sink_of(guest)->touch_motion(data, guest, contact, x, y);
}

static void tell_touch_up(void *data, struct seat_guest *guest, int contact)
{
	sink_of(guest)->touch_up(data, guest, contact);
}

static void tell_frame(void *data, struct seat_guest *guest)
{
	sink_of(guest)->frame(data, guest);
}

const struct seat_sink input_sink = {
	.key = tell_key,
	.pointer_enter = tell_enter,
	.pointer_motion = tell_motion,
	.pointer_relative = tell_relative,
	.pointer_button = tell_button,
	.pointer_axis = tell_axis,
	.touch_down = tell_touch_down,
	.touch_motion = tell_touch_motion,
	.touch_up = tell_touch_up,
	.frame = tell_frame,
};
