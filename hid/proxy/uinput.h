/* SPDX-License-Identifier: MIT */
/* The kernel's side of a device that is elsewhere: Documentation/input/uinput.rst. */
#ifndef PROXY_UINPUT_H
#define PROXY_UINPUT_H

#include <stdint.h>

#include "base/util.h"
#include "hid/proxy/device.h"

/* fd of /dev/uinput, not blocking; -errno, logged. */
MUST_USE int uinput_open(const char *path);
/*
 * Makes the device, with a bus of its own (virtual) and "vitrine/ORIGIN" as its place, which no plugged device can have. 0 or
 * -errno.
 */
MUST_USE int uinput_make(int fd, const struct proxy_device *device, const char *origin,
			 uint16_t vendor, uint16_t product);

#endif
