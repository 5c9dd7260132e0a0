/* SPDX-License-Identifier: MIT */
/* What the attention menu is to list: guests, what they are doing, what can be asked. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "compositor/trusted/menu_priv.h"
#include "compositor/wayland/wayland.h"

/* ---- guests ---- */

static const struct scene_head *head_shown(const struct scene_guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i] && guest->heads[i]->visible) {
			return guest->heads[i];
		}
	}
	return NULL;
}

static bool has_heads(const struct scene_guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			return true;
		}
	}
	return false;
}

/* What a person should know of it beside where it is; NULL: nothing. */
static const char *trouble_of(const struct scene_guest *guest)
{
	const struct scene_head *head = head_shown(guest);

	if (wayland_input_behind(guest)) {
		return "does not answer";
	}
	if (head && scene_head_is_frozen(head)) {
		return "stands still";
	}
	return head && !scene_head_buffer(head) ? "no picture" : NULL;
}

static void put_state(struct menu_guest *out, const struct scene_guest *guest)
{
	const struct scene_head *head = head_shown(guest);
	const char *trouble = trouble_of(guest);
	char where[40] = "hidden";

	if (!has_heads(guest)) {
		snprintf(where, sizeof(where), "no screen");
	} else if (guest == scene_front(guest->scene)) {
		snprintf(where, sizeof(where), "in front");
	} else if (head && head->output) {
		snprintf(where, sizeof(where), "on %s", head->output->name);
	}
	snprintf(out->state, sizeof(out->state), "%s%s%s", where, trouble ? ", " : "",
		 trouble ? trouble : "");
}

static struct menu_guest *guest_get(struct menu_facts *facts, const char *name)
{
	struct menu_guest *guest;

	for (unsigned i = 0; i < facts->n_guests; i++) {
		if (strcmp(facts->guests[i].name, name) == 0) {
			return &facts->guests[i];
		}
	}
	if (facts->n_guests == MENU_MAX_GUESTS) {
		return NULL;
	}
	guest = &facts->guests[facts->n_guests++];
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	return guest;
}

static void put_running(struct server *server, struct menu_facts *facts)
{
	struct scene_guest *first = scene_guest_next(server->scene, NULL), *guest = first;

	while (guest) {
		struct menu_guest *out = guest_get(facts, guest->mark.name);
		bool can_be_shown = has_heads(guest) && scene_guest_reachable(guest) &&
				    scene_guest_showable(guest);

		if (out) {
			out->is_running = true;
			out->mark = guest->mark;
			out->can_front = can_be_shown;
			out->can_send = can_be_shown;
			put_state(out, guest);
		}
		guest = scene_guest_next(server->scene, guest);
		guest = guest == first ? NULL : guest;
	}
}

/* Those that have a section of their own: their commands, and the ones that do not run. */
static void put_configured(struct server *server, struct menu_facts *facts)
{
	const struct settings *settings = server->settings;

	for (unsigned i = 0; i < settings->n_guests; i++) {
		const struct settings_guest *own = &settings->guests[i];
		const char *busy = commands_state(server->commands, own->name);
		struct menu_guest *out = NULL;

		if (scene_guest_find(server->scene, own->name) || own->start[0] || busy) {
			out = guest_get(facts, own->name);
		}
		if (!out) {
			continue;
		}
		out->is_busy = busy != NULL;
		out->can_start = !out->is_running && own->start[0];
		out->can_stop = out->is_running && own->stop[0];
		out->can_reboot = out->is_running && own->reboot[0];
		if (busy || !out->is_running) {
			snprintf(out->state, sizeof(out->state), "%s", busy ? busy : "not running");
		}
	}
}

/* ---- the host ---- */

/* "ctrl+alt+delete" as "Ctrl+Alt+Delete". */
static void put_chord(struct menu_facts *facts, const char *text)
{
	bool is_first = true;
	size_t n = 0;

	for (; text[n] && n + 1 < sizeof(facts->chord); n++) {
		facts->chord[n] = (char)(is_first ? toupper((unsigned char)text[n]) : text[n]);
		is_first = text[n] == '+';
	}
	facts->chord[n] = '\0';
}

void menu_facts_collect(const struct menu *menu, struct menu_facts *out)
{
	struct server *server = menu->server;

	memset(out, 0, sizeof(*out));
	out->is_locked = trusted_is_up(server->trusted, TRUSTED_LOCK);
	out->has_backlight = true;
	if (out->is_locked) {
		return;
	}
	out->can_detach = true;
	out->can_screenshot = server->control && server->settings->state_dir[0];
	out->can_lock = server->lock && server->settings->lock.user[0];
	out->is_detached = input_is_detached(server->input);
	out->has_layouts = server->settings->n_layouts > 1;
	if (out->has_layouts) {
		snprintf(out->layout, sizeof(out->layout), "%s", layouts_current(server->layouts));
	}
	put_chord(out, server->settings->attention_key);
	snprintf(out->notice, sizeof(out->notice), "%s", menu->notice);
	put_running(server, out);
	put_configured(server, out);
}
