/* SPDX-License-Identifier: MIT */
/*
 * Which output an absolute pointer, touchscreen or tablet belongs to: what the configuration says, what udev says
 * (WL_OUTPUT), and for a touchscreen that neither speaks of what its size and its place tell.
 */
#include <linux/input.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "hid/devices/match.h"
#include "hid/devices/priv.h"

/* The output that the configuration names for this device, or NULL. Device names may hold any byte, '=' too. */
static const char *configured_output(const struct devices *devices,
				     const struct input_device *device)
{
	const struct device_policy *policy = roster_policy(devices->roster,
							   device_number(devices, device));
	const char *name = libinput_device_get_name(device->handle);

	if (policy && policy->output[0]) {
		return policy->output;
	}
	for (unsigned i = 0; i < devices->n_bindings; i++) {
		const char *split = strrchr(devices->bindings[i], '=');

		if (split && (size_t)(split - devices->bindings[i]) == strlen(name) &&
		    strncmp(devices->bindings[i], name, strlen(name)) == 0) {
			return split + 1;
		}
	}
	return NULL;
}

static const char *matching_output(const struct devices *devices, const struct input_device *device,
				   const char **why)
{
	const struct device_identity *identity = roster_identity(devices->roster,
								 device_number(devices, device));
	struct devices_output outputs[SEAT_MAX_OUTPUTS];
	struct match_screen screen = {.is_plugged = identity->bus == BUS_USB ||
						    identity->bus == BUS_BLUETOOTH};
	unsigned n = 0;
	int found;

	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		n += devices->host->output(devices->data, i, &outputs[n]);
	}
	if (libinput_device_get_size(device->handle, &screen.width_mm, &screen.height_mm) != 0) {
		screen.width_mm = screen.height_mm = 0;
	}
	found = match_output(&screen, outputs, n, why);
	return found < 0 ? NULL : outputs[found].name;
}

static void log_binding(const struct devices *devices, const struct input_device *device,
			const char *why)
{
	const char *name = roster_name(devices->roster, device_number(devices, device));
	int output;

	if (!device->output[0]) {
		log_info(LOG_HOST, "input device '%s' is bound to no monitor: %s", name, why);
		return;
	}
	log_info(LOG_HOST, "input device '%s' is bound to %s: %s", name, device->output, why);
	if (!device_output(devices, device, &output)) {
		log_warn(LOG_ADMIN,
			 "input device '%s' is bound to %s, which is no monitor here (yet): its positions are "
			 "ignored until it is",
			 name, device->output);
	}
}

/* Only what has positions has a monitor. */
static bool has_positions(const struct input_device *device)
{
	return libinput_device_has_capability(device->handle, LIBINPUT_DEVICE_CAP_TOUCH) ||
	       libinput_device_has_capability(device->handle, LIBINPUT_DEVICE_CAP_TABLET_TOOL) ||
	       libinput_device_has_capability(device->handle, LIBINPUT_DEVICE_CAP_POINTER);
}

void device_bind(struct devices *devices, struct input_device *device)
{
	bool is_touch = libinput_device_has_capability(device->handle, LIBINPUT_DEVICE_CAP_TOUCH);
	const char *why = "the configuration says so", *output;
	char before[sizeof(device->output)];

	if (!has_positions(device)) {
		return;
	}
	output = configured_output(devices, device);
	if (!output) {
		why = "udev says so";
		output = libinput_device_get_output_name(device->handle);
	}
	if (!output && is_touch) {
		output = matching_output(devices, device, &why);
	}
	strcpy(before, device->output);
	snprintf(device->output, sizeof(device->output), "%s", output ? output : "");
	if (strcmp(before, device->output) != 0) {
		log_binding(devices, device, why);
	} else if (is_touch && !device->output[0] && !device->is_known) {
		log_binding(devices, device, why);
	}
	device->is_known = true;
}

bool device_output(const struct devices *devices, const struct input_device *device, int *out)
{
	*out = -1;
	if (device->output[0] == '\0') {
		return true;
	}
	for (unsigned i = 0; i < SEAT_MAX_OUTPUTS; i++) {
		struct devices_output output;

		if (devices->host->output(devices->data, i, &output) &&
		    strcmp(output.name, device->output) == 0) {
			*out = (int)i;
		}
	}
	return *out >= 0;
}
