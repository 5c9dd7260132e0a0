/* SPDX-License-Identifier: MIT */
#include "hid/seat/host_key.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stddef.h>
#include <strings.h>

static const struct {
	const char *name;
	uint32_t code;
} keys[] = {
	{"volumeup", KEY_VOLUMEUP},
	{"volumedown", KEY_VOLUMEDOWN},
	{"mute", KEY_MUTE},
	{"micmute", KEY_MICMUTE},
	{"play", KEY_PLAYPAUSE},
	{"stop", KEY_STOPCD},
	{"next", KEY_NEXTSONG},
	{"previous", KEY_PREVIOUSSONG},
	{"brightnessup", KEY_BRIGHTNESSUP},
	{"brightnessdown", KEY_BRIGHTNESSDOWN},
	{"keyboardlightup", KEY_KBDILLUMUP},
	{"keyboardlightdown", KEY_KBDILLUMDOWN},
	{"keyboardlight", KEY_KBDILLUMTOGGLE},
	{"power", KEY_POWER},
	{"sleep", KEY_SLEEP},
	{"suspend", KEY_SUSPEND},
	{"wakeup", KEY_WAKEUP},
	{"battery", KEY_BATTERY},
	{"screenlock", KEY_SCREENLOCK},
	{"display", KEY_SWITCHVIDEOMODE},
	{"eject", KEY_EJECTCD},
	{"wlan", KEY_WLAN},
	{"bluetooth", KEY_BLUETOOTH},
	{"airplane", KEY_RFKILL},
	{"touchpad", KEY_TOUCHPAD_TOGGLE},
};

int host_key_parse(const char *name, uint32_t *code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcasecmp(keys[i].name, name) == 0) {
			*code = keys[i].code;
			return 0;
		}
	}
	return -EINVAL;
}

const char *host_key_name(uint32_t code)
{
	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].code == code) {
			return keys[i].name;
		}
	}
	return NULL;
}

const char *const *host_key_names(void)
{
	static const char *names[ARRAY_SIZE(keys) + 1];

	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++) {
		names[i] = keys[i].name;
	}
	return names;
}
