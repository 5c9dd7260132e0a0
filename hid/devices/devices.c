/* SPDX-License-Identifier: MIT */
#include "hid/devices/devices.h"

#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "hid/devices/priv.h"

/* What was let go such a short time before the device went was still down when it was pulled. */
#define JUST_NOW_NS NSEC_PER_SEC
/* Of the loop: after frames, before clients. */
#define DEVICES_PRIORITY (-10)

static int open_restricted(const char *path, int flags, void *data)
{
	struct devices *devices = data;

	return devices->host->open(devices->data, path);
}

static void close_restricted(int fd, void *data)
{
	struct devices *devices = data;

	devices->host->close(devices->data, fd);
}

static const struct libinput_interface interface = {
	.open_restricted = open_restricted,
	.close_restricted = close_restricted,
};

/* Its debug lines, which may hold what was typed, are not asked for. */
__attribute__((format(printf, 3, 0))) static void handle_log(struct libinput *libinput,
							     enum libinput_log_priority priority,
							     const char *format, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	if (priority == LIBINPUT_LOG_PRIORITY_ERROR) {
		log_warn(LOG_HOST, "libinput: %s", text);
	} else {
		log_debug(LOG_HOST, "libinput: %s", text);
	}
}

/* ---- devices come and go ---- */

/* The numbers of its kernel device: id/bustype and the like, in hexadecimal digits. */
static unsigned id_read(struct udev_device *parent, const char *attribute)
{
	const char *text = parent ? udev_device_get_sysattr_value(parent, attribute) : NULL;

	return text ? (unsigned)strtoul(text, NULL, 16) : 0;
}

static int number_take(struct devices *devices, struct libinput_device *handle)
{
	struct udev_device *udev = libinput_device_get_udev_device(handle);
	struct udev_device *parent =
		udev ? udev_device_get_parent_with_subsystem_devtype(udev, "input", NULL) : NULL;
	const struct device_identity identity = {
		.name = libinput_device_get_name(handle),
		.path = udev ? udev_device_get_syspath(udev) : NULL,
		.phys = parent ? udev_device_get_sysattr_value(parent, "phys") : NULL,
		.bus = id_read(parent, "id/bustype"),
		.vendor = libinput_device_get_id_vendor(handle),
		.product = libinput_device_get_id_product(handle),
	};
	int number = roster_add(devices->roster, &identity);

	/* The parent is the device's own; the texts are copied. */
	udev_device_unref(udev);
	return number;
}

static void log_arrival(const struct devices *devices, const struct input_device *device)
{
	static const struct {
		enum libinput_device_capability capability;
		const char *name;
	} kinds[] = {
		{LIBINPUT_DEVICE_CAP_KEYBOARD, " keyboard"},
		{LIBINPUT_DEVICE_CAP_POINTER, " pointer"},
		{LIBINPUT_DEVICE_CAP_TOUCH, " touch"},
		{LIBINPUT_DEVICE_CAP_TABLET_TOOL, " tablet"},
		{LIBINPUT_DEVICE_CAP_GESTURE, " gestures"},
		{LIBINPUT_DEVICE_CAP_SWITCH, " switch"},
	};
	unsigned number = device_number(devices, device);
	const struct device_policy *policy = roster_policy(devices->roster, number);
	char text[80] = "";

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (libinput_device_has_capability(device->handle, kinds[i].capability)) {
			strcat(text, kinds[i].name);
		}
	}
	log_info(LOG_HOST, "input device '%s':%s%s%s%s", roster_name(devices->roster, number), text,
		 policy ? ", as [device " : "", policy ? policy->label : "", policy ? "] says" : "");
}

static void device_added(struct devices *devices, struct libinput_device *handle)
{
	int number = number_take(devices, handle);
	struct input_device *device;

	if (number < 0) {
		log_warn(LOG_HOST, "an input device is ignored: there are %d already",
			 SEAT_MAX_DEVICES);
		return;
	}
	device = &devices->devices[number];
	*device = (struct input_device){.handle = handle, .batch = devices->batch};
	libinput_device_set_user_data(handle, device);
	seat_device_added(devices->seat, (unsigned)number);
	log_arrival(devices, device);
	device_setup(devices, device);
	device_bind(devices, device);
	device_light(devices, device);
}

static void device_removed(struct devices *devices, struct input_device *device)
{
	unsigned number = device_number(devices, device);

	/* The kernel lifts what was down on a device before udev tells that it is gone. */
	if (!devices->is_suspending) {
		sane_unplugged(roster_sane(devices->roster, number),
			       device->released_ns > 0 &&
				       now_ns() - device->released_ns < JUST_NOW_NS);
	}
	log_info(LOG_HOST, "input device '%s' is gone", roster_name(devices->roster, number));
	libinput_device_set_user_data(device->handle, NULL);
	device->handle = NULL;
	seat_device_removed(devices->seat, number);
	roster_remove(devices->roster, number);
}

static void handle_event(struct devices *devices, struct libinput_event *event)
{
	struct libinput_device *handle = libinput_event_get_device(event);
	struct input_device *device = libinput_device_get_user_data(handle);
	enum libinput_event_type type = libinput_event_get_type(event);

	if (type == LIBINPUT_EVENT_DEVICE_ADDED) {
		device_added(devices, handle);
	} else if (!device) {
		return;
	} else if (type == LIBINPUT_EVENT_DEVICE_REMOVED) {
		device_removed(devices, device);
	} else {
		device_event(devices, device, event);
	}
}

static void handle_events(struct devices *devices)
{
	struct libinput_event *event;
	int r = libinput_dispatch(devices->libinput);

	devices->batch++;
	if (r < 0) {
		log_warn(LOG_HOST, "cannot read input devices: %s", strerror(-r));
	}
	while ((event = libinput_get_event(devices->libinput))) {
		handle_event(devices, event);
		libinput_event_destroy(event);
	}
}

static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	handle_events(data);
	return 0;
}

static int watch(struct devices *devices)
{
	int r = sd_event_add_io(devices->event, &devices->source, libinput_get_fd(devices->libinput),
				EPOLLIN, handle_readable, devices);

	if (r < 0) {
		log_error(LOG_US, "cannot watch input devices: %s", strerror(-r));
		return r;
	}
	return sd_event_source_set_priority(devices->source, DEVICES_PRIORITY);
}

static int open_seat(struct devices *devices, const char *seat_name)
{
	devices->udev = udev_new();
	if (devices->udev) {
		devices->libinput = libinput_udev_create_context(&interface, devices, devices->udev);
	}
	if (!devices->libinput) {
		log_error(LOG_HOST, "cannot start libinput on udev: is udev running?");
		return -ENODEV;
	}
	libinput_log_set_handler(devices->libinput, handle_log);
	libinput_log_set_priority(devices->libinput, LIBINPUT_LOG_PRIORITY_INFO);
	if (libinput_udev_assign_seat(devices->libinput, seat_name) < 0) {
		log_error(LOG_HOST, "cannot look for input devices of %s: is udev running?",
			  seat_name);
		return -EIO;
	}
	return 0;
}

static bool is_empty(const struct devices *devices)
{
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		if (devices->devices[i].handle) {
			return false;
		}
	}
	return true;
}

static void bindings_forget(struct devices *devices)
{
	for (unsigned i = 0; i < devices->n_bindings; i++) {
		free(devices->bindings[i]);
	}
	devices->n_bindings = 0;
}

static void bindings_set(struct devices *devices, const struct devices_config *config)
{
	bindings_forget(devices);
	devices->n_bindings = MIN(config->n_bindings, (unsigned)DEVICES_MAX_BINDINGS);
	for (unsigned i = 0; i < devices->n_bindings; i++) {
		devices->bindings[i] = xstrdup(config->bindings[i]);
	}
}

int devices_create(struct devices **out, sd_event *event, const char *seat_name, struct seat *seat,
		   struct roster *roster, const struct devices_host *host, void *data,
		   const struct devices_config *config)
{
	struct devices *devices = xcalloc(1, sizeof(*devices));
	int r;

	devices->event = sd_event_ref(event);
	devices->seat = seat;
	devices->roster = roster;
	devices->host = host;
	devices->data = data;
	bindings_set(devices, config);
	r = open_seat(devices, seat_name);
	if (r == 0) {
		r = watch(devices);
	}
	if (r < 0) {
		devices_destroy(devices);
		return r;
	}
	handle_events(devices);
	if (is_empty(devices)) {
		log_warn(LOG_HOST, "no input device on %s: waiting for one", seat_name);
	}
	*out = devices;
	return 0;
}

void devices_destroy(struct devices *devices)
{
	if (!devices) {
		return;
	}
	sd_event_source_disable_unref(devices->source);
	libinput_unref(devices->libinput);
	udev_unref(devices->udev);
	bindings_forget(devices);
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		if (devices->devices[i].handle) {
			roster_remove(devices->roster, i);
		}
	}
	sd_event_unref(devices->event);
	free(devices);
}

void devices_suspend(struct devices *devices)
{
	libinput_suspend(devices->libinput);
	/* Tells of the devices' end. */
	devices->is_suspending = true;
	handle_events(devices);
	devices->is_suspending = false;
	seat_all_up(devices->seat);
}

int devices_resume(struct devices *devices)
{
	if (libinput_resume(devices->libinput) < 0) {
		log_error(LOG_HOST, "cannot open input devices again");
		return -EIO;
	}
	handle_events(devices);
	return 0;
}

void devices_reconfigure(struct devices *devices, const struct devices_config *config)
{
	bindings_set(devices, config);
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		if (devices->devices[i].handle) {
			device_setup(devices, &devices->devices[i]);
			device_bind(devices, &devices->devices[i]);
		}
	}
	/* One that was switched off let go of all. */
	handle_events(devices);
}

void devices_outputs_changed(struct devices *devices)
{
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		if (devices->devices[i].handle) {
			device_bind(devices, &devices->devices[i]);
		}
	}
}
