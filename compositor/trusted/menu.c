/* SPDX-License-Identifier: MIT */
/* The attention menu: joins its model to what the seat tells the host, and does what was chosen. */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "compositor/trusted/menu_priv.h"

#define WHEEL_STEP 120

/* ---- what is chosen ---- */

static void menu_refresh(struct menu *menu)
{
	menu_facts_collect(menu, &menu->facts);
	menu_model_update(&menu->model, &menu->facts);
	trusted_update(menu->server->trusted);
}

/* The guest has its place in front, and so the keyboard as soon as its mark is on the glass. */
static void bring_to_front(struct menu *menu, const char *name)
{
	struct scene_guest *guest = scene_guest_find(menu->server->scene, name);

	if (guest && input_switch_to(menu->server->input, guest) < 0) {
		log_info(LOG_ADMIN, "the layout has no place in front for %s", name);
	}
}

static void send_chord(struct menu *menu, const char *name)
{
	snprintf(menu->chord_for, sizeof(menu->chord_for), "%s", name);
	menu_close(menu);
	bring_to_front(menu, name);
}

/* The menu stays open and shows what becomes of it. */
static void run_command(struct menu *menu, const char *verb, const char *name)
{
	char words[PANEL_TEXT_SIZE];
	int ret = commands_run(menu->server->commands, verb, name, NULL, NULL);

	if (ret < 0) {
		snprintf(words, sizeof(words), "%s %s: %s", verb, name,
			 ret == -EBUSY ? "wait until another one has ended" :
					 "vitrine-command can't be reached");
		menu_notice(menu, words);
	} else {
		menu_notice(menu, "");
	}
}

/* What leaves the menu: it is closed first, since nothing changes hands under it. */
static void wish_leave(struct menu *menu, const struct menu_wish *wish)
{
	struct server *server = menu->server;

	menu_close(menu);
	switch (wish->what) {
	case MENU_FRONT:
		bring_to_front(menu, wish->guest);
		break;
	case MENU_BLANK:
		if (monitors_set_power(server->monitors, NULL, false) < 0) {
			log_info(LOG_HOST, "not all monitors can be switched off");
		}
		break;
	case MENU_SCREENSHOT:
		/* Without the menu, which is closed. */
		if (control_take_pictures(server->control) < 0) {
			log_info(LOG_ADMIN,
				 "no pictures are taken: others are, or there is no state-dir");
		}
		break;
	case MENU_DETACH:
		input_detach(server->input);
		break;
	case MENU_ATTACH:
		input_attach(server->input);
		break;
	case MENU_LAYOUT:
		if (layouts_switch(server->layouts, NULL) < 0) {
			log_info(LOG_ADMIN, "there is no other layout");
		}
		break;
	default:
		break;
	}
}

static void wish_fulfil(struct menu *menu, const struct menu_wish *wish)
{
	switch (wish->what) {
	case MENU_NOTHING:
		break;
	case MENU_SEND_CHORD:
		send_chord(menu, wish->guest);
		return;
	case MENU_LOCK:
		/* It comes above the menu, which then goes: there is no moment in which neither is up. */
		lock_now(menu->server->lock, LOCK_BY_COMMAND);
		return;
	case MENU_START:
		run_command(menu, "start", wish->guest);
		break;
	case MENU_STOP:
		run_command(menu, "stop", wish->guest);
		break;
	case MENU_REBOOT:
		run_command(menu, "reboot", wish->guest);
		break;
	case MENU_BRIGHTER:
	case MENU_DARKER:
		monitors_step_backlight(menu->server->monitors,
					wish->what == MENU_BRIGHTER ? 1 : -1);
		break;
	default:
		wish_leave(menu, wish);
		return;
	}
	trusted_update(menu->server->trusted);
}

/* ---- keys ---- */

/* The letter or digit on the key of a keyboard as it is printed for English; 0: none. */
static char key_letter(uint32_t code)
{
	static const struct {
		uint32_t first;
		const char *letters;
	} rows[] = {
		{KEY_1, "1234567890"},
		{KEY_Q, "qwertyuiop"},
		{KEY_A, "asdfghjkl"},
		{KEY_Z, "zxcvbnm"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (code >= rows[i].first && code < rows[i].first + strlen(rows[i].letters)) {
			return rows[i].letters[code - rows[i].first];
		}
	}
	return '\0';
}

static bool key_find(const struct menu *menu, uint32_t code, enum menu_key *out)
{
	static const struct {
		uint32_t code;
		enum menu_key key;
	} keys[] = {
		{KEY_UP, MENU_KEY_UP},           {KEY_DOWN, MENU_KEY_DOWN},
		{KEY_HOME, MENU_KEY_FIRST},      {KEY_END, MENU_KEY_LAST},
		{KEY_PAGEUP, MENU_KEY_FIRST},    {KEY_PAGEDOWN, MENU_KEY_LAST},
		{KEY_RIGHT, MENU_KEY_OPEN},      {KEY_LEFT, MENU_KEY_CLOSE},
		{KEY_ENTER, MENU_KEY_ENTER},     {KEY_KPENTER, MENU_KEY_ENTER},
		{KEY_SPACE, MENU_KEY_ENTER},     {KEY_ESC, MENU_KEY_ESCAPE},
		{KEY_BACKSPACE, MENU_KEY_CLOSE},
	};

	if (code == KEY_TAB) {
		*out = menu->is_shifted ? MENU_KEY_UP : MENU_KEY_DOWN;
		return true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].code == code) {
			*out = keys[i].key;
			return true;
		}
	}
	return false;
}

static void menu_key(void *data, uint32_t code, bool pressed, uint64_t time_ns)
{
	struct menu *menu = data;
	struct menu_wish wish = {MENU_NOTHING};
	enum menu_key key;

	if (code == KEY_LEFTSHIFT || code == KEY_RIGHTSHIFT) {
		menu->is_shifted = pressed;
		return;
	}
	if (!pressed) {
		return;
	}
	if (key_find(menu, code, &key)) {
		wish = menu_model_key(&menu->model, key);
	} else if (key_letter(code)) {
		menu_model_letter(&menu->model, key_letter(code));
	}
	wish_fulfil(menu, &wish);
}

/* ---- pointer and touch ---- */

static void menu_point(void *data, struct scene_output *output, double x, double y)
{
	struct menu *menu = data;
	uint32_t was = menu->pointed;

	menu->pointer.output = output;
	menu->pointer.x = x;
	menu->pointer.y = y;
	menu->pointed = scene_panel_id(output, x, y);
	/* A pointer that lies still leaves the selection to the keys. */
	if (menu->pointed != was && menu->pointed) {
		menu_model_point(&menu->model, menu->pointed);
		trusted_update(menu->server->trusted);
	}
}

/* Chosen by letting go over the same item. */
static void item_press(struct menu *menu, uint32_t id)
{
	menu->pressed = id;
	menu_model_point(&menu->model, id);
	trusted_update(menu->server->trusted);
}

static void item_release(struct menu *menu, uint32_t id)
{
	struct menu_wish wish = {MENU_NOTHING};

	if (id && id == menu->pressed) {
		wish = menu_model_choose(&menu->model, id);
	}
	menu->pressed = 0;
	wish_fulfil(menu, &wish);
}

/* Of the glass, now: a pointer that lies still is over another row when the page has turned. */
static uint32_t id_under_pointer(const struct menu *menu)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(menu->server->repaint, i);

		if (output && output == menu->pointer.output) {
			return scene_panel_id(output, menu->pointer.x, menu->pointer.y);
		}
	}
	return 0;
}

static void menu_button(void *data, uint32_t code, bool pressed)
{
	struct menu *menu = data;

	if (code == BTN_LEFT && menu->contact < 0) {
		if (pressed) {
			item_press(menu, id_under_pointer(menu));
		} else {
			item_release(menu, id_under_pointer(menu));
		}
	}
}

static void menu_axis(void *data, enum seat_axis axis, int v120)
{
	struct menu *menu = data;
	int steps;

	if (axis != SEAT_AXIS_VERTICAL) {
		return;
	}
	menu->wheel += v120;
	steps = menu->wheel / WHEEL_STEP;
	menu->wheel -= steps * WHEEL_STEP;
	if (steps != 0) {
		menu_model_scroll(&menu->model, MAX(MIN(steps, MENU_MAX_GUESTS), -MENU_MAX_GUESTS));
		trusted_update(menu->server->trusted);
	}
}

/* One finger at a time; of others nothing is taken. */
static void menu_touch_down(void *data, struct scene_output *output, int contact, double x, double y)
{
	struct menu *menu = data;

	if (menu->contact < 0 && !menu->pressed) {
		menu->contact = contact;
		menu->pointed = scene_panel_id(output, x, y);
		item_press(menu, menu->pointed);
	}
}

static void menu_touch_motion(void *data, struct scene_output *output, int contact, double x,
			      double y)
{
	struct menu *menu = data;

	if (contact == menu->contact) {
		menu->pointed = scene_panel_id(output, x, y);
	}
}

static void menu_touch_up(void *data, int contact)
{
	struct menu *menu = data;

	if (contact == menu->contact) {
		menu->contact = -1;
		item_release(menu, menu->pointed);
	}
}

/* ---- open and closed ---- */

static bool menu_panel(void *data, struct panel *panel)
{
	struct menu *menu = data;

	menu_model_panel(&menu->model, panel);
	return true;
}

/* Something of more weight came up: whoever was choosing begins anew. */
static void menu_active(void *data, bool has_input)
{
	if (!has_input) {
		menu_close(data);
	}
}

static const struct trusted_ops menu_ops = {
	.panel = menu_panel,
	.key = menu_key,
	.point = menu_point,
	.button = menu_button,
	.axis = menu_axis,
	.touch_down = menu_touch_down,
	.touch_motion = menu_touch_motion,
	.touch_up = menu_touch_up,
	.active = menu_active,
};

void menu_open(struct menu *menu)
{
	struct trusted *trusted = menu->server->trusted;

	menu->chord_for[0] = '\0';
	menu->is_open = true;
	menu->is_shifted = false;
	menu->pressed = menu->pointed = 0;
	menu->pointer.output = NULL;
	menu->contact = -1;
	menu->wheel = 0;
	menu_facts_collect(menu, &menu->facts);
	menu_model_open(&menu->model, &menu->facts);
	menu->level = menu->facts.is_locked ? TRUSTED_LOCK_MENU : TRUSTED_MENU;
	trusted_show(trusted, menu->level, &menu_ops, menu);
}

void menu_close(struct menu *menu)
{
	if (menu->is_open) {
		menu->is_open = false;
		menu->notice[0] = '\0';
		trusted_hide(menu->server->trusted, menu->level);
	}
}

/* On a turn of its own: guests come and go inside of calls that must not be made again from here. */
void menu_guests_changed(struct menu *menu)
{
	if (menu && menu->is_open) {
		/* Fails only after the loop's end, when nothing is shown any more. */
		sd_event_source_set_enabled(menu->refresh, SD_EVENT_ONESHOT);
	}
}

void menu_notice(struct menu *menu, const char *words)
{
	if (menu && menu->is_open) {
		snprintf(menu->notice, sizeof(menu->notice), "%s", words);
		menu_guests_changed(menu);
	}
}

/* The keys that the host keeps for itself, to the guest that somebody chose for them; to no other. */
void menu_keyboard_given(struct menu *menu, const struct scene_guest *guest)
{
	if (!menu || !guest || !menu->chord_for[0]) {
		return;
	}
	if (strcmp(menu->chord_for, guest->mark.name) != 0) {
		menu->chord_for[0] = '\0';
		return;
	}
	/* On a turn of its own: the seat is being told. */
	sd_event_source_set_enabled(menu->refresh, SD_EVENT_ONESHOT);
}

static void chord_send(struct menu *menu)
{
	struct server *server = menu->server;
	struct scene_guest *guest = scene_guest_find(server->scene, menu->chord_for);
	struct seat_chord chord;

	if (!guest || input_owner(server->input) != guest) {
		return;
	}
	menu->chord_for[0] = '\0';
	if (seat_chord_parse(server->settings->attention_key, &chord) < 0) {
		abort(); /* settings are checked when they are read */
	}
	if (!seat_send_chord(input_seat(server->input), (struct seat_guest *)guest, &chord)) {
		log_debug(LOG_US, "somebody else has the keyboard already");
	}
}

static int handle_refresh(sd_event_source *source, void *data)
{
	struct menu *menu = data;

	if (menu->chord_for[0]) {
		chord_send(menu);
	}
	if (menu->is_open) {
		menu_refresh(menu);
	}
	return 0;
}

/* ---- start and stop ---- */

int menu_create(struct menu **out, struct server *server)
{
	struct menu *menu = xcalloc(1, sizeof(*menu));
	int ret;

	menu->server = server;
	menu->contact = -1;
	ret = sd_event_add_defer(server->event, &menu->refresh, handle_refresh, menu);
	if (ret >= 0) {
		ret = sd_event_source_set_enabled(menu->refresh, SD_EVENT_OFF);
	}
	if (ret < 0) {
		menu_destroy(menu);
		return ret;
	}
	*out = menu;
	return 0;
}

void menu_destroy(struct menu *menu)
{
	if (menu) {
		sd_event_source_disable_unref(menu->refresh);
		free(menu);
	}
}
