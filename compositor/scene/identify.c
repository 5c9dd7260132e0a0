/* SPDX-License-Identifier: MIT */
/*
 * Which monitor is which: a number of seven segments, as no text is as large as one needs to read from a chair, and below it
 * a card that says what the monitor is called.
 */
#include <string.h>

#include "compositor/scene/scene_priv.h"

#define SEGMENTS 7
#define GROUND_COLOUR 0x000000
#define SEGMENT_COLOUR 0xffffff
#define MAX_NUMBER 99

/* Bit by bit: top, upper left, upper right, middle, lower left, lower right, bottom. */
static const uint8_t digit_segments[10] = {0x77, 0x24, 0x5d, 0x6d, 0x2e,
					   0x6b, 0x7b, 0x25, 0x7f, 0x6f};

/* In units of a digit's stroke: it is four of them wide and seven high. */
static const struct rect segment_places[SEGMENTS] = {
	{0, 0, 4, 1}, {0, 0, 1, 4}, {3, 0, 1, 4}, {0, 3, 4, 1},
	{0, 3, 1, 4}, {3, 3, 1, 4}, {0, 6, 4, 1},
};

static void push_digit(struct output_state *state, unsigned digit, int x, int y, int stroke)
{
	for (unsigned i = 0; i < SEGMENTS; i++) {
		const struct rect *at = &segment_places[i];

		if (digit_segments[digit] & 1u << i) {
			layer_push(state, LAYER_SOLID,
				   (struct rect){x + at->x * stroke, y + at->y * stroke,
						 at->w * stroke, at->h * stroke})
				->colour = SEGMENT_COLOUR;
		}
	}
}

/* One digit or two in the middle of the ground. */
static void push_number(struct output_state *state, unsigned number, struct rect ground)
{
	int digits = number > 9 ? 2 : 1;
	/* Eleven strokes high with the room around; two digits are nine wide. */
	int stroke = MIN(ground.h / 11, ground.w / 11);
	int x = ground.x + (ground.w - (5 * digits - 1) * stroke) / 2;
	int y = ground.y + (ground.h - 7 * stroke) / 2;

	layer_push(state, LAYER_SOLID, ground)->colour = GROUND_COLOUR;
	if (stroke == 0) {
		return;
	}
	if (digits == 2) {
		push_digit(state, number / 10, x, y, stroke);
	}
	push_digit(state, number % 10, x + 5 * (digits - 1) * stroke, y, stroke);
}

void identify_push(struct scene_output *output)
{
	struct output_state *state = output->state;
	struct rect room = output_below_strip(output);
	int w = room.w / 2, h = room.h / 3;
	struct rect number = {room.x + room.w / 4, room.y + room.h / 6, w, h};

	if (state->number > 0) {
		push_number(state, state->number, number);
		layer_push(state, LAYER_CARD, (struct rect){number.x, number.y + h, w, h})->card =
			&state->identity;
	}
}

void scene_output_identify(struct scene_output *output, unsigned number, const struct card *card)
{
	struct output_state *state = output->state;

	if (number == 0 && state->number == 0) {
		return;
	}
	state->number = MIN(number, MAX_NUMBER);
	if (number > 0) {
		state->identity = *card;
		state->identity.n_lines = MIN(card->n_lines, CARD_LINES);
	}
	damage_add_all(output);
}
