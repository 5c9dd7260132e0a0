/* SPDX-License-Identifier: MIT */
/*
 * One PV keyboard device of a guest. What the guest is to know is a state (keys, contacts,
 * position); what it has been told is another; the difference is queued as events. Each event that
 * the guest has room for is passed as it is. Of one that lags only motion is merged: it waits as a
 * state until there is room, while keys, buttons and ends of contacts pass it, in their order. A
 * button takes the position with it that it belongs to, and a turn of the wheel stays where it is
 * among the keys. What is queued behind a full ring is bounded; past that keys are state, too: a
 * release can be late but never lost, and a key that goes down and up again leaves no trace.
 */
#ifndef HID_SINK_DEVICE_H
#define HID_SINK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "hid/kbdif/kbd_ring.h"
#include "hid/kbdif/sink.h"

#define SINK_KEYS 0x300u /* KEY_CNT */
#define SINK_QUEUE 256u  /* events behind a full ring */
#define SINK_RESERVE 16u /* entries of the ring that motion leaves to all else */

struct sink_contact {
	bool down;
	uint32_t touch; /* counts touches, to tell a new one from an old one */
	int x, y;
};

struct sink_device {
	struct sink_features features;
	struct kbd_ring ring;

	union kbdif_event queue[SINK_QUEUE];
	uint32_t first, end; /* run freely */

	uint64_t keys_wanted[SINK_KEYS / 64], keys_told[SINK_KEYS / 64];

	struct sink_contact wanted[SINK_MAX_CONTACTS], told[SINK_MAX_CONTACTS];
	bool syn_owed;   /* the guest was told of contacts since the last SYN */
	bool frame_done; /* and the frame is complete */

	bool has_position, position_owed;
	int x, y;
	int rel_x, rel_y, rel_z; /* not told yet */
};

/* attach: whatever a worker before us may have pressed is released. */
void sink_device_init(struct sink_device *device, const struct sink_features *features, void *page,
		      bool attach);

bool sink_device_key_held(const struct sink_device *device, uint32_t code);
void sink_device_set_key(struct sink_device *device, uint32_t code, bool pressed);
void sink_device_set_position(struct sink_device *device, int x, int y);
void sink_device_move(struct sink_device *device, int rel_x, int rel_y, int rel_z);
void sink_device_set_contact(struct sink_device *device, unsigned contact, bool down, int x, int y);
/* All changes of contacts so far belong together. */
void sink_device_end_frame(struct sink_device *device);
/* Everything is up. */
void sink_device_release_all(struct sink_device *device);

/*
 * Moves what fits into the ring. True when something was published and the guest is to be notified.
 */
bool sink_device_flush(struct sink_device *device);

#endif
