/* SPDX-License-Identifier: MIT */
/* The attention menu: what the host shows when its chord is struck. */
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>

#include "compositor/server.h"
#include "compositor/trusted/trusted.h"

struct menu {
	struct server *server;
};

/* Title, rule, and the line below. */
#define OTHER_ROWS 4

static struct panel_row *row_add(struct panel *panel, enum panel_row_kind kind, const char *text)
{
	struct panel_row *row = &panel->rows[panel->n_rows++];

	row->kind = kind;
	snprintf(row->text, sizeof(row->text), "%s", text);
	return row;
}

static void rows_add_guests(struct scene *scene, struct panel *panel)
{
	struct scene_guest *first = scene_guest_next(scene, NULL), *guest = first;

	while (guest) {
		if (panel->n_rows == PANEL_ROWS - OTHER_ROWS) {
			row_add(panel, PANEL_TEXT, "...");
			return;
		}
		if (scene_guest_reachable(guest)) {
			struct panel_row *row = row_add(panel, PANEL_TEXT, guest->mark.name);

			snprintf(row->detail, sizeof(row->detail), "%s",
				 guest == scene_front(scene) ? "in front" : "");
		}
		guest = scene_guest_next(scene, guest);
		guest = guest == first ? NULL : guest;
	}
}

static bool menu_panel(void *data, struct panel *panel)
{
	struct menu *menu = data;

	row_add(panel, PANEL_TITLE, "Vitrine: the host has the keyboard");
	rows_add_guests(menu->server->scene, panel);
	row_add(panel, PANEL_RULE, "");
	row_add(panel, PANEL_TEXT, "Escape goes back");
	return true;
}

static void menu_key(void *data, uint32_t code, bool pressed, uint64_t time_ns)
{
	if (pressed && code == KEY_ESC) {
		menu_close(data);
	}
}

static const struct trusted_ops menu_ops = {
	.panel = menu_panel,
	.key = menu_key,
};

int menu_create(struct menu **out, struct server *server)
{
	struct menu *menu = xcalloc(1, sizeof(*menu));

	menu->server = server;
	*out = menu;
	return 0;
}

void menu_destroy(struct menu *menu)
{
	free(menu);
}

void menu_open(struct menu *menu)
{
	trusted_show(menu->server->trusted, TRUSTED_MENU, &menu_ops, menu);
}

void menu_close(struct menu *menu)
{
	trusted_hide(menu->server->trusted, TRUSTED_MENU);
}

void menu_guests_changed(struct menu *menu)
{
	if (trusted_is_up(menu->server->trusted, TRUSTED_MENU)) {
		trusted_update(menu->server->trusted);
	}
}
