/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/edid.h"

#include <stdbool.h>
#include <string.h>

#include "base/util.h"

#define H_BLANK 160u /* reduced blanking */
#define H_FRONT 48u
#define H_SYNC 32u
#define V_BLANK 30u
#define V_FRONT 3u
#define V_SYNC 6u
#define HZ 60u
#define TIMING_MAX 4095u /* 12 bits */

static const uint8_t head_bytes[] = {
	0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, /* every EDID starts so */
	0x5a, 0x92, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, /* VTR, product 1, serial 1 */
	0x00, 0x22, 0x01, 0x03,                         /* 2024, version 1.3 */
	0x80, 0x00, 0x00, 0x78, 0x0a, /* digital, no size, gamma 2.2, preferred mode first */
	0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* sRGB */
};

/* False when 12 bits, or 16 bits of 10 kHz, do not hold it. */
static bool put_timing(uint8_t *d, uint32_t width, uint32_t height)
{
	uint32_t clock = (uint32_t)((uint64_t)(width + H_BLANK) * (height + V_BLANK) * HZ / 10000);

	if (width > TIMING_MAX || height > TIMING_MAX || clock > UINT16_MAX) {
		return false;
	}
	d[0] = (uint8_t)clock;
	d[1] = (uint8_t)(clock >> 8);
	d[2] = (uint8_t)width;
	d[3] = H_BLANK;
	d[4] = (uint8_t)(width >> 8 << 4);
	d[5] = (uint8_t)height;
	d[6] = V_BLANK;
	d[7] = (uint8_t)(height >> 8 << 4);
	d[8] = H_FRONT;
	d[9] = H_SYNC;
	d[10] = V_FRONT << 4 | V_SYNC;
	d[17] = 0x1a; /* digital separate sync, horizontal positive */
	return true;
}

static void put_name(uint8_t *d)
{
	static const char name[] = "Vitrine\n     ";

	d[3] = 0xfc;
	memcpy(&d[5], name, sizeof(name) - 1);
}

void edid_make(uint8_t out[DISPLIF_EDID_BLOCK], uint32_t width, uint32_t height)
{
	uint8_t sum = 0;

	memset(out, 0, DISPLIF_EDID_BLOCK);
	memcpy(out, head_bytes, sizeof(head_bytes));
	memset(&out[38], 0x01, 16); /* no standard timings */
	if (!put_timing(&out[54], width, height)) {
		out[57] = 0x10; /* a descriptor without meaning */
	}
	put_name(&out[72]);
	out[93] = 0x10;
	out[111] = 0x10;
	for (unsigned i = 0; i < DISPLIF_EDID_BLOCK - 1; i++) {
		sum = (uint8_t)(sum + out[i]);
	}
	out[127] = (uint8_t)-sum;
}
