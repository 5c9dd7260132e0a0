/* SPDX-License-Identifier: MIT */
/* Who is to have the input: by key, by command, by click, and when the host takes it or gives it back. */
#include <errno.h>

#include "compositor/input/input_priv.h"

/* ---- which guest ---- */

struct scene_guest *keyboard_due(struct input *input)
{
	if (input->mode != SEAT_GUESTS || input->is_detached) {
		return NULL;
	}
	return input->chosen && guest_can_have_keyboard(input, input->chosen) ? input->chosen :
										guest_due(input);
}

/* The one that comes before it, round and round; itself last. NULL: none. */
static struct scene_guest *guest_before(struct input *input, struct scene_guest *before)
{
	struct scene_guest *guest = guest_after(input, before), *last = guest;

	for (unsigned i = 0; guest && guest != before && i < SCENE_MAX_GUESTS; i++) {
		last = guest;
		guest = guest_after(input, guest);
	}
	return last;
}

/* It is to have the keyboard. Where pictures stay unless they must move, one that is shown is not brought to the front. */
static void guest_choose(struct input *input, struct scene_guest *guest, bool may_stay)
{
	struct scene *scene = input->server->scene;
	bool stays = may_stay && guest_can_have_keyboard(input, guest);

	input->patient = false;
	input->is_detached = false;
	seat_set_capture(input->seat, NULL);
	input->chosen = stays ? guest : NULL;
	if (!stays) {
		scene_set_front(scene, guest);
		/* One that is on a monitor of its own alone is in front of nothing. */
		input->chosen = scene_front(scene) == guest ? NULL : guest;
	}
	if (input->focus.target != seat_guest(guest)) {
		input_request(input, keyboard_due(input));
	}
	/* It may have been detached. */
	seat_layout_changed(input->seat);
	input_pointed_later(input);
}

void input_switch(struct input *input, bool is_back)
{
	bool may_stay = input->server->settings->keyboard_follows != FOLLOWS_SWITCH;
	struct scene_guest *from, *to;

	if (input->is_detached) {
		input_attach(input);
		return;
	}
	from = keyboard_due(input);
	to = is_back ? guest_before(input, from) : guest_after(input, from);
	if (to && to != from) {
		guest_choose(input, to, may_stay);
	}
}

int input_switch_to(struct input *input, struct scene_guest *guest)
{
	if (input->mode != SEAT_GUESTS) {
		return -EBUSY;
	}
	if (!guest) {
		input_switch(input, false);
		return 0;
	}
	if (!guest_can_be_front(input, guest)) {
		return -EACCES;
	}
	guest_choose(input, guest, false);
	return 0;
}

int input_give_keyboard(struct input *input, struct scene_guest *guest)
{
	if (input->mode != SEAT_GUESTS) {
		return -EBUSY;
	}
	if (!guest_can_have_keyboard(input, guest)) {
		return -EACCES;
	}
	guest_choose(input, guest, true);
	return 0;
}

/* ---- the host takes it, and gives it back ---- */

/* A guest gets its input back when its mark is on the glass again, no sooner. */
void input_set_mode(struct input *input, enum seat_mode mode)
{
	bool was_guests = input->mode == SEAT_GUESTS;

	if (mode == input->mode) {
		return;
	}
	input->mode = mode;
	if (mode != SEAT_GUESTS) {
		seat_set_mode(input->seat, mode);
	}
	if (was_guests) {
		input_request(input, NULL);
		card_show(input, NULL);
	} else if (mode == SEAT_GUESTS) {
		input_request(input, keyboard_due(input));
		seat_set_mode(input->seat, mode);
	}
	input_pointed_later(input);
}

void input_detach(struct input *input)
{
	if (input->is_detached) {
		return;
	}
	input->is_detached = true;
	if (input->mode == SEAT_GUESTS) {
		/* The host has it for a moment: whatever guests hold is released. From then on the pointer finds none of them. */
		seat_set_mode(input->seat, SEAT_HOST);
		input_request(input, NULL);
		seat_set_mode(input->seat, SEAT_GUESTS);
	}
	input_pointed_later(input);
}

void input_attach(struct input *input)
{
	if (!input->is_detached) {
		return;
	}
	input->is_detached = false;
	if (input->mode == SEAT_GUESTS) {
		input_request(input, keyboard_due(input));
		seat_layout_changed(input->seat);
	}
	input_pointed_later(input);
}

bool input_is_detached(const struct input *input)
{
	return input->is_detached;
}
