/* SPDX-License-Identifier: MIT */
/*
 * The lights of keyboards follow the guest that has the keyboard: what its worker tells, what it was told last, or what its
 * strokes have made of them. A guest changes no light but its own, and none faster than people look.
 */
#include <errno.h>
#include <stdlib.h>

#include "compositor/input/input_priv.h"

struct input_lights {
	struct clock_timer *timer; /* when they may change again */
	struct lights_pace pace;
	uint32_t shown;
	struct {
		const struct scene_guest *guest; /* NULL: the place is free */
		struct lights state;
	} guests[SCENE_MAX_GUESTS];
};

/* NULL: it has none yet and there is no place, which the scene's own limit rules out. */
static struct lights *lights_of(struct input_lights *lights, const struct scene_guest *guest)
{
	int unused = -1;

	for (int i = 0; i < SCENE_MAX_GUESTS; i++) {
		if (lights->guests[i].guest == guest) {
			return &lights->guests[i].state;
		}
		if (!lights->guests[i].guest) {
			unused = i;
		}
	}
	if (unused < 0) {
		return NULL;
	}
	lights->guests[unused].guest = guest;
	lights->guests[unused].state = (struct lights){0};
	return &lights->guests[unused].state;
}

void lights_forget_guest(struct input *input, const struct scene_guest *guest)
{
	for (unsigned i = 0; i < SCENE_MAX_GUESTS; i++) {
		if (input->lights->guests[i].guest == guest) {
			input->lights->guests[i].guest = NULL;
		}
	}
}

/* False: they stay as they are. While the host has the keyboard they are dark: they would say how the guest reads keys. */
static bool wanted_now(struct input *input, uint32_t *out)
{
	const struct scene_guest *owner = scene_guest(seat_keyboard(input->seat));
	const struct settings_guest *settings;
	const struct lights *state;

	*out = 0;
	if (seat_mode(input->seat) != SEAT_GUESTS) {
		return true;
	}
	state = owner ? lights_of(input->lights, owner) : NULL;
	if (!state) {
		return false;
	}
	settings = settings_guest(input->server->settings, owner->mark.name);
	return lights_wanted(state, settings->num_lock, out);
}

void lights_update(struct input *input)
{
	uint64_t now_ns = clock_now(input->server->clock), due;
	struct input_lights *lights = input->lights;
	uint32_t leds;

	if (!wanted_now(input, &leds) || leds == lights->shown) {
		return;
	}
	due = lights_due(&lights->pace, now_ns);
	if (due > now_ns) {
		clock_timer_arm(lights->timer, due);
		return;
	}
	lights_changed(&lights->pace, now_ns);
	lights->shown = leds;
	if (input->devices) {
		devices_set_leds(input->devices, leds);
	}
}

static void handle_timer(void *data, uint64_t now_ns)
{
	lights_update(data);
}

void lights_key(struct input *input, const struct scene_guest *guest, uint32_t code)
{
	struct lights *state = lights_of(input->lights, guest);

	if (state) {
		lights_stroke(state, code);
		lights_update(input);
	}
}

void input_guest_leds(struct input *input, const struct scene_guest *guest, uint32_t leds)
{
	struct lights *state = lights_of(input->lights, guest);

	if (state) {
		state->is_told = true;
		state->told = leds;
		lights_update(input);
	}
}

uint32_t input_leds(const struct input *input)
{
	return input->lights->shown;
}

int lights_create(struct input *input)
{
	input->lights = xcalloc(1, sizeof(*input->lights));
	input->lights->timer = clock_timer_create(input->server->clock, PRIORITY_INPUT,
						  handle_timer, input);
	return input->lights->timer ? 0 : -ENOMEM;
}

void lights_destroy(struct input *input)
{
	if (input->lights && input->lights->timer) {
		clock_timer_destroy(input->lights->timer);
	}
	free(input->lights);
}
