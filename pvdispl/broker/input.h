/* SPDX-License-Identifier: MIT */
/* What is read and written for a vinput device: Xen's kbdif.h, a vkb with backend-type=linux. */
#ifndef PVDISPL_BROKER_INPUT_H
#define PVDISPL_BROKER_INPUT_H

#include "pvdispl/broker/device.h"

/*
 * Writes the features that the toolstack left out, unless the guest has already read them; sizes are those of the
 * guest's desktop. Nothing that the toolstack wrote is touched.
 */
void input_write_features(struct device *device, struct pv_size desktop);
/* Returns 0; -EBADMSG: the guest published nonsense (logged); or -errno. */
MUST_USE int input_hand_over(struct device *device);

#endif
