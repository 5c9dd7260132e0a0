/* SPDX-License-Identifier: MIT */
/*
 * An EDID for a monitor of one size, for guests that ask before the display server has said what
 * theirs is.
 */
#ifndef WORKER_EDID_H
#define WORKER_EDID_H

#include <stdint.h>

#include "pvdispl/displif.h"

/*
 * One block of EDID 1.3: a digital monitor with this as its only mode, at 60 Hz if a detailed
 * timing can say so.
 */
void edid_make(uint8_t out[DISPLIF_EDID_BLOCK], uint32_t width, uint32_t height);

#endif
