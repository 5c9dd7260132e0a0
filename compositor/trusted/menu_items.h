/* SPDX-License-Identifier: MIT */
/* What the files of the menu's model share: the items of a page, which of the guests are in sight. */
#ifndef TRUSTED_MENU_ITEMS_H
#define TRUSTED_MENU_ITEMS_H

#include "compositor/trusted/menu_model.h"

/* Rows for guests on the main page: the rest is title, notice, two rules, the host's items and a hint. */
#define MENU_GUEST_ROWS 11
#define MENU_MAX_ITEMS (MENU_MAX_GUESTS + 16)

struct menu_item {
	enum menu_do what;
	const struct menu_guest *guest; /* NULL: about none */
	uint32_t id;
	const char *text, *detail;
	bool is_disabled, has_mark;
	bool is_listed; /* one of the guests on the main page, of which there may be too many */
};

/* A page's items in their order. Texts are literals, or those of the facts. */
struct menu_items {
	struct menu_item list[MENU_MAX_ITEMS];
	unsigned n;
	char name[64]; /* for one text that is put together */
};

/* NULL: there is none of this name. */
const struct menu_guest *menu_guest_find(const struct menu_model *model, const char *name);
/* 0: it has none. */
uint32_t menu_name_number(const struct menu_model *model, const char *name);
/* Of the page that is open. out must not be moved. */
void menu_items_build(const struct menu_model *model, struct menu_items *out);
/* -1: not among them. */
int menu_item_index(const struct menu_items *items, uint32_t id);
/* How many of them, from the first on, are guests in a list. */
unsigned menu_items_listed(const struct menu_items *items);
/* How many of n guests there is room for, from this one on, beside the rows that say that there are more. */
unsigned menu_window_size(unsigned n, unsigned first);

#endif
