/* SPDX-License-Identifier: MIT */
/* The host's panel as it is drawn. */
#include <stdio.h>

#include "compositor/scene/panel.h"
#include "tests/render/compare.h"
#include "tests/render/rig.h"

#define SELECTED 0x2f6fb7 /* the ground of the selected row, and of nothing else */

static const struct mark work = {"work", 0x4caf50, MARK_STRIPES};
static const struct mark web = {"web", 0xd05040, MARK_CHECKS};

/* No texts: those differ from one version of the font to the next. */
static void panel_fill(struct panel *panel)
{
	memset(panel, 0, sizeof(*panel));
	panel->n_rows = 7;
	panel->rows[0].kind = PANEL_TITLE;
	panel->rows[1] = (struct panel_row){.kind = PANEL_ITEM, .has_mark = true, .mark = work};
	panel->rows[2] = (struct panel_row){.kind = PANEL_ITEM, .has_mark = true, .mark = web};
	panel->rows[2].is_selected = true;
	panel->rows[3].kind = PANEL_RULE;
	panel->rows[4].kind = PANEL_TEXT;
	panel->rows[5] = (struct panel_row){.kind = PANEL_DOTS, .dots = 5};
	panel->rows[6] = (struct panel_row){.kind = PANEL_DOTS};
}

static struct layer panel_layer(const struct panel *panel, int width, int unit)
{
	enum panel_row_kind kinds[PANEL_ROWS];
	int units = (int)panel_units(kinds, panel_kinds(panel, kinds));

	return (struct layer){.kind = LAYER_PANEL,
			      .dst = {10, 6, width, unit * units},
			      .panel = panel};
}

static struct target draw(const struct panel *panel, const struct layer *layer, double scale)
{
	struct target target = rig_target(layer->dst.w + 20, layer->dst.h + 12, 0);
	const struct layer layers[] = {rig_solid(0, 0, target.width, target.height, 0x112233),
				       *layer};

	target.scale = scale;
	rig_draw_all(rig_renderer, &target, layers, 2, NULL);
	rig_assert_guard(&target);
	return target;
}

static void it_looks_as_it_did(void **state)
{
	struct panel panel;
	struct layer layer;
	struct target target;

	panel_fill(&panel);
	layer = panel_layer(&panel, 300, 13);
	target = draw(&panel, &layer, 1);
	compare_with_reference("panel", &target, rig_tolerance);
	free(target.pixels);
	layer = panel_layer(&panel, 450, 20);
	target = draw(&panel, &layer, 1.5);
	compare_with_reference("panel-150", &target, rig_tolerance);
	free(target.pixels);
}

/* What is highlighted is what a pointer there means. */
static void rows_are_where_they_are_pointed_at(void **state)
{
	enum panel_row_kind kinds[PANEL_ROWS];
	struct panel panel = {.n_rows = PANEL_ROWS};

	for (unsigned i = 0; i < PANEL_ROWS; i++) {
		panel.rows[i].kind = i % 5 == 3 ? PANEL_RULE : PANEL_ITEM;
	}
	for (unsigned i = 0; i < PANEL_ROWS; i++) {
		struct layer layer = panel_layer(&panel, 120, 6);
		struct target target;
		struct rect row;

		panel.rows[i].is_selected = true;
		target = draw(&panel, &layer, 1);
		row = panel_row_rect(kinds, panel_kinds(&panel, kinds), i, &layer.dst);
		for (int y = 0; y < layer.dst.h; y++) {
			bool lit = rig_get(&target, layer.dst.x + 60, layer.dst.y + y) == SELECTED;

			assert_int_equal(lit, panel.rows[i].kind == PANEL_ITEM && y >= row.y &&
						      y < row.y + row.h);
		}
		panel.rows[i].is_selected = false;
		free(target.pixels);
	}
}

/* Each text in its own part of the row, cut off where that ends. */
static void long_texts_are_cut_off(void **state)
{
	struct panel panel = {.n_rows = 1}, empty = {.n_rows = 1};
	struct layer layer, empty_layer;
	struct target full, none, half;
	bool cut = false, written = false;

	panel.rows[0].kind = empty.rows[0].kind = PANEL_TEXT;
	layer = panel_layer(&panel, 200, 13);
	empty_layer = panel_layer(&empty, 200, 13);
	none = draw(&empty, &empty_layer, 1);
	memset(panel.rows[0].text, 'W', PANEL_TEXT_SIZE - 1);
	full = draw(&panel, &layer, 1);
	memset(panel.rows[0].detail, 'M', PANEL_TEXT_SIZE - 1);
	half = draw(&panel, &layer, 1);
	for (int y = 0; y < full.height; y++) {
		for (int x = 0; x < full.width; x++) {
			bool is_edge = x < 10 + 16 || x >= 10 + 200 - 16;

			assert_true(!is_edge || rig_get(&full, x, y) == rig_get(&none, x, y));
			assert_true(!is_edge || rig_get(&half, x, y) == rig_get(&none, x, y));
			/* Between text and detail there is a gap. */
			cut = cut ||
			      (x >= 104 && x < 106 && rig_get(&half, x, y) != rig_get(&none, x, y));
			written = written ||
				  (x < 90 && rig_get(&half, x, y) != rig_get(&none, x, y));
		}
	}
	assert_false(cut);
	assert_true(written);
	free(full.pixels);
	free(none.pixels);
	free(half.pixels);
}

/* Ink right of everything else in the row's upper half, where no dot is; and in all of it. */
static void ends_of_ink(const struct target *target, const struct target *none, int *upper, int *all)
{
	*upper = *all = 0;
	for (int y = 6 + 13 + 2; y < 6 + 13 + 24; y++) {
		for (int x = 10; x < 10 + 200; x++) {
			if (rig_get(target, x, y) != rig_get(none, x, y)) {
				*all = MAX(*all, x);
				*upper = y < 6 + 13 + 13 ? MAX(*upper, x) : *upper;
			}
		}
	}
}

static void what_is_cut_off_ends_with_dots(void **state)
{
	struct panel panel = {.n_rows = 1}, empty = {.n_rows = 1};
	struct layer layer, empty_layer;
	struct target full, none, fits;
	int upper, all;

	panel.rows[0].kind = empty.rows[0].kind = PANEL_TEXT;
	layer = panel_layer(&panel, 200, 13);
	empty_layer = panel_layer(&empty, 200, 13);
	none = draw(&empty, &empty_layer, 1);
	memset(panel.rows[0].text, 'W', PANEL_TEXT_SIZE - 1);
	full = draw(&panel, &layer, 1);
	ends_of_ink(&full, &none, &upper, &all);
	assert_true(all > upper + 8);
	panel.rows[0].text[5] = '\0';
	fits = draw(&panel, &layer, 1);
	ends_of_ink(&fits, &none, &upper, &all);
	assert_true(all <= upper + 2);
	free(full.pixels);
	free(none.pixels);
	free(fits.pixels);
}

/* Another panel of the same size is another picture, as GL must notice, too. */
static void what_it_says_is_what_is_shown(void **state)
{
	struct panel panel;
	struct layer layer;
	struct target first, second, again;

	panel_fill(&panel);
	layer = panel_layer(&panel, 300, 13);
	first = draw(&panel, &layer, 1);
	panel.rows[1].is_selected = true;
	panel.rows[2].is_selected = false;
	second = draw(&panel, &layer, 1);
	assert_int_not_equal(rig_get(&first, 200, 6 + 13 * 5), rig_get(&second, 200, 6 + 13 * 5));
	panel.rows[1].is_selected = false;
	panel.rows[2].is_selected = true;
	again = draw(&panel, &layer, 1);
	rig_assert_same(&first, &again, 0);
	free(first.pixels);
	free(second.pixels);
	free(again.pixels);
}

/* Boxes of no use to anybody are drawn all the same, inside of themselves. */
static void tiny_boxes_do_no_harm(void **state)
{
	struct panel panel;

	panel_fill(&panel);
	strcpy(panel.rows[1].text, "a name");
	strcpy(panel.rows[1].detail, "a state");
	for (int w = 1; w < 40; w += 3) {
		struct layer layer = panel_layer(&panel, w, 1);
		struct target target = draw(&panel, &layer, 1);

		for (int y = 0; y < target.height; y++) {
			assert_int_equal(rig_get(&target, 9, y), 0x112233);
			assert_int_equal(rig_get(&target, 10 + w, y), 0x112233);
		}
		free(target.pixels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_looks_as_it_did),
		cmocka_unit_test(rows_are_where_they_are_pointed_at),
		cmocka_unit_test(long_texts_are_cut_off),
		cmocka_unit_test(what_is_cut_off_ends_with_dots),
		cmocka_unit_test(what_it_says_is_what_is_shown),
		cmocka_unit_test(tiny_boxes_do_no_harm),
	};

	return rig_run(tests);
}
