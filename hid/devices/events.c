/* SPDX-License-Identifier: MIT */
/* libinput's events in the seat's words, after a look at whether they make sense. */
#include <linux/input-event-codes.h>
#include <math.h>

#include "hid/devices/priv.h"

/* libinput's pixels of finger scrolling that make one notch of a wheel. */
#define NOTCH_PX 15.0

/* An event on its way to the seat. */
struct input_context {
	struct devices *devices;
	struct input_device *device;
	struct seat *seat;
	struct sane *sane;
	unsigned number;
	uint64_t time_ns;
};

static void context_time(struct input_context *context, uint64_t time_us)
{
	context->time_ns = sane_time(context->sane, time_us * NSEC_PER_USEC, now_ns());
}

static bool output_of(const struct input_context *context, int *output)
{
	return device_output(context->devices, context->device, output);
}

static void note_release(struct input_context *context, bool pressed)
{
	if (!pressed) {
		context->device->released_ns = now_ns();
	}
}

static void handle_key(struct input_context *context, struct libinput_event_keyboard *event)
{
	uint32_t code = libinput_event_keyboard_get_key(event);
	bool pressed = libinput_event_keyboard_get_key_state(event) == LIBINPUT_KEY_STATE_PRESSED;

	context_time(context, libinput_event_keyboard_get_time_usec(event));
	note_release(context, pressed);
	if (sane_key(context->sane, code, pressed)) {
		seat_key(context->seat, context->number, code, pressed, context->time_ns);
	}
}

/* ---- pointers ---- */

static void button(struct input_context *context, uint32_t code, bool pressed)
{
	note_release(context, pressed);
	if (sane_button(context->sane, code, pressed)) {
		seat_button(context->seat, context->number, code, pressed, context->time_ns);
	}
}

static void position(struct input_context *context, double x, double y)
{
	int output;

	if (sane_position(context->sane, &x, &y) && output_of(context, &output)) {
		seat_motion_absolute(context->seat, context->number, output, x, y, context->time_ns);
	}
}

static void motion(struct input_context *context, double dx, double dy)
{
	if (sane_motion(context->sane, &dx, &dy)) {
		seat_motion(context->seat, context->number, dx, dy, context->time_ns);
	}
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

static void handle_scroll(struct input_context *context, struct libinput_event_pointer *event,
			  bool is_wheel)
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
			v120 = finger_scroll(context->device, axis,
					     libinput_event_pointer_get_scroll_value(event,
										     axes[i]));
		}
		if (sane_scroll(context->sane, &v120)) {
			seat_axis(context->seat, context->number, axis, (int)v120, context->time_ns);
		}
	}
}

static void handle_pointer(struct input_context *context, enum libinput_event_type type,
			   struct libinput_event_pointer *event)
{
	context_time(context, libinput_event_pointer_get_time_usec(event));
	switch (type) {
	case LIBINPUT_EVENT_POINTER_MOTION:
		motion(context, libinput_event_pointer_get_dx(event),
		       libinput_event_pointer_get_dy(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		position(context, libinput_event_pointer_get_absolute_x_transformed(event, 1),
			 libinput_event_pointer_get_absolute_y_transformed(event, 1));
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		button(context, libinput_event_pointer_get_button(event),
		       libinput_event_pointer_get_button_state(event) ==
			       LIBINPUT_BUTTON_STATE_PRESSED);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
		handle_scroll(context, event, true);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_scroll(context, event, false);
		break;
	default:
		/* POINTER_AXIS is the same scrolling told a second time, the old way. */
		break;
	}
}

/* ---- touchscreens ---- */

static void handle_contact(struct input_context *context, bool is_down,
			   struct libinput_event_touch *event)
{
	int slot = libinput_event_touch_get_slot(event);
	double x = libinput_event_touch_get_x_transformed(event, 1);
	double y = libinput_event_touch_get_y_transformed(event, 1);
	int output;

	if (is_down ? !sane_touch_down(context->sane, slot, &x, &y) :
		      !sane_touch_motion(context->sane, slot, &x, &y)) {
		return;
	}
	if (!output_of(context, &output)) {
		return;
	}
	if (is_down) {
		seat_touch_down(context->seat, context->number, output, slot, x, y,
				context->time_ns);
	} else {
		seat_touch_motion(context->seat, context->number, output, slot, x, y,
				  context->time_ns);
	}
}

static void handle_touch(struct input_context *context, enum libinput_event_type type,
			 struct libinput_event_touch *event)
{
	if (type == LIBINPUT_EVENT_TOUCH_FRAME) {
		seat_touch_frame(context->seat, context->number);
		return;
	}
	context_time(context, libinput_event_touch_get_time_usec(event));
	switch (type) {
	case LIBINPUT_EVENT_TOUCH_DOWN:
		handle_contact(context, true, event);
		break;
	case LIBINPUT_EVENT_TOUCH_MOTION:
		handle_contact(context, false, event);
		break;
	default:
		/* Up, or cancelled as a palm: either is told for each contact. */
		note_release(context, false);
		if (sane_touch_up(context->sane, libinput_event_touch_get_slot(event))) {
			seat_touch_up(context->seat, context->number,
				      libinput_event_touch_get_slot(event), context->time_ns);
		}
		break;
	}
}

/* ---- pens: an absolute pointer; tip and eraser are the left button, those on the side the others ---- */

static uint32_t tool_button(uint32_t code)
{
	switch (code) {
	case BTN_STYLUS:
		return BTN_RIGHT;
	case BTN_STYLUS2:
		return BTN_MIDDLE;
	case BTN_STYLUS3:
		return BTN_SIDE;
	default:
		return code;
	}
}

/* A tool that is about to leave has let go of its tip and buttons: libinput tells that first. */
static void handle_tablet(struct input_context *context, enum libinput_event_type type,
			  struct libinput_event_tablet_tool *event)
{
	context_time(context, libinput_event_tablet_tool_get_time_usec(event));
	if (type != LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY ||
	    libinput_event_tablet_tool_get_proximity_state(event) ==
		    LIBINPUT_TABLET_TOOL_PROXIMITY_STATE_IN) {
		position(context, libinput_event_tablet_tool_get_x_transformed(event, 1),
			 libinput_event_tablet_tool_get_y_transformed(event, 1));
	}
	if (type == LIBINPUT_EVENT_TABLET_TOOL_TIP) {
		button(context, BTN_LEFT,
		       libinput_event_tablet_tool_get_tip_state(event) ==
			       LIBINPUT_TABLET_TOOL_TIP_DOWN);
	} else if (type == LIBINPUT_EVENT_TABLET_TOOL_BUTTON) {
		button(context, tool_button(libinput_event_tablet_tool_get_button(event)),
		       libinput_event_tablet_tool_get_button_state(event) ==
			       LIBINPUT_BUTTON_STATE_PRESSED);
	}
}

/* ---- gestures: swipes, which the seat understands; of pinches and holds nobody knows ---- */

static void handle_swipe(struct input_context *context, enum libinput_event_type type,
			 struct libinput_event_gesture *event)
{
	double dx, dy;

	context_time(context, libinput_event_gesture_get_time_usec(event));
	switch (type) {
	case LIBINPUT_EVENT_GESTURE_SWIPE_BEGIN:
		seat_swipe_begin(context->seat, context->number,
				 (unsigned)libinput_event_gesture_get_finger_count(event),
				 context->time_ns);
		break;
	case LIBINPUT_EVENT_GESTURE_SWIPE_UPDATE:
		dx = libinput_event_gesture_get_dx(event);
		dy = libinput_event_gesture_get_dy(event);
		if (sane_motion(context->sane, &dx, &dy)) {
			seat_swipe_update(context->seat, context->number, dx, dy, context->time_ns);
		}
		break;
	default:
		seat_swipe_end(context->seat, context->number,
			       libinput_event_gesture_get_cancelled(event) != 0, context->time_ns);
		break;
	}
}

/* ---- lids ---- */

/* A lid that is closed when its switch is found is told with it: nobody has closed it just now. */
static void handle_switch(struct input_context *context, struct libinput_event_switch *event)
{
	const struct devices *devices = context->devices;

	if (libinput_event_switch_get_switch(event) == LIBINPUT_SWITCH_LID && devices->host->lid &&
	    context->device->batch != devices->batch) {
		devices->host->lid(devices->data, libinput_event_switch_get_switch_state(event) ==
							  LIBINPUT_SWITCH_STATE_ON);
	}
}

void device_event(struct devices *devices, struct input_device *device, struct libinput_event *event)
{
	enum libinput_event_type type = libinput_event_get_type(event);
	unsigned number = device_number(devices, device);
	struct input_context context = {
		.devices = devices,
		.device = device,
		.seat = devices->seat,
		.sane = roster_sane(devices->roster, number),
		.number = number,
	};

	switch (type) {
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		handle_key(&context, libinput_event_get_keyboard_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
	case LIBINPUT_EVENT_POINTER_BUTTON:
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_pointer(&context, type, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
	case LIBINPUT_EVENT_TOUCH_MOTION:
	case LIBINPUT_EVENT_TOUCH_UP:
	case LIBINPUT_EVENT_TOUCH_CANCEL:
	case LIBINPUT_EVENT_TOUCH_FRAME:
		handle_touch(&context, type, libinput_event_get_touch_event(event));
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_AXIS:
	case LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY:
	case LIBINPUT_EVENT_TABLET_TOOL_TIP:
	case LIBINPUT_EVENT_TABLET_TOOL_BUTTON:
		handle_tablet(&context, type, libinput_event_get_tablet_tool_event(event));
		break;
	case LIBINPUT_EVENT_GESTURE_SWIPE_BEGIN:
	case LIBINPUT_EVENT_GESTURE_SWIPE_UPDATE:
	case LIBINPUT_EVENT_GESTURE_SWIPE_END:
		handle_swipe(&context, type, libinput_event_get_gesture_event(event));
		break;
	case LIBINPUT_EVENT_SWITCH_TOGGLE:
		handle_switch(&context, libinput_event_get_switch_event(event));
		break;
	default:
		break;
	}
}
