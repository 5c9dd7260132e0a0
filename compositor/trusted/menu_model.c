/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/menu_items.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* Who went is forgotten, who came gets a number that nobody had before. */
static void names_update(struct menu_model *model)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < model->n_names; i++) {
		if (menu_guest_find(model, model->names[i].name)) {
			model->names[kept++] = model->names[i];
		}
	}
	model->n_names = kept;
	for (unsigned i = 0; i < model->facts.n_guests; i++) {
		const char *name = model->facts.guests[i].name;

		if (!menu_name_number(model, name)) {
			memcpy(model->names[model->n_names].name, name,
			       sizeof(model->names[0].name));
			model->names[model->n_names++].number = ++model->last_number;
		}
	}
}

/* ---- the part of the guests that is shown ---- */

/* So that this one of n is shown. */
static void window_follow(struct menu_model *model, unsigned n, unsigned index)
{
	if (n <= MENU_GUEST_ROWS) {
		model->first = 0;
		return;
	}
	/* From its end no further than that all rows are used. */
	model->first = MIN(model->first, n - (MENU_GUEST_ROWS - 1));
	if (index < model->first) {
		model->first = index;
	}
	while (index >= model->first + menu_window_size(n, model->first)) {
		model->first++;
	}
	/* A row that says "one more above" shows that one instead. */
	model->first = model->first == 1 && index < MENU_GUEST_ROWS - 1 ? 0 : model->first;
}

static void window_clamp(struct menu_model *model)
{
	unsigned n = model->facts.n_guests;

	model->first = n <= MENU_GUEST_ROWS ? 0 : MIN(model->first, n - (MENU_GUEST_ROWS - 1));
}

/* ---- selection ---- */

static void select_item(struct menu_model *model, const struct menu_items *items, unsigned index)
{
	model->selected = items->list[index].id;
	if (items->list[index].is_listed) {
		window_follow(model, menu_items_listed(items), index);
	}
}

/* The next one that can be chosen from index on, by steps of 1 or -1, not round. -1: none. */
static int next_enabled(const struct menu_items *items, int index, int step)
{
	for (; index >= 0 && index < (int)items->n; index += step) {
		if (!items->list[index].is_disabled) {
			return index;
		}
	}
	return -1;
}

static void select_first(struct menu_model *model, const struct menu_items *items)
{
	int index = next_enabled(items, 0, 1);

	if (index >= 0) {
		select_item(model, items, (unsigned)index);
	}
}

static void move(struct menu_model *model, int step, bool wraps)
{
	struct menu_items items;
	int index;

	menu_items_build(model, &items);
	index = next_enabled(&items, menu_item_index(&items, model->selected) + step, step);
	if (index < 0 && wraps) {
		index = next_enabled(&items, step > 0 ? 0 : (int)items.n - 1, step);
	}
	if (index >= 0) {
		select_item(model, &items, (unsigned)index);
	}
}

static void move_to_end(struct menu_model *model, bool is_last)
{
	struct menu_items items;
	int index;

	menu_items_build(model, &items);
	index = is_last ? next_enabled(&items, (int)items.n - 1, -1) : next_enabled(&items, 0, 1);
	if (index >= 0) {
		select_item(model, &items, (unsigned)index);
	}
}

/* ---- pages ---- */

static void page_open(struct menu_model *model, enum menu_page page)
{
	struct menu_items items;

	model->page = page;
	menu_items_build(model, &items);
	select_first(model, &items);
}

/* Where it came from, with what led here selected. */
static void page_back(struct menu_model *model)
{
	uint32_t number = menu_name_number(model, model->guest) << 8;
	bool was_question = model->page == MENU_PAGE_CONFIRM;
	uint32_t opener = number | (uint32_t)(!was_question             ? MENU_OPEN_GUEST :
					      model->asked == MENU_STOP ? MENU_ASK_STOP :
									  MENU_ASK_REBOOT);
	struct menu_items items;
	int index;

	page_open(model, was_question ? MENU_PAGE_GUEST : MENU_PAGE_MAIN);
	menu_items_build(model, &items);
	index = menu_item_index(&items, opener);
	if (index >= 0) {
		select_item(model, &items, (unsigned)index);
	}
}

/* The page is about something that still is as it was. */
static bool page_holds(const struct menu_model *model)
{
	const struct menu_guest *guest = menu_guest_find(model, model->guest);

	switch (model->page) {
	case MENU_PAGE_MAIN:
		return true;
	case MENU_PAGE_GUEST:
		return guest != NULL;
	case MENU_PAGE_CONFIRM:
		return guest && !guest->is_busy &&
		       (model->asked == MENU_STOP ? guest->can_stop : guest->can_reboot);
	}
	return false;
}

void menu_model_update(struct menu_model *model, const struct menu_facts *facts)
{
	struct menu_items items;
	int index;

	model->facts = *facts;
	names_update(model);
	window_clamp(model);
	if (facts->is_locked || !page_holds(model)) {
		model->page = MENU_PAGE_MAIN;
	}
	menu_items_build(model, &items);
	index = menu_item_index(&items, model->selected);
	if (index < 0 || items.list[index].is_disabled) {
		select_first(model, &items);
	} else {
		select_item(model, &items, (unsigned)index);
	}
}

void menu_model_open(struct menu_model *model, const struct menu_facts *facts)
{
	uint32_t last_number = model->last_number;

	*model = (struct menu_model){.last_number = last_number};
	menu_model_update(model, facts);
}

/* ---- what a person does ---- */

static struct menu_wish wish(enum menu_do what, const struct menu_guest *guest)
{
	struct menu_wish wish = {.what = what};

	if (guest) {
		snprintf(wish.guest, sizeof(wish.guest), "%s", guest->name);
	}
	return wish;
}

static void ask(struct menu_model *model, enum menu_do what)
{
	model->asked = what;
	page_open(model, MENU_PAGE_CONFIRM);
}

static void open_guest(struct menu_model *model, const struct menu_guest *guest)
{
	memcpy(model->guest, guest->name, sizeof(model->guest));
	page_open(model, MENU_PAGE_GUEST);
}

/* Pages of guests: the selection goes along, so that it stays in sight. */
static void page_turn(struct menu_model *model, int step)
{
	struct menu_items items;
	unsigned n, index;

	menu_items_build(model, &items);
	n = menu_items_listed(&items);
	if (step > 0) {
		index = MIN(model->first + menu_window_size(n, model->first), n - 1);
		model->first = MIN(index, n - (MENU_GUEST_ROWS - 1));
	} else {
		index = model->first > 0 ? model->first - 1 : 0;
		model->first -= MIN(model->first, MENU_GUEST_ROWS - 2);
	}
	select_item(model, &items, index);
}

static struct menu_wish item_do(struct menu_model *model, const struct menu_item *item)
{
	switch (item->what) {
	case MENU_OPEN_GUEST:
		open_guest(model, item->guest);
		break;
	case MENU_BACK:
		page_back(model);
		break;
	case MENU_ASK_STOP:
		ask(model, MENU_STOP);
		break;
	case MENU_ASK_REBOOT:
		ask(model, MENU_REBOOT);
		break;
	case MENU_STOP:
	case MENU_REBOOT:
		page_back(model);
		return wish(item->what, item->guest);
	default:
		return wish(item->what, item->guest);
	}
	return wish(MENU_NOTHING, NULL);
}

struct menu_wish menu_model_choose(struct menu_model *model, uint32_t id)
{
	struct menu_items items;
	int index;

	if (id == MENU_PAGE_UP || id == MENU_PAGE_DOWN) {
		if (model->page == MENU_PAGE_MAIN && model->facts.n_guests > MENU_GUEST_ROWS) {
			page_turn(model, id == MENU_PAGE_DOWN ? 1 : -1);
		}
		return wish(MENU_NOTHING, NULL);
	}
	menu_items_build(model, &items);
	index = menu_item_index(&items, id);
	if (index < 0 || items.list[index].is_disabled) {
		return wish(MENU_NOTHING, NULL);
	}
	return item_do(model, &items.list[index]);
}

struct menu_wish menu_model_key(struct menu_model *model, enum menu_key key)
{
	switch (key) {
	case MENU_KEY_UP:
		move(model, -1, true);
		break;
	case MENU_KEY_DOWN:
		move(model, 1, true);
		break;
	case MENU_KEY_FIRST:
	case MENU_KEY_LAST:
		move_to_end(model, key == MENU_KEY_LAST);
		break;
	case MENU_KEY_OPEN:
		if ((model->selected & 0xff) != MENU_OPEN_GUEST) {
			break;
		}
		return menu_model_choose(model, model->selected);
	case MENU_KEY_ENTER:
		return menu_model_choose(model, model->selected);
	case MENU_KEY_CLOSE:
	case MENU_KEY_ESCAPE:
		if (model->page != MENU_PAGE_MAIN) {
			page_back(model);
		} else if (key == MENU_KEY_ESCAPE) {
			return wish(MENU_CLOSE, NULL);
		}
		break;
	}
	return wish(MENU_NOTHING, NULL);
}

static bool begins_with(const struct menu_item *item, char letter)
{
	return !item->is_disabled &&
	       tolower((unsigned char)item->text[0]) == tolower((unsigned char)letter);
}

void menu_model_letter(struct menu_model *model, char letter)
{
	struct menu_items items;
	int from;

	menu_items_build(model, &items);
	if (letter >= '1' && letter <= '9') {
		unsigned index = (unsigned)(letter - '1');

		if (index < items.n && !items.list[index].is_disabled) {
			select_item(model, &items, index);
		}
		return;
	}
	from = menu_item_index(&items, model->selected) + 1;
	for (unsigned i = 0; i < items.n; i++) {
		unsigned index = ((unsigned)from + i) % items.n;

		if (begins_with(&items.list[index], letter)) {
			select_item(model, &items, index);
			return;
		}
	}
}

void menu_model_scroll(struct menu_model *model, int steps)
{
	for (; steps > 0; steps--) {
		move(model, 1, false);
	}
	for (; steps < 0; steps++) {
		move(model, -1, false);
	}
}

void menu_model_point(struct menu_model *model, uint32_t id)
{
	struct menu_items items;
	int index;

	menu_items_build(model, &items);
	index = menu_item_index(&items, id);
	if (index >= 0 && !items.list[index].is_disabled) {
		select_item(model, &items, (unsigned)index);
	}
}
