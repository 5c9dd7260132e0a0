/* SPDX-License-Identifier: MIT */
/* A vkbd device: connecting as Linux's xen-kbdfront does, then every event goes into the log. */
#ifndef TOOLS_PVFRONT_INPUT_H
#define TOOLS_PVFRONT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "hid/kbdif/kbdif.h"
#include "tools/pvfront/bus.h"
#include "xen/xen.h"

struct front;

struct logged_event {
	uint64_t time_ns;
	unsigned device;
	union kbdif_event event;
};

/* All input of the program, in the order in which it came. */
struct event_log {
	struct logged_event *events;
	size_t n, size;
};

void event_log_finish(struct event_log *log);

struct input {
	struct front *front;
	struct bus bus;
	unsigned number; /* of device/vkbd */
	struct kbdif_page *page;
	uint32_t ref;
	uint32_t port;
	struct xen_evtchn *evtchn;
	sd_event_source *source;
	bool absolute;
	bool touch;
	uint32_t width, height, contacts; /* as the backend says */
	uint64_t n_events;
};

/*
 * Finds device/vkbd/NUMBER. Returns 0, -ENOENT when there is none, -EBUSY when another driver of this domain has it, or
 * -errno.
 */
MUST_USE int input_init(struct input *input, struct front *front, unsigned number);
/* Up to state 4 on both sides. Logs what went wrong. */
MUST_USE int input_connect(struct input *input);
/* Logs what is in the ring now. At the end, what its event channel has not told of yet is there, too. */
void input_take_events(struct input *input);
void input_finish(struct input *input);

#endif
