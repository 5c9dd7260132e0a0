/* SPDX-License-Identifier: MIT */
/* What is read and written for a vdispl device (displif.h of Xen). */
#ifndef PVDISPL_BROKER_DISPLAY_H
#define PVDISPL_BROKER_DISPLAY_H

#include "pvdispl/broker/device.h"

/*
 * Freezes the toolstack's connectors. The guest owns their directories once it runs, so a copy is left in the backend
 * directory, which it can't write, for a broker that comes after this one. Returns as device_create.
 */
MUST_USE int display_freeze(struct device *device);
void display_finish(struct device *device);
/* What the frontend may want to know before InitWait. */
void display_write_features(struct device *device);
/* Returns 0; -EBADMSG: the guest published nonsense (logged); or -errno. */
MUST_USE int display_hand_over(struct device *device);

#endif
