/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/display.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "pvdispl/broker/guest.h"
#include "pvdispl/broker/memory.h"
#include "pvdispl/broker/store.h"
#include "xen/xen.h"

#define FROZEN_NODE "connectors"

/* What a frontend has published: a ring and an event page for each connector, and a port for each. */
struct published {
	uint32_t refs[2 * PV_MAX_CONNECTORS];
	uint32_t ports[2 * PV_MAX_CONNECTORS];
};

static int read_resolution(const struct device *device, uint32_t index, struct pv_size *out)
{
	char name[32];

	snprintf(name, sizeof(name), "%u/resolution", index);
	return store_read_size(device->guest->broker->xen, device->frontend, name, out);
}

static int read_toolstack_layout(const struct device *device, struct pv_layout *layout)
{
	struct pv_size size;
	int ret;

	for (layout->n = 0; layout->n < PV_MAX_CONNECTORS; layout->n++) {
		ret = read_resolution(device, layout->n, &layout->size[layout->n]);
		if (ret == -ENOENT && layout->n > 0) {
			return 0;
		}
		if (ret < 0) {
			return ret == -ENOENT ? -EAGAIN : ret;
		}
	}
	if (read_resolution(device, PV_MAX_CONNECTORS, &size) != -ENOENT) {
		log_warn(LOG_ADMIN,
			 "guest %s: %s has more than %u connectors; give the rest to another vdispl device",
			 device->guest->name, device->backend, PV_MAX_CONNECTORS);
	}
	return 0;
}

static void write_frozen(const struct device *device)
{
	const struct pv_layout *layout = &device->display.layout;
	char text[PV_MAX_CONNECTORS * sizeof("16384x16384;")];
	size_t at = 0;

	for (uint32_t i = 0; i < layout->n; i++) {
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%ux%u", i ? ";" : "",
				       layout->size[i].width, layout->size[i].height);
	}
	if (store_write(device->guest->broker->xen, device->backend, FROZEN_NODE, text) < 0) {
		log_warn(LOG_HOST, "guest %s: cannot note the sizes of %s", device->guest->name,
			 device->backend);
	}
}

int display_freeze(struct device *device)
{
	struct xen *xen = device->guest->broker->xen;
	struct display *display = &device->display;
	int ret = store_read_layout(xen, device->backend, FROZEN_NODE, &display->layout);

	if (ret < 0) {
		ret = read_toolstack_layout(device, &display->layout);
	}
	if (ret < 0) {
		if (ret != -EAGAIN && broker_may_complain(device->guest->broker)) {
			log_warn(LOG_ADMIN,
				 "guest %s: %s is ignored: its connectors need sizes like 1920x1080, at most %ux%u",
				 device->guest->name, device->frontend, XENSTORE_MAX_SIZE,
				 XENSTORE_MAX_SIZE);
		}
		return ret;
	}
	display->be_alloc = store_flag(xen, device->frontend, "be-alloc", false);
	ret = guest_take_heads(device->guest, display->layout.n);
	if (ret < 0) {
		return ret;
	}
	display->first_head = (uint32_t)ret;
	return 0;
}

void display_finish(struct device *device)
{
	guest_return_heads(device->guest, device->display.first_head, device->display.layout.n);
}

/*
 * A frontend reads the node when we reach InitWait, and can't change it. Where memory of ours is of no use to it, it is
 * told to use its own. A driver domain may not write there: then its buffers are refused.
 */
static void settle_be_alloc(struct device *device)
{
	struct guest *guest = device->guest;
	const char *reason;

	if (memory_obstacle(guest, &reason) == 0) {
		return;
	}
	if (store_write(guest->broker->xen, device->frontend, "be-alloc", "0") == 0) {
		device->display.be_alloc = false;
		log_warn(LOG_ADMIN,
			 "guest %s: be-alloc=1 is not possible: %s; it uses its own memory",
			 guest->name, reason);
	} else {
		log_warn(LOG_ADMIN,
			 "guest %s: be-alloc=1 is not possible: %s; its buffers will be refused, use be-alloc=0",
			 guest->name, reason);
	}
}

void display_write_features(struct device *device)
{
	if (store_write(device->guest->broker->xen, device->backend, "versions", "2,1") < 0) {
		log_warn(LOG_HOST, "guest %s: cannot write %s/versions", device->guest->name,
			 device->backend);
	}
	write_frozen(device);
	if (device->display.be_alloc) {
		settle_be_alloc(device);
	}
}

/* The guest may forge these once it runs. What is frozen counts; that it tried is worth a line. */
static void check_forgery(const struct device *device)
{
	const struct pv_layout *layout = &device->display.layout;
	struct pv_size size;

	for (uint32_t i = 0; i < layout->n; i++) {
		if (read_resolution(device, i, &size) < 0 || size.width != layout->size[i].width ||
		    size.height != layout->size[i].height) {
			log_guest(
				LOG_LEVEL_WARN, device->guest->name, &device->guest->log,
				"vdispl %u: connector %u is not what the toolstack wrote; %ux%u stays",
				device->devid, i, layout->size[i].width, layout->size[i].height);
			return;
		}
	}
	if (layout->n < PV_MAX_CONNECTORS && read_resolution(device, layout->n, &size) != -ENOENT) {
		log_guest(LOG_LEVEL_WARN, device->guest->name, &device->guest->log,
			  "vdispl %u: has made itself another connector, which is ignored; %u stay",
			  device->devid, layout->n);
	}
}

static int read_published(const struct device *device, struct published *out)
{
	static const char *const refs[] = {"req-ring-ref", "evt-ring-ref"};
	static const char *const ports[] = {"req-event-channel", "evt-event-channel"};
	struct xen *xen = device->guest->broker->xen;
	char name[32];

	for (uint32_t i = 0; i < 2 * device->display.layout.n; i++) {
		snprintf(name, sizeof(name), "%u/%s", i / 2, refs[i % 2]);
		if (store_read_number(xen, device->frontend, name, 1, UINT32_MAX, &out->refs[i]) <
		    0) {
			goto bad;
		}
		snprintf(name, sizeof(name), "%u/%s", i / 2, ports[i % 2]);
		if (store_read_number(xen, device->frontend, name, 1, UINT32_MAX, &out->ports[i]) <
		    0) {
			goto bad;
		}
	}
	return 0;
bad:
	log_guest(LOG_LEVEL_WARN, device->guest->name, &device->guest->log,
		  "vdispl %u: %s/%s is missing or not a number: device closed", device->devid,
		  device->frontend, name);
	return -EBADMSG;
}

static void fill_message(const struct device *device, const uint32_t *local,
			 const struct xen_prepared *map, struct worker_display *message)
{
	const struct pv_layout *layout = &device->display.layout;

	*message = (struct worker_display){
		.type = WORKER_DISPLAY,
		.id = device->id,
		.devid = device->devid,
		.first_head = device->display.first_head,
		.attach = device->bus.attach,
		.may_allocate = device->display.be_alloc,
		.n_connectors = layout->n,
		.segment = map->segments[0],
	};
	for (uint32_t i = 0; i < layout->n; i++) {
		message->connectors[i] = (struct worker_connector){
			.width = layout->size[i].width,
			.height = layout->size[i].height,
			.request_port = local[2 * i],
			.event_port = local[2 * i + 1],
		};
	}
}

int display_hand_over(struct device *device)
{
	uint32_t n = 2 * device->display.layout.n;
	uint32_t local[2 * PV_MAX_CONNECTORS];
	struct guest *guest = device->guest;
	struct worker_display message;
	struct published published;
	struct xen_prepared map;
	int evtchn = -1;
	int ret;

	check_forgery(device);
	ret = read_published(device, &published);
	if (ret < 0) {
		return ret;
	}
	ret = guest_prepare_map(guest, published.refs, n, true, &map);
	if (ret < 0) {
		return ret;
	}
	ret = xen_evtchn_bind(guest->broker->xen, guest->domid, published.ports, n, local, &evtchn);
	if (ret < 0 || map.n_segments != 1) {
		close_fd(&map.fd);
		close_fd(&evtchn);
		return ret < 0 ? ret : -EPROTO;
	}
	fill_message(device, local, &map, &message);
	return device_send(device, &message, sizeof(message), map.fd, evtchn);
}
