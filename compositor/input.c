/* SPDX-License-Identifier: MIT */
/*
 * Joins devices, seat, focus and scene: who is in front, who has the input, what the host's keys
 * do. What the scene reports from inside its calls is only noted here; conclusions are drawn on the
 * loop's next turn (settle), when the scene may be changed again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "compositor/server.h"
#include "compositor/wayland/wayland.h"

struct input {
	struct server *server;
	struct seat *seat;
	struct seat_sink sink;
	struct focus focus;
	struct clock_timer *late;    /* focus.deadline_ns */
	struct devices *devices;     /* NULL when headless */
	sd_event_source *settle;     /* one turn, when the scene has changed */
	struct scene_guest *leaving; /* about to be removed */
	uint32_t outputs;            /* a bit for each that exists */
	uint32_t requested;          /* outputs of the last focus request */
	bool attention;
	bool late_card; /* shown because frames are late */
	bool patient;   /* it has been shown for this owner already */
	bool moving;    /* the scene is being rearranged: nothing is anywhere */
};

static struct scene_guest *scene_guest(struct seat_guest *guest)
{
	return (struct scene_guest *)guest;
}

static struct seat_guest *seat_guest(struct scene_guest *guest)
{
	return (struct seat_guest *)guest;
}

static void settle_later(struct input *input)
{
	/* Fails only after the loop's end, when there is nothing left to settle. */
	sd_event_source_set_enabled(input->settle, SD_EVENT_ONESHOT);
}

/* ---- guests and where they are ---- */

static bool has_heads(const struct scene_guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			return true;
		}
	}
	return false;
}

static uint32_t outputs_showing(struct input *input, const struct scene_guest *guest)
{
	uint32_t outputs = 0;
	int number;

	for (unsigned i = 0; guest && i < SCENE_MAX_HEADS; i++) {
		const struct scene_head *head = guest->heads[i];

		if (head && head->visible && head->output) {
			number = repaint_output_number(input->server->repaint, head->output->name);
			outputs |= number >= 0 ? UINT32_C(1) << number : 0;
		}
	}
	return outputs;
}

/*
 * The next guest after this one that could be in front, round and round; this one last. NULL: none.
 */
static struct scene_guest *guest_after(struct input *input, struct scene_guest *after)
{
	struct scene *scene = input->server->scene;
	struct scene_guest *guest = after;

	for (unsigned i = 0; i < SCENE_MAX_GUESTS; i++) {
		guest = scene_guest_next(scene, guest);
		if (!guest || (guest != input->leaving && has_heads(guest))) {
			return guest;
		}
		if (guest == after) {
			return NULL;
		}
	}
	return NULL;
}

/* Who is in front now, or must be because that one is gone. */
static struct scene_guest *guest_due(struct input *input)
{
	struct scene_guest *front = scene_front(input->server->scene);

	return front && front != input->leaving && has_heads(front) ? front :
								      guest_after(input, front);
}

/* ---- cards ---- */

static void card_line(struct card *card, const char *before, const char *name)
{
	if (card->n_lines < CARD_LINES) {
		snprintf(card->lines[card->n_lines++], CARD_LINE_SIZE, "%s%s", before, name);
	}
}

static void card_guests(struct input *input, struct card *card)
{
	struct scene *scene = input->server->scene;
	struct scene_guest *first = scene_guest_next(scene, NULL), *guest = first;

	/* Two lines are left for what follows. */
	while (guest && card->n_lines < CARD_LINES - 3) {
		card_line(card, guest == scene_front(scene) ? "in front: " : "", guest->mark.name);
		guest = scene_guest_next(scene, guest);
		if (guest == first) {
			return;
		}
	}
	if (guest) {
		card_line(card, "...", "");
	}
}

static void card_show(struct input *input, struct scene_guest *late)
{
	struct card card = {0};

	if (input->attention) {
		card_line(&card, "Vitrine: the host has the keyboard", "");
		card_line(&card, "", "");
		card_guests(input, &card);
		card_line(&card, "", "");
		card_line(&card, "Escape goes back", "");
	} else if (late) {
		card_line(&card, "Vitrine: waiting for the picture of ", late->mark.name);
		card_line(&card, "Nobody has the keyboard", "");
	}
	scene_set_card(input->server->scene, card.n_lines ? &card : NULL);
}

/* ---- focus ---- */

static void late_arm(struct input *input)
{
	if (input->focus.deadline_ns == UINT64_MAX) {
		clock_timer_disarm(input->late);
	} else {
		clock_timer_arm(input->late, input->focus.deadline_ns);
	}
}

static void focus_grant(void *data, struct seat_guest *guest)
{
	struct input *input = data;
	struct server *server = input->server;

	/* Releases first, then the keyboard goes. */
	seat_set_owner(input->seat, guest);
	input->patient = input->patient && !guest;
	wayland_set_keyboard(server->wayland, scene_guest(guest));
	scene_set_keyboard(server->scene, scene_guest(guest));
}

/*
 * A card hides the mark that is waited for. So once the card has been on the glass the picture is
 * asked for again, and this time waited for without one, however slow the monitor.
 */
static void focus_late(void *data, struct seat_guest *guest)
{
	struct input *input = data;

	if (guest && input->patient) {
		return;
	}
	if (guest && input->requested) {
		log_warn(LOG_HOST,
			 "the new owner's frames are late: nobody has the input until they come");
	}
	input->late_card = guest != NULL;
	card_show(input, scene_guest(guest));
}

static const struct focus_events focus_events = {
	.grant = focus_grant,
	.late = focus_late,
};

static void handle_late(void *data, uint64_t now_ns)
{
	struct input *input = data;

	focus_timeout(&input->focus, now_ns);
	late_arm(input);
}

static uint32_t longest_period(struct input *input, uint32_t outputs)
{
	uint64_t longest = 0;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(input->server->repaint, i);

		if ((outputs >> i & 1) && output && output->refresh_mhz > 0) {
			longest = MAX(longest, 1000 * NSEC_PER_SEC / (uint64_t)output->refresh_mhz);
		}
	}
	return (uint32_t)MIN(longest, UINT32_MAX);
}

/* The guest's mark is on the glass of one output at least. */
static bool on_glass(struct input *input, const struct scene_guest *guest)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(input->server->repaint, i);

		if (output && scene_output_shows(output) == guest) {
			return true;
		}
	}
	return false;
}

/* Has these outputs flip once more, so that what they show is known for certain. */
static void outputs_redraw(struct input *input, uint32_t outputs)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		struct scene_output *output = repaint_output(input->server->repaint, i);

		if ((outputs >> i & 1) && output) {
			scene_output_damage_all(output);
		}
	}
}

static void request(struct input *input, struct scene_guest *guest)
{
	uint32_t outputs = outputs_showing(input, guest);

	input->requested = outputs;
	focus_request(&input->focus, seat_guest(guest), outputs, longest_period(input, outputs),
		      clock_now(input->server->clock));
	late_arm(input);
	outputs_redraw(input, outputs);
	test_input_poll(input->server->test_input);
}

static void settle_focus(struct input *input)
{
	struct scene_guest *due = guest_due(input);
	uint32_t outputs;

	if (due != scene_front(input->server->scene)) {
		scene_set_front(input->server->scene, due);
	}
	if (input->attention) {
		return;
	}
	outputs = outputs_showing(input, due);
	if (input->focus.target != seat_guest(due) ||
	    (input->focus.is_pending && outputs != input->requested) ||
	    (input->focus.owner && (!outputs || !on_glass(input, due)))) {
		request(input, due);
	}
}

static int handle_settle(sd_event_source *source, void *data)
{
	struct input *input = data;

	settle_focus(input);
	seat_layout_changed(input->seat);
	return 0;
}

/* ---- actions ---- */

static void switch_guest(struct input *input)
{
	struct scene_guest *front = scene_front(input->server->scene);
	struct scene_guest *next = guest_after(input, front);

	if (next && next != front) {
		input->patient = false;
		scene_set_front(input->server->scene, next);
		request(input, next);
	}
}

static void attention_begin(struct input *input)
{
	if (!input->attention) {
		input->attention = true;
		seat_set_grabbed(input->seat, true);
		request(input, NULL);
		card_show(input, NULL);
	}
}

/* The guest gets its input back when its mark is on the glass again, no sooner. */
static void attention_end(struct input *input)
{
	if (input->attention) {
		input->attention = false;
		card_show(input, NULL);
		request(input, guest_due(input));
		seat_set_grabbed(input->seat, false);
	}
}

static void sink_action(void *data, enum seat_action action)
{
	struct server *server = data;

	switch (action) {
	case SEAT_ACTION_SWITCH:
		switch_guest(server->input);
		break;
	case SEAT_ACTION_ATTENTION:
		attention_begin(server->input);
		break;
	case SEAT_ACTION_LAYOUT:
	case SEAT_ACTION_BRIGHTER:
	case SEAT_ACTION_DARKER:
		break;
	case SEAT_ACTION_DISMISS:
		attention_end(server->input);
		break;
	}
}

/* ---- where things are, for the seat ---- */

static bool space_output_rect(void *data, unsigned number, double *x, double *y, double *w,
			      double *h)
{
	struct server *server = data;
	const struct scene_output *output = repaint_output(server->repaint, number);

	if (!output) {
		return false;
	}
	*x = output->layout.x;
	*y = output->layout.y;
	*w = output->layout.w;
	*h = output->layout.h;
	return true;
}

static bool space_pick(void *data, double x, double y, struct seat_guest **guest,
		       struct seat_head **head, double *head_x, double *head_y)
{
	struct server *server = data;
	struct scene_head *found = NULL;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS && !server->input->moving; i++) {
		struct scene_output *output = repaint_output(server->repaint, i);

		if (output && rect_contains(&output->layout, x, y)) {
			found = scene_pick(output, x - output->layout.x, y - output->layout.y,
					   head_x, head_y);
			break;
		}
	}
	if (!found) {
		return false;
	}
	*guest = seat_guest(found->guest);
	*head = (struct seat_head *)found;
	return true;
}

static double to_side(double position, int dst_start, int dst_size, int size)
{
	double scaled = dst_size > 0 ? (position - dst_start) * size / dst_size : 0;

	/* The far edge belongs to the neighbour; 1/256 is Wayland's resolution. */
	return MAX(0, MIN(scaled, size - 1.0 / 256));
}

static void space_to_head(void *data, struct seat_head *seat_head, double x, double y,
			  double *head_x, double *head_y)
{
	const struct scene_head *head = (const struct scene_head *)seat_head;
	const struct rect *dst = &head->dst;

	*head_x = 0;
	*head_y = 0;
	if (head->output) {
		*head_x = to_side(x - head->output->layout.x, dst->x, dst->w, head->width);
		*head_y = to_side(y - head->output->layout.y, dst->y, dst->h, head->height);
	}
}

static bool space_output_shows(void *data, unsigned number, struct seat_guest *guest)
{
	struct server *server = data;

	return outputs_showing(server->input, scene_guest(guest)) >> number & 1;
}

static const struct seat_space space = {
	.output_rect = space_output_rect,
	.pick = space_pick,
	.to_head = space_to_head,
	.output_shows = space_output_shows,
};

/* ---- what the scene and the frame loop report ---- */

void input_guest_added(struct input *input, struct scene_guest *guest)
{
	settle_later(input);
}

void input_guest_removed(struct input *input, struct scene_guest *guest)
{
	input->leaving = guest;
	seat_forget_guest(input->seat, seat_guest(guest));
	focus_guest_gone(&input->focus, seat_guest(guest));
	settle_focus(input);
	late_arm(input);
	input->leaving = NULL;
	settle_later(input);
}

static void head_moved(struct input *input, struct scene_head *head)
{
	input->moving = true;
	seat_forget_head(input->seat, (struct seat_head *)head);
	input->moving = false;
	settle_later(input);
}

void input_head_placed(struct input *input, struct scene_head *head)
{
	head_moved(input, head);
}

void input_head_removed(struct input *input, struct scene_head *head)
{
	head_moved(input, head);
}

void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns)
{
	int number = repaint_output_number(input->server->repaint, output->name);
	struct scene_guest *shown = scene_output_shows(output);

	if (number >= 0) {
		focus_shown(&input->focus, (unsigned)number, seat_guest(shown), now_ns);
		late_arm(input);
		if (input->focus.owner && !on_glass(input, scene_guest(input->focus.owner))) {
			/* This was the last: it has moved to where it has yet to be shown. */
			settle_focus(input);
		}
		if (shown && shown == scene_guest(input->focus.owner)) {
			/* The pointer may be over what was not on the glass before. */
			seat_layout_changed(input->seat);
		}
	}
	if (input->late_card && !shown && !input->attention) {
		input->patient = true;
		request(input, guest_due(input));
	}
	test_input_poll(input->server->test_input);
}

void input_outputs_changed(struct input *input)
{
	uint32_t outputs = 0;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		if (repaint_output(input->server->repaint, i)) {
			outputs |= UINT32_C(1) << i;
		} else if (input->outputs >> i & 1) {
			focus_output_gone(&input->focus, i);
		}
	}
	input->outputs = outputs;
	late_arm(input);
	/* At once: an owner that is on the glass of no other monitor has nothing from here on. */
	settle_focus(input);
	settle_later(input);
}

struct seat *input_seat(struct input *input)
{
	return input->seat;
}

uint64_t input_event_ns(const struct input *input)
{
	return seat_event_ns(input->seat);
}

struct scene_guest *input_owner(const struct input *input)
{
	return scene_guest(input->focus.owner);
}

bool input_attention(const struct input *input)
{
	return input->attention;
}

/* ---- devices ---- */

static int host_open(void *data, const char *path)
{
	struct input *input = data;

	return session_open_device(input->server->session, path);
}

static void host_close(void *data, int fd)
{
	struct input *input = data;

	session_close_device(input->server->session, fd);
}

static int host_output_by_name(void *data, const char *name)
{
	struct input *input = data;

	return repaint_output_number(input->server->repaint, name);
}

static const struct devices_host devices_host = {
	.open = host_open,
	.close = host_close,
	.output_by_name = host_output_by_name,
};

static void session_changed(void *data, bool active)
{
	struct input *input = data;

	if (!active) {
		devices_suspend(input->devices);
		seat_all_up(input->seat);
	} else if (devices_resume(input->devices) < 0) {
		log_error(LOG_HOST, "the input devices did not come back with the session");
	}
}

static const struct session_listener session_listener = {
	.changed = session_changed,
};

int input_open_devices(struct input *input)
{
	struct server *server = input->server;
	struct devices_config config = {.n_bindings = server->settings->n_bind_input};
	int ret;

	for (unsigned i = 0; i < config.n_bindings; i++) {
		config.bindings[i] = server->settings->bind_input[i];
	}
	ret = devices_create(&input->devices, server->event, session_seat(server->session),
			     input->seat, &devices_host, input, &config);
	if (ret < 0) {
		return ret;
	}
	return session_listen(server->session, &session_listener, input);
}

/* ---- start and stop ---- */

static int settle_create(struct input *input)
{
	int ret = sd_event_add_defer(input->server->event, &input->settle, handle_settle, input);

	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(input->settle, PRIORITY_INPUT);
	if (ret < 0) {
		return ret;
	}
	return sd_event_source_set_enabled(input->settle, SD_EVENT_OFF);
}

void input_set_chords(struct input *input, const struct settings *settings)
{
	const struct {
		enum seat_action action;
		const char *text;
	} chords[] = {
		{SEAT_ACTION_ATTENTION, settings->attention_key},
		{SEAT_ACTION_SWITCH, settings->switch_key},
		/* Where there is nothing to switch, the key is the guests'. */
		{SEAT_ACTION_LAYOUT, settings->n_layouts > 1 ? settings->layout_key : ""},
		{SEAT_ACTION_BRIGHTER, settings->brighter_key},
		{SEAT_ACTION_DARKER, settings->darker_key},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(chords); i++) {
		struct seat_chord chord = {0};

		if (chords[i].text[0] && seat_chord_parse(chords[i].text, &chord) < 0) {
			abort(); /* settings are checked when they are read */
		}
		seat_set_chord(input->seat, chords[i].action, &chord);
	}
}

int input_create(struct input **out, struct server *server)
{
	struct input *input = xcalloc(1, sizeof(*input));
	const struct seat_chord none = {0};
	int ret;

	input->server = server;
	input->sink = wayland_seat_sink;
	input->sink.action = sink_action;
	input->seat = seat_create(&input->sink, &space, server, &none, &none);
	input_set_chords(input, server->settings);
	focus_init(&input->focus, &focus_events, input);
	input->late = clock_timer_create(server->clock, PRIORITY_INPUT, handle_late, input);
	ret = input->late ? settle_create(input) : -ENOMEM;
	if (ret < 0) {
		input_destroy(input);
		return ret;
	}
	*out = input;
	return 0;
}

void input_destroy(struct input *input)
{
	if (!input) {
		return;
	}
	if (input->devices) {
		devices_destroy(input->devices);
	}
	sd_event_source_disable_unref(input->settle);
	if (input->late) {
		clock_timer_destroy(input->late);
	}
	seat_destroy(input->seat);
	free(input);
}
