/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/guest_input.h"

#include <stddef.h>
#include <string.h>

/* Beyond these, old latencies fade: what is shown is how it goes now. */
#define LATENCIES_KEPT 512

static const struct input_origin nowhere = {.device = SEAT_MAX_DEVICES};

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
	*input = (struct guest_input){.ops = ops, .data = data, .origin = nowhere};
	credit_init(&input->credit);
}

void guest_input_reset(struct guest_input *input)
{
	struct guest_input old = *input;

	guest_input_init(input, old.ops, old.data);
	input->credit = old.credit;
	input->latency = old.latency;
	memcpy(input->groups, old.groups, sizeof(old.groups));
}

/* True when an event may go out now; otherwise it is to be kept back. */
static bool may_send(struct guest_input *input)
{
	if (input->open || (!input->behind && credit_left(&input->credit))) {
		return true;
	}
	input->behind = true;
	return false;
}

static void axis_add(struct guest_input *input, enum seat_axis axis, int v120)
{
	/* A wheel that turns for years without credit must not overflow. */
	if (__builtin_add_overflow(input->axis[axis], v120, &input->axis[axis])) {
		input->axis[axis] = 0;
	}
}

/* What of an event is no state: the sum is kept. */
static void sum_add(struct guest_input *input, const struct queued_input *event)
{
	if (event->kind == QUEUED_RELATIVE) {
		input->dx += event->dx;
		input->dy += event->dy;
	} else if (event->kind == QUEUED_AXIS) {
		axis_add(input, event->axis, event->v120);
	}
}

static void keep(struct guest_input *input, const struct queued_input *event)
{
	struct queued_input kept;

	if (!input->full && input_queue_push(&input->queue, event)) {
		return;
	}
	input->full = true;
	while (input_queue_take(&input->queue, &kept)) {
		sum_add(input, &kept);
	}
	sum_add(input, event);
}

/* ---- what goes out: each makes what was told one thing more like what is wanted ---- */

static void focus_tell(struct guest_input *input, bool has_keyboard)
{
	if (input->told.keyboard != has_keyboard) {
		input->told.keyboard = has_keyboard;
		input->ops->keyboard_focus(input->data, has_keyboard);
		input->open = true;
	}
}

static void code_tell(struct guest_input *input, struct code_set *told,
		      void (*op)(void *data, uint32_t code, bool pressed), uint32_t code,
		      bool pressed)
{
	if (code_get(told, code) != pressed) {
		code_put(told, code, pressed);
		op(input->data, code, pressed);
		input->open = true;
	}
}

static void key_tell(struct guest_input *input, uint32_t code, bool pressed)
{
	code_tell(input, &input->told.keys, input->ops->key, code, pressed);
}

static void button_tell(struct guest_input *input, uint32_t code, bool pressed)
{
	code_tell(input, &input->told.buttons, input->ops->pointer_button, code, pressed);
}

/* All that are wanted pressed, or all that are not. */
static void codes_tell(struct guest_input *input, bool pressed)
{
	for (uint32_t code = 0; code < GUEST_INPUT_CODES; code++) {
		if (code_get(&input->wanted.keys, code) == pressed) {
			key_tell(input, code, pressed);
		}
		if (code_get(&input->wanted.buttons, code) == pressed) {
			button_tell(input, code, pressed);
		}
	}
}

static void pointer_tell(struct guest_input *input, const struct guest_place *to)
{
	struct guest_place *told = &input->told.pointer;

	if (to->head == told->head && to->x == told->x && to->y == told->y && !input->left) {
		return;
	}
	if (to->head != told->head || input->left) {
		input->ops->pointer_enter(input->data, to->head, to->x, to->y);
	} else {
		input->ops->pointer_motion(input->data, to->x, to->y);
	}
	input->left = false;
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
	codes_tell(input, false);
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		contact_tell_up(input, i);
	}
	focus_tell(input, input->wanted.keyboard);
	if (input->full && !input->wanted.pointer.head && input->last.head) {
		/* It leaves from where it was put for that. */
		pointer_tell(input, &input->last);
	}
	pointer_tell(input, &input->wanted.pointer);
	relative_tell(input);
	codes_tell(input, true);
	axis_tell(input, SEAT_AXIS_VERTICAL);
	axis_tell(input, SEAT_AXIS_HORIZONTAL);
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		contact_tell_down(input, i);
	}
}

static void event_tell(struct guest_input *input, const struct queued_input *event)
{
	switch (event->kind) {
	case QUEUED_FOCUS:
		focus_tell(input, event->on);
		break;
	case QUEUED_KEY:
		key_tell(input, event->code, event->on);
		break;
	case QUEUED_BUTTON:
		button_tell(input, event->code, event->on);
		break;
	case QUEUED_PLACE:
		pointer_tell(input, &event->place);
		break;
	case QUEUED_RELATIVE:
		sum_add(input, event);
		relative_tell(input);
		break;
	case QUEUED_AXIS:
		sum_add(input, event);
		axis_tell(input, event->axis);
		break;
	}
}

/* ---- what comes in ---- */

static void event_take(struct guest_input *input, const struct queued_input *event)
{
	if (may_send(input)) {
		event_tell(input, event);
	} else {
		keep(input, event);
	}
}

void guest_input_focus(struct guest_input *input, bool has_keyboard)
{
	input->wanted.keyboard = has_keyboard;
	event_take(input, &(struct queued_input){.kind = QUEUED_FOCUS, .on = has_keyboard});
}

void guest_input_key(struct guest_input *input, uint32_t code, bool pressed)
{
	if (code < GUEST_INPUT_CODES) {
		code_put(&input->wanted.keys, code, pressed);
		event_take(input,
			   &(struct queued_input){.kind = QUEUED_KEY, .code = code, .on = pressed});
	}
}

void guest_input_button(struct guest_input *input, uint32_t code, bool pressed)
{
	if (code < GUEST_INPUT_CODES) {
		code_put(&input->wanted.buttons, code, pressed);
		event_take(input, &(struct queued_input){
					  .kind = QUEUED_BUTTON, .code = code, .on = pressed});
	}
}

void guest_input_pointer(struct guest_input *input, struct seat_head *head, double x, double y)
{
	input->wanted.pointer = (struct guest_place){head, head ? x : 0, head ? y : 0};
	if (head) {
		input->last = input->wanted.pointer;
	}
	event_take(input,
		   &(struct queued_input){.kind = QUEUED_PLACE, .place = input->wanted.pointer});
}

void guest_input_relative(struct guest_input *input, double dx, double dy)
{
	event_take(input, &(struct queued_input){.kind = QUEUED_RELATIVE, .dx = dx, .dy = dy});
}

void guest_input_axis(struct guest_input *input, enum seat_axis axis, int v120)
{
	event_take(input, &(struct queued_input){.kind = QUEUED_AXIS, .axis = axis, .v120 = v120});
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

void guest_input_event(struct guest_input *input, const struct input_origin *origin)
{
	if (!input->origin.event_ns) {
		input->origin = *origin;
	}
}

const struct input_origin *guest_input_origin(const struct guest_input *input, uint32_t serial)
{
	return &input->groups[(serial - 1) % CREDIT_GROUPS];
}

void guest_input_frame(struct guest_input *input, uint64_t now_ns)
{
	if (input->open) {
		struct input_origin *group = &input->groups[input->credit.sent % CREDIT_GROUPS];

		input->open = false;
		*group = input->origin;
		group->event_ns = group->event_ns ? group->event_ns : now_ns;
		input->ops->mark(input->data, credit_take(&input->credit, now_ns));
	}
	/* What is kept back is as old as its oldest event. */
	if (!input->behind) {
		input->origin = nowhere;
	}
}

/* What was kept back, one group for each event, as far as credit goes. */
static void catch_up(struct guest_input *input, uint64_t now_ns)
{
	struct queued_input event;

	while (input->behind && credit_left(&input->credit)) {
		if (input_queue_take(&input->queue, &event)) {
			event_tell(input, &event);
		} else {
			input->behind = false;
			all_tell(input);
			input->full = false;
		}
		guest_input_frame(input, now_ns);
	}
}

/* A worker can make itself look as fast or as slow as it likes, within what is possible. */
static void group_done(struct guest_input *input, const struct input_origin *origin,
		       uint64_t untrusted_ns, uint64_t now_ns)
{
	uint64_t done_ns = MIN(untrusted_ns, now_ns);
	uint64_t latency_ns = done_ns > origin->event_ns ? done_ns - origin->event_ns : 0;

	histogram_add(&input->latency, latency_ns);
	histogram_fade(&input->latency, LATENCIES_KEPT);
	input->ops->done(input->data, origin, latency_ns);
}

int guest_input_credit(struct guest_input *input, uint32_t untrusted_serial, uint64_t untrusted_ns,
		       uint64_t now_ns)
{
	uint64_t returned = input->credit.returned;
	int ret = credit_return(&input->credit, untrusted_serial);

	for (; returned < input->credit.returned; returned++) {
		group_done(input, &input->groups[returned % CREDIT_GROUPS], untrusted_ns, now_ns);
	}
	if (ret == 0) {
		catch_up(input, now_ns);
	}
	return ret;
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
	if (input->last.head == head) {
		input->last = (struct guest_place){0};
	}
	input_queue_forget_head(&input->queue, head);
	if (input->told.pointer.head == head) {
		input->told.pointer = (struct guest_place){0};
		input->left = true;
	}
}
