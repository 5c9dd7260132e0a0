/* SPDX-License-Identifier: MIT */
/* Monitors come and go: the kernel says so through udev, then every connector is asked. */
#include <errno.h>
#include <libudev.h>
#include <string.h>
#include <sys/epoll.h>

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

static bool same_mode(const drmModeModeInfo *a, const drmModeModeInfo *b)
{
	return a->hdisplay == b->hdisplay && a->vdisplay == b->vdisplay && a->clock == b->clock &&
	       a->htotal == b->htotal && a->vtotal == b->vtotal && a->flags == b->flags;
}

static void check_connector(struct kms *kms, uint32_t id)
{
	drmModeConnector *connector = drmModeGetConnector(kms->fd, id);
	struct kms_output *output = output_by_connector(kms, id);
	const drmModeModeInfo *mode = NULL;

	if (connector && connector->connection == DRM_MODE_CONNECTED) {
		mode = kms_mode_choose(connector);
	}
	/* Another preferred mode is another monitor: a virtual one that was resized, or one swapped quickly. */
	if (output && (!mode || !same_mode(mode, &output->mode))) {
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

/* The kernel's own carry HOTPLUG=1; those that an administrator triggers do not, and are meant all the same. */
static bool concerns_us(struct kms *kms, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);

	return udev_device_get_devnum(device) == kms->devnum && action &&
	       strcmp(action, "change") == 0;
}

static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct kms *kms = data;
	struct udev_device *device;
	bool changed = false;

	/* One event per connector is common: ask them once. */
	while ((device = udev_monitor_receive_device(kms->monitor))) {
		changed |= concerns_us(kms, device);
		udev_device_unref(device);
	}
	/* While the session is away they are asked when it comes back. */
	if (changed && kms->is_active) {
		kms_hotplug_scan(kms);
	}
	return 0;
}

int kms_hotplug_watch(struct kms *kms)
{
	int r;

	kms->monitor = udev_monitor_new_from_netlink(kms->udev, "udev");
	if (!kms->monitor) {
		return errno ? -errno : -ENOMEM;
	}
	r = udev_monitor_filter_add_match_subsystem_devtype(kms->monitor, "drm", "drm_minor");
	if (r < 0) {
		return r;
	}
	r = udev_monitor_enable_receiving(kms->monitor);
	if (r < 0) {
		return r;
	}
	r = sd_event_add_io(kms->event, &kms->udev_source, udev_monitor_get_fd(kms->monitor),
			    EPOLLIN, handle_readable, kms);
	return r < 0 ? r : sd_event_source_set_priority(kms->udev_source, HOTPLUG_PRIORITY);
}

void kms_hotplug_unwatch(struct kms *kms)
{
	kms->udev_source = sd_event_source_disable_unref(kms->udev_source);
	kms->monitor = udev_monitor_unref(kms->monitor);
}
