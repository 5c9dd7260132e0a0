/* SPDX-License-Identifier: MIT */
/* Which output an absolute pointer, touchscreen or tablet belongs to. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "hid/devices/priv.h"

/* The output that the configuration names for this device, or NULL. Device names may hold any byte, '=' too. */
static const char *configured_output(const struct devices *devices, const char *name)
{
	for (unsigned i = 0; i < devices->n_bindings; i++) {
		const char *split = strrchr(devices->bindings[i], '=');

		if (split && (size_t)(split - devices->bindings[i]) == strlen(name) &&
		    strncmp(devices->bindings[i], name, strlen(name)) == 0) {
			return split + 1;
		}
	}
	return NULL;
}

static bool has(const struct input_device *device, enum libinput_device_capability capability)
{
	return libinput_device_has_capability(device->handle, capability);
}

static void log_arrival(const struct devices *devices, const struct input_device *device)
{
	const char *name = libinput_device_get_name(device->handle);
	int output;

	log_info(LOG_HOST, "input device '%s':%s%s%s%s%s%s", name,
		 has(device, LIBINPUT_DEVICE_CAP_KEYBOARD) ? " keyboard" : "",
		 has(device, LIBINPUT_DEVICE_CAP_POINTER) ? " pointer" : "",
		 has(device, LIBINPUT_DEVICE_CAP_TOUCH) ? " touch" : "",
		 has(device, LIBINPUT_DEVICE_CAP_TABLET_TOOL) ? " tablet" : "",
		 device->output[0] ? ", bound to " : "", device->output);
	if (!device_output(devices, device, &output)) {
		log_warn(LOG_ADMIN,
			 "input device '%s' is bound to %s, which is no monitor here (yet): its positions are "
			 "ignored until it is",
			 name, device->output);
	}
}

void device_bind(struct devices *devices, struct input_device *device)
{
	const char *output = configured_output(devices, libinput_device_get_name(device->handle));

	if (!output) {
		output = libinput_device_get_output_name(device->handle);
	}
	snprintf(device->output, sizeof(device->output), "%s", output ? output : "");
	log_arrival(devices, device);
}

bool device_output(const struct devices *devices, const struct input_device *device, int *out)
{
	*out = -1;
	if (device->output[0] == '\0') {
		return true;
	}
	*out = devices->host->output_by_name(devices->data, device->output);
	return *out >= 0;
}
