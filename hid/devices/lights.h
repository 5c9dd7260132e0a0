/* SPDX-License-Identifier: MIT */
/*
 * What the lights of keyboards (DEVICES_LED_...) are to show for a guest: what its source tells, else what can be known from
 * the strokes that it got. Pure.
 */
#ifndef HID_DEVICES_LIGHTS_H
#define HID_DEVICES_LIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* For guests whose source does not tell. */
enum lights_policy {
	LIGHTS_REMEMBER, /* toggled by each stroke that the guest got, from off on */
	LIGHTS_ON,       /* likewise, with Num Lock from on on */
	LIGHTS_OFF,      /* dark */
	LIGHTS_HOST,     /* they stay as they are */
};

/* Of one guest. Zeroed: nothing is known. */
struct lights {
	bool is_told;
	uint32_t told;
	uint32_t toggled; /* by strokes, an odd number of times */
};

/* A key went down and the guest was told. */
void lights_stroke(struct lights *lights, uint32_t code);
/* False: as they are. */
bool lights_wanted(const struct lights *lights, enum lights_policy policy, uint32_t *out);

/* Lights change no faster than this, whoever wants it. */
#define LIGHTS_PAUSE_NS 200000000ull

struct lights_pace {
	uint64_t last_ns; /* 0: never */
};

/* When they may change: now_ns or later. The caller changes them then, to what is wanted at that time. */
uint64_t lights_due(const struct lights_pace *pace, uint64_t now_ns);
void lights_changed(struct lights_pace *pace, uint64_t now_ns);

#endif
