/* SPDX-License-Identifier: MIT */
/*
 * The attention menu as a pure state machine: what it lists, what is selected, what choosing it means. No server, no
 * devices; menu.c joins it to those. A main page (guests, then the host's own items), a page for each guest, and a
 * question before anything that cannot be taken back. Of a locked screen there is one page without any guest's name.
 */
#ifndef TRUSTED_MENU_MODEL_H
#define TRUSTED_MENU_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "compositor/scene/layer.h"

#define MENU_MAX_GUESTS 128 /* those that run and those that are only configured */

enum menu_do {
	MENU_NOTHING,
	/* What follows is done by the menu itself. */
	MENU_OPEN_GUEST,
	MENU_BACK,
	MENU_PAGE_UP,
	MENU_PAGE_DOWN,
	MENU_ASK_STOP,
	MENU_ASK_REBOOT,
	/* What follows is for the caller. */
	MENU_CLOSE,
	MENU_FRONT,
	MENU_SEND_CHORD, /* the attention chord, to the guest */
	MENU_START,
	MENU_STOP,
	MENU_REBOOT,
	MENU_DETACH,
	MENU_ATTACH,
	MENU_LOCK,
	MENU_BLANK,
	MENU_SCREENSHOT,
	MENU_LAYOUT,
	MENU_BRIGHTER,
	MENU_DARKER,
};

/* What the caller is to do; guest "": it is about none. */
struct menu_wish {
	enum menu_do what; /* MENU_NOTHING, or one of the caller's */
	char guest[33];
};

struct menu_guest {
	char name[33];
	bool is_running;
	struct mark mark;                     /* while it is running */
	char state[PANEL_TEXT_SIZE];          /* a few words */
	bool can_front, can_send;             /* false: listed, but cannot be chosen */
	bool can_start, can_stop, can_reboot; /* false: not listed */
	bool is_busy; /* one of those is under way: they are listed, but cannot be chosen */
};

/* What is true now. */
struct menu_facts {
	bool is_locked;
	bool can_lock, can_screenshot, can_detach, has_layouts, has_backlight;
	bool is_detached;
	char layout[PANEL_TEXT_SIZE]; /* that is in force */
	char chord[PANEL_TEXT_SIZE];  /* the attention chord, for people */
	char notice[PANEL_TEXT_SIZE]; /* how the last command ended; "": nothing to say */
	struct menu_guest guests[MENU_MAX_GUESTS];
	unsigned n_guests;
};

enum menu_page {
	MENU_PAGE_MAIN,
	MENU_PAGE_GUEST,
	MENU_PAGE_CONFIRM,
};

/* An item's id says what it does and for whom, and is never given to anything else while the menu is open. */
struct menu_model {
	struct menu_facts facts;
	enum menu_page page;
	char guest[33];     /* whose page it is, or whom the question is about */
	enum menu_do asked; /* MENU_STOP or MENU_REBOOT */
	uint32_t selected;
	unsigned first; /* of the guests, which is shown first */
	struct {
		char name[33];
		uint32_t number;
	} names[MENU_MAX_GUESTS];
	unsigned n_names;
	uint32_t last_number;
};

enum menu_key {
	MENU_KEY_UP,
	MENU_KEY_DOWN,
	MENU_KEY_FIRST,
	MENU_KEY_LAST,
	MENU_KEY_OPEN,  /* right */
	MENU_KEY_CLOSE, /* left: back, but not out */
	MENU_KEY_ENTER,
	MENU_KEY_ESCAPE,
};

/* The main page. What was remembered of an earlier time is forgotten. */
void menu_model_open(struct menu_model *model, const struct menu_facts *facts);
/* Something is different. Stays where it is as far as that still exists. */
void menu_model_update(struct menu_model *model, const struct menu_facts *facts);
struct menu_wish menu_model_key(struct menu_model *model, enum menu_key key);
/* A digit selects the item of that number, a letter the next item that begins with it. */
void menu_model_letter(struct menu_model *model, char letter);
/* Steps of a wheel, down positive: the selection moves and stops at the ends. */
void menu_model_scroll(struct menu_model *model, int steps);
/* Pointed at: selected when it can be chosen. */
void menu_model_point(struct menu_model *model, uint32_t id);
/* Clicked. An id that is not listed (any more) or cannot be chosen means nothing. */
struct menu_wish menu_model_choose(struct menu_model *model, uint32_t id);
void menu_model_panel(const struct menu_model *model, struct panel *out);

#endif
