/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/input.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "pvdispl/broker/guest.h"
#include "pvdispl/broker/store.h"
#include "xen/xen.h"

/* What Linux's frontend takes when the backend directory says nothing. */
#define DEFAULT_WIDTH 800u
#define DEFAULT_HEIGHT 600u
#define DEFAULT_CONTACTS 10u
/* A contact's number is one byte on the ring. */
#define MAX_CONTACTS 255u

enum input_key {
	KEY_ABSOLUTE,
	KEY_WIDTH,
	KEY_HEIGHT,
	KEY_TOUCH,
	KEY_TOUCH_WIDTH,
	KEY_TOUCH_HEIGHT,
	KEY_TOUCH_CONTACTS,
	KEY_COUNT,
};

static const char *const key_names[KEY_COUNT] = {
	[KEY_ABSOLUTE] = "feature-abs-pointer",
	[KEY_WIDTH] = "width",
	[KEY_HEIGHT] = "height",
	[KEY_TOUCH] = "feature-multi-touch",
	[KEY_TOUCH_WIDTH] = "multi-touch-width",
	[KEY_TOUCH_HEIGHT] = "multi-touch-height",
	[KEY_TOUCH_CONTACTS] = "multi-touch-num-contacts",
};

static bool is_set(const struct device *device, enum input_key key)
{
	return store_exists(device->guest->broker->xen, device->backend, key_names[key]);
}

static bool is_ours(const struct device *device, enum input_key key)
{
	return device->input.ours & (1u << key);
}

/* value 0: not known, nothing is written. */
static void provide(struct device *device, enum input_key key, uint32_t value)
{
	struct xen *xen = device->guest->broker->xen;
	uint32_t now;

	if (value == 0 || (is_set(device, key) && !is_ours(device, key))) {
		return;
	}
	if (is_ours(device, key) &&
	    store_read_number(xen, device->backend, key_names[key], 0, UINT32_MAX, &now) == 0 &&
	    now == value) {
		return;
	}
	device->input.ours |= 1u << key;
	if (store_write_number(xen, device->backend, key_names[key], value) < 0) {
		log_warn(LOG_HOST, "guest %s: cannot write %s/%s", device->guest->name,
			 device->backend, key_names[key]);
	}
}

static bool backend_flag(const struct device *device, const char *name)
{
	return store_flag(device->guest->broker->xen, device->backend, name, false);
}

static bool touch_is_wanted(const struct device *device)
{
	if (is_set(device, KEY_TOUCH)) {
		return backend_flag(device, key_names[KEY_TOUCH]);
	}
	return is_set(device, KEY_TOUCH_WIDTH) || is_set(device, KEY_TOUCH_HEIGHT) ||
	       is_set(device, KEY_TOUCH_CONTACTS);
}

void input_write_features(struct device *device, struct pv_size desktop)
{
	struct xen *xen = device->guest->broker->xen;
	uint32_t frontend = XENBUS_UNKNOWN;

	/* The frontend reads them when it probes, which is when its state leaves 1, and never again. */
	if (store_read_state(xen, device->frontend, &frontend) < 0 ||
	    frontend != XENBUS_INITIALISING) {
		return;
	}
	provide(device, KEY_ABSOLUTE, 1);
	provide(device, KEY_WIDTH, desktop.width);
	provide(device, KEY_HEIGHT, desktop.height);
	if (touch_is_wanted(device)) {
		provide(device, KEY_TOUCH, 1);
		provide(device, KEY_TOUCH_WIDTH, desktop.width);
		provide(device, KEY_TOUCH_HEIGHT, desktop.height);
		provide(device, KEY_TOUCH_CONTACTS, DEFAULT_CONTACTS);
	}
}

/* A node of the backend directory, which only the toolstack and we write. */
static uint32_t backend_number(const struct device *device, const char *name, uint32_t max,
			       uint32_t otherwise)
{
	uint32_t value = otherwise;
	int ret = store_read_number(device->guest->broker->xen, device->backend, name, 1, max,
				    &value);

	if (ret < 0 && ret != -ENOENT) {
		log_warn(LOG_ADMIN, "guest %s: %s/%s must be a number from 1 to %u; %u is used",
			 device->guest->name, device->backend, name, max, otherwise);
	}
	return value;
}

/* What is offered counts only when the guest has asked for it. */
static bool agreed(const struct device *device, const char *feature, const char *request)
{
	return backend_flag(device, feature) &&
	       store_flag(device->guest->broker->xen, device->frontend, request, false);
}

static void fill_message(const struct device *device, struct worker_input *message)
{
	*message = (struct worker_input){
		.type = WORKER_INPUT,
		.id = device->id,
		.attach = device->bus.attach,
		.keyboard = !backend_flag(device, "feature-disable-keyboard"),
		.pointer = !backend_flag(device, "feature-disable-pointer"),
		.absolute = agreed(device, "feature-abs-pointer", "request-abs-pointer"),
		.raw = agreed(device, "feature-raw-pointer", "request-raw-pointer"),
		.width = backend_number(device, "width",
					XENSTORE_MAX_SIZE * PV_MAX_CONNECTORS * PV_MAX_DISPLAYS,
					DEFAULT_WIDTH),
		.height = backend_number(device, "height", XENSTORE_MAX_SIZE, DEFAULT_HEIGHT),
		.touch = agreed(device, "feature-multi-touch", "request-multi-touch"),
		.touch_width = backend_number(
			device, "multi-touch-width",
			XENSTORE_MAX_SIZE * PV_MAX_CONNECTORS * PV_MAX_DISPLAYS, DEFAULT_WIDTH),
		.touch_height = backend_number(device, "multi-touch-height", XENSTORE_MAX_SIZE,
					       DEFAULT_HEIGHT),
		.touch_contacts = backend_number(device, "multi-touch-num-contacts", MAX_CONTACTS,
						 1),
	};
}

int input_hand_over(struct device *device)
{
	struct guest *guest = device->guest;
	struct xen *xen = guest->broker->xen;
	struct worker_input message;
	struct xen_prepared map;
	uint32_t ref, port;
	int evtchn = -1;
	int ret;

	if (store_read_number(xen, device->frontend, "page-gref", 1, UINT32_MAX, &ref) < 0 ||
	    store_read_number(xen, device->frontend, "event-channel", 1, UINT32_MAX, &port) < 0) {
		log_guest(
			LOG_LEVEL_WARN, guest->name, &guest->log,
			"vkbd %u: page-gref or event-channel is missing or not a number: device closed",
			device->devid);
		return -EBADMSG;
	}
	fill_message(device, &message);
	ret = guest_prepare_map(guest, &ref, 1, true, &map);
	if (ret < 0) {
		return ret;
	}
	ret = xen_evtchn_bind(xen, guest->domid, &port, 1, &message.port, &evtchn);
	if (ret < 0) {
		close_fd(&map.fd);
		return ret;
	}
	message.segment = map.segments[0];
	return device_send(device, &message, sizeof(message), map.fd, evtchn);
}
