/* SPDX-License-Identifier: MIT */
/*
 * The EDID of a guest's virtual monitor: one block of EDID 1.4 (VESA E-EDID A.2) with one detailed
 * timing. Pure.
 */
#ifndef WAYLAND_EDID_H
#define WAYLAND_EDID_H

#include <stdint.h>

#define EDID_SIZE 128

/*
 * name becomes the monitor's name, cut to the 13 characters there is room for. What the format
 * can't say (more than 4095 pixels a side, more than 655 MHz) is brought down to what it can: the
 * size with its aspect kept, then the rate.
 */
void edid_build(uint8_t edid[EDID_SIZE], unsigned width, unsigned height, unsigned refresh_mhz,
		const char *name);

#endif
