/* SPDX-License-Identifier: MIT */
/* The menu as rows. */
#include <stdio.h>

#include "base/util.h"
#include "compositor/trusted/menu_items.h"

static struct panel_row *row_add(struct panel *panel, enum panel_row_kind kind, const char *text)
{
	static struct panel_row spare;
	struct panel_row *row = panel->n_rows < PANEL_ROWS ? &panel->rows[panel->n_rows++] : &spare;

	row->kind = kind;
	snprintf(row->text, sizeof(row->text), "%s", text);
	return row;
}

static void row_add_item(const struct menu_model *model, struct panel *panel,
			 const struct menu_item *item)
{
	struct panel_row *row = row_add(panel, PANEL_ITEM, item->text);

	snprintf(row->detail, sizeof(row->detail), "%s", item->detail);
	row->id = item->id;
	row->is_disabled = item->is_disabled;
	row->is_selected = item->id == model->selected && !item->is_disabled;
	if (item->has_mark) {
		row->has_mark = true;
		row->mark = item->guest->mark;
	}
}

static void row_add_more(struct panel *panel, enum menu_do what, unsigned n)
{
	char words[PANEL_TEXT_SIZE];

	snprintf(words, sizeof(words), "%u more %s", n, what == MENU_PAGE_UP ? "above" : "below");
	row_add(panel, PANEL_ITEM, words)->id = what;
}

static void rows_add_listed(const struct menu_model *model, struct panel *panel,
			    const struct menu_items *items)
{
	unsigned n = menu_items_listed(items), first = model->first,
		 size = menu_window_size(n, first);

	if (first > 0) {
		row_add_more(panel, MENU_PAGE_UP, first);
	}
	for (unsigned i = first; i < first + size; i++) {
		row_add_item(model, panel, &items->list[i]);
	}
	if (first + size < n) {
		row_add_more(panel, MENU_PAGE_DOWN, n - first - size);
	}
	row_add(panel, PANEL_RULE, "");
}

static void row_add_title(const struct menu_model *model, struct panel *panel)
{
	const struct menu_guest *guest = menu_guest_find(model, model->guest);
	struct panel_row *row;

	if (model->facts.is_locked) {
		row_add(panel, PANEL_TITLE, "Vitrine: locked");
	} else if (model->page == MENU_PAGE_MAIN) {
		row_add(panel, PANEL_TITLE, "Vitrine: the host has the keyboard");
	} else {
		row = row_add(panel, PANEL_TITLE, guest->name);
		snprintf(row->detail, sizeof(row->detail), "%s", guest->state);
		row->has_mark = guest->is_running;
		row->mark = guest->mark;
	}
}

void menu_model_panel(const struct menu_model *model, struct panel *out)
{
	struct menu_items items;

	menu_items_build(model, &items);
	*out = (struct panel){0};
	row_add_title(model, out);
	if (model->facts.notice[0] && !model->facts.is_locked) {
		row_add(out, PANEL_TEXT, model->facts.notice);
	}
	if (!model->facts.is_locked && model->page == MENU_PAGE_MAIN) {
		if (menu_items_listed(&items) == 0) {
			row_add(out, PANEL_TEXT, "No guest is running");
		}
		rows_add_listed(model, out, &items);
	}
	for (unsigned i = menu_items_listed(&items); i < items.n; i++) {
		row_add_item(model, out, &items.list[i]);
	}
	row_add(out, PANEL_RULE, "");
	row_add(out, PANEL_TEXT, "Arrows and Enter, or point; Escape goes back");
}
