/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "pvdispl/broker/display.h"
#include "pvdispl/broker/guest.h"
#include "pvdispl/broker/input.h"
#include "pvdispl/broker/store.h"
#include "xen/xen.h"

#define LET_GO_NS NSEC_PER_SEC
#define RESTART_NS (100 * NSEC_PER_MSEC)
#define RETRY_NS (100 * NSEC_PER_MSEC)

static const char *const kind_names[] = {
	[WORKER_KIND_DISPLAY] = "vdispl",
	[WORKER_KIND_INPUT] = "vinput",
};

const char *device_kind_name(enum worker_device_kind kind)
{
	return kind_names[kind];
}

/* ---- the store ---- */

/* 0, -ENOENT when the directory is not a whole device's, or -EIO. */
static int check_complete(const struct device *device)
{
	uint32_t id;
	int ret = store_read_number(device->guest->broker->xen, device->backend, "frontend-id", 0,
				    XENSTORE_MAX_DOMID, &id);

	if (ret == -EIO) {
		return ret;
	}
	return ret == 0 && id == device->guest->domid ? 0 : -ENOENT;
}

/* Never makes what has been removed meanwhile anew, nor writes into a new device that has its place. */
static void write_state(struct device *device, enum xenbus_state state)
{
	struct xen *xen = device->guest->broker->xen;
	uint32_t found = XENBUS_UNKNOWN;
	int ret;

	if (device->superseded) {
		return;
	}
	ret = store_read_state(xen, device->backend, &found);
	if (ret == 0 && !(found == XENBUS_INITIALISING && device->moved)) {
		ret = store_replace_state(xen, device->backend, found, state);
		if (ret == 0) {
			device->moved = true;
			return;
		}
	}
	if (ret < 0 && ret != -ENOENT && ret != -EAGAIN) {
		log_warn(LOG_HOST, "guest %s: cannot write %s/state: %s", device->guest->name,
			 device->backend, strerror(-ret));
		return;
	}
	broker_kick(device->guest->broker, true);
}

static enum xenbus_state read_frontend_state(const struct device *device)
{
	uint32_t state = XENBUS_UNKNOWN;
	int ret = store_read_state(device->guest->broker->xen, device->frontend, &state);

	if (ret == -EINVAL) {
		log_guest(LOG_LEVEL_WARN, device->guest->name, &device->guest->log,
			  "%s %u: its state is not a number from 0 to 8: device closed",
			  device_kind_name(device->kind), device->devid);
	}
	return (enum xenbus_state)state;
}

/*
 * False when the store does not answer. Nobody but the toolstack writes 1, and it does so for a new device only.
 */
static bool read_view(struct device *device, struct xenbus_view *view)
{
	struct xen *xen = device->guest->broker->xen;
	uint32_t state = XENBUS_UNKNOWN;
	int ret = device->superseded ? -ENOENT : check_complete(device);

	*view = (struct xenbus_view){0};
	if (ret == 0) {
		ret = store_read_state(xen, device->backend, &state);
	}
	if (ret == -ENOENT || ret == -EIO) {
		return ret == -ENOENT;
	}
	if (state == XENBUS_INITIALISING && device->moved) {
		device->superseded = true;
		return true;
	}
	device->moved = state != XENBUS_INITIALISING;
	view->backend = (enum xenbus_state)state;
	view->present = true;
	view->online = store_flag(xen, device->backend, "online", true);
	view->frontend = read_frontend_state(device);
	return true;
}

/* ---- actions ---- */

static void arm(struct device *device, uint64_t delay_ns)
{
	sd_event_source_set_time_relative(device->timer, delay_ns / NSEC_PER_USEC);
	sd_event_source_set_enabled(device->timer, SD_EVENT_ONESHOT);
}

static void take_back(struct device *device)
{
	const struct worker_device message = {
		.type = device->kind == WORKER_KIND_DISPLAY ? WORKER_DISPLAY_CLOSED :
							      WORKER_INPUT_CLOSED,
		.kind = device->kind,
		.id = device->id,
	};

	if (device->guest->worker) {
		(void)worker_send(device->guest->worker, &message, sizeof(message), NULL, 0);
	}
	arm(device, LET_GO_NS);
}

static void kill_worker(struct device *device)
{
	log_warn(LOG_US, "worker of guest %s did not let go of %s %u in a second: killed",
		 device->guest->name, device_kind_name(device->kind), device->devid);
	if (device->guest->worker) {
		worker_kill(device->guest->worker);
	}
}

static void arm_restart(struct device *device)
{
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(device->timer, &enabled);
	if (enabled == SD_EVENT_OFF) {
		arm(device, RESTART_NS);
	}
}

static void run_actions(struct device *device, unsigned actions)
{
	if (actions & XENBUS_WRITE_CLOSING) {
		write_state(device, XENBUS_CLOSING);
	}
	if (actions & XENBUS_TAKE_BACK) {
		take_back(device);
	}
	if (actions & XENBUS_KILL_WORKER) {
		kill_worker(device);
	}
	if (actions & XENBUS_WRITE_CLOSED) {
		write_state(device, XENBUS_CLOSED);
	}
	if (actions & XENBUS_ARM_RESTART) {
		arm_restart(device);
	}
	if (actions & XENBUS_WRITE_INIT_WAIT) {
		write_state(device, XENBUS_INIT_WAIT);
	}
	if (actions & XENBUS_ARM_RETRY) {
		arm(device, RETRY_NS << device->bus.failures);
	}
	if (actions & XENBUS_WRITE_CONNECTED) {
		write_state(device, XENBUS_CONNECTED);
	}
	if (actions & XENBUS_FREE) {
		broker_kick(device->guest->broker, false); /* its sweep frees it */
	}
	if (actions & XENBUS_HAND_OVER) {
		device_hand_over(device);
	}
}

static void step(struct device *device, enum xenbus_event event, struct xenbus_view view)
{
	enum xenbus_phase before = device->bus.phase;
	struct xenbus_result result = xenbus_step(device->bus, event, view);

	device->bus = result.next;
	if (result.next.phase != before) {
		sd_event_source_set_enabled(device->timer, SD_EVENT_OFF);
		log_debug(LOG_US, "guest %s: %s %u is %s", device->guest->name,
			  device_kind_name(device->kind), device->devid,
			  xenbus_phase_name(result.next.phase));
	}
	run_actions(device, result.actions);
}

void device_event(struct device *device, enum xenbus_event event)
{
	step(device, event, (struct xenbus_view){0});
}

void device_look(struct device *device)
{
	struct xenbus_view view;

	device->dirty = false;
	if (read_view(device, &view)) {
		step(device, XENBUS_LOOK, view);
	}
}

void device_supersede(struct device *device)
{
	device->superseded = true;
	device_look(device);
}

/* ---- handing over ---- */

int device_send(struct device *device, const void *message, size_t size, int map_fd, int evtchn_fd)
{
	const int fds[] = {map_fd, evtchn_fd};
	int ret = worker_send(device->guest->worker, message, size, fds, ARRAY_SIZE(fds));

	/* A port stays bound, and a prepared map allocated, as long as anybody holds these. */
	close_fd(&map_fd);
	close_fd(&evtchn_fd);
	return ret;
}

static void hand_over_now(struct device *device)
{
	struct guest *guest = device->guest;
	uint64_t now = now_ns();
	int ret;

	backoff_take(&guest->reconnect_backoff, device->connected_ns, now);
	device->connected_ns = now;
	ret = device->kind == WORKER_KIND_DISPLAY ? display_hand_over(device) :
						    input_hand_over(device);
	if (ret == 0) {
		device_event(device, XENBUS_HANDED);
		return;
	}
	if (ret == -EBADMSG) {
		device_event(device, XENBUS_REFUSED);
		return;
	}
	log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
		  "%s %u: its pages or ports cannot be used: %s", device_kind_name(device->kind),
		  device->devid, strerror(-ret));
	device_event(device, XENBUS_FAILED);
}

void device_hand_over(struct device *device)
{
	struct guest *guest = device->guest;
	uint64_t due = backoff_due(&guest->reconnect_backoff, device->connected_ns);
	uint64_t now = now_ns();

	if (device->bus.phase != XENBUS_PHASE_CONNECTING || device->bus.held || !guest->worker ||
	    !worker_is_ready(guest->worker)) {
		return; /* a worker that gets ready asks again */
	}
	if (now < due) {
		arm(device, due - now);
		return;
	}
	hand_over_now(device);
}

/* ---- life ---- */

static int handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	device_event(data, XENBUS_TIMER);
	return 0;
}

static int read_identity(struct device *device)
{
	struct broker *broker = device->guest->broker;
	uint32_t state;
	int ret;

	if (check_complete(device) < 0 ||
	    store_read_state(broker->xen, device->backend, &state) < 0) {
		return -EAGAIN;
	}
	ret = store_read_frontend(broker->xen, device->backend, device->guest->domid,
				  &device->frontend);
	if (ret == -EINVAL && broker_may_complain(broker)) {
		log_warn(LOG_ADMIN, "%s is ignored: its frontend is not a directory of domain %u",
			 device->backend, device->guest->domid);
	}
	return ret == -ENOENT ? -EAGAIN : ret;
}

static void watch_path(const struct device *device, char *path, size_t size, char *token,
		       size_t token_size)
{
	snprintf(path, size, "%s/state", device->frontend);
	snprintf(token, token_size, "%u", device->id);
}

static int watch_frontend(struct device *device)
{
	char path[XENSTORE_MAX_PATH + 8], token[12];

	watch_path(device, path, sizeof(path), token, sizeof(token));
	return xen_store_watch(device->guest->broker->xen, path, token);
}

static void unwatch_frontend(struct device *device)
{
	char path[XENSTORE_MAX_PATH + 8], token[12];

	watch_path(device, path, sizeof(path), token, sizeof(token));
	(void)xen_store_unwatch(device->guest->broker->xen, path, token);
}

static int start(struct device *device)
{
	int ret = sd_event_add_time(device->guest->broker->event, &device->timer, CLOCK_MONOTONIC,
				    0, 1000, handle_timer, device);

	if (ret < 0) {
		return ret;
	}
	sd_event_source_set_enabled(device->timer, SD_EVENT_OFF);
	ret = read_identity(device);
	if (ret == 0 && device->kind == WORKER_KIND_DISPLAY) {
		ret = display_freeze(device);
	}
	return ret;
}

static void free_device(struct device *device)
{
	sd_event_source_disable_unref(device->timer);
	free(device->backend);
	free(device->frontend);
	free(device);
}

int device_create(struct device **out, struct guest *guest, enum worker_device_kind kind,
		  uint32_t devid)
{
	struct device *device = xcalloc(1, sizeof(*device));
	int ret;

	device->guest = guest;
	device->kind = kind;
	device->devid = devid;
	device->id = ++guest->broker->next_id;
	device->bus.is_display = kind == WORKER_KIND_DISPLAY;
	device->backend = xasprintf("/local/domain/%u/backend/%s/%u/%u", guest->broker->domid,
				    device_kind_name(kind), guest->domid, devid);
	ret = start(device);
	if (ret < 0) {
		free_device(device);
		return ret;
	}
	ret = watch_frontend(device);
	if (ret < 0) {
		if (broker_may_complain(guest->broker)) {
			log_error(LOG_HOST,
				  "cannot watch %s/state: %s; raise xenstored's quota of watches",
				  device->frontend, strerror(-ret));
		}
		if (kind == WORKER_KIND_DISPLAY) {
			display_finish(device);
		}
		free_device(device);
		return ret;
	}
	list_append(&guest->devices, &device->link);
	*out = device;
	return 0;
}

void device_destroy(struct device *device)
{
	unwatch_frontend(device);
	if (device->kind == WORKER_KIND_DISPLAY) {
		display_finish(device);
	}
	list_remove(&device->link);
	free_device(device);
}

struct device *device_find(const struct guest *guest, enum worker_device_kind kind, uint32_t devid)
{
	struct device *device;

	list_for_each(device, &guest->devices, link) {
		if (device->kind == kind && device->devid == devid) {
			return device;
		}
	}
	return NULL;
}

bool device_is_gone(const struct device *device)
{
	return device->bus.phase == XENBUS_PHASE_GONE;
}

void device_report(const struct device *device, FILE *out)
{
	const char *guest = device->guest->name;
	const char *kind = device_kind_name(device->kind);

	fprintf(out, "guest.%s.%s.%u.phase %s\n", guest, kind, device->devid,
		xenbus_phase_name(device->bus.phase));
	fprintf(out, "guest.%s.%s.%u.frontend %d\n", guest, kind, device->devid,
		(int)device->bus.view.frontend);
}
