/* SPDX-License-Identifier: MIT */
/* What workers are told at the far end of their queues, and what they hold when they have read all of it. */
#include "tests/history/history.h"

static void worker_focus(void *data, bool has_it)
{
	struct worker *worker = data;

	if (!has_it && worker->told.keys) {
		history_fail(worker->history, "5: a worker holds keys without the keyboard");
	}
	worker->told.has_keyboard = has_it;
}

static void worker_key(void *data, uint32_t code, bool pressed)
{
	struct worker *worker = data;
	uint32_t bit = 1u << history_index(history_keys, KEYS, code);

	if (pressed && !worker->told.has_keyboard) {
		history_fail(worker->history, "3: a worker gets a key without the keyboard");
	}
	worker->told.keys = pressed ? worker->told.keys | bit : worker->told.keys & ~bit;
}

static void worker_enter(void *data, struct seat_head *head, double x, double y)
{
	struct worker *worker = data;

	if (head && (!head->exists || head->guest != worker->guest)) {
		history_fail(worker->history, "a worker is told of a head that is gone");
	}
	worker->told.entered = head;
}

static void worker_motion(void *data, double x, double y)
{
}

static void worker_button(void *data, uint32_t code, bool pressed)
{
	struct worker *worker = data;
	uint32_t bit = 1u << history_index(history_buttons, BUTTONS, code);

	worker->told.buttons = pressed ? worker->told.buttons | bit : worker->told.buttons & ~bit;
}

static void worker_axis(void *data, enum seat_axis axis, int v120)
{
}

static void worker_down(void *data, struct seat_head *head, int id, double x, double y)
{
	struct worker *worker = data;

	if (worker->told.contacts >> id & 1) {
		history_fail(worker->history, "a worker is told twice of one contact");
	}
	worker->told.contacts |= 1u << id;
}

static void worker_touch(void *data, int id, double x, double y)
{
	struct worker *worker = data;

	if (!(worker->told.contacts >> id & 1)) {
		history_fail(worker->history, "a worker is told of a contact that is up");
	}
}

static void worker_up(void *data, int id)
{
	struct worker *worker = data;

	worker_touch(data, id, 0, 0);
	worker->told.contacts &= ~(1u << id);
}

static void worker_mark(void *data, uint32_t serial)
{
	struct worker *worker = data;

	worker->sent++;
	if (worker->sent - worker->returned > CREDIT_GROUPS || serial != (uint32_t)worker->sent) {
		history_fail(worker->history, "7: more is under way to a worker than its credit");
	}
}

static void worker_done(void *data, const struct input_origin *origin, uint64_t latency_ns)
{
}

const struct guest_input_ops oracle_worker_ops = {
	.keyboard_focus = worker_focus,
	.key = worker_key,
	.pointer_enter = worker_enter,
	.pointer_motion = worker_motion,
	.pointer_relative = worker_motion,
	.pointer_button = worker_button,
	.pointer_axis = worker_axis,
	.touch_down = worker_down,
	.touch_motion = worker_touch,
	.touch_up = worker_up,
	.mark = worker_mark,
	.done = worker_done,
};

void oracle_check_worker(struct history *h, struct worker *worker)
{
	const struct belief *wanted = &h->beliefs[worker->guest->number], *told = &worker->told;
	uint32_t sticks = (told->keys & ~wanted->keys) | (told->buttons & ~wanted->buttons);
	int more = __builtin_popcount(told->contacts) - __builtin_popcount(wanted->contacts);
	bool differs = told->keys != wanted->keys || told->buttons != wanted->buttons ||
		       more != 0 || told->entered != wanted->entered;

	if (sticks || more > 0 || (!worker->was_restarted && differs) ||
	    told->has_keyboard != wanted->has_keyboard) {
		history_fail(h, "5: the worker of guest %u, which has read all, holds other things",
			     worker->guest->number);
	}
}
