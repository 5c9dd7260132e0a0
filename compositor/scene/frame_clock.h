/* SPDX-License-Identifier: MIT */
/*
 * When to draw: as late as is safe, so that guests' pictures are young when they light up. Pure;
 * one per output.
 *
 *	deadline = next vblank - length of the vertical blank - cost - margin
 *
 * The next vblank lies on a grid that flips keep in step with the monitor: its phase, and how long
 * its period really is, are measured, as modes are named by rounded numbers. The cost is what frames
 * take from their planned start to the device's acceptance, the wake-up's lateness included; one
 * that takes long all alone is a stall of the machine and not counted. The margin grows when a frame
 * missed its vblank and shrinks slowly. A device whose flips have no true time gets one frame in each
 * period of its mode.
 */
#ifndef SCENE_FRAME_CLOCK_H
#define SCENE_FRAME_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct frame_clock {
	uint64_t period_ns;  /* measured, near nominal_ns */
	uint64_t nominal_ns; /* of the mode */
	uint64_t vblank_ns;  /* length of the vertical blank */
	bool has_vblank;     /* flip times are true */
	uint64_t grid_ns; /* a vblank; without vblanks: where the last frame belongs. 0: none yet */
	uint64_t last_ns; /* of the last flip */
	uint64_t target_ns; /* the vblank that the frame under way aims at; 0: unknown */
	uint64_t cost_ns, last_cost_ns;
	uint64_t margin_ns;
	uint64_t decayed_ns; /* when the margin last shrank */
	uint64_t frames, missed;
};

void frame_clock_init(struct frame_clock *clock, int refresh_mhz, bool has_vblank,
		      uint64_t vblank_ns);
/* When to start the next frame: now, or later. */
uint64_t frame_clock_deadline(const struct frame_clock *clock, uint64_t now_ns);
/* A frame that was to start at planned_ns was accepted by the device at done_ns. */
void frame_clock_committed(struct frame_clock *clock, uint64_t planned_ns, uint64_t done_ns);
/*
 * Its flip: flip_ns is what the device says, now_ns when it was heard. Returns the time to believe:
 * not in the future and not before the flip before it.
 */
uint64_t frame_clock_flipped(struct frame_clock *clock, uint64_t flip_ns, uint64_t now_ns);

#endif
