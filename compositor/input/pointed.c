/* SPDX-License-Identifier: MIT */
/*
 * What follows from where the pointer is and what was clicked: whether the host shows its own cursor, who is asked the
 * keyboard for, who catches the pointer, and what the strips say of it. The seat reports from inside its calls; this runs on
 * the loop's next turn.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "compositor/input/input_priv.h"
#include "compositor/wayland/wayland.h"

/* Without motion the host's cursor is hidden after so long. */
#define HIDE_NS (3 * NSEC_PER_SEC)
/* The pointer only crosses a picture on which it stays less than this. */
#define DWELL_NS (150 * NSEC_PER_MSEC)

void input_pointed_later(struct input *input)
{
	/* Fails only after the loop's end. */
	sd_event_source_set_enabled(input->pointed.turn, SD_EVENT_ONESHOT);
}

static const struct settings *settings_of(const struct input *input)
{
	return input->server->settings;
}

/* NULL: the host or nobody has it. */
static struct scene_guest *pointer_guest(const struct input *input)
{
	struct seat_guest *owner = seat_pointer_owner(input->seat);

	return owner == seat_host ? NULL : scene_guest(owner);
}

/* ---- capture ---- */

static enum settings_capture capture_of(const struct input *input, const struct scene_guest *guest)
{
	enum settings_capture capture =
		settings_guest(settings_of(input), guest->mark.name)->capture;

	if (capture != CAPTURE_AUTO) {
		return capture;
	}
	return wayland_guest_pointer_kind(guest) == SEAT_POINTER_RELATIVE ? CAPTURE_CLICK :
									    CAPTURE_CHORD;
}

static void follow(struct input *input, struct scene_guest *guest)
{
	int ret = guest == scene_guest(input->focus.target) ? 0 : input_give_keyboard(input, guest);

	if (ret < 0) {
		log_debug(LOG_US, "the keyboard stays: %s", strerror(-ret));
	}
}

/* It is to have the keyboard as well: what catches the pointer is played with both. */
static void capture(struct input *input, struct scene_guest *guest)
{
	follow(input, guest);
	seat_set_capture(input->seat, seat_guest(guest));
}

void input_toggle_capture(struct input *input)
{
	struct scene_guest *guest = pointer_guest(input);

	if (seat_capture(input->seat)) {
		seat_set_capture(input->seat, NULL);
	} else if (guest && capture_of(input, guest) != CAPTURE_NEVER) {
		capture(input, guest);
	}
	input_pointed_later(input);
}

/* ---- clicks and crossings ---- */

void pointed_click(struct input *input, struct scene_guest *guest, bool is_button)
{
	input->pointed.clicked = guest;
	input->pointed.is_button = is_button;
	input_pointed_later(input);
}

static void click_settle(struct input *input)
{
	struct scene_guest *guest = input->pointed.clicked;

	input->pointed.clicked = NULL;
	if (!guest || input->mode != SEAT_GUESTS) {
		return;
	}
	if (settings_of(input)->keyboard_follows != FOLLOWS_SWITCH) {
		follow(input, guest);
	}
	if (input->pointed.is_button && guest == pointer_guest(input) &&
	    !seat_capture(input->seat) && capture_of(input, guest) == CAPTURE_CLICK) {
		capture(input, guest);
	}
}

static void handle_dwell(void *data, uint64_t now_ns)
{
	struct input *input = data;
	struct scene_guest *guest = pointer_guest(input);

	if (guest && guest == input->pointed.dwelling &&
	    settings_of(input)->keyboard_follows == FOLLOWS_POINTER) {
		follow(input, guest);
	}
}

/* Only who has moved there: a picture that comes under the pointer takes no keyboard. */
static void dwell_settle(struct input *input, bool has_moved)
{
	struct scene_guest *guest = pointer_guest(input);

	if (guest == input->pointed.dwelling) {
		return;
	}
	input->pointed.dwelling = guest;
	clock_timer_disarm(input->pointed.dwell);
	if (guest && has_moved && settings_of(input)->keyboard_follows == FOLLOWS_POINTER) {
		clock_timer_arm(input->pointed.dwell, clock_now(input->server->clock) + DWELL_NS);
	}
}

/* ---- the host's cursor ---- */

static void handle_hide(void *data, uint64_t now_ns)
{
	struct input *input = data;

	scene_set_cursor(input->server->scene, false, 0, 0);
}

/* Exactly where no guest has the pointer; there a guest's own cursor is parked. */
static void cursor_settle(struct input *input, bool has_moved)
{
	struct pointed *pointed = &input->pointed;
	uint64_t now_ns = clock_now(input->server->clock);

	if (has_moved) {
		pointed->hide_ns = now_ns + HIDE_NS;
	}
	if (pointer_guest(input) || now_ns >= pointed->hide_ns) {
		clock_timer_disarm(pointed->hide);
		scene_set_cursor(input->server->scene, false, 0, 0);
		return;
	}
	clock_timer_arm(pointed->hide, pointed->hide_ns);
	scene_set_cursor(input->server->scene, true, pointed->x, pointed->y);
}

/* ---- what the strips say ---- */

static void note_settle(struct input *input)
{
	const struct scene_guest *away = input_guest_elsewhere(input);
	const char *key = settings_of(input)->capture_key;
	char note[STRIP_NOTE_SIZE] = "";

	if (input->mode != SEAT_GUESTS) {
		/* What is up says all there is to say. */
	} else if (input->is_detached) {
		snprintf(note, sizeof(note), "input is detached");
	} else if (away) {
		snprintf(note, sizeof(note), "input is on %s's own monitor", away->mark.name);
	} else if (seat_capture(input->seat)) {
		snprintf(note, sizeof(note), "pointer caught: %.40s frees it",
			 key[0] ? key : settings_of(input)->attention_key);
	}
	scene_set_strip_note(input->server->scene, note);
}

static const char *name_of(const struct scene_guest *guest)
{
	return guest ? guest->mark.name : "-";
}

void input_report(const struct input *input, FILE *out)
{
	const struct scene_output *cursor = scene_cursor_output(input->server->scene);

	fprintf(out, "pointer %s\n", name_of(pointer_guest(input)));
	fprintf(out, "capture %s\n", name_of(scene_guest(seat_capture(input->seat))));
	fprintf(out, "cursor %s\n", cursor ? cursor->name : "-");
}

/* ---- the turn ---- */

static int handle_turn(sd_event_source *source, void *data)
{
	struct input *input = data;
	struct pointed *pointed = &input->pointed;
	bool has_moved;
	double x, y;

	seat_pointer_position(input->seat, &x, &y);
	has_moved = pointed->by_device && (x != pointed->x || y != pointed->y);
	pointed->by_device = false;
	pointed->x = x;
	pointed->y = y;
	click_settle(input);
	dwell_settle(input, has_moved);
	cursor_settle(input, has_moved);
	note_settle(input);
	return 0;
}

void pointed_activity(struct input *input)
{
	input->pointed.by_device = true;
	input_pointed_later(input);
}

void pointed_forget_guest(struct input *input, const struct scene_guest *guest)
{
	struct pointed *pointed = &input->pointed;

	pointed->clicked = pointed->clicked == guest ? NULL : pointed->clicked;
	pointed->dwelling = pointed->dwelling == guest ? NULL : pointed->dwelling;
	input_pointed_later(input);
}

int pointed_init(struct input *input)
{
	struct pointed *pointed = &input->pointed;
	struct server *server = input->server;
	int ret = sd_event_add_defer(server->event, &pointed->turn, handle_turn, input);

	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(pointed->turn, PRIORITY_INPUT);
	if (ret < 0) {
		return ret;
	}
	pointed->hide = clock_timer_create(server->clock, PRIORITY_INPUT, handle_hide, input);
	pointed->dwell = clock_timer_create(server->clock, PRIORITY_INPUT, handle_dwell, input);
	if (!pointed->hide || !pointed->dwell) {
		return -ENOMEM;
	}
	ret = sd_event_source_set_enabled(pointed->turn, SD_EVENT_OFF);
	return MIN(ret, 0);
}

void pointed_finish(struct input *input)
{
	struct pointed *pointed = &input->pointed;

	sd_event_source_disable_unref(pointed->turn);
	if (pointed->hide) {
		clock_timer_destroy(pointed->hide);
	}
	if (pointed->dwell) {
		clock_timer_destroy(pointed->dwell);
	}
}
