/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/input_queue.h"

#include <stddef.h>

static struct queued_input *entry_at(struct input_queue *queue, unsigned i)
{
	return &queue->entries[(queue->first + i) % INPUT_QUEUE_SIZE];
}

static bool same_motion(const struct queued_input *a, const struct queued_input *b)
{
	return a->kind == b->kind && (a->kind != QUEUED_AXIS || a->axis == b->axis);
}

/*
 * What the new one is merged into: of its kind, with nothing but motion since. NULL: none. A place is merged into one of
 * the same head only: where the pointer was when it left is told.
 */
static struct queued_input *merge_target(struct input_queue *queue, const struct queued_input *input)
{
	if (input->kind < QUEUED_PLACE) {
		return NULL;
	}
	for (unsigned i = queue->n; i > 0; i--) {
		struct queued_input *entry = entry_at(queue, i - 1);

		if (entry->kind < QUEUED_PLACE) {
			return NULL;
		}
		if (same_motion(entry, input)) {
			return entry->place.head == input->place.head ? entry : NULL;
		}
	}
	return NULL;
}

bool input_queue_push(struct input_queue *queue, const struct queued_input *input)
{
	struct queued_input *entry = merge_target(queue, input);
	int v120;

	if (entry && !__builtin_add_overflow(entry->v120, input->v120, &v120)) {
		entry->place = input->place;
		entry->dx += input->dx;
		entry->dy += input->dy;
		entry->v120 = v120;
		return true;
	}
	if (queue->n == INPUT_QUEUE_SIZE) {
		return false;
	}
	*entry_at(queue, queue->n++) = *input;
	return true;
}

bool input_queue_take(struct input_queue *queue, struct queued_input *out)
{
	if (queue->n == 0) {
		return false;
	}
	*out = *entry_at(queue, 0);
	queue->first = (queue->first + 1) % INPUT_QUEUE_SIZE;
	queue->n--;
	return true;
}

void input_queue_forget_head(struct input_queue *queue, const struct seat_head *head)
{
	for (unsigned i = 0; i < queue->n; i++) {
		struct queued_input *entry = entry_at(queue, i);

		if (entry->kind == QUEUED_PLACE && entry->place.head == head) {
			entry->place = (struct guest_place){0};
		}
	}
}
