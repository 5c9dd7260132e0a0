/* SPDX-License-Identifier: MIT */
/* Where things are, for the seat. Positions are in the space that the pointer moves in. */
#include "compositor/input/input_priv.h"

static bool space_output_rect(void *data, unsigned number, double *x, double *y, double *w,
			      double *h)
{
	struct server *server = data;
	const struct scene_output *output = repaint_output(server->repaint, number);

	if (!output || rect_empty(&output->layout)) {
		return false;
	}
	*x = output->layout.x;
	*y = output->layout.y;
	*w = output->layout.w;
	*h = output->layout.h;
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

static bool space_pick(void *data, double x, double y, struct seat_guest **guest,
		       struct seat_head **head, double *head_x, double *head_y)
{
	struct server *server = data;
	struct scene_output *output = server->input->moving ? NULL : output_at(server, x, y);
	struct scene_head *found = NULL;

	if (output) {
		to_pixels(output, &x, &y);
		found = scene_pick(output, x, y, head_x, head_y);
	}
	if (!found || found->guest == server->input->leaving) {
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
	const struct scene_output *output = output_at(data, x, y);
	double px = x, py = y;

	*head_x = 0;
	*head_y = 0;
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

/*
 * A mirror is for people who look on: the pointer does not stray there, while what is touched on it
 * counts.
 */
static bool space_output_shows(void *data, unsigned number, struct seat_guest *guest)
{
	struct server *server = data;
	const struct scene_output *output = repaint_output(server->repaint, number);

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

const struct seat_space input_space = {
	.output_rect = space_output_rect,
	.pick = space_pick,
	.to_head = space_to_head,
	.to_upright = space_to_upright,
	.output_shows = space_output_shows,
	.allows = space_allows,
};
