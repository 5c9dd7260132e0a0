/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/edid.h"

#include <string.h>

#include "base/util.h"

#define MAX_SIDE 4095u
#define MAX_CLOCK_10KHZ 65535u
#define FONT_RATIO_MM 265u /* 96 pixels an inch, in micrometres a pixel */

/* The blanking of reduced-blanking CVT: fixed columns, and lines enough for 460 us. */
#define H_BLANK 160u
#define H_FRONT 48u
#define H_SYNC 32u
#define V_FRONT 3u
#define V_SYNC 6u
#define V_BLANK_MIN_US 460u

struct timing {
	unsigned width, height;
	unsigned v_blank;
	unsigned clock_10khz;
	unsigned width_mm, height_mm;
};

static void side_fit(unsigned *side, unsigned *other)
{
	if (*side > MAX_SIDE) {
		*other = (unsigned)MAX((uint64_t)*other * MAX_SIDE / *side, 1u);
		*side = MAX_SIDE;
	}
}

/* Lines of blanking at this rate: solves blank lines / all lines = 460 us / frame. */
static unsigned blank_lines(unsigned height, unsigned refresh_mhz)
{
	uint64_t frame_us = 1000000000ull / refresh_mhz;
	uint64_t lines = V_FRONT + V_SYNC + 6;

	if (frame_us > V_BLANK_MIN_US) {
		lines = MAX(lines,
			    height * (uint64_t)V_BLANK_MIN_US / (frame_us - V_BLANK_MIN_US) + 1);
	}
	return (unsigned)MIN(lines, MAX_SIDE);
}

static void timing_choose(struct timing *timing, unsigned width, unsigned height,
			  unsigned refresh_mhz)
{
	uint64_t pixels, clock;

	timing->width = MAX(width, 1u);
	timing->height = MAX(height, 1u);
	side_fit(&timing->width, &timing->height);
	side_fit(&timing->height, &timing->width);
	refresh_mhz = MIN(MAX(refresh_mhz, 1000u), 1000000u);
	timing->v_blank = blank_lines(timing->height, refresh_mhz);
	pixels = (uint64_t)(timing->width + H_BLANK) * (timing->height + timing->v_blank);
	clock = (pixels * refresh_mhz + 5000000) / 10000000;
	timing->clock_10khz = (unsigned)MIN(MAX(clock, 1u), MAX_CLOCK_10KHZ);
	timing->width_mm = MIN(timing->width * FONT_RATIO_MM / 1000, MAX_SIDE);
	timing->height_mm = MIN(timing->height * FONT_RATIO_MM / 1000, MAX_SIDE);
}

static void write_timing(uint8_t *d, const struct timing *t)
{
	d[0] = t->clock_10khz & 0xff;
	d[1] = (uint8_t)(t->clock_10khz >> 8);
	d[2] = t->width & 0xff;
	d[3] = H_BLANK & 0xff;
	d[4] = (uint8_t)((t->width >> 8) << 4 | H_BLANK >> 8);
	d[5] = t->height & 0xff;
	d[6] = t->v_blank & 0xff;
	d[7] = (uint8_t)((t->height >> 8) << 4 | t->v_blank >> 8);
	d[8] = H_FRONT;
	d[9] = H_SYNC;
	d[10] = V_FRONT << 4 | V_SYNC;
	d[11] = 0;
	d[12] = t->width_mm & 0xff;
	d[13] = t->height_mm & 0xff;
	d[14] = (uint8_t)((t->width_mm >> 8) << 4 | t->height_mm >> 8);
	/*
	 * Digital separate sync: horizontal positive, vertical negative, as CVT's reduced blanking
	 * has it.
	 */
	d[17] = 0x1a;
}

/*
 * A display descriptor of this tag with text that ends in a line feed and is filled up with blanks.
 */
static void write_text(uint8_t *d, uint8_t tag, const char *text)
{
	size_t len = strnlen(text, 13);

	d[3] = tag;
	memset(d + 5, ' ', 13);
	memcpy(d + 5, text, len);
	if (len < 13) {
		d[5 + len] = '\n';
	}
}

/*
 * Header, made-up maker "VTN", digital input, size in cm, sRGB chromaticities, no established or
 * standard timings.
 */
static const uint8_t base[54] = {
	0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x5a, 0x8e, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x22, 0x01, 0x04, 0xa0, 0x00, 0x00, 0x78, 0x06, 0xee, 0x91, 0xa3,
	0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, 0x00, 0x00, 0x00, 0x01, 0x01, 0x01, 0x01,
	0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
};

void edid_build(uint8_t edid[EDID_SIZE], unsigned width, unsigned height, unsigned refresh_mhz,
		const char *name)
{
	struct timing timing;
	uint8_t sum = 0;

	timing_choose(&timing, width, height, refresh_mhz);
	memset(edid, 0, EDID_SIZE);
	memcpy(edid, base, sizeof(base));
	edid[21] = (uint8_t)MIN(MAX(timing.width_mm / 10, 1u), 255u);
	edid[22] = (uint8_t)MIN(MAX(timing.height_mm / 10, 1u), 255u);
	write_timing(edid + 54, &timing);
	write_text(edid + 72, 0xfc, name);
	/* Two dummy descriptors. */
	edid[90 + 3] = 0x10;
	edid[108 + 3] = 0x10;
	for (unsigned i = 0; i < EDID_SIZE - 1; i++) {
		sum = (uint8_t)(sum + edid[i]);
	}
	edid[EDID_SIZE - 1] = (uint8_t)-sum;
}
