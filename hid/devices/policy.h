/* SPDX-License-Identifier: MIT */
/*
 * What the administrator says of an input device ([device NAME] of the configuration): how it is recognised, which guests it
 * may reach, and how it is set up. Plain values; no library, no device.
 */
#ifndef HID_DEVICES_POLICY_H
#define HID_DEVICES_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

#define DEVICE_MAX_POLICIES 64
#define DEVICE_MAX_NAMED 16 /* guests in a list */
#define DEVICE_GUEST_SIZE 33

/* How a device is known. All may hold any byte but NUL; NULL: it has none. */
struct device_identity {
	const char *name; /* as the kernel has it, or with its origin in front */
	const char *path; /* in sysfs: /sys/devices/... */
	const char *phys; /* where it is plugged in: usb-0000:00:14.0-1/input0 */
	unsigned bus;     /* BUS_USB and so on */
	unsigned vendor, product;
};

/* What is left to libinput without a line. */
enum device_switch {
	DEVICE_DEFAULT,
	DEVICE_YES,
	DEVICE_NO,
};

enum device_accel {
	DEVICE_ACCEL_DEFAULT,
	DEVICE_ACCEL_FLAT,
	DEVICE_ACCEL_ADAPTIVE,
};

enum device_click {
	DEVICE_CLICK_DEFAULT,
	DEVICE_CLICK_AREAS,
	DEVICE_CLICK_FINGERS,
};

enum device_scroll {
	DEVICE_SCROLL_DEFAULT,
	DEVICE_SCROLL_NONE,
	DEVICE_SCROLL_TWO_FINGERS,
	DEVICE_SCROLL_EDGE,
	DEVICE_SCROLL_BUTTON,
};

struct device_guests {
	char names[DEVICE_MAX_NAMED][DEVICE_GUEST_SIZE];
	unsigned n;
};

/* One section. */
struct device_policy {
	char label[50]; /* of the section: the device's name, where nothing else is said */
	/* How else it is recognised; all that are said must be so. "": not said. */
	char name[128]; /* a shell pattern for the name */
	char path[160]; /* likewise for the path in sysfs, or the place where it is plugged in */
	bool has_id;
	uint16_t vendor, product;

	struct device_guests guests;     /* n > 0: only these */
	struct device_guests not_guests; /* never these */
	struct device_guests reserves; /* these get input from devices that say so, and no other */
	bool is_disabled;

	char output[32]; /* its monitor; "": not said */
	bool has_calibration;
	float calibration[6]; /* of a touchscreen: two rows of a matrix, 0 to 1 to 0 to 1 */
	bool has_speed;
	double speed; /* -1 to 1 */
	enum device_accel accel;
	enum device_click click;
	enum device_scroll scroll;
	enum device_switch natural_scroll, left_handed, middle_emulation, tap, tap_drag,
		while_typing;
};

/* The section is about this device. */
bool device_policy_matches(const struct device_policy *policy,
			   const struct device_identity *identity);
/*
 * Of those that match, the one whose word counts: what is recognised by its path goes before what is by its id, that before
 * what is by its name; of equals the first. NULL: none matches.
 */
const struct device_policy *device_policy_find(const struct device_policy *policies, unsigned n,
					       const struct device_identity *identity);
/* This section lets the device reach the guest. Of several that match, each must. */
bool device_policy_allows(const struct device_policy *policy, const char *guest);
/* This section reserves the guest for its device: one about which no such section is stays out. */
bool device_policy_reserves(const struct device_policy *policy, const char *guest);

#endif
