/* SPDX-License-Identifier: MIT */
/*
 * The lights of keyboards follow the guest that has the keyboard: what its worker tells, what it was told last, or what its
 * strokes have made of them. A guest changes no light but its own, and none faster than people look.
 */
#include <string.h>

#include "compositor/input/input_priv.h"

/* NULL: it has none yet and there is no room, which SCENE_MAX_GUESTS rules out. */
static struct lights *lights_of(struct input *input, const struct scene_guest *guest)
{
	struct guest_lights *unused = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(input->lights); i++) {
		if (input->lights[i].guest == guest) {
			return &input->lights[i].state;
		}
		if (!input->lights[i].guest) {
			unused = &input->lights[i];
		}
	}
	if (!unused) {
		return NULL;
	}
	*unused = (struct guest_lights){.guest = guest};
	return &unused->state;
}

void lights_guest_gone(struct input *input, const struct scene_guest *guest)
{
	for (unsigned i = 0; i < ARRAY_SIZE(input->lights); i++) {
		if (input->lights[i].guest == guest) {
			input->lights[i] = (struct guest_lights){0};
		}
	}
}

/* False: they stay as they are. While the host has the keyboard they are dark: they would say how the guest reads keys. */
static bool wanted_now(struct input *input, uint32_t *out)
{
	const struct scene_guest *owner = input_owner(input);
	const struct settings_guest *settings;

	*out = 0;
	if (seat_mode(input->seat) != SEAT_GUESTS) {
		return true;
	}
	if (!owner) {
		return false;
	}
	settings = settings_guest(input->server->settings, owner->mark.name);
	return lights_wanted(lights_of(input, owner), settings->num_lock, out);
}

void lights_handle_timer(void *data, uint64_t now_ns)
{
	lights_update(data);
}

void lights_update(struct input *input)
{
	uint64_t now_ns = clock_now(input->server->clock), due;
	uint32_t leds;

	if (!wanted_now(input, &leds) || leds == input->leds) {
		return;
	}
	due = lights_due(&input->lights_pace, now_ns);
	if (due > now_ns) {
		clock_timer_arm(input->lights_timer, due);
		return;
	}
	lights_changed(&input->lights_pace, now_ns);
	input->leds = leds;
	if (input->devices) {
		devices_set_leds(input->devices, leds);
	}
}

void lights_key(struct input *input, const struct scene_guest *guest, uint32_t code)
{
	lights_stroke(lights_of(input, guest), code);
	lights_update(input);
}

void input_guest_leds(struct input *input, const struct scene_guest *guest, uint32_t leds)
{
	struct lights *lights = lights_of(input, guest);

	lights->is_told = true;
	lights->told = leds;
	lights_update(input);
}
