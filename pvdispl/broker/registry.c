/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "pvdispl/broker/broker.h"
#include "pvdispl/broker/guest.h"
#include "pvdispl/broker/input.h"
#include "pvdispl/broker/display.h"
#include "pvdispl/broker/state_dir.h"
#include "xen/xen.h"

/* Watch events taken in one turn; more wait, and other sources get their turn. */
#define EVENTS_PER_TURN 256
#define TOKEN_BACKEND "backend"
#define TOKEN_RELEASE "release"
#define MAX_DEVID 65535u
#define COMPLAINTS_PER_SECOND 4u
#define BACKEND_PATH 64

static const enum worker_device_kind kinds[] = {WORKER_KIND_DISPLAY, WORKER_KIND_INPUT};

struct registry {
	struct broker *broker;
	sd_event_source *io, *turn;
	bool rescan;
	bool swept;    /* states of guests that are gone */
	bool released; /* a domain has ended: numbers may come to mean others */
};

void broker_kick(struct broker *broker, bool rescan)
{
	struct registry *registry = broker->registry;

	if (broker->stopping || !registry) {
		return;
	}
	registry->rescan |= rescan;
	sd_event_source_set_enabled(registry->turn, SD_EVENT_ONESHOT);
}

bool broker_may_complain(struct broker *broker)
{
	return budget_take(&broker->complaints, COMPLAINTS_PER_SECOND, 1, now_ns());
}

/* ---- what there is ---- */

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The numbers that name directories under path, ascending, at most max. */
static unsigned list_numbers(struct registry *registry, const char *path, uint32_t limit,
			     uint32_t *numbers, unsigned max)
{
	char **names;
	unsigned count = 0;
	int n = xen_store_list(registry->broker->xen, path, &names, max);

	for (int i = 0; i < n; i++) {
		count += xenstore_parse_index(names[i], strlen(names[i]), limit, &numbers[count]) ==
			 0;
	}
	if (n >= 0) {
		xen_store_list_free(names, n);
	}
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	return count;
}

static unsigned count_devices(const struct guest *guest, enum worker_device_kind kind)
{
	const struct device *device;
	unsigned n = 0;

	list_for_each(device, &guest->devices, link) {
		n += device->kind == kind;
	}
	return n;
}

static void add_device(struct guest *guest, enum worker_device_kind kind, uint32_t devid)
{
	unsigned max = kind == WORKER_KIND_DISPLAY ? PV_MAX_DISPLAYS : PV_MAX_INPUTS;
	struct device *device;
	int ret;

	if (count_devices(guest, kind) >= max) {
		if (!broker_may_complain(guest->broker)) {
			return;
		}
		log_warn(LOG_ADMIN, "guest %s: %s %u is ignored, a guest may have %u", guest->name,
			 device_kind_name(kind), devid, max);
		return;
	}
	ret = device_create(&device, guest, kind, devid);
	if (ret == 0 && kind == WORKER_KIND_DISPLAY) {
		display_write_features(device);
	}
}

/* The number is another machine's now: what is known under it goes first. */
static void replace_guest(struct guest *guest)
{
	struct device *device;

	guest->stale = true;
	list_for_each(device, &guest->devices, link) {
		device_supersede(device);
	}
}

static void add_devices(struct guest *guest, enum worker_device_kind kind, const uint32_t *devids,
			unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (device_find(guest, kind, devids[i])) {
			continue;
		}
		if (!guest_is_same(guest)) {
			replace_guest(guest);
			return;
		}
		add_device(guest, kind, devids[i]);
	}
}

/* A directory that is not complete or makes no sense is no device, and a guest without one costs nothing. */
static void scan_domain(struct registry *registry, enum worker_device_kind kind, const char *path,
			uint32_t domid)
{
	struct guest *guest = guest_find(registry->broker, domid);
	uint32_t devids[2 * MAX(PV_MAX_DISPLAYS, PV_MAX_INPUTS)];
	unsigned n = list_numbers(registry, path, MAX_DEVID, devids, ARRAY_SIZE(devids));

	if (n == 0 || (guest && (guest->ending || guest->stale))) {
		return; /* seen again when the old one has ended */
	}
	if (!guest) {
		guest = guest_create(registry->broker, domid);
	}
	if (!guest) {
		return;
	}
	add_devices(guest, kind, devids, n);
	if (list_empty(&guest->devices) && !guest->server) {
		guest_destroy(guest);
	} else if (!guest->server) {
		guest_start(guest);
	}
}

static void scan_kind(struct registry *registry, enum worker_device_kind kind)
{
	char path[BACKEND_PATH], domain_path[2 * BACKEND_PATH];
	uint32_t domids[2 * BROKER_MAX_GUESTS];
	unsigned n;

	snprintf(path, sizeof(path), "/local/domain/%u/backend/%s", registry->broker->domid,
		 device_kind_name(kind));
	n = list_numbers(registry, path, XENSTORE_MAX_DOMID, domids, ARRAY_SIZE(domids));
	for (unsigned i = 0; i < n; i++) {
		snprintf(domain_path, sizeof(domain_path), "%s/%u", path, domids[i]);
		scan_domain(registry, kind, domain_path, domids[i]);
	}
}

/* ---- what follows ---- */

/* All displays side by side. */
static struct pv_size guest_desktop(const struct guest *guest)
{
	const struct device *device;
	struct pv_size desktop = {0};

	list_for_each(device, &guest->devices, link) {
		const struct pv_layout *layout = &device->display.layout;

		for (uint32_t i = 0; device->kind == WORKER_KIND_DISPLAY && i < layout->n; i++) {
			desktop.width += layout->size[i].width;
			desktop.height = MAX(desktop.height, layout->size[i].height);
		}
	}
	return desktop;
}

/*
 * Before any display is looked at: its InitWait lets the toolstack start the guest, which reads the features of its
 * keyboards once, when it probes.
 */
static void write_input_features(const struct guest *guest)
{
	struct pv_size desktop = guest_desktop(guest);
	struct device *device;

	list_for_each(device, &guest->devices, link) {
		if (device->kind == WORKER_KIND_INPUT && !device->superseded) {
			input_write_features(device, desktop);
		}
	}
}

static void check_identities(struct registry *registry)
{
	struct guest *guest;

	list_for_each(guest, &registry->broker->guests, link) {
		if (!guest->stale && !guest->ending && !guest_is_same(guest)) {
			replace_guest(guest);
		}
	}
}

static void look_at_devices(struct registry *registry, bool all)
{
	struct guest *guest;
	struct device *device;

	list_for_each(guest, &registry->broker->guests, link) {
		list_for_each(device, &guest->devices, link) {
			if (all || device->dirty) {
				device_look(device);
			}
		}
	}
}

static void rescan(struct registry *registry)
{
	struct guest *guest;

	if (registry->released) {
		registry->released = false;
		check_identities(registry);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		scan_kind(registry, kinds[i]);
	}
	if (!registry->swept) {
		registry->swept = true;
		state_dir_sweep(registry->broker);
	}
	list_for_each(guest, &registry->broker->guests, link) {
		write_input_features(guest);
	}
}

static void sweep(struct registry *registry)
{
	struct guest *guest, *next;

	list_for_each_safe(guest, next, &registry->broker->guests, link) {
		if (guest_sweep(guest)) {
			guest_destroy(guest);
			broker_kick(registry->broker, true);
		}
	}
}

static int handle_turn(sd_event_source *source, void *data)
{
	struct registry *registry = data;
	bool all = registry->rescan;

	registry->rescan = false;
	if (all) {
		rescan(registry);
	}
	look_at_devices(registry, all);
	sweep(registry);
	return 0;
}

/* ---- watches ---- */

static bool lies_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Only what no known device explains is worth a look at everything: a guest can make us write its own states. */
static void mark(struct registry *registry, const char *path, const char *token)
{
	struct guest *guest;
	struct device *device;
	uint32_t id = 0;
	bool known = xenstore_parse_index(token, strlen(token), UINT32_MAX, &id) == 0;

	list_for_each(guest, &registry->broker->guests, link) {
		list_for_each(device, &guest->devices, link) {
			if (device->id == id || lies_below(path, device->backend)) {
				device->dirty = true;
				known = true;
			}
		}
	}
	registry->rescan |= !known;
	registry->released |= strcmp(token, TOKEN_RELEASE) == 0;
}

static int handle_store(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct registry *registry = data;
	char *path, *token;
	int ret = 0;

	for (unsigned i = 0; i < EVENTS_PER_TURN && ret == 0; i++) {
		ret = xen_store_next_event(registry->broker->xen, &path, &token);
		if (ret == 0) {
			mark(registry, path, token);
			free(path);
			free(token);
		}
	}
	if (ret < 0 && ret != -EAGAIN) {
		log_error(LOG_HOST,
			  "xenstore is gone: %s; start vitrine-broker again when it is back",
			  strerror(-ret));
		return sd_event_exit(registry->broker->event, 1);
	}
	broker_kick(registry->broker, false);
	return 0;
}

static int set_watches(struct registry *registry)
{
	struct broker *broker = registry->broker;
	char path[BACKEND_PATH];
	int ret;

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/backend/%s", broker->domid,
			 device_kind_name(kinds[i]));
		ret = xen_store_watch(broker->xen, path, TOKEN_BACKEND);
		if (ret < 0) {
			log_error(LOG_HOST, "cannot watch %s: %s; does this domain own it?", path,
				  strerror(-ret));
			return ret;
		}
	}
	ret = xen_store_watch(broker->xen, "@releaseDomain", TOKEN_RELEASE);
	if (ret < 0) {
		/* Only the privileged domain may; in others the toolstack's removal of a device says the same. */
		log_info(LOG_HOST, "no word of ending domains: %s", strerror(-ret));
	}
	return 0;
}

int registry_create(struct registry **out, struct broker *broker)
{
	struct registry *registry = xcalloc(1, sizeof(*registry));
	int ret;

	registry->broker = broker;
	registry->rescan = true;
	ret = sd_event_add_defer(broker->event, &registry->turn, handle_turn, registry);
	if (ret >= 0) {
		ret = sd_event_add_io(broker->event, &registry->io, xen_store_fd(broker->xen),
				      EPOLLIN, handle_store, registry);
	}
	if (ret < 0) {
		log_error(LOG_HOST, "event loop: %s", strerror(-ret));
	} else {
		ret = set_watches(registry);
	}
	if (ret < 0) {
		registry_destroy(registry);
		return ret;
	}
	*out = registry;
	return 0;
}

void registry_destroy(struct registry *registry)
{
	if (registry) {
		sd_event_source_disable_unref(registry->io);
		sd_event_source_disable_unref(registry->turn);
		free(registry);
	}
}
