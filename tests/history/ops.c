/* SPDX-License-Identifier: MIT */
/* What can happen: four small numbers each, so that a history is a list that can be cut, printed and read again. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/history/ops_host.h"

/* ---- devices ---- */

static void do_key(struct history *h, struct op op)
{
	oracle_key(h, op.a % DEVICES, op.b % KEYS, op.c & 1);
}

/* Ctrl, alt and delete, one after the other, on one keyboard or two; up again. */
static void do_chord(struct history *h, struct op op)
{
	static const unsigned keys[] = {8, 6, 5};

	for (unsigned i = 0; i < 6; i++) {
		unsigned device = op.b >> (i % 3) & 1, key = keys[i % 3];

		oracle_key(h, device, key, i < 3);
	}
}

static void do_button(struct history *h, struct op op)
{
	unsigned device = op.a % DEVICES;
	uint32_t bit = 1u << op.b % BUTTONS;

	h->pressed[device] = op.c & 1 ? h->pressed[device] | bit : h->pressed[device] & ~bit;
	h->device = device;
	seat_button(h->seat, device, history_buttons[op.b % BUTTONS], op.c & 1, h->now_ns);
	h->device = DEVICES;
}

static void do_motion(struct history *h, struct op op)
{
	seat_motion(h->seat, op.a % DEVICES, op.b - 128, (op.c - 128) / 2.0, h->now_ns);
}

static void do_absolute(struct history *h, struct op op)
{
	seat_motion_absolute(h->seat, op.a % DEVICES, op.a / DEVICES % (OUTPUTS + 1) - 1,
			     op.b / 255.0, op.c / 255.0, h->now_ns);
}

static void do_axis(struct history *h, struct op op)
{
	seat_axis(h->seat, op.a % DEVICES, op.b & 1 ? SEAT_AXIS_HORIZONTAL : SEAT_AXIS_VERTICAL,
		  op.c - 128, h->now_ns);
}

static void touch_place(struct history *h, struct op op, unsigned *output, double *x, double *y)
{
	*output = op.b & 3;
	*x = (op.b >> 2) / 63.0;
	*y = op.c / 255.0;
	h->device = op.a % DEVICES;
	h->slot = op.a / DEVICES % SLOTS;
	h->touch_x = fmin((*output + *x) * OUTPUT_SIZE, (*output + 1) * OUTPUT_SIZE - 1.0 / 256);
	h->touch_y = fmin(*y * OUTPUT_SIZE, OUTPUT_SIZE - 1.0 / 256);
}

static void do_touch_down(struct history *h, struct op op)
{
	unsigned output;
	double x, y;

	touch_place(h, op, &output, &x, &y);
	h->touching[h->device] |= 1u << h->slot;
	seat_touch_down(h->seat, h->device, (int)output, h->slot, x, y, h->now_ns);
	seat_touch_frame(h->seat, h->device);
	h->device = DEVICES;
}

static void do_touch_motion(struct history *h, struct op op)
{
	unsigned output;
	double x, y;

	touch_place(h, op, &output, &x, &y);
	seat_touch_motion(h->seat, h->device, (int)output, h->slot, x, y, h->now_ns);
	seat_touch_frame(h->seat, h->device);
	h->device = DEVICES;
}

static void do_touch_up(struct history *h, struct op op)
{
	unsigned device = op.a % DEVICES, slot = op.a / DEVICES % SLOTS;

	if (op.b % 16 == 0) {
		h->touching[device] = 0;
		seat_touch_cancel(h->seat, device);
	} else {
		h->touching[device] &= ~(1u << slot);
		seat_touch_up(h->seat, device, (int)slot, h->now_ns);
	}
	seat_touch_frame(h->seat, device);
}

static void device_lift(struct history *h, unsigned device)
{
	h->down[device] = 0;
	h->pressed[device] = 0;
	h->touching[device] = 0;
}

/* Unplugged, another one in its place, or the session is lost. */
static void do_device(struct history *h, struct op op)
{
	unsigned device = op.a % DEVICES;

	device_lift(h, device);
	if (op.b % 8 == 0) {
		for (unsigned i = 0; i < DEVICES; i++) {
			device_lift(h, i);
		}
		seat_all_up(h->seat);
	} else if (op.b & 1) {
		seat_device_removed(h->seat, device);
	} else {
		seat_device_added(h->seat, device);
	}
}

/* ---- guests ---- */

static void head_set(struct history *h, struct seat_head *head, bool exists)
{
	unsigned places[GUESTS][HEADS];

	if (head->exists == exists) {
		return;
	}
	desk_move_begin(h, places);
	if (!exists) {
		desk_head_gone(h, head);
	}
	head->exists = exists;
	head->life++;
	desk_move_end(h, places);
}

static void worker_start(struct history *h, struct worker *worker)
{
	guest_input_init(&worker->input, &oracle_worker_ops, worker);
	worker->is_up = true;
	worker->told = (struct belief){0};
	worker->sent = 0;
	worker->returned = 0;
	if (h->keyboard == worker->guest) {
		guest_input_focus(&worker->input, true);
		guest_input_frame(&worker->input, h->now_ns);
	}
}

static void guest_end(struct history *h, struct seat_guest *guest)
{
	unsigned places[GUESTS][HEADS];

	desk_move_begin(h, places);
	guest->is_alive = false;
	guest->life++;
	h->beliefs[guest->number] = (struct belief){0};
	for (unsigned i = 0; i < SEAT_MAX_CONTACTS; i++) {
		if (h->contact_guest[i] == guest->number) {
			h->contact_guest[i] = NOBODY;
		}
	}
	h->workers[guest->number].is_up = false;
	if (h->keyboard == guest) {
		h->keyboard = NULL;
	}
	h->clicked = h->clicked == guest->number ? NOBODY : h->clicked;
	seat_forget_guest(h->seat, guest);
	focus_guest_gone(&h->focus, guest);
	for (unsigned i = 0; i < HEADS; i++) {
		h->heads[guest->number][i].exists = false;
		h->heads[guest->number][i].life++;
	}
	desk_move_end(h, places);
	desk_settle(h);
}

static void do_guest(struct history *h, struct op op)
{
	struct seat_guest *guest = &h->guests[op.a % GUESTS];

	if (guest->is_alive == (op.b & 2 ? true : false)) {
		return;
	}
	if (guest->is_alive) {
		guest_end(h, guest);
		return;
	}
	guest->is_alive = true;
	worker_start(h, &h->workers[guest->number]);
	h->workers[guest->number].was_restarted = false;
	head_set(h, &h->heads[guest->number][0], true);
	head_set(h, &h->heads[guest->number][1], op.b & 1);
}

static void do_head(struct history *h, struct op op)
{
	struct seat_head *head = &h->heads[op.a % GUESTS][op.b % HEADS];

	if (head->guest->is_alive) {
		head_set(h, head, op.c & 1);
	}
}

static void worker_return(struct history *h, struct worker *worker, unsigned n)
{
	uint64_t to = MIN(worker->returned + n, worker->sent);

	if (to > worker->returned) {
		worker->returned = to;
		if (guest_input_credit(&worker->input, (uint32_t)to, h->now_ns, h->now_ns) < 0) {
			history_fail(h, "7: credit that is due is refused");
		}
	}
}

static void do_worker(struct history *h, struct op op)
{
	struct worker *worker = &h->workers[op.a % GUESTS];

	if (!worker->guest->is_alive) {
		return;
	}
	if (!worker->is_up) {
		worker_start(h, worker);
	} else if (op.b == 0) {
		/* It dies; what its guest holds, its successor lets go. */
		worker->is_up = false;
		worker->was_restarted = true;
	} else if (op.b < 16) {
		while (worker->returned < worker->sent) {
			worker_return(h, worker, op.b);
		}
		oracle_check_worker(h, worker);
	} else if (op.b < 64) {
		worker_return(h, worker, op.b - 15u);
	} else if (op.b == 64 && guest_input_credit(&worker->input, (uint32_t)worker->sent + 1,
						    h->now_ns, h->now_ns) == 0) {
		history_fail(h, "7: a mark that was never sent is taken");
	}
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	unsigned weight; /* of 1000 */
	void (*run)(struct history *h, struct op op);
} kinds[] = {
	{"key", 290, do_key},         {"chord", 4, do_chord},        {"button", 60, do_button},
	{"motion", 110, do_motion},   {"absolute", 40, do_absolute}, {"axis", 20, do_axis},
	{"touch", 60, do_touch_down}, {"drag", 40, do_touch_motion}, {"lift", 40, do_touch_up},
	{"device", 6, do_device},     {"guest", 8, do_guest},        {"head", 10, do_head},
	{"worker", 90, do_worker},    {"place", 8, op_place},        {"plug", 5, op_plug},
	{"frames", 120, op_frames},   {"flip", 20, op_flip},         {"time", 4, op_time},
	{"switch", 12, op_switch},    {"policy", 5, op_policy},      {"capture", 6, op_capture},
	{"menu", 12, op_menu},        {"lock", 3, op_lock},          {"attempt", 27, op_attempt},
};

static uint64_t random_next(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static uint8_t kind_of(void (*run)(struct history *h, struct op op))
{
	uint8_t kind = 0;

	while (kinds[kind].run != run) {
		kind++;
	}
	return kind;
}

/* What gets people out of a lock. */
static struct op draw_unlock(const struct history *h, struct op op)
{
	uint8_t attempt = kind_of(op_attempt);

	if (h->has_client) {
		return (struct op){attempt, 0, 0, 0};
	}
	if (!h->attempt) {
		return (struct op){attempt, 64, 0, 0};
	}
	if (!h->is_typed) {
		return (struct op){kind_of(do_key), op.a, 0, op.c};
	}
	return (struct op){attempt, 128, 0, 0};
}

/* Fingers lift more than they press, or all keys would be down for ever. */
static void draw_finger(const struct history *h, struct op *op)
{
	uint32_t down = h->down[op->a % DEVICES];

	if (op->c < 200 && down) {
		op->b = (uint8_t)__builtin_ctz(down);
		op->c &= 0xfe;
	} else {
		op->b %= op->c % 3 ? 2 : KEYS;
		op->c |= 1;
	}
}

struct op op_draw(const struct history *h, uint64_t *random)
{
	uint64_t bits = random_next(random);
	unsigned what = (unsigned)(bits >> 40) % 1000, mood = (unsigned)(bits >> 52) % 64;
	struct op op = {.a = (uint8_t)(bits >> 8),
			.b = (uint8_t)(bits >> 16),
			.c = (uint8_t)(bits >> 24)};

	/* Where the host has all input little can happen: not for long. */
	if (h->menu && mood < 16) {
		return (struct op){kind_of(op_menu), 0, 0, 0};
	}
	if (h->is_locked && !h->menu && mood < 32) {
		return draw_unlock(h, op);
	}
	while (what >= kinds[op.kind].weight) {
		what -= kinds[op.kind++].weight;
	}
	if (kinds[op.kind].run == do_key) {
		draw_finger(h, &op);
	}
	return op;
}

void op_run(struct history *h, struct op op)
{
	h->now_ns += 100000;
	kinds[op.kind].run(h, op);
	desk_turn(h);
	oracle_check(h);
}

void op_print(struct op op, char *text, size_t size)
{
	snprintf(text, size, "%s %u %u %u", kinds[op.kind].name, op.a, op.b, op.c);
}

int op_parse(const char *text, struct op *out)
{
	unsigned a, b, c;
	char name[16];

	if (sscanf(text, "%15s %u %u %u", name, &a, &b, &c) != 4 || a > 255 || b > 255 || c > 255) {
		return -EINVAL;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			*out = (struct op){(uint8_t)i, (uint8_t)a, (uint8_t)b, (uint8_t)c};
			return 0;
		}
	}
	return -EINVAL;
}
