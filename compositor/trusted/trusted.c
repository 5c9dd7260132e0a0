/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/trusted.h"

#include <stdlib.h>

#include "base/clock.h"
#include "compositor/server.h"

struct level {
	const struct trusted_ops *ops; /* NULL: nothing is up */
	void *data;
};

struct trusted {
	struct server *server;
	struct level levels[TRUSTED_LEVELS];
	enum seat_mode mode; /* what input/ was told last */
};

int trusted_create(struct trusted **out, struct server *server)
{
	struct trusted *trusted = xcalloc(1, sizeof(*trusted));

	trusted->server = server;
	trusted->mode = SEAT_GUESTS;
	*out = trusted;
	return 0;
}

void trusted_destroy(struct trusted *trusted)
{
	free(trusted);
}

/* ---- what is up ---- */

static struct level *level_top(struct trusted *trusted)
{
	for (unsigned i = TRUSTED_LEVELS; i-- > 0;) {
		if (trusted->levels[i].ops) {
			return &trusted->levels[i];
		}
	}
	return NULL;
}

bool trusted_is_up(const struct trusted *trusted, enum trusted_level level)
{
	return trusted && trusted->levels[level].ops;
}

bool trusted_has_input(const struct trusted *trusted)
{
	for (unsigned i = 0; trusted && i < TRUSTED_LEVELS; i++) {
		if (trusted->levels[i].ops) {
			return true;
		}
	}
	return false;
}

static enum seat_mode mode_due(const struct trusted *trusted)
{
	if (trusted_is_up(trusted, TRUSTED_LOCK) || trusted_is_up(trusted, TRUSTED_LOCK_MENU)) {
		return SEAT_LOCKED;
	}
	return trusted_has_input(trusted) ? SEAT_HOST : SEAT_GUESTS;
}

static void mode_apply(struct trusted *trusted)
{
	enum seat_mode mode = mode_due(trusted);

	if (mode != trusted->mode) {
		trusted->mode = mode;
		input_set_mode(trusted->server->input, mode);
	}
}

static void panel_apply(struct trusted *trusted)
{
	const struct level *top = level_top(trusted);
	struct panel panel = {0};
	bool has_panel = top && top->ops->panel && top->ops->panel(top->data, &panel);

	scene_set_panel(trusted->server->scene, has_panel ? &panel : NULL);
}

/* Guests lose their input before anything of the host's is shown; what hid them is gone before they get it back. */
static void apply(struct trusted *trusted)
{
	if (mode_due(trusted) != SEAT_GUESTS) {
		mode_apply(trusted);
		panel_apply(trusted);
	} else {
		panel_apply(trusted);
		mode_apply(trusted);
	}
}

static void level_tell(const struct level *level, bool has_input)
{
	if (level && level->ops && level->ops->active) {
		level->ops->active(level->data, has_input);
	}
}

void trusted_show(struct trusted *trusted, enum trusted_level level, const struct trusted_ops *ops,
		  void *data)
{
	struct level *was = level_top(trusted);

	trusted->levels[level] = (struct level){ops, data};
	if (was && was != level_top(trusted)) {
		level_tell(was, false);
	}
	apply(trusted);
}

void trusted_hide(struct trusted *trusted, enum trusted_level level)
{
	bool was_top = level_top(trusted) == &trusted->levels[level];

	if (!trusted->levels[level].ops) {
		return;
	}
	trusted->levels[level] = (struct level){0};
	if (level == TRUSTED_LOCK) {
		/* The menu of a locked screen goes with the lock, whoever ends that. */
		level_tell(&trusted->levels[TRUSTED_LOCK_MENU], false);
	}
	if (was_top) {
		level_tell(level_top(trusted), true);
	}
	apply(trusted);
}

void trusted_update(struct trusted *trusted)
{
	panel_apply(trusted);
}

void trusted_outputs_changed(struct trusted *trusted)
{
	if (trusted && trusted_has_input(trusted)) {
		panel_apply(trusted);
	}
}

/* ---- what the seat tells ---- */

/* What has the host's input; NULL: nothing is up, and events over the host's own areas are nobody's. */
static const struct level *recipient(void *data)
{
	struct server *server = data;

	return server->trusted ? level_top(server->trusted) : NULL;
}

/* The output under a point of the layout, and the point in its pixels. */
static struct scene_output *to_output(struct server *server, double *x, double *y)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		struct scene_output *output = repaint_output(server->repaint, i);

		if (output && rect_contains(&output->layout, *x, *y)) {
			const struct rect *at = &output->layout;

			*x = (*x - at->x) * output->width / at->w;
			*y = (*y - at->y) * output->height / at->h;
			return output;
		}
	}
	return NULL;
}

static void sink_key(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	struct server *server = data;
	const struct level *to = recipient(data);

	if (to && to->ops->key) {
		to->ops->key(to->data, code, pressed, clock_now(server->clock));
	}
}

static void sink_point(void *data, struct seat_guest *guest, struct seat_head *head, double x,
		       double y)
{
	const struct level *to = recipient(data);
	struct scene_output *output = to_output(data, &x, &y);

	if (to && to->ops->point && output) {
		to->ops->point(to->data, output, x, y);
	}
}

static void sink_relative(void *data, struct seat_guest *guest, double dx, double dy)
{
}

static void sink_button(void *data, struct seat_guest *guest, uint32_t code, bool pressed)
{
	const struct level *to = recipient(data);

	if (to && to->ops->button) {
		to->ops->button(to->data, code, pressed);
	}
}

static void sink_axis(void *data, struct seat_guest *guest, enum seat_axis axis, int v120)
{
	const struct level *to = recipient(data);

	if (to && to->ops->axis) {
		to->ops->axis(to->data, axis, v120);
	}
}

static void sink_touch_down(void *data, struct seat_guest *guest, struct seat_head *head,
			    int contact, double x, double y)
{
	const struct level *to = recipient(data);
	struct scene_output *output = to_output(data, &x, &y);

	if (to && to->ops->touch_down && output) {
		to->ops->touch_down(to->data, output, contact, x, y);
	}
}

static void sink_touch_motion(void *data, struct seat_guest *guest, int contact, double x, double y)
{
	const struct level *to = recipient(data);
	struct scene_output *output = to_output(data, &x, &y);

	if (to && to->ops->touch_motion && output) {
		to->ops->touch_motion(to->data, output, contact, x, y);
	}
}

static void sink_touch_up(void *data, struct seat_guest *guest, int contact)
{
	const struct level *to = recipient(data);

	if (to && to->ops->touch_up) {
		to->ops->touch_up(to->data, contact);
	}
}

static void sink_frame(void *data, struct seat_guest *guest)
{
	const struct level *to = recipient(data);

	if (to && to->ops->frame) {
		to->ops->frame(to->data);
	}
}

const struct seat_sink trusted_seat_sink = {
	.key = sink_key,
	.pointer_enter = sink_point,
	.pointer_motion = sink_point,
	.pointer_relative = sink_relative,
	.pointer_button = sink_button,
	.pointer_axis = sink_axis,
	.touch_down = sink_touch_down,
	.touch_motion = sink_touch_motion,
	.touch_up = sink_touch_up,
	.frame = sink_frame,
};
