/* SPDX-License-Identifier: MIT */
/* libinput's events in the seat's words. */
#include <linux/input-event-codes.h>
#include <math.h>

#include "hid/devices/priv.h"

/* libinput's pixels of finger scrolling that make one notch of a wheel. */
#define NOTCH_PX 15.0

static unsigned number_of(const struct devices *devices, const struct input_device *device)
{
	return (unsigned)(device - devices->devices);
}

static void handle_key(struct devices *devices, unsigned number,
		       struct libinput_event_keyboard *event)
{
	seat_key(devices->seat, number, libinput_event_keyboard_get_key(event),
		 libinput_event_keyboard_get_key_state(event) == LIBINPUT_KEY_STATE_PRESSED,
		 libinput_event_keyboard_get_time_usec(event) * NSEC_PER_USEC);
}

/* ---- pointers ---- */

static void handle_absolute(struct devices *devices, struct input_device *device,
			    struct libinput_event_pointer *event)
{
	int output;

	if (device_output(devices, device, &output)) {
		seat_motion_absolute(devices->seat, number_of(devices, device), output,
				     libinput_event_pointer_get_absolute_x_transformed(event, 1),
				     libinput_event_pointer_get_absolute_y_transformed(event, 1),
				     libinput_event_pointer_get_time_usec(event) * NSEC_PER_USEC);
	}
}

static void handle_button(struct devices *devices, unsigned number,
			  struct libinput_event_pointer *event)
{
	seat_button(devices->seat, number, libinput_event_pointer_get_button(event),
		    libinput_event_pointer_get_button_state(event) == LIBINPUT_BUTTON_STATE_PRESSED,
		    libinput_event_pointer_get_time_usec(event) * NSEC_PER_USEC);
}

/* Fractions of 1/120 of a notch are kept for the next event; 0 ends a movement of the fingers. */
static double finger_scroll(struct input_device *device, enum seat_axis axis, double value_px)
{
	double whole;

	if (value_px == 0) {
		device->scroll[axis] = 0;
		return 0;
	}
	device->scroll[axis] += value_px * 120 / NOTCH_PX;
	whole = trunc(device->scroll[axis]);
	device->scroll[axis] -= whole;
	return whole;
}

static void handle_scroll(struct devices *devices, struct input_device *device,
			  struct libinput_event_pointer *event, bool is_wheel)
{
	static const enum libinput_pointer_axis axes[] = {
		[SEAT_AXIS_VERTICAL] = LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL,
		[SEAT_AXIS_HORIZONTAL] = LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(axes); i++) {
		enum seat_axis axis = (enum seat_axis)i;
		double v120;

		if (!libinput_event_pointer_has_axis(event, axes[i])) {
			continue;
		}
		if (is_wheel) {
			v120 = libinput_event_pointer_get_scroll_value_v120(event, axes[i]);
		} else {
			v120 = finger_scroll(device, axis,
					     libinput_event_pointer_get_scroll_value(event,
										     axes[i]));
		}
		seat_axis(devices->seat, number_of(devices, device), axis, (int)v120,
			  libinput_event_pointer_get_time_usec(event) * NSEC_PER_USEC);
	}
}

static void handle_pointer(struct devices *devices, struct input_device *device,
			   enum libinput_event_type type, struct libinput_event_pointer *event)
{
	unsigned number = number_of(devices, device);

	switch (type) {
	case LIBINPUT_EVENT_POINTER_MOTION:
		seat_motion(devices->seat, number, libinput_event_pointer_get_dx(event),
			    libinput_event_pointer_get_dy(event),
			    libinput_event_pointer_get_time_usec(event) * NSEC_PER_USEC);
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		handle_absolute(devices, device, event);
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		handle_button(devices, number, event);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
		handle_scroll(devices, device, event, true);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_scroll(devices, device, event, false);
		break;
	default:
		/* POINTER_AXIS is the same scrolling told a second time, the old way. */
		break;
	}
}

/* ---- touchscreens ---- */

static void handle_contact(struct devices *devices, struct input_device *device, bool is_down,
			   struct libinput_event_touch *event)
{
	unsigned number = number_of(devices, device);
	int slot = libinput_event_touch_get_slot(event);
	double x = libinput_event_touch_get_x_transformed(event, 1);
	double y = libinput_event_touch_get_y_transformed(event, 1);
	uint64_t time_ns = libinput_event_touch_get_time_usec(event) * NSEC_PER_USEC;
	int output;

	if (!device_output(devices, device, &output)) {
		return;
	}
	if (is_down) {
		seat_touch_down(devices->seat, number, output, slot, x, y, time_ns);
	} else {
		seat_touch_motion(devices->seat, number, output, slot, x, y, time_ns);
	}
}

static void handle_touch(struct devices *devices, struct input_device *device,
			 enum libinput_event_type type, struct libinput_event_touch *event)
{
	unsigned number = number_of(devices, device);

	switch (type) {
	case LIBINPUT_EVENT_TOUCH_DOWN:
		handle_contact(devices, device, true, event);
		break;
	case LIBINPUT_EVENT_TOUCH_MOTION:
		handle_contact(devices, device, false, event);
		break;
	case LIBINPUT_EVENT_TOUCH_UP:
		seat_touch_up(devices->seat, number, libinput_event_touch_get_slot(event),
			      libinput_event_touch_get_time_usec(event) * NSEC_PER_USEC);
		break;
	case LIBINPUT_EVENT_TOUCH_CANCEL:
		seat_touch_cancel(devices->seat, number);
		break;
	default:
		seat_touch_frame(devices->seat, number);
		break;
	}
}

/* ---- pens: an absolute pointer whose tip is the left button ---- */

static void handle_tablet(struct devices *devices, struct input_device *device,
			  enum libinput_event_type type, struct libinput_event_tablet_tool *event)
{
	unsigned number = number_of(devices, device);
	uint64_t time_ns = libinput_event_tablet_tool_get_time_usec(event) * NSEC_PER_USEC;
	int output;

	if (device_output(devices, device, &output)) {
		seat_motion_absolute(devices->seat, number, output,
				     libinput_event_tablet_tool_get_x_transformed(event, 1),
				     libinput_event_tablet_tool_get_y_transformed(event, 1),
				     time_ns);
	}
	if (type == LIBINPUT_EVENT_TABLET_TOOL_TIP) {
		seat_button(devices->seat, number, BTN_LEFT,
			    libinput_event_tablet_tool_get_tip_state(event) ==
				    LIBINPUT_TABLET_TOOL_TIP_DOWN,
			    time_ns);
	} else if (type == LIBINPUT_EVENT_TABLET_TOOL_BUTTON) {
		seat_button(devices->seat, number, libinput_event_tablet_tool_get_button(event),
			    libinput_event_tablet_tool_get_button_state(event) ==
				    LIBINPUT_BUTTON_STATE_PRESSED,
			    time_ns);
	}
}

void device_event(struct devices *devices, struct input_device *device, struct libinput_event *event)
{
	enum libinput_event_type type = libinput_event_get_type(event);

	switch (type) {
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		handle_key(devices, number_of(devices, device),
			   libinput_event_get_keyboard_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
	case LIBINPUT_EVENT_POINTER_BUTTON:
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_pointer(devices, device, type, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
	case LIBINPUT_EVENT_TOUCH_MOTION:
	case LIBINPUT_EVENT_TOUCH_UP:
	case LIBINPUT_EVENT_TOUCH_CANCEL:
	case LIBINPUT_EVENT_TOUCH_FRAME:
		handle_touch(devices, device, type, libinput_event_get_touch_event(event));
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_AXIS:
	case LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY:
	case LIBINPUT_EVENT_TABLET_TOOL_TIP:
	case LIBINPUT_EVENT_TABLET_TOOL_BUTTON:
		handle_tablet(devices, device, type, libinput_event_get_tablet_tool_event(event));
		break;
	default:
		break;
	}
}
