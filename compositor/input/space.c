/* SPDX-License-Identifier: MIT */
/* Where things are, for the seat. Positions are in the space that the pointer moves in. */
#include <math.h>
#include <string.h>

#include "compositor/input/input_priv.h"
#include "compositor/wayland/wayland.h"

/* Numbers from here on are monitors that guests drive by themselves. */
#define FIRST_EXTERNAL SCENE_MAX_OUTPUTS

_Static_assert(SEAT_MAX_OUTPUTS >= SCENE_MAX_OUTPUTS + LAYOUT_MAX_EXTERNALS,
	       "the seat has a number for each monitor");

/* ---- guests' own monitors ---- */

/* Whose it is, if that one is there and may have input. */
static struct scene_guest *external_guest(const struct server *server,
					  const struct scene_external *external)
{
	struct scene_guest *guest = scene_guest_find(server->scene, external->entry->guest);

	return guest && guest != server->input->leaving && scene_guest_reachable(guest) ? guest :
											  NULL;
}

/* NULL: there is none of this number, or its guest is not there. */
static const struct scene_external *external_of(const struct server *server, unsigned number)
{
	const struct scene_external *externals;
	unsigned n;

	externals = scene_externals(server->scene, &n);
	if (number < FIRST_EXTERNAL || number - FIRST_EXTERNAL >= n ||
	    !external_guest(server, &externals[number - FIRST_EXTERNAL])) {
		return NULL;
	}
	return &externals[number - FIRST_EXTERNAL];
}

static const struct scene_external *external_at(const struct server *server, double x, double y)
{
	for (unsigned i = FIRST_EXTERNAL; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_external *external = external_of(server, i);

		if (external && rect_contains(&external->layout, x, y)) {
			return external;
		}
	}
	return NULL;
}

bool guest_is_elsewhere(const struct server *server, const struct scene_guest *guest)
{
	for (unsigned i = FIRST_EXTERNAL; guest && i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_external *external = external_of(server, i);

		if (external && external_guest(server, external) == guest) {
			return true;
		}
	}
	return false;
}

struct scene_guest *input_guest_elsewhere(struct input *input)
{
	struct seat_guest *over = seat_pointer_owner(input->seat);
	struct scene_guest *target = scene_guest(input->focus.target);
	const struct scene_external *external;
	double x, y;

	seat_pointer_position(input->seat, &x, &y);
	external = external_at(input->server, x, y);
	if (external && over && over != seat_host) {
		return scene_guest(over);
	}
	return target && !input->requested.marks && input->requested.is_elsewhere ? target : NULL;
}

/* ---- where outputs are ---- */

static bool space_output_rect(void *data, unsigned number, double *x, double *y, double *w,
			      double *h)
{
	struct server *server = data;
	const struct scene_output *output = repaint_output(server->repaint, number);
	const struct scene_external *external = external_of(server, number);
	const struct rect *layout = output ? &output->layout : external ? &external->layout : NULL;

	if (!layout || rect_empty(layout)) {
		return false;
	}
	*x = layout->x;
	*y = layout->y;
	*w = layout->w;
	*h = layout->h;
	return true;
}

/* From the pointer's space to pixels of the output. */
static void to_pixels(const struct scene_output *output, double *x, double *y)
{
	*x = (*x - output->layout.x) * output->width / output->layout.w;
	*y = (*y - output->layout.y) * output->height / output->layout.h;
}

static struct scene_output *output_at(struct server *server, double x, double y)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		struct scene_output *output = repaint_output(server->repaint, i);

		if (output && rect_contains(&output->layout, x, y)) {
			return output;
		}
	}
	return NULL;
}

/* What its worker offers for the pointer there; NULL: nothing. */
static struct seat_head *external_head(const struct server *server,
				       const struct scene_external *external)
{
	const struct scene_guest *guest = external_guest(server, external);

	return guest ? wayland_external(guest, external->layout.w, external->layout.h) : NULL;
}

/* The far edge belongs to the neighbour; 1/256 is Wayland's resolution. */
static double inside(double at, int from, int size)
{
	return fmax(0, fmin(at - from, size - 1.0 / 256));
}

static void external_point(const struct scene_external *external, double x, double y,
			   double *head_x, double *head_y)
{
	*head_x = inside(x, external->layout.x, external->layout.w);
	*head_y = inside(y, external->layout.y, external->layout.h);
}

/* The monitor that this is the place for the pointer of; NULL: a head of the scene. */
static const struct scene_external *external_by_head(const struct server *server,
						     const struct seat_head *head)
{
	for (unsigned i = FIRST_EXTERNAL; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_external *external = external_of(server, i);

		if (external && external_head(server, external) == head) {
			return external;
		}
	}
	return NULL;
}

static bool space_pick(void *data, double x, double y, struct seat_guest **guest,
		       struct seat_head **head, double *head_x, double *head_y)
{
	struct server *server = data;
	struct input *input = server->input;
	struct scene_output *output;
	const struct scene_external *external;
	struct scene_head *found;

	if (input->moving || input->is_detached) {
		return false;
	}
	output = output_at(server, x, y);
	external = output ? NULL : external_at(server, x, y);
	if (external) {
		external_point(external, x, y, head_x, head_y);
		*guest = seat_guest(external_guest(server, external));
		*head = external_head(server, external);
		return true;
	}
	if (!output) {
		return false;
	}
	to_pixels(output, &x, &y);
	found = scene_pick(output, x, y, head_x, head_y);
	/* What the layout keeps out of reach is looked at and never touched. */
	if (!found || found->guest == input->leaving || !scene_guest_reachable(found->guest)) {
		return false;
	}
	*guest = seat_guest(found->guest);
	*head = (struct seat_head *)found;
	return true;
}

/* On the output under the point when the head is there, else where it mainly is. */
static void space_to_head(void *data, struct seat_head *seat_head, double x, double y,
			  double *head_x, double *head_y)
{
	const struct scene_head *head = (const struct scene_head *)seat_head;
	const struct scene_external *external = external_by_head(data, seat_head);
	const struct scene_output *output = output_at(data, x, y);
	double px = x, py = y;

	*head_x = 0;
	*head_y = 0;
	if (external) {
		external_point(external, x, y, head_x, head_y);
		return;
	}
	if (output) {
		to_pixels(output, &px, &py);
		if (scene_head_point(head, output, px, py, head_x, head_y)) {
			return;
		}
	}
	if (head->output && !rect_empty(&head->output->layout)) {
		to_pixels(head->output, &x, &y);
		scene_head_point(head, head->output, x, y, head_x, head_y);
	}
}

static bool space_output_shows(void *data, unsigned number, struct seat_guest *guest)
{
	struct server *server = data;
	const struct scene_output *output = repaint_output(server->repaint, number);
	const struct scene_external *external = external_of(server, number);

	if (external) {
		return external_guest(server, external) == scene_guest(guest);
	}
	/* A mirror is for people who look on. */
	return output && output_has_guest(output, scene_guest(guest)) &&
	       !scene_output_is_mirror(output);
}

static void space_to_upright(void *data, unsigned number, double *x, double *y)
{
	struct server *server = data;
	const struct scene_output *output = repaint_output(server->repaint, number);

	if (output) {
		transform_point_upright(output->transform, x, y);
	}
}

static bool space_allows(void *data, unsigned device, struct seat_guest *guest)
{
	struct server *server = data;

	return roster_allows(input_roster(server->input), device, scene_guest(guest)->mark.name);
}

/* What the guest takes of a pointer where it is now. */
static enum seat_pointer_kind pointer_kind(struct input *input, const struct scene_guest *guest)
{
	const struct scene_external *external;
	double x, y;

	seat_pointer_position(input->seat, &x, &y);
	external = external_at(input->server, x, y);
	return external && !external_head(input->server, external) ?
		       SEAT_POINTER_RELATIVE :
		       wayland_guest_pointer_kind(guest);
}

static void space_traits(void *data, struct seat_guest *guest, struct seat_traits *out)
{
	struct server *server = data;
	const struct scene_guest *scene = scene_guest(guest);
	const struct settings_guest *settings = settings_guest(server->settings, scene->mark.name);

	*out = (struct seat_traits){
		.pointer = pointer_kind(server->input, scene),
		.speed = settings->pointer_speed,
		.reversed_scroll = settings->natural_scroll,
		.parks = true,
	};
}

/* ---- edges ---- */

/* On which side of a b begins; 0: on none, they overlap. */
static unsigned side_of(const struct rect *a, const struct rect *b)
{
	if (b->x >= a->x + a->w) {
		return LAYOUT_WALL_RIGHT;
	}
	if (b->x + b->w <= a->x) {
		return LAYOUT_WALL_LEFT;
	}
	if (b->y >= a->y + a->h) {
		return LAYOUT_WALL_BOTTOM;
	}
	return b->y + b->h <= a->y ? LAYOUT_WALL_TOP : 0;
}

static const struct layout_output *entry_of(const struct server *server, unsigned number)
{
	const struct scene_output *output = repaint_output(server->repaint, number);
	const struct layout *layout = scene_layout(server->scene);

	for (unsigned i = 0; output && i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, output->name) == 0) {
			return &layout->outputs[i];
		}
	}
	return NULL;
}

static struct rect layout_rect(struct server *server, unsigned number)
{
	const struct scene_output *output = repaint_output(server->repaint, number);
	const struct scene_external *external = external_of(server, number);

	return output ? output->layout : external ? external->layout : (struct rect){0};
}

/* A wall is one from both sides; nobody strays onto a mirror. */
static double space_resistance(void *data, unsigned from, unsigned to)
{
	struct server *server = data;
	const struct layout_output *left = entry_of(server, from), *entered = entry_of(server, to);
	const struct scene_output *output = repaint_output(server->repaint, to);
	struct rect a = layout_rect(server, from), b = layout_rect(server, to);

	if ((output && scene_output_is_mirror(output)) ||
	    (left && (left->walls & side_of(&a, &b))) ||
	    (entered && (entered->walls & side_of(&b, &a)))) {
		return INFINITY;
	}
	return left ? left->resistance : 0;
}

const struct seat_space input_space = {
	.output_rect = space_output_rect,
	.pick = space_pick,
	.to_head = space_to_head,
	.to_upright = space_to_upright,
	.output_shows = space_output_shows,
	.allows = space_allows,
	.traits = space_traits,
	.resistance = space_resistance,
};
