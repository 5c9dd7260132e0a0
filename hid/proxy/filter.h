/* SPDX-License-Identifier: MIT */
/*
 * Another domain's events, made to be those of a device that behaves: known codes, values in their ranges, presses and
 * releases in turn, frames that end. Pure.
 */
#ifndef PROXY_FILTER_H
#define PROXY_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "hid/proxy/device.h"

/* A frame that is longer is ended by us: the kernel's own buffers have an end, too. */
#define PROXY_FRAME_EVENTS 256
#define PROXY_MOTION_MAX 32767

/* An event for the kernel. */
typedef void (*proxy_emit_fn)(void *data, uint16_t type, uint16_t code, int32_t value);

struct proxy_filter {
	const struct proxy_device *device;
	proxy_emit_fn emit;
	void *data;
	uint64_t down[PROXY_KEY_WORDS];
	uint64_t contacts; /* slots that have one */
	unsigned slot;
	unsigned in_frame; /* events since its start */
	bool is_lost; /* the sender has lost events: until the frame's end nothing is believed */
	uint64_t ignored; /* events that were not the device's, or not news */
};

void proxy_filter_init(struct proxy_filter *filter, const struct proxy_device *device,
		       proxy_emit_fn emit, void *data);
void proxy_filter_event(struct proxy_filter *filter, const struct proxy_event *untrusted);
/* All keys and contacts are up; nothing is emitted when they were. */
void proxy_filter_release(struct proxy_filter *filter);

#endif
