/* SPDX-License-Identifier: MIT */
/* Monitors and cards come and go: the kernel says so through udev, then every connector is asked. */
#include <errno.h>
#include <libudev.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"

/* After frames, input and clients: asking monitors takes its time. */
#define HOTPLUG_PRIORITY 10

static struct kms_output *output_by_connector(struct kms *kms, uint32_t id)
{
	struct kms_output *output;

	list_for_each(output, &kms->outputs, link) {
		if (output->connector_id == id) {
			return output;
		}
	}
	return NULL;
}

static void check_connector(struct kms *kms, uint32_t id)
{
	drmModeConnector *connector = drmModeGetConnector(kms->fd, id);
	struct kms_output *output = output_by_connector(kms, id);
	const drmModeModeInfo *mode = NULL;

	if (connector && connector->connection == DRM_MODE_CONNECTED) {
		mode = kms_mode_wished(kms, connector);
	}
	/* Another preferred mode is another monitor: a virtual one that was resized, or one swapped quickly. */
	if (output && (!mode || !kms_mode_same(mode, &output->mode))) {
		kms_output_remove(output, true);
		output = NULL;
	}
	if (!output && mode) {
		kms_output_add(kms, connector);
	}
	drmModeFreeConnector(connector);
}

/* Connectors themselves come and go with docking stations. */
void kms_hotplug_read(struct kms *kms)
{
	drmModeRes *res = drmModeGetResources(kms->fd);

	if (!res) {
		log_warn(LOG_HOST, "%s: cannot read its connectors: %s", kms->path, strerror(errno));
		return;
	}
	kms->n_connectors = 0;
	for (int i = 0; i < res->count_connectors && kms->n_connectors < KMS_MAX_CONNECTORS; i++) {
		if (kms_connector_init(kms, &kms->connectors[kms->n_connectors],
				       res->connectors[i]) == 0) {
			kms->n_connectors++;
		}
	}
	drmModeFreeResources(res);
}

void kms_hotplug_scan(struct kms *kms)
{
	struct kms_output *output, *tmp;

	kms_hotplug_read(kms);
	list_for_each_safe(output, tmp, &kms->outputs, link) {
		if (!kms_connector_find(kms, output->connector_id)) {
			kms_output_remove(output, true);
		}
	}
	for (unsigned i = 0; i < kms->n_connectors; i++) {
		check_connector(kms, kms->connectors[i].id);
	}
}

static int handle_rescan(sd_event_source *source, void *data)
{
	struct kms *kms = data;

	if (kms->is_active) {
		kms_hotplug_scan(kms);
	}
	return 0;
}

void kms_hotplug_scan_later(struct kms *kms)
{
	if (!kms->rescan_source) {
		if (sd_event_add_defer(kms->event, &kms->rescan_source, handle_rescan, kms) < 0) {
			return;
		}
		sd_event_source_set_priority(kms->rescan_source, HOTPLUG_PRIORITY);
	}
	/* Fails only after the loop's end, when nothing is shown any more. */
	sd_event_source_set_enabled(kms->rescan_source, SD_EVENT_ONESHOT);
}

/* ---- what udev says ---- */

/* A card that we are to use: one of those that were named, or any while there is none. */
static bool is_wanted(const struct kms_backend *backend, const char *path)
{
	for (unsigned i = 0; i < backend->n_paths; i++) {
		if (strcmp(backend->paths[i], path) == 0) {
			return true;
		}
	}
	return backend->n_paths == 0 && list_empty(&backend->cards);
}

static void card_came(struct kms_backend *backend, struct udev_device *device)
{
	const char *path = udev_device_get_devnode(device), *name = udev_device_get_sysname(device);

	/* Connectors have no node, and render nodes no connectors. */
	if (path && name && strncmp(name, "card", 4) == 0 &&
	    !kms_backend_find(backend, udev_device_get_devnum(device)) &&
	    is_wanted(backend, path) && kms_backend_add_card(backend, path) == 0) {
		log_info(LOG_HOST, "%s has come", path);
	}
}

/* Change events of the kernel carry HOTPLUG=1; those that an administrator triggers do not, and are meant all the same. */
static void handle_device(struct kms_backend *backend, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);
	struct kms *kms = kms_backend_find(backend, udev_device_get_devnum(device));

	if (!action) {
		return;
	}
	if (kms && strcmp(action, "remove") == 0) {
		kms_backend_remove_card(kms);
	} else if (!kms && strcmp(action, "add") == 0 && backend->is_active) {
		card_came(backend, device);
	} else if (kms && strcmp(action, "change") == 0) {
		/* One event per connector is common: they are asked once, on the loop's next turn. */
		kms_hotplug_scan_later(kms);
	}
}

static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct kms_backend *backend = data;
	struct udev_device *device;

	while ((device = udev_monitor_receive_device(backend->monitor))) {
		handle_device(backend, device);
		udev_device_unref(device);
	}
	return 0;
}

/* A named card that is there and not open: one that comes while the session is away can't be opened then. */
static void look_for(struct kms_backend *backend, const char *path)
{
	struct udev_device *device;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode) || kms_backend_find(backend, st.st_rdev)) {
		return;
	}
	device = udev_device_new_from_devnum(backend->udev, 'c', st.st_rdev);
	if (device) {
		card_came(backend, device);
	}
	udev_device_unref(device);
}

void kms_hotplug_cards(struct kms_backend *backend)
{
	for (unsigned i = 0; i < backend->n_paths; i++) {
		look_for(backend, backend->paths[i]);
	}
	if (backend->n_paths == 0 && list_empty(&backend->cards) &&
	    kms_backend_add_card(backend, NULL) == 0) {
		log_info(LOG_HOST, "a graphics card has come");
	}
}

static int monitor_start(struct udev_monitor *monitor)
{
	int r = udev_monitor_filter_add_match_subsystem_devtype(monitor, "drm", "drm_minor");

	return r < 0 ? r : udev_monitor_enable_receiving(monitor);
}

int kms_hotplug_watch(struct kms_backend *backend)
{
	int r;

	backend->monitor = udev_monitor_new_from_netlink(backend->udev, "udev");
	if (!backend->monitor) {
		return errno ? -errno : -ENOMEM;
	}
	r = monitor_start(backend->monitor);
	if (r < 0) {
		return r;
	}
	r = sd_event_add_io(backend->event, &backend->udev_source,
			    udev_monitor_get_fd(backend->monitor), EPOLLIN, handle_readable,
			    backend);
	return r < 0 ? r : sd_event_source_set_priority(backend->udev_source, HOTPLUG_PRIORITY);
}

void kms_hotplug_unwatch(struct kms_backend *backend)
{
	backend->udev_source = sd_event_source_disable_unref(backend->udev_source);
	backend->monitor = udev_monitor_unref(backend->monitor);
}
