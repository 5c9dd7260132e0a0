/* SPDX-License-Identifier: MIT */
/* Which card to use, and whether it is fit for it. */
#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "compositor/output/kms/kms.h"
#include "compositor/session/session.h"

/* How much a card is worth to us. */
enum card_rank {
	CARD_UNFIT,
	CARD_DARK, /* nothing is plugged in yet */
	CARD_LIT,
};

/* Flips of these complete at once or at made-up times. */
static const char *const drivers_without_vblank[] = {
	"virtio_gpu", "bochs-drm", "cirrus", "qxl", "simpledrm", "vboxvideo",
	"hyperv_drm", "vmwgfx",    "udl",    "ast", "mgag200",   "gud",
};

static enum card_rank card_rank(int fd)
{
	drmModeRes *res = drmModeGetResources(fd);
	enum card_rank rank = CARD_UNFIT;

	if (!res) {
		return CARD_UNFIT;
	}
	for (int i = 0; i < res->count_connectors && rank != CARD_LIT; i++) {
		drmModeConnector *connector = drmModeGetConnector(fd, res->connectors[i]);

		if (connector) {
			rank = connector->connection == DRM_MODE_CONNECTED ? CARD_LIT : CARD_DARK;
			drmModeFreeConnector(connector);
		}
	}
	drmModeFreeResources(res);
	return rank;
}

static void read_driver(struct kms *kms)
{
	drmVersion *version = drmGetVersion(kms->fd);

	snprintf(kms->driver, sizeof(kms->driver), "%s",
		 version && version->name ? version->name : "?");
	drmFreeVersion(version);
	kms->has_vblank = true;
	for (size_t i = 0; i < ARRAY_SIZE(drivers_without_vblank); i++) {
		kms->has_vblank &= strcmp(kms->driver, drivers_without_vblank[i]) != 0;
	}
}

static uint64_t cap_of(struct kms *kms, uint64_t cap, uint64_t otherwise)
{
	uint64_t value = 0;

	return drmGetCap(kms->fd, cap, &value) == 0 ? value : otherwise;
}

/* What we can do without. */
static void read_caps(struct kms *kms)
{
	kms->has_monotonic_times = cap_of(kms, DRM_CAP_TIMESTAMP_MONOTONIC, 0) != 0;
	kms->has_modifiers = cap_of(kms, DRM_CAP_ADDFB2_MODIFIERS, 0) != 0;
	kms->can_import = (cap_of(kms, DRM_CAP_PRIME, 0) & DRM_PRIME_CAP_IMPORT) != 0;
	kms->cursor_width = (uint32_t)cap_of(kms, DRM_CAP_CURSOR_WIDTH, 64);
	kms->cursor_height = (uint32_t)cap_of(kms, DRM_CAP_CURSOR_HEIGHT, 64);
}

/* What we need of the kernel. Each failure is a line that says what to do. */
static int check_card(struct kms *kms)
{
	uint64_t value = 0;

	read_driver(kms);
	if (drmSetClientCap(kms->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) != 0 ||
	    drmSetClientCap(kms->fd, DRM_CLIENT_CAP_ATOMIC, 1) != 0) {
		log_error(
			LOG_HOST,
			"%s: its driver %s has no atomic mode setting: name another card with --kms",
			kms->path, kms->driver);
		return -EOPNOTSUPP;
	}
	if (drmGetCap(kms->fd, DRM_CAP_DUMB_BUFFER, &value) != 0 || value == 0) {
		log_error(LOG_HOST,
			  "%s: its driver %s has no dumb buffers: name another card with --kms",
			  kms->path, kms->driver);
		return -EOPNOTSUPP;
	}
	if (!drmIsMaster(kms->fd)) {
		log_error(
			LOG_ADMIN,
			"cannot become master of %s: another display server drives it; stop that one",
			kms->path);
		return -EACCES;
	}
	read_caps(kms);
	return 0;
}

static int open_named(struct kms *kms, const char *path)
{
	int fd = session_open_device(kms->session, path);

	if (fd < 0) {
		log_error(LOG_ADMIN, "cannot open %s: %s: is it a graphics card (ls /dev/dri)?",
			  path, strerror(-fd));
		return fd;
	}
	if (!drmIsKMS(fd) || card_rank(fd) == CARD_UNFIT) {
		log_error(LOG_ADMIN, "%s has no connector for a monitor: name another card", path);
		session_close_device(kms->session, fd);
		return -ENODEV;
	}
	kms->fd = fd;
	snprintf(kms->path, sizeof(kms->path), "%s", path);
	return 0;
}

static bool is_our_card(struct kms *kms, struct udev_device *device)
{
	const char *name = udev_device_get_sysname(device);
	const char *seat = udev_device_get_property_value(device, "ID_SEAT");

	/* Connectors are called card0-HDMI-A-1. */
	return name && !strchr(name, '-') && udev_device_get_devnode(device) &&
	       strcmp(seat ? seat : "seat0", session_seat(kms->session)) == 0;
}

/* Keeps the better one of this card and what is open already. */
static enum card_rank consider(struct kms *kms, const char *path, enum card_rank best)
{
	enum card_rank rank;
	int fd = session_open_device(kms->session, path);

	if (fd < 0) {
		log_warn(LOG_HOST, "cannot open %s: %s", path, strerror(-fd));
		return best;
	}
	rank = drmIsKMS(fd) ? card_rank(fd) : CARD_UNFIT;
	if (rank <= best) {
		session_close_device(kms->session, fd);
		return best;
	}
	session_close_device(kms->session, kms->fd);
	kms->fd = fd;
	snprintf(kms->path, sizeof(kms->path), "%s", path);
	return rank;
}

static enum card_rank consider_all(struct kms *kms, struct udev_enumerate *enumerate, unsigned *seen)
{
	enum card_rank best = CARD_UNFIT;
	struct udev_list_entry *entry;

	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate))
	{
		struct udev_device *device = udev_device_new_from_syspath(
			kms->backend->udev, udev_list_entry_get_name(entry));

		if (device && is_our_card(kms, device)) {
			(*seen)++;
			if (best != CARD_LIT) {
				best = consider(kms, udev_device_get_devnode(device), best);
			}
		}
		udev_device_unref(device);
	}
	return best;
}

static int open_first(struct kms *kms)
{
	struct udev_enumerate *enumerate = udev_enumerate_new(kms->backend->udev);
	enum card_rank best;
	unsigned seen = 0;

	if (!enumerate || udev_enumerate_add_match_subsystem(enumerate, "drm") < 0 ||
	    udev_enumerate_add_match_sysname(enumerate, "card[0-9]*") < 0 ||
	    udev_enumerate_scan_devices(enumerate) < 0) {
		udev_enumerate_unref(enumerate);
		log_error(LOG_HOST, "cannot look for graphics cards through udev");
		return -EIO;
	}
	best = consider_all(kms, enumerate, &seen);
	udev_enumerate_unref(enumerate);
	if (best != CARD_UNFIT) {
		return 0;
	}
	if (seen == 0) {
		log_error(LOG_HOST,
			  "there is no graphics card in /dev/dri: load its kernel driver, or "
			  "run without monitors with --headless");
	} else {
		log_error(LOG_HOST,
			  "no card in /dev/dri has a connector for a monitor that we can use: "
			  "name one with --kms");
	}
	return -ENODEV;
}

int kms_card_open(struct kms *kms, const char *path)
{
	struct stat st;
	int r = path ? open_named(kms, path) : open_first(kms);

	if (r < 0) {
		return r;
	}
	if (fstat(kms->fd, &st) < 0) {
		r = -errno;
		log_error(LOG_HOST, "cannot stat %s: %s", kms->path, strerror(errno));
		return r;
	}
	kms->devnum = st.st_rdev;
	return check_card(kms);
}
