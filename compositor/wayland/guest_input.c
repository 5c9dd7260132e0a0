/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/guest_input.h"

#include <stddef.h>

static bool code_get(const struct code_set *set, uint32_t code)
{
	return set->bits[code / 64] >> (code % 64) & 1;
}

static void code_put(struct code_set *set, uint32_t code, bool on)
{
	uint64_t bit = UINT64_C(1) << (code % 64);

	if (on) {
		set->bits[code / 64] |= bit;
	} else {
		set->bits[code / 64] &= ~bit;
	}
}

void guest_input_init(struct guest_input *input, const struct guest_input_ops *ops, void *data)
{
	*input = (struct guest_input){.ops = ops, .data = data};
	credit_init(&input->credit);
}

void guest_input_reset(struct guest_input *input)
{
	struct credit credit = input->credit;

	guest_input_init(input, input->ops, input->data);
	input->credit = credit;
}

/* True when an event may go out now; otherwise it is kept back as state. */
static bool may_send(struct guest_input *input)
{
	if (input->open || (!input->behind && credit_left(&input->credit))) {
		return true;
	}
	input->behind = true;
	return false;
}

/* ---- what goes out: each brings one part of what was told up to what is wanted ---- */

static void focus_tell(struct guest_input *input)
{
	if (input->told.keyboard != input->wanted.keyboard) {
		input->told.keyboard = input->wanted.keyboard;
		input->ops->keyboard_focus(input->data, input->told.keyboard);
		input->open = true;
	}
}

static void code_tell(struct guest_input *input, const struct code_set *wanted,
		      struct code_set *told, void (*op)(void *data, uint32_t code, bool pressed),
		      uint32_t code)
{
	bool pressed = code_get(wanted, code);

	if (code_get(told, code) != pressed) {
		code_put(told, code, pressed);
		op(input->data, code, pressed);
		input->open = true;
	}
}

static void codes_tell(struct guest_input *input, const struct code_set *wanted,
		       struct code_set *told, void (*op)(void *data, uint32_t code, bool pressed),
		       bool pressed)
{
	for (uint32_t code = 0; code < GUEST_INPUT_CODES; code++) {
		if (code_get(wanted, code) == pressed) {
			code_tell(input, wanted, told, op, code);
		}
	}
}

static void pointer_tell(struct guest_input *input)
{
	const struct guest_place *to = &input->wanted.pointer;
	struct guest_place *told = &input->told.pointer;

	if (to->head == told->head && to->x == told->x && to->y == told->y) {
		return;
	}
	if (to->head != told->head) {
		input->ops->pointer_enter(input->data, to->head, to->x, to->y);
	} else {
		input->ops->pointer_motion(input->data, to->x, to->y);
	}
	*told = *to;
	input->open = true;
}

static void relative_tell(struct guest_input *input)
{
	if (input->dx != 0 || input->dy != 0) {
		input->ops->pointer_relative(input->data, input->dx, input->dy);
		input->dx = 0;
		input->dy = 0;
		input->open = true;
	}
}

static void axis_tell(struct guest_input *input, enum seat_axis axis)
{
	if (input->axis[axis] != 0) {
		input->ops->pointer_axis(input->data, axis, input->axis[axis]);
		input->axis[axis] = 0;
		input->open = true;
	}
}

static int id_take(struct guest_input *input)
{
	int id = 0;

	/* There are as many ids as contacts. */
	while (input->ids >> id & 1) {
		id++;
	}
	input->ids |= UINT32_C(1) << id;
	return id;
}

/* A touch that is over, whether or not the contact's number is in use again. */
static void contact_tell_up(struct guest_input *input, int contact)
{
	const struct guest_contact *wanted = &input->wanted.contacts[contact];
	struct guest_contact *told = &input->told.contacts[contact];

	if (told->down && (!wanted->down || wanted->touch != told->touch)) {
		told->down = false;
		input->ids &= ~(UINT32_C(1) << told->id);
		input->ops->touch_up(input->data, told->id);
		input->open = true;
	}
}

static void contact_tell_down(struct guest_input *input, int contact)
{
	const struct guest_contact *wanted = &input->wanted.contacts[contact];
	struct guest_contact *told = &input->told.contacts[contact];
	const struct guest_place *to = &wanted->place;

	if (!wanted->down) {
		return;
	}
	if (!told->down) {
		*told = *wanted;
		told->id = id_take(input);
		input->ops->touch_down(input->data, to->head, told->id, to->x, to->y);
		input->open = true;
	} else if (to->x != told->place.x || to->y != told->place.y) {
		told->place = *to;
		input->ops->touch_motion(input->data, told->id, to->x, to->y);
		input->open = true;
	}
}

/* Releases first: what was let go is up before anything else happens. */
static void all_tell(struct guest_input *input)
{
	const struct guest_input_ops *ops = input->ops;

	codes_tell(input, &input->wanted.keys, &input->told.keys, ops->key, false);
	codes_tell(input, &input->wanted.buttons, &input->told.buttons, ops->pointer_button, false);
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		contact_tell_up(input, i);
	}
	focus_tell(input);
	pointer_tell(input);
	relative_tell(input);
	codes_tell(input, &input->wanted.keys, &input->told.keys, ops->key, true);
	codes_tell(input, &input->wanted.buttons, &input->told.buttons, ops->pointer_button, true);
	axis_tell(input, SEAT_AXIS_VERTICAL);
	axis_tell(input, SEAT_AXIS_HORIZONTAL);
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		contact_tell_down(input, i);
	}
}

/* ---- what comes in ---- */

void guest_input_focus(struct guest_input *input, bool has_keyboard)
{
	input->wanted.keyboard = has_keyboard;
	if (may_send(input)) {
		focus_tell(input);
	}
}

void guest_input_key(struct guest_input *input, uint32_t code, bool pressed)
{
	if (code >= GUEST_INPUT_CODES) {
		return;
	}
	code_put(&input->wanted.keys, code, pressed);
	if (may_send(input)) {
		code_tell(input, &input->wanted.keys, &input->told.keys, input->ops->key, code);
	}
}

void guest_input_button(struct guest_input *input, uint32_t code, bool pressed)
{
	if (code >= GUEST_INPUT_CODES) {
		return;
	}
	code_put(&input->wanted.buttons, code, pressed);
	if (may_send(input)) {
		code_tell(input, &input->wanted.buttons, &input->told.buttons,
			  input->ops->pointer_button, code);
	}
}

void guest_input_pointer(struct guest_input *input, struct seat_head *head, double x, double y)
{
	input->wanted.pointer = (struct guest_place){head, head ? x : 0, head ? y : 0};
	if (may_send(input)) {
		pointer_tell(input);
	}
}

void guest_input_relative(struct guest_input *input, double dx, double dy)
{
	input->dx += dx;
	input->dy += dy;
	if (may_send(input)) {
		relative_tell(input);
	}
}

void guest_input_axis(struct guest_input *input, enum seat_axis axis, int v120)
{
	/* A wheel that turns for years without credit must not overflow. */
	if (__builtin_add_overflow(input->axis[axis], v120, &input->axis[axis])) {
		input->axis[axis] = 0;
	}
	if (may_send(input)) {
		axis_tell(input, axis);
	}
}

void guest_input_touch_down(struct guest_input *input, int contact, struct seat_head *head,
			    double x, double y)
{
	input->wanted.contacts[contact] = (struct guest_contact){
		.down = true,
		.touch = ++input->touches,
		.place = {head, x, y},
	};
	if (may_send(input)) {
		contact_tell_up(input, contact);
		contact_tell_down(input, contact);
	}
}

void guest_input_touch_motion(struct guest_input *input, int contact, double x, double y)
{
	struct guest_contact *wanted = &input->wanted.contacts[contact];

	if (!wanted->down) {
		return;
	}
	wanted->place.x = x;
	wanted->place.y = y;
	if (may_send(input)) {
		contact_tell_down(input, contact);
	}
}

void guest_input_touch_up(struct guest_input *input, int contact)
{
	input->wanted.contacts[contact].down = false;
	if (may_send(input)) {
		contact_tell_up(input, contact);
	}
}

void guest_input_frame(struct guest_input *input, uint64_t now_ns)
{
	if (input->open) {
		input->open = false;
		input->ops->mark(input->data, credit_take(&input->credit, now_ns));
	}
}

int guest_input_credit(struct guest_input *input, uint32_t untrusted_serial, uint64_t now_ns)
{
	int ret = credit_return(&input->credit, untrusted_serial);

	if (ret < 0) {
		return ret;
	}
	if (input->behind && credit_left(&input->credit)) {
		input->behind = false;
		all_tell(input);
		guest_input_frame(input, now_ns);
	}
	return 0;
}

void guest_input_forget_head(struct guest_input *input, const struct seat_head *head)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (input->wanted.contacts[i].place.head == head) {
			guest_input_touch_up(input, i);
			input->wanted.contacts[i].place.head = NULL;
		}
		/* Still told to be down when there is no credit: its release needs no head. */
		if (input->told.contacts[i].place.head == head) {
			input->told.contacts[i].place.head = NULL;
		}
	}
	if (input->wanted.pointer.head == head) {
		guest_input_pointer(input, NULL, 0, 0);
	}
	if (input->told.pointer.head == head) {
		input->told.pointer = (struct guest_place){0};
	}
}
