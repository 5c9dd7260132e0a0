/* SPDX-License-Identifier: MIT */
/*
 * The pointer's way over the outputs, in layout pixels: straight on over the edges that outputs share, over the gap to the
 * next one where there is a gap, along an edge that has nothing behind it or is a wall.
 */
#include <math.h>

#include "hid/seat/seat_priv.h"

/* An area ends this much before its far edge, which belongs to its neighbour: the resolution of Wayland. */
#define EDGE_PX (1.0 / 256)
/* Each step goes over an edge or takes away one of two directions. */
#define MAX_STEPS (2 * SEAT_MAX_OUTPUTS + 4)

/* One axis of a motion on one output. */
struct way {
	double at, by;    /* what is left to go */
	double low, high; /* where the output ends */
};

struct walk {
	struct way x, y;
	unsigned output;
	uint32_t outputs; /* that it may be on */
};

bool seat_output_area(const struct seat *seat, unsigned output, struct seat_area *area)
{
	return seat->space->output_rect(seat->data, output, &area->x, &area->y, &area->w,
					&area->h) &&
	       area->w > 0 && area->h > 0;
}

static double clamp(double v, double from, double size)
{
	return fmax(from, fmin(v, from + size - EDGE_PX));
}

static bool area_contains(const struct seat_area *area, double x, double y)
{
	return x >= area->x && y >= area->y && x < area->x + area->w && y < area->y + area->h;
}

static bool output_shows(const struct seat *seat, unsigned output, struct seat_guest *guest)
{
	return !seat->space->output_shows || seat->space->output_shows(seat->data, output, guest);
}

uint32_t seat_outputs_allowed(const struct seat *seat)
{
	uint32_t outputs = 0;
	struct seat_area area;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (seat_output_area(seat, i, &area) &&
		    (!seat->capture || output_shows(seat, i, seat->capture))) {
			outputs |= UINT32_C(1) << i;
		}
	}
	return outputs;
}

/* To the nearest point of these outputs. */
static void pointer_clamp(struct seat *seat, uint32_t outputs)
{
	double x = seat->x, y = seat->y, best = INFINITY;
	struct seat_area area;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		double near_x, near_y, distance;

		if (!(outputs >> i & 1) || !seat_output_area(seat, i, &area)) {
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
	pointer_clamp(seat, seat_outputs_allowed(seat));
}

/* The smallest area with all outputs in it. */
static bool layout_area(const struct seat *seat, struct seat_area *out)
{
	double right = -INFINITY, bottom = -INFINITY;
	struct seat_area area;

	*out = (struct seat_area){.x = INFINITY, .y = INFINITY};
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (seat_output_area(seat, i, &area)) {
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
	struct seat_area area;

	if (!isfinite(x) || !isfinite(y) || output >= SEAT_MAX_OUTPUTS) {
		return false;
	}
	if (output < 0 ? !layout_area(seat, &area) :
			 !seat_output_area(seat, (unsigned)output, &area)) {
		return false;
	}
	if (output >= 0 && seat->space->to_upright) {
		seat->space->to_upright(seat->data, (unsigned)output, &x, &y);
	}
	*layout_x = clamp(area.x + x * area.w, area.x, area.w);
	*layout_y = clamp(area.y + y * area.h, area.y, area.h);
	return true;
}

/* ---- steps ---- */

/* The part of the way after which the output ends; more than 1: it does not. */
static double way_end(const struct way *way)
{
	if (way->by > 0) {
		return fmax(0, (way->high - way->at) / way->by);
	}
	return way->by < 0 ? fmax(0, (way->low - way->at) / way->by) : INFINITY;
}

static void way_go(struct way *way, double part)
{
	way->at = fmax(way->low, fmin(way->at + way->by * part, way->high));
	way->by *= 1 - part;
}

static bool way_is_at_end(const struct way *way)
{
	return (way->by > 0 && way->at >= way->high - EDGE_PX) ||
	       (way->by < 0 && way->at <= way->low + EDGE_PX);
}

static void walk_enter(const struct seat *seat, struct walk *walk, unsigned output)
{
	struct seat_area area = {0};

	seat_output_area(seat, output, &area);
	walk->output = output;
	walk->x.low = area.x;
	walk->x.high = area.x + area.w - EDGE_PX;
	walk->y.low = area.y;
	walk->y.high = area.y + area.h - EDGE_PX;
	walk->x.at = clamp(walk->x.at, area.x, area.w);
	walk->y.at = clamp(walk->y.at, area.y, area.h);
}

/* How far an area begins behind the end of this way; negative: it does not reach there. */
static double way_gap(const struct way *way, double low, double size)
{
	double gap = way->by > 0 ? low - (way->high + EDGE_PX) : way->low - (low + size);

	if (gap < 0) {
		/* It overlaps: what counts is that it goes on where the other ends. */
		bool goes_on = way->by > 0 ? low + size > way->high + EDGE_PX : low < way->low;

		return goes_on ? 0 : -1;
	}
	return gap;
}

/* The nearest output behind the edge that along ends at, level with across. -1: none. */
static int neighbour(const struct seat *seat, const struct walk *walk, bool horizontal)
{
	double best = INFINITY;
	struct seat_area area;
	int found = -1;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		double gap;
		bool is_level;

		if (i == walk->output || !(walk->outputs >> i & 1) ||
		    !seat_output_area(seat, i, &area)) {
			continue;
		}
		gap = horizontal ? way_gap(&walk->x, area.x, area.w) :
				   way_gap(&walk->y, area.y, area.h);
		is_level = horizontal ? walk->y.at >= area.y && walk->y.at < area.y + area.h :
					walk->x.at >= area.x && walk->x.at < area.x + area.w;
		if (is_level && gap >= 0 && gap < best) {
			best = gap;
			found = (int)i;
		}
	}
	return found;
}

/* The output that touches this one in the corner that the walk is at, -1: none. */
static int corner_neighbour(const struct seat *seat, const struct walk *walk)
{
	double x = walk->x.by > 0 ? walk->x.high + EDGE_PX : walk->x.low - EDGE_PX;
	double y = walk->y.by > 0 ? walk->y.high + EDGE_PX : walk->y.low - EDGE_PX;
	struct seat_area area;

	if (!way_is_at_end(&walk->x) || !way_is_at_end(&walk->y)) {
		return -1;
	}
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (i != walk->output && (walk->outputs >> i & 1) &&
		    seat_output_area(seat, i, &area) && area_contains(&area, x, y)) {
			return (int)i;
		}
	}
	return -1;
}

/*
 * Whether the edge lets the walk through to its neighbour: it has pushed hard enough. What it pushed with is used
 * up; what is more than needed goes on.
 */
static bool edge_gives_way(struct seat *seat, const struct walk *walk, int to, struct way *way)
{
	struct seat_push *push = &seat->push;
	double resistance = 0;

	if (seat->space->resistance) {
		resistance = seat->space->resistance(seat->data, walk->output, (unsigned)to);
	}
	if (!(resistance > 0)) {
		return true;
	}
	if (push->from != (int)walk->output || push->to != to) {
		*push = (struct seat_push){.from = (int)walk->output, .to = to};
	}
	push->px += fabs(way->by);
	if (push->px < resistance) {
		return false;
	}
	way->by = copysign(fmin(fabs(way->by), push->px - resistance), way->by);
	*push = (struct seat_push){.from = -1, .to = -1};
	return true;
}

/* At the end of this way: over the edge or along it. */
static void walk_edge(struct seat *seat, struct walk *walk, bool horizontal)
{
	struct way *way = horizontal ? &walk->x : &walk->y;
	int to = neighbour(seat, walk, horizontal);

	if (to < 0) {
		to = corner_neighbour(seat, walk);
	}
	if (to < 0 || !edge_gives_way(seat, walk, to, way)) {
		way->by = 0;
		return;
	}
	/* What lies between the last point of one and the first of the other is part of the way. */
	way->by = copysign(fmax(0, fabs(way->by) - EDGE_PX), way->by);
	walk_enter(seat, walk, (unsigned)to);
}

/* False: the walk is over. */
static bool walk_step(struct seat *seat, struct walk *walk)
{
	double end_x = way_end(&walk->x), end_y = way_end(&walk->y);
	double part = fmin(1, fmin(end_x, end_y));

	way_go(&walk->x, part);
	way_go(&walk->y, part);
	if (part >= 1) {
		return false;
	}
	walk_edge(seat, walk, end_x <= end_y);
	return true;
}

/* A push is forgotten as far as the pointer turns back from the edge. */
static void push_decay(struct seat *seat, const struct walk *walk, double dx, double dy)
{
	struct seat_push *push = &seat->push;
	struct seat_area area;
	double back = 0;

	if (push->from < 0) {
		return;
	}
	if (push->from != (int)walk->output || !seat_output_area(seat, (unsigned)push->to, &area)) {
		push->from = -1;
		return;
	}
	if (area.x > walk->x.high || area.x + area.w <= walk->x.low) {
		back = area.x > walk->x.high ? -dx : dx;
	} else {
		back = area.y > walk->y.high ? -dy : dy;
	}
	push->px -= fmax(0, back);
	if (push->px <= 0) {
		push->from = -1;
	}
}

static int output_at(const struct seat *seat, uint32_t outputs, double x, double y)
{
	struct seat_area area;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if ((outputs >> i & 1) && seat_output_area(seat, i, &area) &&
		    area_contains(&area, x, y)) {
			return (int)i;
		}
	}
	return -1;
}

void seat_pointer_walk(struct seat *seat, double dx, double dy)
{
	struct walk walk = {.outputs = seat_outputs_allowed(seat)};
	int output;

	pointer_clamp(seat, walk.outputs);
	output = output_at(seat, walk.outputs, seat->x, seat->y);
	if (output < 0) {
		return;
	}
	walk.x = (struct way){.at = seat->x, .by = dx};
	walk.y = (struct way){.at = seat->y, .by = dy};
	walk_enter(seat, &walk, (unsigned)output);
	push_decay(seat, &walk, dx, dy);
	for (unsigned i = 0; i < MAX_STEPS && walk_step(seat, &walk); i++) {
	}
	seat->x = walk.x.at;
	seat->y = walk.y.at;
}
