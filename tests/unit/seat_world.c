/* SPDX-License-Identifier: MIT */
#include "tests/unit/seat_world.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_SIZE 100.0
#define MARGIN 0.1 /* of an output's size, on each side */

void world_init(struct world *world, unsigned n)
{
	*world = (struct world){0};
	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		world->exists[i] = i < n;
		world->rects[i] = (struct world_rect){i * OUTPUT_SIZE, 0, OUTPUT_SIZE, OUTPUT_SIZE};
	}
}

static bool output_rect(void *data, unsigned output, double *x, double *y, double *w, double *h)
{
	struct world *world = data;

	if (output >= WORLD_OUTPUTS || !world->exists[output]) {
		return false;
	}
	*x = world->rects[output].x;
	*y = world->rects[output].y;
	*w = world->rects[output].w;
	*h = world->rects[output].h;
	return true;
}

/* From a way along one side of an output to one along that of the head on it. */
static double along_head(double v, double from, double size)
{
	return ((v - from) / size - MARGIN) / (1 - 2 * MARGIN) * WORLD_HEAD_SIZE;
}

static double in_head(double v, double from, double size)
{
	return fmax(0, fmin(along_head(v, from, size), WORLD_HEAD_SIZE - 1));
}

static bool is_in_middle(double v, double from, double size)
{
	return v >= from + MARGIN * size && v < from + (1 - MARGIN) * size;
}

static bool pick(void *data, double x, double y, struct seat_guest **guest, struct seat_head **head,
		 double *head_x, double *head_y)
{
	struct world *world = data;

	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		const struct world_rect *at = &world->rects[i];

		if (world->exists[i] && world->driven[i] && x >= at->x && x < at->x + at->w &&
		    y >= at->y && y < at->y + at->h) {
			*head = NULL;
			*guest = world->driven[i];
			return true;
		}
		if (world->exists[i] && world->shown[i] && is_in_middle(x, at->x, at->w) &&
		    is_in_middle(y, at->y, at->h)) {
			*head = world->shown[i];
			*guest = (*head)->guest;
			*head_x = in_head(x, at->x, at->w);
			*head_y = in_head(y, at->y, at->h);
			return true;
		}
	}
	return false;
}

static char letter_of(const struct seat_guest *guest)
{
	if (guest == seat_host) {
		return 'H';
	}
	return guest ? guest->letter : '?';
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
	snprintf(world->log + used, sizeof(world->log) - used, "%c:%s", letter_of(guest), text);
}

static void to_head(void *data, struct seat_head *head, double x, double y, double *head_x,
		    double *head_y)
{
	struct world *world = data;

	for (unsigned i = 0; i < WORLD_OUTPUTS; i++) {
		if (world->shown[i] == head) {
			*head_x = in_head(x, world->rects[i].x, world->rects[i].w);
			*head_y = in_head(y, world->rects[i].y, world->rects[i].h);
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

	return world->driven[output] == guest ||
	       (world->shown[output] && world->shown[output]->guest == guest);
}

/* The host is no guest: nobody has a policy for it. */
static bool is_host(struct world *world, const struct seat_guest *guest)
{
	if (guest == seat_host) {
		note(world, guest, "asked about the host ");
	}
	return guest == seat_host;
}

static bool allows(void *data, unsigned device, struct seat_guest *guest)
{
	if (is_host(data, guest)) {
		return false;
	}
	return !(guest->barred >> device & 1);
}

static void traits_of(void *data, struct seat_guest *guest, struct seat_traits *out)
{
	if (!is_host(data, guest)) {
		*out = guest->traits;
	}
}

static double resistance(void *data, unsigned from, unsigned to)
{
	struct world *world = data;

	return world->resistance[from][to];
}

const struct seat_space world_space = {
	.output_rect = output_rect,
	.pick = pick,
	.to_head = to_head,
	.output_shows = output_shows,
};

const struct seat_space world_policy_space = {
	.output_rect = output_rect,
	.pick = pick,
	.to_head = to_head,
	.output_shows = output_shows,
	.allows = allows,
	.traits = traits_of,
	.resistance = resistance,
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
	} else if (guest == seat_host && !isnan(x)) {
		note(data, guest, "enter %g,%g ", x, y);
	} else {
		note(data, guest, "leave ");
	}
}

static void sink_motion(void *data, struct seat_guest *guest, struct seat_head *head, double x,
			double y)
{
	if (head) {
		note(data, guest, "at %u %g,%g ", head->index, x, y);
	} else {
		note(data, guest, "at %g,%g ", x, y);
	}
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
	if (head) {
		note(data, guest, "touch %d on %u %g,%g ", contact, head->index, x, y);
	} else {
		note(data, guest, "touch %d %g,%g ", contact, x, y);
	}
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
	static const struct seat_guest host = {.letter = '!'};
	static const char *const names[SEAT_CHORDS] = {
		[SEAT_ACTION_SWITCH] = "switch ", [SEAT_ACTION_SWITCH_BACK] = "back ",
		[SEAT_ACTION_LAYOUT] = "layout ", [SEAT_ACTION_ATTENTION] = "attention ",
		[SEAT_ACTION_LOCK] = "lock ",     [SEAT_ACTION_CAPTURE] = "capture ",
		[SEAT_ACTION_DARKER] = "darker ", [SEAT_ACTION_BRIGHTER] = "brighter ",
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
