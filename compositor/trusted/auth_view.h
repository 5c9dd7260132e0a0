/* SPDX-License-Identifier: MIT */
/* What the panels of lock and prompt show of what vitrine-auth tells. */
#ifndef TRUSTED_AUTH_VIEW_H
#define TRUSTED_AUTH_VIEW_H

#include <stdbool.h>

#include "compositor/scene/layer.h"
#include "helpers/auth/auth.h"

struct auth_view {
	unsigned dots;
	bool has_caps, has_layouts, is_checking;
	char layout[AUTH_TEXT_SIZE], prompt[AUTH_TEXT_SIZE];
	char says[AUTH_TEXT_SIZE]; /* "": nothing */
};

/* The row of the keyboard's layout, when it can be changed. */
#define AUTH_ROW_LAYOUT 1u

/* AUTH_STATE, AUTH_PROMPT or AUTH_SAYS; others change nothing. */
void auth_view_take(struct auth_view *view, const struct auth_answer *answer);
struct panel_row *auth_view_row(struct panel *panel, enum panel_row_kind kind, const char *text);
/* Prompt, dots, layout, caps lock and what the helper says. */
void auth_view_rows(const struct auth_view *view, struct panel *panel);

#endif
