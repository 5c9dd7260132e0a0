/* SPDX-License-Identifier: MIT */
/* Which monitor a touchscreen is glued to, where nobody has said so. Pure. */
#ifndef HID_DEVICES_MATCH_H
#define HID_DEVICES_MATCH_H

#include <stdbool.h>

#include "hid/devices/devices.h"

struct match_screen {
	double width_mm, height_mm; /* of its surface; 0: unknown */
	bool is_plugged; /* by USB or radio: can't be a part of the machine's own panel */
};

/*
 * A number of outputs, or -1: nothing speaks for any of them. The only built-in panel for a screen that is not plugged in;
 * else the only monitor whose sides differ by at most a twentieth from the screen's. why: what decided, in words.
 */
int match_output(const struct match_screen *screen, const struct devices_output *outputs,
		 unsigned n, const char **why);

#endif
