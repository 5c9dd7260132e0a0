/* SPDX-License-Identifier: MIT */
/*
 * Another domain's input device, all of its bytes: what reaches the kernel is of the device that was allowed, in its ranges,
 * in frames with an end, and at the end nothing is held.
 */
#include <linux/input-event-codes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hid/proxy/filter.h"
#include "hid/proxy/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	unsigned classes;
	struct proxy_device device;
	struct proxy_filter filter;
	bool down[KEY_CNT], contact[PROXY_MAX_SLOTS];
	unsigned slot, in_frame;
};

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_position(struct fuzz *fuzz, uint16_t code, int32_t value)
{
	const struct proxy_absinfo *axis = &fuzz->device.axes[code];

	must(fuzz->device.abs >> code & 1);
	if (code == ABS_MT_SLOT) {
		must(value >= 0 && value < PROXY_MAX_SLOTS);
		fuzz->slot = (unsigned)value;
	} else if (code == ABS_MT_TRACKING_ID) {
		fuzz->contact[fuzz->slot] = value >= 0;
	} else {
		must(value >= axis->minimum && value <= axis->maximum);
	}
}

static void emit(void *data, uint16_t type, uint16_t code, int32_t value)
{
	struct fuzz *fuzz = data;

	if (type == EV_SYN) {
		must(code == SYN_REPORT && fuzz->in_frame > 0);
		fuzz->in_frame = 0;
		return;
	}
	must(++fuzz->in_frame <= PROXY_FRAME_EVENTS);
	if (type == EV_KEY) {
		must(code < KEY_CNT && proxy_bit(fuzz->device.key, code));
		must(fuzz->down[code] == !value);
		fuzz->down[code] = value;
	} else if (type == EV_REL) {
		must(fuzz->device.rel >> code & 1);
	} else {
		must(type == EV_ABS && code < ABS_CNT);
		check_position(fuzz, code, value);
	}
}

static void check_device(const struct fuzz *fuzz)
{
	const struct proxy_device *device = &fuzz->device;

	must(!(device->ev & ~(UINT64_C(1) << EV_SYN | UINT64_C(1) << EV_KEY | UINT64_C(1) << EV_REL |
			      UINT64_C(1) << EV_ABS | UINT64_C(1) << EV_LED)));
	must(!proxy_bit(device->key, KEY_POWER) && !proxy_bit(device->key, KEY_SYSRQ));
	must(strncmp(device->name, "usb: ", 5) == 0);
	must(strnlen(device->name, sizeof(device->name)) < sizeof(device->name));
}

static int take_caps(void *data, const struct proxy_caps *untrusted)
{
	struct fuzz *fuzz = data;
	char why[PROXY_WHY_SIZE];
	int ret = proxy_device_parse(untrusted, fuzz->classes, "usb", NULL, &fuzz->device, why);

	if (ret == 0) {
		check_device(fuzz);
		proxy_filter_init(&fuzz->filter, &fuzz->device, emit, fuzz);
	}
	return ret;
}

static void take_event(void *data, const struct proxy_event *untrusted)
{
	struct fuzz *fuzz = data;

	proxy_filter_event(&fuzz->filter, untrusted);
}

static const struct proxy_stream_ops ops = {.caps = take_caps, .event = take_event};

/* The first byte says what it may be; then the stream. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = {0};
	struct proxy_stream stream;

	if (size == 0) {
		return 0;
	}
	fuzz.classes = data[0] & 15;
	proxy_stream_init(&stream, &ops, &fuzz);
	if (proxy_stream_feed(&stream, data + 1, size - 1) < 0 || stream.stage != PROXY_EVENTS) {
		return 0;
	}
	proxy_filter_release(&fuzz.filter);
	for (unsigned i = 0; i < KEY_CNT; i++) {
		must(!fuzz.down[i]);
	}
	for (unsigned i = 0; i < PROXY_MAX_SLOTS; i++) {
		must(!fuzz.contact[i]);
	}
	must(fuzz.in_frame == 0);
	return 0;
}
