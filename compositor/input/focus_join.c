/* SPDX-License-Identifier: MIT */
/*
 * Who is in front and who has the input, joined from focus, scene and seat. What the scene reports
 * from inside its calls is only noted here; conclusions are drawn on the loop's next turn (settle),
 * when the scene may be changed again.
 */
#include "base/log.h"
#include "base/trace.h"
#include "compositor/input/input_priv.h"
#include "compositor/wayland/wayland.h"

void input_settle_later(struct input *input)
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

bool output_has_guest(const struct scene_output *output, const struct scene_guest *guest)
{
	unsigned n;
	const struct scene_view *view = scene_output_views(output, &n);

	for (; n > 0; n--, view++) {
		if (view->head && view->head->guest == guest && !rect_empty(&view->dst)) {
			return true;
		}
	}
	return false;
}

/* A mirror counts: its flip shows the guest to people, too. */
static uint32_t outputs_showing(struct input *input, const struct scene_guest *guest)
{
	uint32_t outputs = 0;

	for (unsigned i = 0; guest && i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(input->server->repaint, i);

		if (output && output_has_guest(output, guest)) {
			outputs |= UINT32_C(1) << i;
		}
	}
	return outputs;
}

/* All of them: each has a strip that names the keyboard's owner, or shows one guest and no other for ever. */
static uint32_t outputs_lit(struct input *input)
{
	uint32_t outputs = 0;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(input->server->repaint, i);

		if (output && scene_output_is_lit(output)) {
			outputs |= UINT32_C(1) << i;
		}
	}
	return outputs;
}

/* What must be on the glass before the guest has the keyboard. */
static struct focus_outputs outputs_for(struct input *input, const struct scene_guest *guest)
{
	return (struct focus_outputs){
		.marks = outputs_showing(input, guest),
		.names = guest ? outputs_lit(input) : 0,
		.is_elsewhere = guest && guest_is_elsewhere(input->server, guest),
	};
}

bool guest_can_be_front(struct input *input, const struct scene_guest *guest)
{
	return guest != input->leaving && scene_guest_reachable(guest) &&
	       ((has_heads(guest) && scene_guest_showable(guest)) ||
		guest_is_elsewhere(input->server, guest));
}

bool guest_can_have_keyboard(struct input *input, const struct scene_guest *guest)
{
	return guest != input->leaving && scene_guest_reachable(guest) &&
	       (outputs_showing(input, guest) || guest_is_elsewhere(input->server, guest));
}

struct scene_guest *guest_after(struct input *input, struct scene_guest *after)
{
	struct scene *scene = input->server->scene;
	struct scene_guest *guest = after;

	for (unsigned i = 0; i < SCENE_MAX_GUESTS; i++) {
		guest = scene_guest_next(scene, guest);
		if (!guest || guest_can_be_front(input, guest)) {
			return guest;
		}
		if (guest == after) {
			return NULL;
		}
	}
	return NULL;
}

struct scene_guest *guest_due(struct input *input)
{
	struct scene_guest *front = scene_front(input->server->scene), *next;

	if (front && guest_can_be_front(input, front)) {
		return front;
	}
	next = guest_after(input, front);
	if (next) {
		return next;
	}
	/* No place for anybody: whoever was in front waits for one. */
	return front && front != input->leaving && has_heads(front) ? front : NULL;
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

static void focus_tell(struct server *server, const struct scene_guest *guest)
{
	const char *name = guest ? guest->mark.name : "";

	if (guest) {
		trace_add(server->trace, TRACE_FOCUS, trace_track(server->trace, "guest", name),
			  clock_now(server->clock), 0, 0);
	}
	server_tell(server, "FocusChanged", name, "");
}

static void focus_grant(void *data, struct seat_guest *guest)
{
	struct input *input = data;
	struct server *server = input->server;

	/* Releases first, then the keyboard goes. */
	seat_set_keyboard(input->seat, guest);
	input->patient = input->patient && !guest;
	wayland_set_keyboard(server->wayland, scene_guest(guest));
	lights_update(input);
	focus_tell(server, scene_guest(guest));
	menu_keyboard_given(server->menu, scene_guest(guest));
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
	if (guest && input->requested.marks) {
		log_warn(LOG_HOST,
			 "the new owner's frames are late: nobody has the input until they come");
	}
	input->late_card = guest != NULL;
	card_show(input, scene_guest(guest));
}

const struct focus_events input_focus_events = {
	.grant = focus_grant,
	.late = focus_late,
};

void input_handle_late(void *data, uint64_t now_ns)
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

/* The guest's mark is on the glass of one output at least, or its name while its picture is elsewhere. */
static bool on_glass(struct input *input, const struct scene_guest *guest)
{
	bool is_elsewhere = guest_is_elsewhere(input->server, guest);

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(input->server->repaint, i);

		if (output && (scene_output_shows_guest(output, guest) ||
			       (is_elsewhere && scene_output_names_keyboard(output) == guest))) {
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
			scene_output_damage_strip(output);
		}
	}
}

void input_request(struct input *input, struct scene_guest *guest)
{
	struct focus_outputs outputs = outputs_for(input, guest);
	uint32_t all = outputs.marks | outputs.names;

	input->requested = outputs;
	focus_request(&input->focus, seat_guest(guest), &outputs, longest_period(input, all),
		      clock_now(input->server->clock));
	late_arm(input);
	scene_set_keyboard(input->server->scene, guest);
	outputs_redraw(input, all);
	test_input_poll(input->server->test_input);
}

/* What is asked of the outputs is not what would be asked now. */
static bool is_outdated(const struct input *input, const struct focus_outputs *now)
{
	const struct focus_outputs *then = &input->requested;

	return now->marks != then->marks || now->names != then->names ||
	       now->is_elsewhere != then->is_elsewhere;
}

void input_settle(struct input *input)
{
	struct scene_guest *front = guest_due(input), *due;
	struct focus_outputs outputs;

	if (front != scene_front(input->server->scene)) {
		scene_set_front(input->server->scene, front);
	}
	due = keyboard_due(input);
	outputs = outputs_for(input, due);
	if (input->focus.target != seat_guest(due) ||
	    (input->focus.is_pending && is_outdated(input, &outputs)) ||
	    (input->focus.owner && !on_glass(input, due))) {
		input_request(input, due);
	}
}

int input_handle_settle(sd_event_source *source, void *data)
{
	struct input *input = data;

	input_settle(input);
	seat_layout_changed(input->seat);
	menu_guests_changed(input->server->menu);
	input_pointed_later(input);
	return 0;
}

/* ---- what the scene and the frame loop report ---- */

void input_guest_added(struct input *input, struct scene_guest *guest)
{
	input_settle_later(input);
}

void input_guest_removed(struct input *input, struct scene_guest *guest)
{
	input->leaving = guest;
	input->chosen = input->chosen == guest ? NULL : input->chosen;
	pointed_forget_guest(input, guest);
	seat_forget_guest(input->seat, seat_guest(guest));
	lights_forget_guest(input, guest);
	focus_guest_gone(&input->focus, seat_guest(guest));
	input_settle(input);
	late_arm(input);
	input->leaving = NULL;
	input_settle_later(input);
}

static void head_moved(struct input *input, struct scene_head *head)
{
	input->moving = true;
	seat_forget_head(input->seat, (struct seat_head *)head);
	input->moving = false;
	input_settle_later(input);
}

void input_head_placed(struct input *input, struct scene_head *head)
{
	head_moved(input, head);
}

void input_head_removed(struct input *input, struct scene_head *head)
{
	head_moved(input, head);
}

static bool head_on_glass(struct input *input, const struct scene_head *head)
{
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(input->server->repaint, i);

		if (output && scene_output_shows_head(output, head)) {
			return true;
		}
	}
	return false;
}

/* Also where another head of the guest is on a glass: a drag does not go on over what nobody sees. */
static void forget_unseen_heads(struct input *input, const struct scene_guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		struct scene_head *head = guest->heads[i];

		if (head && !head_on_glass(input, head)) {
			seat_forget_head(input->seat, (struct seat_head *)head);
		}
	}
}

/* What is on no glass any more holds nothing; and the pointer may be over what was not there before. */
static void seat_follow_glass(struct input *input)
{
	struct scene *scene = input->server->scene;
	struct scene_guest *first = scene_guest_next(scene, NULL), *guest = first;

	while (guest) {
		forget_unseen_heads(input, guest);
		guest = scene_guest_next(scene, guest);
		guest = guest == first ? NULL : guest;
	}
	seat_layout_changed(input->seat);
}

void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns)
{
	int number = repaint_output_number(input->server->repaint, output->name);
	struct scene_guest *owner;
	struct scene_guest *target = scene_guest(input->focus.target);
	/* Among several it is the one that is asked for that counts; not what has been hidden since the frame was drawn. */
	struct scene_guest *shown = scene_output_shows_guest(output, target) &&
						    output_has_guest(output, target) ?
					    target :
					    NULL;
	struct scene_guest *named = scene_output_has_strip(output) ?
					    scene_output_names_keyboard(output) :
					    target;

	if (number >= 0) {
		focus_shown(&input->focus, (unsigned)number, seat_guest(shown), seat_guest(named),
			    now_ns);
		late_arm(input);
		owner = scene_guest(input->focus.owner);
		if (owner && !on_glass(input, owner)) {
			/* This was the last: it has moved to where it has yet to be shown. */
			input_settle(input);
		}
		seat_follow_glass(input);
	}
	if (input->late_card && scene_output_shows_card(output)) {
		input->patient = true;
		input_request(input, keyboard_due(input));
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
	if (input->devices) {
		devices_outputs_changed(input->devices);
	}
	late_arm(input);
	/* At once: who is on the glass of no other monitor has nothing from here on. */
	input_settle(input);
	seat_follow_glass(input);
	input_settle_later(input);
}
