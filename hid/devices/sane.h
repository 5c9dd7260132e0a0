/* SPDX-License-Identifier: MIT */
/*
 * Makes sense of what one device says, before the seat hears it: numbers that do not exist, keys reported down twice, floods,
 * and times that cannot be are put right or left out, told in one line of the log for each kind, and counted. A release of
 * what was let through is never left out. Pure; time is an argument.
 */
#ifndef HID_DEVICES_SANE_H
#define HID_DEVICES_SANE_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

/* A device gets this far with no pause at all, and then so many in a second. Presses are keys, buttons, touches. */
#define SANE_PRESS_BURST 500
#define SANE_PRESSES_PER_S 1000
#define SANE_MOTION_BURST 2000
#define SANE_MOTIONS_PER_S 8000
#define SANE_MAX_SLOTS 64
#define SANE_BEHIND_NS 1000000000ull
/* No hand moves a mouse by more in one event. */
#define SANE_MAX_MOTION_PX 10000.0

enum sane_fault {
	SANE_CODE,   /* a key, button, slot or value that does not exist */
	SANE_REPEAT, /* down what was down, or up what was up */
	SANE_FLOOD,  /* more than any hand can do */
	SANE_JUMP,   /* a position off the device, a motion across the room */
	SANE_TIME,   /* back in time, or from the future */
	SANE_STUCK,  /* unplugged while something was down */
	SANE_FAULTS,
};

struct sane_bucket {
	uint64_t refill_ns;
	uint32_t tokens;
};

struct sane {
	uint64_t last_ns;
	struct sane_bucket presses, motions;
	uint64_t down[(KEY_CNT + 63) / 64];    /* let through */
	uint64_t refused[(KEY_CNT + 63) / 64]; /* left out: their releases are, too */
	uint64_t slots, refused_slots;         /* likewise of touches */
	double dx, dy;                         /* motion that waits for the next one */
	uint64_t events, faults[SANE_FAULTS];
	/* A fault of this kind happened for the first time. May be NULL. */
	void (*complain)(void *data, enum sane_fault fault);
	void *data;
};

void sane_init(struct sane *sane, void (*complain)(void *data, enum sane_fault fault), void *data);
/* What a fault is called in reports, and in the log's line. */
const char *sane_fault_name(enum sane_fault fault);
const char *sane_fault_text(enum sane_fault fault);

/*
 * The event's time: never before the last one's nor after now_ns. First for each event; the others refer to it. Times that
 * are a little behind are no fault: a tap is told when it is known to be one, with the time when it began.
 */
uint64_t sane_time(struct sane *sane, uint64_t event_ns, uint64_t now_ns);
/* False: leave it out. */
bool sane_key(struct sane *sane, uint32_t code, bool pressed);
bool sane_button(struct sane *sane, uint32_t code, bool pressed);
/* Motion that was left out is in dx and dy of the next one. */
bool sane_motion(struct sane *sane, double *dx, double *dy);
/* A position, 0 to 1 on both axes: one off the device is put on its edge. */
bool sane_position(struct sane *sane, double *x, double *y);
bool sane_scroll(struct sane *sane, double *value);
bool sane_touch_down(struct sane *sane, int slot, double *x, double *y);
bool sane_touch_motion(struct sane *sane, int slot, double *x, double *y);
bool sane_touch_up(struct sane *sane, int slot);
/* All contacts are gone. */
void sane_touch_cancel(struct sane *sane);
/* The device is gone: the seat lifts what it held. was_down: whoever reads it has lifted that already. */
void sane_unplugged(struct sane *sane, bool was_down);

#endif
