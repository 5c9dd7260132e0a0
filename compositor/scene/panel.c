/* SPDX-License-Identifier: MIT */
/* The host's panel: in the middle of every monitor, above whatever guests show there. */
#include "compositor/scene/panel.h"

#include <string.h>

#include "base/util.h"
#include "compositor/scene/scene_priv.h"

/* At scale 1, pixels: of the box where there is room, around it, and of a unit (scene/panel.h). */
#define PANEL_WIDTH 560
#define PANEL_MARGIN 8
#define PANEL_UNIT 13

/* ---- rows ---- */

static unsigned row_units(enum panel_row_kind kind)
{
	switch (kind) {
	case PANEL_TITLE:
		return 3;
	case PANEL_RULE:
		return 1;
	case PANEL_TEXT:
	case PANEL_ITEM:
	case PANEL_DOTS:
		break;
	}
	return 2;
}

unsigned panel_units(const enum panel_row_kind *kinds, unsigned n)
{
	unsigned units = 2;

	for (unsigned i = 0; i < n; i++) {
		units += row_units(kinds[i]);
	}
	return units;
}

int panel_unit(const enum panel_row_kind *kinds, unsigned n, int box_height)
{
	return box_height / (int)panel_units(kinds, n);
}

struct rect panel_row_rect(const enum panel_row_kind *kinds, unsigned n, unsigned i,
			   const struct rect *box)
{
	int unit = panel_unit(kinds, n, box->h);
	/* The unit below all is not above this row. */
	int above = ((int)panel_units(kinds, i) - 1) * unit;

	return (struct rect){0, above, box->w, (int)row_units(kinds[i]) * unit};
}

unsigned panel_kinds(const struct panel *panel, enum panel_row_kind out[PANEL_ROWS])
{
	for (unsigned i = 0; i < panel->n_rows; i++) {
		out[i] = panel->rows[i].kind;
	}
	return panel->n_rows;
}

/* ---- on an output ---- */

/* What views that are kept leave it: all, or the largest other view. Empty: nothing. */
static struct rect room_beside_kept(const struct scene_output *output)
{
	const struct output_state *state = output->state;
	struct rect best = {0};
	bool any_kept = false;

	for (unsigned i = 0; i < state->n_views; i++) {
		const struct rect *region = &state->views[i].region;

		any_kept = any_kept || state->views[i].is_kept;
		if (!state->views[i].is_kept &&
		    (int64_t)region->w * region->h > (int64_t)best.w * best.h) {
			best = *region;
		}
	}
	return any_kept ? best : output_below_strip(output);
}

/* There is room for it somewhere without covering what is kept. */
static bool spares_kept(const struct scene *scene)
{
	const struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		struct rect room = room_beside_kept(output);

		if (output_is_lit(output) && !rect_empty(&room)) {
			return true;
		}
	}
	return false;
}

static struct rect room_of(const struct scene_output *output)
{
	return spares_kept(output->scene) ? room_beside_kept(output) : output_below_strip(output);
}

static struct rect box_of(const struct scene_output *output, const struct panel *panel)
{
	struct rect room = room_of(output), box = {0};
	int margin = 2 * output_px(output, PANEL_MARGIN);
	enum panel_row_kind kinds[PANEL_ROWS];
	int units = (int)panel_units(kinds, panel_kinds(panel, kinds));
	int unit = MIN(output_px(output, PANEL_UNIT), (room.h - margin) / units);

	/* Where there is little room it is used up to the edge. */
	unit = unit > 0 ? unit : room.h / units;
	box.w = room.w > 2 * margin ? MIN(output_px(output, PANEL_WIDTH), room.w - margin) : room.w;
	box.h = unit * units;
	box.x = room.x + (room.w - box.w) / 2;
	box.y = room.y + (room.h - box.h) / 2;
	return box;
}

bool scene_is_covered(const struct scene *scene)
{
	return scene->has_card || scene->has_panel;
}

bool view_is_covered(const struct scene_view *view)
{
	const struct scene *scene = view->output->scene;

	return scene_is_covered(scene) &&
	       !(view->is_kept && (!scene->has_panel || spares_kept(scene)));
}

struct rect panel_box(const struct scene_output *output)
{
	const struct scene *scene = output->scene;

	return scene->has_panel && output_is_lit(output) ? box_of(output, &scene->panel) :
							   (struct rect){0};
}

void panel_push(struct scene_output *output)
{
	struct rect box = panel_box(output);

	if (!rect_empty(&box)) {
		layer_push(output->state, LAYER_PANEL, box)->panel = &output->scene->panel;
	}
}

void panel_latch(const struct scene_output *output, struct shown_panel *out)
{
	const struct panel *panel = &output->scene->panel;

	out->box = panel_box(output);
	out->n_rows = rect_empty(&out->box) ? 0 : panel_kinds(panel, out->kinds);
	for (unsigned i = 0; i < out->n_rows; i++) {
		out->ids[i] = panel->rows[i].id;
	}
}

int scene_panel_row(const struct scene_output *output, double x, double y)
{
	const struct shown_panel *shown = &output->state->shown->panel;

	if (!rect_contains(&shown->box, x, y)) {
		return -1;
	}
	for (unsigned i = 0; i < shown->n_rows; i++) {
		struct rect row = panel_row_rect(shown->kinds, shown->n_rows, i, &shown->box);

		if (shown->kinds[i] == PANEL_ITEM &&
		    rect_contains(&row, x - shown->box.x, y - shown->box.y)) {
			return (int)i;
		}
	}
	return -1;
}

uint32_t scene_panel_id(const struct scene_output *output, double x, double y)
{
	int row = scene_panel_row(output, x, y);

	return row >= 0 ? output->state->shown->panel.ids[row] : 0;
}

/* ---- what it says ---- */

static bool mark_equal(const struct mark *a, const struct mark *b)
{
	return strcmp(a->name, b->name) == 0 && a->colour == b->colour && a->pattern == b->pattern;
}

/* To the eye. */
static bool row_equal(const struct panel_row *a, const struct panel_row *b)
{
	return a->kind == b->kind && strcmp(a->text, b->text) == 0 &&
	       strcmp(a->detail, b->detail) == 0 && a->has_mark == b->has_mark &&
	       (!a->has_mark || mark_equal(&a->mark, &b->mark)) &&
	       a->is_selected == b->is_selected && a->is_disabled == b->is_disabled &&
	       (a->kind != PANEL_DOTS || a->dots == b->dots);
}

/* Rows of the same height are in the same places. */
static bool places_equal(const struct panel *a, const struct panel *b)
{
	if (a->n_rows != b->n_rows) {
		return false;
	}
	for (unsigned i = 0; i < a->n_rows; i++) {
		if (row_units(a->rows[i].kind) != row_units(b->rows[i].kind)) {
			return false;
		}
	}
	return true;
}

/* The same kinds in the same places: what differs is drawn again, row by row. */
static void damage_rows(struct scene_output *output, const struct panel *was)
{
	const struct panel *panel = &output->scene->panel;
	enum panel_row_kind kinds[PANEL_ROWS];
	unsigned n = panel_kinds(panel, kinds);
	struct rect box = panel_box(output);

	for (unsigned i = 0; i < n; i++) {
		struct rect row = panel_row_rect(kinds, n, i, &box);

		row.x += box.x;
		row.y += box.y;
		if (!row_equal(&panel->rows[i], &was->rows[i])) {
			damage_add(output, &row);
		}
	}
}

/* A frame for an id alone: until it is shown, the row is known by the old one. */
static bool ids_equal(const struct panel *a, const struct panel *b)
{
	for (unsigned i = 0; i < a->n_rows; i++) {
		if (a->rows[i].id != b->rows[i].id) {
			return false;
		}
	}
	return true;
}

static void damage_panel(struct scene_output *output, bool had_panel, const struct panel *was)
{
	const struct scene *scene = output->scene;

	if (!had_panel || !scene->has_panel) {
		damage_add_all(output);
	} else if (!places_equal(&scene->panel, was)) {
		struct rect now = panel_box(output), then = box_of(output, was);

		damage_add(output, &now);
		damage_add(output, &then);
	} else {
		damage_rows(output, was);
		if (!ids_equal(&scene->panel, was)) {
			output->state->frame_due = true;
			damage_add(output, &(struct rect){0});
		}
	}
}

void scene_set_panel(struct scene *scene, const struct panel *panel)
{
	const struct panel was = scene->panel;
	bool had_panel = scene->has_panel;
	struct scene_output *output;

	if (!panel && !had_panel) {
		return;
	}
	scene->has_panel = panel != NULL;
	if (panel) {
		scene->panel = *panel;
		scene->panel.n_rows = MIN(panel->n_rows, PANEL_ROWS);
	}
	list_for_each(output, &scene->outputs, link) {
		damage_panel(output, had_panel, &was);
	}
}
