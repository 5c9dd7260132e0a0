/* SPDX-License-Identifier: MIT */
#include "compositor/nested_input.h"

#include "compositor/server.h"

/* The seat's numbers of the desktop's devices: there are no others in a nested server. */
enum {
	KEYBOARD,
	POINTER,
	TOUCH,
};

static struct seat *seat_of(void *data)
{
	struct server *server = data;

	return input_seat(server->input);
}

static uint64_t time_of(void *data)
{
	struct server *server = data;

	return clock_now(server->clock);
}

static int output_of(void *data, const char *window)
{
	struct server *server = data;

	return repaint_output_number(server->repaint, window);
}

/* As if it were unplugged: whatever it holds goes up. */
static void device_renew(void *data, unsigned device)
{
	seat_device_removed(seat_of(data), device);
	seat_device_added(seat_of(data), device);
}

static void handle_key(void *data, uint32_t code, bool pressed)
{
	seat_key(seat_of(data), KEYBOARD, code, pressed, time_of(data));
}

static void handle_keyboard_left(void *data)
{
	device_renew(data, KEYBOARD);
}

static void handle_pointer_at(void *data, const char *window, double x, double y)
{
	int output = output_of(data, window);

	if (output >= 0) {
		seat_motion_absolute(seat_of(data), POINTER, output, x, y, time_of(data));
	}
}

static void handle_pointer_left(void *data)
{
	device_renew(data, POINTER);
}

static void handle_button(void *data, uint32_t code, bool pressed)
{
	seat_button(seat_of(data), POINTER, code, pressed, time_of(data));
}

static void handle_scroll(void *data, bool is_horizontal, int v120)
{
	seat_axis(seat_of(data), POINTER, is_horizontal ? SEAT_AXIS_HORIZONTAL : SEAT_AXIS_VERTICAL,
		  v120, time_of(data));
}

static void handle_touch_down(void *data, const char *window, int slot, double x, double y)
{
	int output = output_of(data, window);

	if (output >= 0) {
		seat_touch_down(seat_of(data), TOUCH, output, slot, x, y, time_of(data));
	}
}

static void handle_touch_motion(void *data, const char *window, int slot, double x, double y)
{
	int output = output_of(data, window);

	if (output >= 0) {
		seat_touch_motion(seat_of(data), TOUCH, output, slot, x, y, time_of(data));
	}
}

static void handle_touch_up(void *data, int slot)
{
	seat_touch_up(seat_of(data), TOUCH, slot, time_of(data));
}

static void handle_touch_cancelled(void *data)
{
	seat_touch_cancel(seat_of(data), TOUCH);
}

static void handle_touch_frame(void *data)
{
	seat_touch_frame(seat_of(data), TOUCH);
}

const struct nested_input nested_seat_input = {
	.key = handle_key,
	.keyboard_left = handle_keyboard_left,
	.pointer_at = handle_pointer_at,
	.pointer_left = handle_pointer_left,
	.button = handle_button,
	.scroll = handle_scroll,
	.touch_down = handle_touch_down,
	.touch_motion = handle_touch_motion,
	.touch_up = handle_touch_up,
	.touch_cancelled = handle_touch_cancelled,
	.touch_frame = handle_touch_frame,
};
