/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/auth_view.h"

#include <stdio.h>
#include <string.h>

static void prompt_take(struct auth_view *view, const char *text)
{
	size_t n = strlen(text);

	/* "Password: " is a question on a terminal. */
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == ':')) {
		n--;
	}
	snprintf(view->prompt, sizeof(view->prompt), "%.*s", (int)n, text);
}

void auth_view_take(struct auth_view *view, const struct auth_answer *answer)
{
	switch (answer->type) {
	case AUTH_STATE:
		view->dots = answer->value & AUTH_STATE_DOTS;
		view->has_caps = answer->value & AUTH_STATE_CAPS;
		view->has_layouts = answer->value & AUTH_STATE_LAYOUTS;
		view->is_checking = answer->value & AUTH_STATE_CHECKING;
		snprintf(view->layout, sizeof(view->layout), "%s", answer->text);
		break;
	case AUTH_PROMPT:
		prompt_take(view, answer->text);
		break;
	case AUTH_SAYS:
		snprintf(view->says, sizeof(view->says), "%s", answer->text);
		break;
	default:
		break;
	}
}

struct panel_row *auth_view_row(struct panel *panel, enum panel_row_kind kind, const char *text)
{
	struct panel_row *row = &panel->rows[panel->n_rows++];

	row->kind = kind;
	snprintf(row->text, sizeof(row->text), "%s", text);
	return row;
}

void auth_view_rows(const struct auth_view *view, struct panel *panel)
{
	struct panel_row *row;

	auth_view_row(panel, PANEL_TEXT, view->is_checking ? "Checking ..." : view->prompt);
	auth_view_row(panel, PANEL_DOTS, "")->dots = view->dots;
	if (view->layout[0]) {
		row = auth_view_row(panel, view->has_layouts ? PANEL_ITEM : PANEL_TEXT, "Keyboard");
		snprintf(row->detail, sizeof(row->detail), "%s", view->layout);
		row->id = view->has_layouts ? AUTH_ROW_LAYOUT : 0;
	}
	if (view->has_caps) {
		auth_view_row(panel, PANEL_TEXT, "Caps lock is on");
	}
	if (view->says[0]) {
		auth_view_row(panel, PANEL_TEXT, view->says);
	}
}
