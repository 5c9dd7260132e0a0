/* SPDX-License-Identifier: MIT */
#include "hid/proxy/uinput.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/log.h"

int uinput_open(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int ret = fd < 0 ? -errno : fd;

	if (ret < 0) {
		log_error(LOG_HOST, "cannot open %s: %s%s", path, strerror(-ret),
			  ret == -ENOENT ? " (is the module uinput loaded?)" : "");
	}
	return ret;
}

static int set_bits(int fd, unsigned long request, const uint64_t *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (proxy_bit(words, i) && ioctl(fd, request, (unsigned long)i) < 0) {
			return -errno;
		}
	}
	return 0;
}

static int set_codes(int fd, const struct proxy_device *device)
{
	const struct {
		unsigned long request;
		const uint64_t *words;
		unsigned n;
	} sets[] = {
		{UI_SET_PROPBIT, &device->prop, INPUT_PROP_CNT},
		{UI_SET_EVBIT, &device->ev, EV_CNT},
		{UI_SET_KEYBIT, device->key, KEY_CNT},
		{UI_SET_RELBIT, &device->rel, REL_CNT},
		{UI_SET_LEDBIT, &device->led, LED_CNT},
	};
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(sets) && ret == 0; i++) {
		ret = set_bits(fd, sets[i].request, sets[i].words, sets[i].n);
	}
	return ret;
}

static int set_axes(int fd, const struct proxy_device *device)
{
	for (unsigned code = 0; code < PROXY_AXES; code++) {
		const struct proxy_absinfo *axis = &device->axes[code];
		struct uinput_abs_setup setup = {
			.code = (uint16_t)code,
			.absinfo = {.minimum = axis->minimum,
				    .maximum = axis->maximum,
				    .fuzz = axis->fuzz,
				    .flat = axis->flat,
				    .resolution = axis->resolution},
		};

		if (proxy_bit(&device->abs, code) && ioctl(fd, UI_ABS_SETUP, &setup) < 0) {
			return -errno;
		}
	}
	return 0;
}

int uinput_make(int fd, const struct proxy_device *device, const char *origin, uint16_t vendor,
		uint16_t product)
{
	struct uinput_setup setup = {
		.id = {.bustype = BUS_VIRTUAL, .vendor = vendor, .product = product, .version = 1},
	};
	char place[64];
	int ret = set_codes(fd, device);

	if (ret == 0) {
		ret = set_axes(fd, device);
	}
	if (ret < 0) {
		return ret;
	}
	snprintf(place, sizeof(place), "vitrine/%s", origin);
	snprintf(setup.name, sizeof(setup.name), "%s", device->name);
	if (ioctl(fd, UI_SET_PHYS, place) < 0 || ioctl(fd, UI_DEV_SETUP, &setup) < 0 ||
	    ioctl(fd, UI_DEV_CREATE) < 0) {
		return -errno;
	}
	return 0;
}
