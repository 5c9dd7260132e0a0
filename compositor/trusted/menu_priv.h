/* SPDX-License-Identifier: MIT */
/* What the files of the attention menu share: menu.c (the join), menu_facts.c (what there is to list). */
#ifndef TRUSTED_MENU_PRIV_H
#define TRUSTED_MENU_PRIV_H

#include "compositor/server.h"
#include "compositor/trusted/menu_model.h"
#include "compositor/trusted/trusted.h"

struct menu {
	struct server *server;
	struct menu_model model;
	struct menu_facts facts; /* the last ones; too large for a stack */
	bool is_open;
	enum trusted_level level; /* while it is open */
	char notice[PANEL_TEXT_SIZE];

	/* What a person is doing. */
	bool is_shifted;
	uint32_t pressed; /* id of the item that button or contact went down on; 0: none */
	int contact;      /* that did; -1: none */
	uint32_t pointed; /* id that was under the pointer or finger when it moved last */
	/* Where the pointer is: what is under it may have changed since. */
	struct {
		const struct scene_output *output; /* may have gone; NULL: nowhere */
		double x, y;
	} pointer;
	int wheel; /* of a step that is not whole yet, 120 each */

	char chord_for[33]; /* the guest that gets the attention chord with its keyboard; "": none */
	sd_event_source *refresh; /* one turn, when what there is to list has changed */
};

/* What is true now; of a locked screen nothing of any guest. */
void menu_facts_collect(const struct menu *menu, struct menu_facts *out);

#endif
