/* SPDX-License-Identifier: MIT */
#include "hid/devices/lights.h"

#include <linux/input-event-codes.h>

#include "hid/devices/devices.h"

void lights_stroke(struct lights *lights, uint32_t code)
{
	if (code == KEY_NUMLOCK) {
		lights->toggled ^= DEVICES_LED_NUM_LOCK;
	} else if (code == KEY_CAPSLOCK) {
		lights->toggled ^= DEVICES_LED_CAPS_LOCK;
	} else if (code == KEY_SCROLLLOCK) {
		lights->toggled ^= DEVICES_LED_SCROLL_LOCK;
	}
}

bool lights_wanted(const struct lights *lights, enum lights_policy policy, uint32_t *out)
{
	if (lights->is_told) {
		*out = lights->told & DEVICES_LEDS;
		return true;
	}
	switch (policy) {
	case LIGHTS_REMEMBER:
		*out = lights->toggled;
		return true;
	case LIGHTS_ON:
		*out = lights->toggled ^ DEVICES_LED_NUM_LOCK;
		return true;
	case LIGHTS_OFF:
		*out = 0;
		return true;
	case LIGHTS_HOST:
		break;
	}
	return false;
}

uint64_t lights_due(const struct lights_pace *pace, uint64_t now_ns)
{
	uint64_t due = pace->last_ns + LIGHTS_PAUSE_NS;

	return pace->last_ns > 0 && due > now_ns ? due : now_ns;
}

void lights_changed(struct lights_pace *pace, uint64_t now_ns)
{
	pace->last_ns = now_ns;
}
