/* SPDX-License-Identifier: MIT */
/*
 * The shared page of a PV keyboard, as Xen's kbdif.h lays it out. Only the ring towards the guest
 * carries events. Integers are little endian as on every host that runs this.
 */
#ifndef HID_KBDIF_H
#define HID_KBDIF_H

#include <stddef.h>
#include <stdint.h>

#define KBDIF_IN_EVENTS 51u  /* towards the frontend */
#define KBDIF_OUT_EVENTS 25u /* towards the backend: none is defined */

#define KBDIF_RAW_MAX 0x7fffu /* feature-raw-pointer: coordinates run from 0 to this */

enum kbdif_type {
	KBDIF_MOTION = 1,
	KBDIF_KEY = 3,
	KBDIF_POS = 4,
	KBDIF_MTOUCH = 5,
};

enum kbdif_touch {
	KBDIF_TOUCH_DOWN = 0,
	KBDIF_TOUCH_UP = 1,
	KBDIF_TOUCH_MOTION = 2,
	KBDIF_TOUCH_SYN = 3, /* ends a frame */
	KBDIF_TOUCH_SHAPE = 4,
	KBDIF_TOUCH_ORIENT = 5,
};

/* Each is as long as an entry: a compiler need not clear what lies behind a shorter member of a union. */
struct kbdif_motion {
	uint8_t type, reserved[3];
	int32_t rel_x, rel_y;
	int32_t rel_z; /* notches of the wheel, positive: down */
	uint8_t reserved2[24];
};

struct kbdif_key {
	uint8_t type, pressed, reserved[2];
	uint32_t keycode; /* KEY_ and BTN_ of linux/input-event-codes.h */
	uint8_t reserved2[32];
};

struct kbdif_pos {
	uint8_t type, reserved[3];
	int32_t abs_x, abs_y;
	int32_t rel_z;
	uint8_t reserved2[24];
};

struct kbdif_mtouch {
	uint8_t type;
	uint8_t event_type; /* enum kbdif_touch */
	uint8_t contact_id; /* 0 to multi-touch-num-contacts - 1 */
	uint8_t reserved[5];
	int32_t abs_x, abs_y; /* DOWN and MOTION */
	uint8_t reserved2[24];
};

union kbdif_event {
	uint8_t type;
	struct kbdif_motion motion;
	struct kbdif_key key;
	struct kbdif_pos pos;
	struct kbdif_mtouch mtouch;
	uint8_t bytes[40];
};

/* Counters run freely; entry = counter % KBDIF_IN_EVENTS. */
struct kbdif_page {
	uint32_t in_cons, in_prod;
	uint32_t out_cons, out_prod;
	uint8_t reserved[1008];
	union kbdif_event in[KBDIF_IN_EVENTS];
	uint8_t reserved2[8];
	union kbdif_event out[KBDIF_OUT_EVENTS];
	uint8_t reserved3[24];
};

#define KBDIF_AT(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member)

KBDIF_AT(kbdif_motion, rel_x, 4);
KBDIF_AT(kbdif_motion, rel_z, 12);
KBDIF_AT(kbdif_key, pressed, 1);
KBDIF_AT(kbdif_key, keycode, 4);
KBDIF_AT(kbdif_pos, abs_x, 4);
KBDIF_AT(kbdif_pos, rel_z, 12);
KBDIF_AT(kbdif_mtouch, contact_id, 2);
KBDIF_AT(kbdif_mtouch, abs_x, 8);
KBDIF_AT(kbdif_page, out_prod, 12);
KBDIF_AT(kbdif_page, in, 1024);
KBDIF_AT(kbdif_page, out, 3072);
_Static_assert(sizeof(struct kbdif_motion) == 40, "motion");
_Static_assert(sizeof(struct kbdif_key) == 40, "key");
_Static_assert(sizeof(struct kbdif_pos) == 40, "position");
_Static_assert(sizeof(struct kbdif_mtouch) == 40, "touch");
_Static_assert(sizeof(union kbdif_event) == 40, "event");
_Static_assert(sizeof(struct kbdif_page) == 4096, "page");

#endif
