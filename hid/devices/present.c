/* SPDX-License-Identifier: MIT */
/* Which input devices are here now, without opening any: for whoever checks a configuration. */
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

#include "hid/devices/devices.h"
#include "hid/devices/policy.h"

static unsigned hex_attribute(struct udev_device *device, const char *name)
{
	const char *text = udev_device_get_sysattr_value(device, name);

	return text ? (unsigned)strtoul(text, NULL, 16) : 0;
}

/* A bit for each policy that is about this device. */
static uint64_t device_matches(struct udev_device *device, const struct device_policy *policies,
			       unsigned n)
{
	struct udev_device *parent = udev_device_get_parent_with_subsystem_devtype(device, "input",
										   NULL);
	uint64_t found = 0;
	struct device_identity identity = {.path = udev_device_get_syspath(device)};

	if (!parent || strncmp(udev_device_get_sysname(device), "event", 5) != 0) {
		return 0;
	}
	identity.name = udev_device_get_sysattr_value(parent, "name");
	identity.phys = udev_device_get_sysattr_value(parent, "phys");
	identity.vendor = hex_attribute(parent, "id/vendor");
	identity.product = hex_attribute(parent, "id/product");
	for (unsigned i = 0; i < n; i++) {
		if (device_policy_matches(&policies[i], &identity)) {
			found |= UINT64_C(1) << i;
		}
	}
	return found;
}

uint64_t devices_present(const struct device_policy *policies, unsigned n)
{
	struct udev *udev = udev_new();
	struct udev_enumerate *devices = udev ? udev_enumerate_new(udev) : NULL;
	struct udev_list_entry *entry;
	uint64_t found = 0;

	n = MIN(n, (unsigned)DEVICE_MAX_POLICIES);
	if (devices && udev_enumerate_add_match_subsystem(devices, "input") == 0 &&
	    udev_enumerate_scan_devices(devices) == 0) {
		udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(devices))
		{
			struct udev_device *device =
				udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));

			found |= device ? device_matches(device, policies, n) : 0;
			udev_device_unref(device);
		}
	}
	udev_enumerate_unref(devices);
	udev_unref(udev);
	return found;
}
