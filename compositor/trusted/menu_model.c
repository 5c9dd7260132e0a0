/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/menu_model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* Rows for guests on the main page: the rest is title, notice, two rules, the host's items and a hint. */
#define GUEST_ROWS 11
#define MAX_ITEMS (MENU_MAX_GUESTS + 16)

struct item {
	enum menu_do what;
	const struct menu_guest *guest; /* NULL: about none */
	uint32_t id;
	const char *text, *detail;
	bool is_disabled, has_mark;
	bool is_listed; /* one of the guests on the main page, of which there may be too many */
};

/* A page's items in their order. Texts are literals, or those of the facts. */
struct items {
	struct item list[MAX_ITEMS];
	unsigned n;
	char name[64]; /* for one text that is put together */
};

/* ---- names ---- */

static const struct menu_guest *guest_find(const struct menu_model *model, const char *name)
{
	for (unsigned i = 0; i < model->facts.n_guests; i++) {
		if (strcmp(model->facts.guests[i].name, name) == 0) {
			return &model->facts.guests[i];
		}
	}
	return NULL;
}

static uint32_t name_number(const struct menu_model *model, const char *name)
{
	for (unsigned i = 0; i < model->n_names; i++) {
		if (strcmp(model->names[i].name, name) == 0) {
			return model->names[i].number;
		}
	}
	return 0;
}

/* Who went is forgotten, who came gets a number that nobody had before. */
static void names_update(struct menu_model *model)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < model->n_names; i++) {
		if (guest_find(model, model->names[i].name)) {
			model->names[kept++] = model->names[i];
		}
	}
	model->n_names = kept;
	for (unsigned i = 0; i < model->facts.n_guests; i++) {
		const char *name = model->facts.guests[i].name;

		if (!name_number(model, name)) {
			memcpy(model->names[model->n_names].name, name,
			       sizeof(model->names[0].name));
			model->names[model->n_names++].number = ++model->last_number;
		}
	}
}

/* ---- items ---- */

static struct item *item_add(const struct menu_model *model, struct items *items, enum menu_do what,
			     const struct menu_guest *guest, const char *text)
{
	struct item *item = &items->list[items->n++];

	*item = (struct item){
		.what = what,
		.guest = guest,
		.id = (guest ? name_number(model, guest->name) << 8 : 0) | (uint32_t)what,
		.text = text,
		.detail = "",
	};
	return item;
}

static void add_guests(const struct menu_model *model, struct items *items)
{
	for (unsigned i = 0; i < model->facts.n_guests; i++) {
		const struct menu_guest *guest = &model->facts.guests[i];
		struct item *item = item_add(model, items, MENU_OPEN_GUEST, guest, guest->name);

		item->detail = guest->state;
		item->has_mark = guest->is_running;
		item->is_listed = true;
	}
}

static void add_main(const struct menu_model *model, struct items *items)
{
	const struct menu_facts *facts = &model->facts;

	add_guests(model, items);
	if (facts->can_lock) {
		item_add(model, items, MENU_LOCK, NULL, "Lock");
	}
	item_add(model, items, MENU_BLANK, NULL, "Blank the monitors");
	if (facts->can_screenshot) {
		item_add(model, items, MENU_SCREENSHOT, NULL, "Take a picture of all monitors");
	}
	if (facts->has_layouts) {
		item_add(model, items, MENU_LAYOUT, NULL, "Next layout")->detail = facts->layout;
	}
	if (facts->is_detached) {
		item_add(model, items, MENU_ATTACH, NULL, "Attach the input again");
	} else if (facts->can_detach) {
		item_add(model, items, MENU_DETACH, NULL, "Detach the input from all guests");
	}
	item_add(model, items, MENU_CLOSE, NULL, "Go back");
}

static void add_locked(const struct menu_model *model, struct items *items)
{
	item_add(model, items, MENU_CLOSE, NULL, "Go back to unlocking");
	item_add(model, items, MENU_BLANK, NULL, "Blank the monitors");
	if (model->facts.has_backlight) {
		item_add(model, items, MENU_BRIGHTER, NULL, "Brighter");
		item_add(model, items, MENU_DARKER, NULL, "Darker");
	}
}

static void add_guest_page(const struct menu_model *model, struct items *items)
{
	const struct menu_guest *guest = guest_find(model, model->guest);
	struct item *item;

	if (guest->is_running) {
		item = item_add(model, items, MENU_FRONT, guest, "Bring to the front");
		item->is_disabled = !guest->can_front;
		item->detail = guest->can_front ? "" : "no place for it on these monitors";
		item = item_add(model, items, MENU_SEND_CHORD, guest, "Send it the attention keys");
		item->detail = model->facts.chord;
		item->is_disabled = !guest->can_send;
	}
	if (guest->can_start) {
		item_add(model, items, MENU_START, guest, "Start")->is_disabled = guest->is_busy;
	}
	if (guest->can_reboot) {
		item_add(model, items, MENU_ASK_REBOOT, guest, "Reboot")->is_disabled =
			guest->is_busy;
	}
	if (guest->can_stop) {
		item_add(model, items, MENU_ASK_STOP, guest, "Stop")->is_disabled = guest->is_busy;
	}
	item_add(model, items, MENU_BACK, NULL, "Go back");
}

static void add_confirm(const struct menu_model *model, struct items *items)
{
	const struct menu_guest *guest = guest_find(model, model->guest);

	/* Where the question opens, Enter does no harm. */
	item_add(model, items, MENU_BACK, NULL, "No, go back");
	snprintf(items->name, sizeof(items->name), "Yes, %s %s",
		 model->asked == MENU_STOP ? "stop" : "reboot", guest->name);
	item_add(model, items, model->asked, guest, items->name);
}

static void items_build(const struct menu_model *model, struct items *items)
{
	items->n = 0;
	if (model->facts.is_locked) {
		add_locked(model, items);
		return;
	}
	switch (model->page) {
	case MENU_PAGE_MAIN:
		add_main(model, items);
		break;
	case MENU_PAGE_GUEST:
		add_guest_page(model, items);
		break;
	case MENU_PAGE_CONFIRM:
		add_confirm(model, items);
		break;
	}
}

/* -1: not among them. */
static int item_index(const struct items *items, uint32_t id)
{
	for (unsigned i = 0; i < items->n; i++) {
		if (items->list[i].id == id) {
			return (int)i;
		}
	}
	return -1;
}

static unsigned n_listed(const struct items *items)
{
	unsigned n = 0;

	while (n < items->n && items->list[n].is_listed) {
		n++;
	}
	return n;
}

/* ---- the part of the guests that is shown ---- */

/* How many guests there is room for beside the rows that say that there are more. */
static unsigned window_size(unsigned n, unsigned first)
{
	unsigned rows = GUEST_ROWS;

	if (n <= GUEST_ROWS) {
		return n;
	}
	rows -= first > 0 ? 1 : 0;
	if (n - first > rows) {
		rows--;
	}
	return MIN(rows, n - first);
}

/* So that this one of n is shown. */
static void window_follow(struct menu_model *model, unsigned n, unsigned index)
{
	if (n <= GUEST_ROWS) {
		model->first = 0;
		return;
	}
	/* From its end no further than that all rows are used. */
	model->first = MIN(model->first, n - (GUEST_ROWS - 1));
	if (index < model->first) {
		model->first = index;
	}
	while (index >= model->first + window_size(n, model->first)) {
		model->first++;
	}
	/* A row that says "one more above" shows that one instead. */
	model->first = model->first == 1 && index < GUEST_ROWS - 1 ? 0 : model->first;
}

static void window_clamp(struct menu_model *model)
{
	unsigned n = model->facts.n_guests;

	model->first = n <= GUEST_ROWS ? 0 : MIN(model->first, n - (GUEST_ROWS - 1));
}

/* ---- selection ---- */

static void select_item(struct menu_model *model, const struct items *items, unsigned index)
{
	model->selected = items->list[index].id;
	if (items->list[index].is_listed) {
		window_follow(model, n_listed(items), index);
	}
}

/* The next one that can be chosen from index on, by steps of 1 or -1, not round. -1: none. */
static int next_enabled(const struct items *items, int index, int step)
{
	for (; index >= 0 && index < (int)items->n; index += step) {
		if (!items->list[index].is_disabled) {
			return index;
		}
	}
	return -1;
}

static void select_first(struct menu_model *model, const struct items *items)
{
	int index = next_enabled(items, 0, 1);

	if (index >= 0) {
		select_item(model, items, (unsigned)index);
	}
}

static void move(struct menu_model *model, int step, bool wraps)
{
	struct items items;
	int index;

	items_build(model, &items);
	index = next_enabled(&items, item_index(&items, model->selected) + step, step);
	if (index < 0 && wraps) {
		index = next_enabled(&items, step > 0 ? 0 : (int)items.n - 1, step);
	}
	if (index >= 0) {
		select_item(model, &items, (unsigned)index);
	}
}

static void move_to_end(struct menu_model *model, bool is_last)
{
	struct items items;
	int index;

	items_build(model, &items);
	index = is_last ? next_enabled(&items, (int)items.n - 1, -1) : next_enabled(&items, 0, 1);
	if (index >= 0) {
		select_item(model, &items, (unsigned)index);
	}
}

/* ---- pages ---- */

static void page_open(struct menu_model *model, enum menu_page page)
{
	struct items items;

	model->page = page;
	items_build(model, &items);
	select_first(model, &items);
}

/* Where it came from, with what led here selected. */
static void page_back(struct menu_model *model)
{
	uint32_t number = name_number(model, model->guest) << 8;
	bool was_question = model->page == MENU_PAGE_CONFIRM;
	uint32_t opener = number | (uint32_t)(!was_question             ? MENU_OPEN_GUEST :
					      model->asked == MENU_STOP ? MENU_ASK_STOP :
									  MENU_ASK_REBOOT);
	struct items items;
	int index;

	page_open(model, was_question ? MENU_PAGE_GUEST : MENU_PAGE_MAIN);
	items_build(model, &items);
	index = item_index(&items, opener);
	if (index >= 0) {
		select_item(model, &items, (unsigned)index);
	}
}

/* The page is about something that still is as it was. */
static bool page_holds(const struct menu_model *model)
{
	const struct menu_guest *guest = guest_find(model, model->guest);

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
	struct items items;
	int index;

	model->facts = *facts;
	names_update(model);
	window_clamp(model);
	if (facts->is_locked || !page_holds(model)) {
		model->page = MENU_PAGE_MAIN;
	}
	items_build(model, &items);
	index = item_index(&items, model->selected);
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
	struct items items;
	unsigned n, index;

	items_build(model, &items);
	n = n_listed(&items);
	if (step > 0) {
		index = MIN(model->first + window_size(n, model->first), n - 1);
		model->first = MIN(index, n - (GUEST_ROWS - 1));
	} else {
		index = model->first > 0 ? model->first - 1 : 0;
		model->first -= MIN(model->first, GUEST_ROWS - 2);
	}
	select_item(model, &items, index);
}

static struct menu_wish item_do(struct menu_model *model, const struct item *item)
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
	struct items items;
	int index;

	if (id == MENU_PAGE_UP || id == MENU_PAGE_DOWN) {
		if (model->page == MENU_PAGE_MAIN && model->facts.n_guests > GUEST_ROWS) {
			page_turn(model, id == MENU_PAGE_DOWN ? 1 : -1);
		}
		return wish(MENU_NOTHING, NULL);
	}
	items_build(model, &items);
	index = item_index(&items, id);
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

static bool begins_with(const struct item *item, char letter)
{
	return !item->is_disabled &&
	       tolower((unsigned char)item->text[0]) == tolower((unsigned char)letter);
}

void menu_model_letter(struct menu_model *model, char letter)
{
	struct items items;
	int from;

	items_build(model, &items);
	if (letter >= '1' && letter <= '9') {
		unsigned index = (unsigned)(letter - '1');

		if (index < items.n && !items.list[index].is_disabled) {
			select_item(model, &items, index);
		}
		return;
	}
	from = item_index(&items, model->selected) + 1;
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
	struct items items;
	int index;

	items_build(model, &items);
	index = item_index(&items, id);
	if (index >= 0 && !items.list[index].is_disabled) {
		select_item(model, &items, (unsigned)index);
	}
}

/* ---- what is shown ---- */

static struct panel_row *row_add(struct panel *panel, enum panel_row_kind kind, const char *text)
{
	static struct panel_row spare;
	struct panel_row *row = panel->n_rows < PANEL_ROWS ? &panel->rows[panel->n_rows++] : &spare;

	row->kind = kind;
	snprintf(row->text, sizeof(row->text), "%s", text);
	return row;
}

static void row_add_item(const struct menu_model *model, struct panel *panel,
			 const struct item *item)
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
			    const struct items *items)
{
	unsigned n = n_listed(items), first = model->first, size = window_size(n, first);

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
	const struct menu_guest *guest = guest_find(model, model->guest);
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
	struct items items;

	items_build(model, &items);
	*out = (struct panel){0};
	row_add_title(model, out);
	if (model->facts.notice[0] && !model->facts.is_locked) {
		row_add(out, PANEL_TEXT, model->facts.notice);
	}
	if (!model->facts.is_locked && model->page == MENU_PAGE_MAIN) {
		if (n_listed(&items) == 0) {
			row_add(out, PANEL_TEXT, "No guest is running");
		}
		rows_add_listed(model, out, &items);
	}
	for (unsigned i = n_listed(&items); i < items.n; i++) {
		row_add_item(model, out, &items.list[i]);
	}
	row_add(out, PANEL_RULE, "");
	row_add(out, PANEL_TEXT, "Arrows and Enter, or point; Escape goes back");
}
