/* SPDX-License-Identifier: MIT */
/*
 * Monitors that are windows of a running Wayland desktop, for development and demos: xdg-shell, wl_shm, and
 * presentation-time where the desktop has it. The desktop sees and may forge everything: nothing here is a secure path.
 */
#ifndef OUTPUT_NESTED_NESTED_H
#define OUTPUT_NESTED_NESTED_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "compositor/output/device.h"

/*
 * What the desktop's keyboard, pointer and touchscreen do to our windows. window is the name of the device; positions
 * are 0 to 1 over it; time is now. Codes are those of linux/input-event-codes.h.
 */
struct nested_input {
	void (*key)(void *data, uint32_t code, bool pressed);
	/* The desktop's keyboard went to another window: nothing is held any more. */
	void (*keyboard_left)(void *data);
	void (*pointer_at)(void *data, const char *window, double x, double y);
	void (*pointer_left)(void *data);
	void (*button)(void *data, uint32_t code, bool pressed);
	/* 120 is one notch; positive is down, right. */
	void (*scroll)(void *data, bool is_horizontal, int v120);
	void (*touch_down)(void *data, const char *window, int slot, double x, double y);
	void (*touch_motion)(void *data, const char *window, int slot, double x, double y);
	void (*touch_up)(void *data, int slot);
	void (*touch_cancelled)(void *data);
	void (*touch_frame)(void *data);
};

/*
 * spec: as of the headless backend; names are NESTED-1, ... display: of the desktop, NULL for $WAYLAND_DISPLAY. Connects
 * at once, waiting for the desktop's answers. A closed window is a monitor that is gone; when the desktop goes, the loop
 * ends with -EPIPE. -errno, logged with what to do.
 */
MUST_USE int nested_backend_create(struct output_backend **out, sd_event *event, const char *display,
				   const char *spec, const struct output_listener *listener,
				   void *data, const struct nested_input *input, void *input_data);

#endif
