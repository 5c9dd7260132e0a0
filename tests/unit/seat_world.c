/* SPDX-License-Identifier: MIT */
#include "tests/unit/seat_world.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_SIZE 100.0
#define MARGIN 10.0
#define SCALE 2.0

static bool output_rect(void *data, unsigned output, double *x, double *y, double *w, double *h)
{
	struct world *world = data;

	if (output >= WORLD_OUTPUTS || !world->exists[output]) {
		return false;
	}
	*x = output * OUTPUT_SIZE;
	*y = 0;
	*w = OUTPUT_SIZE;
	*h = OUTPUT_SIZE;
	return true;
}

static double in_head(double v, double from)
{
	return fmax(0, fmin((v - from - MARGIN) * SCALE, WORLD_HEAD_SIZE - 1));
}

static bool pick(void *data, double x, double y, struct seat_guest **guest, struct seat_head **head,
		 double *head_x, double *head_y)
{
	struct world *world = data;
	int output = (int)floor(x / OUTPUT_SIZE);
	double local = x - output * OUTPUT_SIZE;

	if (output < 0 || output >= WORLD_OUTPUTS || !world->exists[output] ||
	    !world->shown[output] || local < MARGIN || local >= OUTPUT_SIZE - MARGIN ||
	    y < MARGIN || y >= OUTPUT_SIZE - MARGIN) {
		return false;
	}
	*head = world->shown[output];
	*guest = (*head)->guest;
	*head_x = in_head(x, output * OUTPUT_SIZE);
	*head_y = in_head(y, 0);
	return true;
}

static void PRINTF(3, 4) note(void *data, const struct seat_guest *guest, const char *fmt, ...)
{
	struct world *world = data;
	size_t used = strlen(world->log);
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(world->log + used, sizeof(world->log) - used, "%c:%s", guest ? guest->letter : '?',
		 text);
}

static void to_head(void *data, struct seat_head *head, double x, double y, double *head_x,
		    double *head_y)
{
	struct world *world = data;

	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		if (world->shown[i] == head) {
			*head_x = in_head(x, i * OUTPUT_SIZE);
			*head_y = in_head(y, 0);
			return;
		}
	}
	note(world, NULL, "asked about a head that is gone ");
	*head_x = 0;
	*head_y = 0;
}

static bool output_shows(void *data, unsigned output, struct seat_guest *guest)
{
	struct world *world = data;

	return world->shown[output] && world->shown[output]->guest == guest;
}

const struct seat_space world_space = {
	.output_rect = output_rect,
	.pick = pick,
	.to_head = to_head,
	.output_shows = output_shows,
};

static void sink_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	note(data, guest, "key %u %s ", code, pressed ? "down" : "up");
}

static void sink_enter(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		       double y)
{
	if (head) {
		note(data, guest, "enter %u %g,%g ", head->index, x, y);
	} else {
		note(data, guest, "leave ");
	}
}

static void sink_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			double y)
{
	note(data, guest, "at %u %g,%g ", head->index, x, y);
}

static void sink_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
	note(data, guest, "by %g,%g ", dx, dy);
}

static void sink_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	note(data, guest, "button %u %s ", code, pressed ? "down" : "up");
}

static void sink_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	note(data, guest, "scroll %d %d ", (int)axis, v120);
}

static void sink_touch_down(void *data, struct seat_guest *guest, struct seat_head *head,
			    int contact, double x, double y)
{
	note(data, guest, "touch %d on %u %g,%g ", contact, head->index, x, y);
}

static void sink_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	note(data, guest, "touch %d at %g,%g ", contact, x, y);
}

static void sink_touch_up(void *data, struct seat_guest *guest, int contact)
{
	note(data, guest, "touch %d up ", contact);
}

static void sink_frame(void *data, struct seat_guest *guest)
{
	note(data, guest, ". ");
}

static void sink_action(void *data, enum seat_action action)
{
	static const struct seat_guest host = {'!'};
	static const char *const names[] = {
		[SEAT_ACTION_SWITCH] = "switch ", [SEAT_ACTION_ATTENTION] = "attention ",
		[SEAT_ACTION_LAYOUT] = "layout ", [SEAT_ACTION_BRIGHTER] = "brighter ",
		[SEAT_ACTION_DARKER] = "darker ", [SEAT_ACTION_DISMISS] = "dismiss ",
	};

	note(data, &host, "%s", names[action]);
}

const struct seat_sink world_sink = {
	.key = sink_key,
	.pointer_enter = sink_enter,
	.pointer_motion = sink_motion,
	.pointer_relative = sink_relative,
	.pointer_button = sink_button,
	.pointer_axis = sink_axis,
	.touch_down = sink_touch_down,
	.touch_motion = sink_touch_motion,
	.touch_up = sink_touch_up,
	.frame = sink_frame,
	.action = sink_action,
};

const char *world_take_log(struct world *world)
{
	static char taken[sizeof(world->log)];

	strcpy(taken, world->log);
	world->log[0] = '\0';
	return taken;
}
