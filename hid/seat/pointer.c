/* SPDX-License-Identifier: MIT */
/* Where the pointer is and what it is over. */
#include <math.h>

#include "hid/seat/seat_priv.h"

/* An area ends this much before its far edge, which belongs to its neighbour: the resolution of Wayland. */
#define EDGE_PX (1.0 / 256)

struct area {
	double x, y, w, h;
};

static bool output_area(const struct seat *seat, unsigned output, struct area *area)
{
	return seat->space->output_rect(seat->data, output, &area->x, &area->y, &area->w,
					&area->h) &&
	       area->w > 0 && area->h > 0;
}

static double clamp(double v, double from, double size)
{
	return fmax(from, fmin(v, from + size - EDGE_PX));
}

static bool area_contains(const struct area *area, double x, double y)
{
	return x >= area->x && y >= area->y && x < area->x + area->w && y < area->y + area->h;
}

static bool output_shows_owner(const struct seat *seat, unsigned output)
{
	return !seat->space->output_shows ||
	       seat->space->output_shows(seat->data, output, seat->owner);
}

/* The outputs, bit by bit, that the owner's pointer may be on: those that show it, or all when none does. */
static uint32_t outputs_allowed(const struct seat *seat)
{
	uint32_t all = 0, showing = 0;
	struct area area;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (!output_area(seat, i, &area)) {
			continue;
		}
		all |= 1u << i;
		if (seat->owner && output_shows_owner(seat, i)) {
			showing |= 1u << i;
		}
	}
	return showing ? showing : all;
}

/* To the nearest point of these outputs. */
static void pointer_clamp(struct seat *seat, uint32_t outputs)
{
	double x = seat->x, y = seat->y, best = INFINITY;
	struct area area;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		double near_x, near_y, distance;

		if (!(outputs & 1u << i) || !output_area(seat, i, &area)) {
			continue;
		}
		near_x = clamp(x, area.x, area.w);
		near_y = clamp(y, area.y, area.h);
		distance = hypot(near_x - x, near_y - y);
		if (distance < best) {
			best = distance;
			seat->x = near_x;
			seat->y = near_y;
		}
	}
}

void seat_pointer_confine(struct seat *seat)
{
	pointer_clamp(seat, outputs_allowed(seat));
}

struct seat_guest *seat_pointer_recipient(const struct seat *seat)
{
	uint32_t outputs = outputs_allowed(seat);
	struct area area;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if ((outputs & 1u << i) && output_area(seat, i, &area) &&
		    area_contains(&area, seat->x, seat->y)) {
			return seat_recipient(seat);
		}
	}
	return NULL;
}

/* The smallest area with all outputs in it. */
static bool layout_area(const struct seat *seat, struct area *out)
{
	double right = -INFINITY, bottom = -INFINITY;
	struct area area;

	*out = (struct area){.x = INFINITY, .y = INFINITY};
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (output_area(seat, i, &area)) {
			out->x = fmin(out->x, area.x);
			out->y = fmin(out->y, area.y);
			right = fmax(right, area.x + area.w);
			bottom = fmax(bottom, area.y + area.h);
		}
	}
	out->w = right - out->x;
	out->h = bottom - out->y;
	return right > -INFINITY;
}

bool seat_point(const struct seat *seat, int output, double x, double y, double *layout_x,
		double *layout_y)
{
	struct area area;

	if (!isfinite(x) || !isfinite(y) || output >= SEAT_MAX_OUTPUTS) {
		return false;
	}
	if (output < 0 ? !layout_area(seat, &area) : !output_area(seat, (unsigned)output, &area)) {
		return false;
	}
	if (output >= 0 && seat->space->to_upright) {
		seat->space->to_upright(seat->data, (unsigned)output, &x, &y);
	}
	*layout_x = clamp(area.x + x * area.w, area.x, area.w);
	*layout_y = clamp(area.y + y * area.h, area.y, area.h);
	return true;
}

static struct seat_head *head_under_pointer(const struct seat *seat, double *head_x, double *head_y)
{
	struct seat_guest *guest = NULL;
	struct seat_head *head = NULL;

	if (!seat->space->pick(seat->data, seat->x, seat->y, &guest, &head, head_x, head_y) ||
	    guest != seat->owner) {
		return NULL;
	}
	return head;
}

void seat_pointer_update(struct seat *seat, const struct seat_head *avoid)
{
	struct seat_guest *guest = seat_recipient(seat);
	double x = 0, y = 0;
	struct seat_head *head;

	if (!guest) {
		return;
	}
	head = head_under_pointer(seat, &x, &y);
	/* A drag goes on outside of the head that it is on, clamped to it. */
	if (!head && seat->entered && seat->entered != avoid && seat_buttons_sent(seat)) {
		head = seat->entered;
		seat->space->to_head(seat->data, head, seat->x, seat->y, &x, &y);
	}
	if (!head || head == avoid) {
		seat_pointer_leave(seat);
		return;
	}
	if (head != seat->entered) {
		seat->sink->pointer_enter(seat->data, guest, head, x, y);
	} else if (x != seat->head_x || y != seat->head_y) {
		seat->sink->pointer_motion(seat->data, guest, head, x, y);
	} else {
		return;
	}
	seat->entered = head;
	seat->head_x = x;
	seat->head_y = y;
	seat->unframed = true;
}

void seat_pointer_leave(struct seat *seat)
{
	if (seat->entered) {
		seat->entered = NULL;
		seat->sink->pointer_enter(seat->data, seat_recipient(seat), NULL, 0, 0);
		seat->unframed = true;
	}
}

void seat_motion(struct seat *seat, unsigned device, double dx, double dy, uint64_t time_ns)
{
	struct seat_guest *guest = seat_recipient(seat);

	if (device >= SEAT_MAX_DEVICES || !isfinite(dx) || !isfinite(dy)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	seat->x += dx;
	seat->y += dy;
	seat_pointer_confine(seat);
	if (!guest) {
		seat->dropped++;
		return;
	}
	seat->sink->pointer_relative(seat->data, guest, dx, dy);
	seat->unframed = true;
	seat_pointer_update(seat, NULL);
	seat_end_frame(seat);
}

void seat_motion_absolute(struct seat *seat, unsigned device, int output, double x, double y,
			  uint64_t time_ns)
{
	if (device >= SEAT_MAX_DEVICES || !seat_point(seat, output, x, y, &seat->x, &seat->y)) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (output < 0) {
		/* The layout may have corners that no output covers. */
		pointer_clamp(seat, UINT32_MAX);
	}
	if (!seat_recipient(seat)) {
		seat->dropped++;
		return;
	}
	seat_pointer_update(seat, NULL);
	seat_end_frame(seat);
}

void seat_axis(struct seat *seat, unsigned device, enum seat_axis axis, int v120, uint64_t time_ns)
{
	struct seat_guest *guest = seat_pointer_recipient(seat);

	if (device >= SEAT_MAX_DEVICES || v120 == 0) {
		return;
	}
	seat_touched(seat, device, time_ns);
	if (!guest) {
		seat->dropped++;
		return;
	}
	seat->sink->pointer_axis(seat->data, guest, axis, v120);
	seat->unframed = true;
	seat_end_frame(seat);
}
