/* SPDX-License-Identifier: MIT */
/* The lights of keyboards. */
#include "hid/devices/priv.h"

void device_light(struct devices *devices, struct input_device *device)
{
	static const struct {
		uint32_t ours;
		enum libinput_led theirs;
	} lights[] = {
		{DEVICES_LED_NUM_LOCK, LIBINPUT_LED_NUM_LOCK},
		{DEVICES_LED_CAPS_LOCK, LIBINPUT_LED_CAPS_LOCK},
		{DEVICES_LED_SCROLL_LOCK, LIBINPUT_LED_SCROLL_LOCK},
	};
	unsigned leds = 0;

	if (!libinput_device_has_capability(device->handle, LIBINPUT_DEVICE_CAP_KEYBOARD)) {
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(lights); i++) {
		if (devices->leds & lights[i].ours) {
			leds |= lights[i].theirs;
		}
	}
	libinput_device_led_update(device->handle, (enum libinput_led)leds);
}

void devices_set_leds(struct devices *devices, uint32_t leds)
{
	leds &= DEVICES_LEDS;
	if (leds == devices->leds) {
		return;
	}
	devices->leds = leds;
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		if (devices->devices[i].handle) {
			device_light(devices, &devices->devices[i]);
		}
	}
}
