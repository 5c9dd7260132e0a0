/* SPDX-License-Identifier: MIT */
#include "hid/kbdif/sink_device.h"

#include <linux/input-event-codes.h>
#include <string.h>

#define MOTION_LIMIT 0x7fff /* unread relative motion is not worth more than that */

_Static_assert(SINK_KEYS >= KEY_CNT, "all keys");

static bool key_get(const uint64_t *keys, uint32_t code)
{
	return keys[code / 64] >> (code % 64) & 1;
}

static void key_put(uint64_t *keys, uint32_t code, bool pressed)
{
	uint64_t bit = 1ull << (code % 64);

	keys[code / 64] = pressed ? keys[code / 64] | bit : keys[code / 64] & ~bit;
}

static bool queue_has_room(const struct sink_device *device, uint32_t events)
{
	return device->end - device->first + events <= SINK_QUEUE;
}

/* The guest keeps up: motion that is told now waits for nobody, and nothing will wait for it. */
static bool motion_fits(const struct sink_device *device)
{
	return device->end - device->first + SINK_RESERVE < kbd_ring_room(&device->ring);
}

static void queue_put(struct sink_device *device, const union kbdif_event *event)
{
	device->queue[device->end % SINK_QUEUE] = *event;
	device->end++;
}

/*
 * The keys that any worker sends in practice and Linux' driver knows. Releasing one that is up
 * means nothing to a guest, so a worker that takes over need not know which were down.
 */
static void assume_all_held(struct sink_device *device)
{
	if (device->features.keyboard && device->features.pointer) {
		for (uint32_t code = KEY_ESC; code < KEY_UNKNOWN; code++) {
			key_put(device->keys_told, code, true);
		}
		for (uint32_t code = BTN_MOUSE; code <= BTN_TASK; code++) {
			key_put(device->keys_told, code, true);
		}
	}
	for (unsigned i = 0; i < device->features.touch_contacts; i++) {
		device->told[i].down = true;
	}
	device->frame_done = true;
}

void sink_device_init(struct sink_device *device, const struct sink_features *features, void *page,
		      bool attach)
{
	memset(device, 0, sizeof(*device));
	device->features = *features;
	if (!features->touch) {
		device->features.touch_contacts = 0;
	}
	device->features.touch_contacts = MIN(device->features.touch_contacts, SINK_MAX_CONTACTS);
	kbd_ring_init(&device->ring, page, attach);
	if (attach) {
		assume_all_held(device);
	}
}

/* ---- the difference between what is and what was told, as events ---- */

static void queue_key(struct sink_device *device, uint32_t code, bool pressed)
{
	queue_put(device, &(union kbdif_event){
				  .key = {.type = KBDIF_KEY, .pressed = pressed, .keycode = code}});
	key_put(device->keys_told, code, pressed);
}

static void tell_keys(struct sink_device *device, bool pressed)
{
	for (uint32_t w = 0; w < ARRAY_SIZE(device->keys_wanted); w++) {
		uint64_t changed = device->keys_wanted[w] ^ device->keys_told[w];

		changed &= pressed ? device->keys_wanted[w] : device->keys_told[w];
		for (; changed && queue_has_room(device, 1); changed &= changed - 1) {
			queue_key(device, w * 64 + (uint32_t)__builtin_ctzll(changed), pressed);
		}
	}
}

/*
 * Absolute where there is a position; Linux takes the wheel of a MOTION for an absolute device,
 * too.
 */
static void tell_pointer(struct sink_device *device)
{
	union kbdif_event event;

	if (!device->position_owed && !device->rel_x && !device->rel_y && !device->rel_z) {
		return;
	}
	if (!queue_has_room(device, 1)) {
		return;
	}
	if (device->has_position) {
		event.pos = (struct kbdif_pos){.type = KBDIF_POS,
					       .abs_x = device->x,
					       .abs_y = device->y,
					       .rel_z = device->rel_z};
	} else {
		event.motion = (struct kbdif_motion){.type = KBDIF_MOTION,
						     .rel_x = device->rel_x,
						     .rel_y = device->rel_y,
						     .rel_z = device->rel_z};
	}
	queue_put(device, &event);
	device->position_owed = false;
	device->rel_x = device->rel_y = device->rel_z = 0;
}

static void queue_touch(struct sink_device *device, enum kbdif_touch what, unsigned contact,
			const struct sink_contact *at)
{
	union kbdif_event event = {.mtouch = {.type = KBDIF_MTOUCH,
					      .event_type = (uint8_t)what,
					      .contact_id = (uint8_t)contact}};

	if (at) {
		event.mtouch.abs_x = at->x;
		event.mtouch.abs_y = at->y;
	}
	queue_put(device, &event);
	device->syn_owed = what != KBDIF_TOUCH_SYN;
}

static bool contact_moved(const struct sink_contact *from, const struct sink_contact *to)
{
	return from->x != to->x || from->y != to->y;
}

/* False when a beginning or an end is left to be told. */
static bool tell_contact(struct sink_device *device, unsigned i)
{
	struct sink_contact *told = &device->told[i];
	const struct sink_contact *wanted = &device->wanted[i];

	if (told->down && (!wanted->down || wanted->touch != told->touch)) {
		if (!queue_has_room(device, 2)) {
			return false;
		}
		/* It ends where it was lifted. */
		if (wanted->touch == told->touch && contact_moved(told, wanted)) {
			queue_touch(device, KBDIF_TOUCH_MOTION, i, wanted);
		}
		queue_touch(device, KBDIF_TOUCH_UP, i, NULL);
		told->down = false;
	}
	if (wanted->down && !told->down) {
		if (!queue_has_room(device, 1)) {
			return false;
		}
		queue_touch(device, KBDIF_TOUCH_DOWN, i, wanted);
		*told = *wanted;
	}
	if (wanted->down && contact_moved(told, wanted) && motion_fits(device)) {
		queue_touch(device, KBDIF_TOUCH_MOTION, i, wanted);
		*told = *wanted;
	}
	return true;
}

static void tell_touches(struct sink_device *device)
{
	bool complete = true;

	for (unsigned i = 0; i < device->features.touch_contacts; i++) {
		complete = tell_contact(device, i) && complete;
	}
	if (complete && device->frame_done && device->syn_owed && queue_has_room(device, 1)) {
		queue_touch(device, KBDIF_TOUCH_SYN, 0, NULL);
	}
}

static void tell_all_keys(struct sink_device *device)
{
	tell_keys(device, false);
	tell_keys(device, true);
}

static void tell(struct sink_device *device)
{
	bool keys_differ = memcmp(device->keys_wanted, device->keys_told,
				  sizeof(device->keys_told)) != 0;

	/* Among what the queue could not take may be a click, which belongs where the pointer is. */
	if (keys_differ || motion_fits(device)) {
		tell_pointer(device);
	}
	if (keys_differ) {
		tell_all_keys(device);
	}
	tell_touches(device);
}

/* ---- changes ---- */

bool sink_device_key_held(const struct sink_device *device, uint32_t code)
{
	return key_get(device->keys_wanted, code);
}

void sink_device_set_key(struct sink_device *device, uint32_t code, bool pressed)
{
	/* A click belongs where the pointer is; a key changes what the wheel means. */
	if (sink_is_button(code) || device->rel_z) {
		tell_pointer(device);
	}
	key_put(device->keys_wanted, code, pressed);
	tell_all_keys(device);
}

void sink_device_set_position(struct sink_device *device, int x, int y)
{
	if (device->has_position && device->x == x && device->y == y) {
		return;
	}
	device->x = x;
	device->y = y;
	device->has_position = true;
	device->position_owed = true;
	tell(device);
}

static int add_limited(int a, int b)
{
	int64_t sum = (int64_t)a + b;

	return (int)MAX(MIN(sum, MOTION_LIMIT), -MOTION_LIMIT);
}

void sink_device_move(struct sink_device *device, int rel_x, int rel_y, int rel_z)
{
	device->rel_x = add_limited(device->rel_x, rel_x);
	device->rel_y = add_limited(device->rel_y, rel_y);
	device->rel_z = add_limited(device->rel_z, rel_z);
	tell(device);
}

void sink_device_set_contact(struct sink_device *device, unsigned contact, bool down, int x, int y)
{
	struct sink_contact *wanted = &device->wanted[contact];

	if (down && !wanted->down) {
		wanted->touch++;
	}
	wanted->down = down;
	if (down) {
		wanted->x = x;
		wanted->y = y;
	}
	device->frame_done = false;
	tell(device);
}

void sink_device_end_frame(struct sink_device *device)
{
	device->frame_done = true;
	tell(device);
}

void sink_device_release_all(struct sink_device *device)
{
	memset(device->keys_wanted, 0, sizeof(device->keys_wanted));
	for (unsigned i = 0; i < ARRAY_SIZE(device->wanted); i++) {
		device->wanted[i].down = false;
	}
	device->frame_done = true;
	tell(device);
}

static bool queue_drain(struct sink_device *device)
{
	bool moved = false;

	while (device->first != device->end &&
	       kbd_ring_push(&device->ring, &device->queue[device->first % SINK_QUEUE])) {
		device->first++;
		moved = true;
	}
	return moved;
}

bool sink_device_flush(struct sink_device *device)
{
	bool moved = false;

	/*
	 * Each round makes room in the queue for what could not be told; it ends as the ring is
	 * finite.
	 */
	do {
		tell(device);
		if (!queue_drain(device)) {
			return moved;
		}
		moved = true;
	} while (true);
}
