/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/menu_items.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* ---- names ---- */

const struct menu_guest *menu_guest_find(const struct menu_model *model, const char *name)
{
	for (unsigned i = 0; i < model->facts.n_guests; i++) {
		if (strcmp(model->facts.guests[i].name, name) == 0) {
			return &model->facts.guests[i];
		}
	}
	return NULL;
}

uint32_t menu_name_number(const struct menu_model *model, const char *name)
{
	for (unsigned i = 0; i < model->n_names; i++) {
		if (strcmp(model->names[i].name, name) == 0) {
			return model->names[i].number;
		}
	}
	return 0;
}

/* ---- items ---- */

static struct menu_item *item_add(const struct menu_model *model, struct menu_items *items,
				  enum menu_do what, const struct menu_guest *guest,
				  const char *text)
{
	struct menu_item *item = &items->list[items->n++];

	*item = (struct menu_item){
		.what = what,
		.guest = guest,
		.id = (guest ? menu_name_number(model, guest->name) << 8 : 0) | (uint32_t)what,
		.text = text,
		.detail = "",
	};
	return item;
}

static void add_guests(const struct menu_model *model, struct menu_items *items)
{
	for (unsigned i = 0; i < model->facts.n_guests; i++) {
		const struct menu_guest *guest = &model->facts.guests[i];
		struct menu_item *item = item_add(model, items, MENU_OPEN_GUEST, guest, guest->name);

		item->detail = guest->state;
		item->has_mark = guest->is_running;
		item->is_listed = true;
	}
}

static void add_main(const struct menu_model *model, struct menu_items *items)
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

static void add_locked(const struct menu_model *model, struct menu_items *items)
{
	item_add(model, items, MENU_CLOSE, NULL, "Go back to unlocking");
	item_add(model, items, MENU_BLANK, NULL, "Blank the monitors");
	if (model->facts.has_backlight) {
		item_add(model, items, MENU_BRIGHTER, NULL, "Brighter");
		item_add(model, items, MENU_DARKER, NULL, "Darker");
	}
}

static void add_guest_page(const struct menu_model *model, struct menu_items *items)
{
	const struct menu_guest *guest = menu_guest_find(model, model->guest);
	struct menu_item *item;

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

static void add_confirm(const struct menu_model *model, struct menu_items *items)
{
	const struct menu_guest *guest = menu_guest_find(model, model->guest);

	/* Where the question opens, Enter does no harm. */
	item_add(model, items, MENU_BACK, NULL, "No, go back");
	snprintf(items->name, sizeof(items->name), "Yes, %s %s",
		 model->asked == MENU_STOP ? "stop" : "reboot", guest->name);
	item_add(model, items, model->asked, guest, items->name);
}

void menu_items_build(const struct menu_model *model, struct menu_items *items)
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

int menu_item_index(const struct menu_items *items, uint32_t id)
{
	for (unsigned i = 0; i < items->n; i++) {
		if (items->list[i].id == id) {
			return (int)i;
		}
	}
	return -1;
}

unsigned menu_items_listed(const struct menu_items *items)
{
	unsigned n = 0;

	while (n < items->n && items->list[n].is_listed) {
		n++;
	}
	return n;
}

unsigned menu_window_size(unsigned n, unsigned first)
{
	unsigned rows = MENU_GUEST_ROWS;

	if (n <= MENU_GUEST_ROWS) {
		return n;
	}
	rows -= first > 0 ? 1 : 0;
	if (n - first > rows) {
		rows--;
	}
	return MIN(rows, n - first);
}
