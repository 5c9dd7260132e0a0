/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "hid/proxy/device.h"

#define BIT(n) (UINT64_C(1) << (unsigned)(n))

_Static_assert(KEY_CNT == 64 * PROXY_KEY_WORDS, "keys");
_Static_assert(ABS_CNT == PROXY_AXES, "axes");

struct range {
	uint16_t first, last;
};

static const struct range keyboard_keys[] = {
	{KEY_ESC, BTN_MISC - 1},
	{KEY_OK, BTN_DPAD_UP - 1},
	{KEY_ALS_TOGGLE, BTN_TRIGGER_HAPPY - 1},
};

/* The kernel and the session's daemons act on these, whoever has the keyboard. */
static const uint16_t reaching_keys[] = {
	KEY_SYSRQ, KEY_POWER, KEY_POWER2, KEY_SLEEP, KEY_SUSPEND, KEY_WAKEUP, KEY_RESTART,
};

static const struct range mouse_keys[] = {{BTN_LEFT, BTN_TASK}};
static const struct range tablet_keys[] = {
	{BTN_LEFT, BTN_TASK},
	{BTN_TOOL_PEN, BTN_TOOL_AIRBRUSH},
	{BTN_TOOL_MOUSE, BTN_TOOL_LENS},
	{BTN_STYLUS3, BTN_STYLUS3},
	{BTN_TOUCH, BTN_TOUCH},
	{BTN_STYLUS, BTN_STYLUS2},
};
static const struct range touch_keys[] = {
	{BTN_LEFT, BTN_MIDDLE},
	{BTN_TOOL_FINGER, BTN_TOOL_FINGER},
	{BTN_TOOL_QUINTTAP, BTN_TOOL_QUINTTAP},
	{BTN_TOUCH, BTN_TOUCH},
	{BTN_TOOL_DOUBLETAP, BTN_TOOL_QUADTAP},
};

#define TABLET_AXES                                                                          \
	(BIT(ABS_X) | BIT(ABS_Y) | BIT(ABS_Z) | BIT(ABS_RX) | BIT(ABS_RY) | BIT(ABS_WHEEL) | \
	 BIT(ABS_PRESSURE) | BIT(ABS_DISTANCE) | BIT(ABS_TILT_X) | BIT(ABS_TILT_Y))
#define TOUCH_AXES                                                                     \
	(BIT(ABS_X) | BIT(ABS_Y) | BIT(ABS_PRESSURE) | BIT(ABS_MT_SLOT) |              \
	 BIT(ABS_MT_TOUCH_MAJOR) | BIT(ABS_MT_TOUCH_MINOR) | BIT(ABS_MT_WIDTH_MAJOR) | \
	 BIT(ABS_MT_WIDTH_MINOR) | BIT(ABS_MT_ORIENTATION) | BIT(ABS_MT_POSITION_X) |  \
	 BIT(ABS_MT_POSITION_Y) | BIT(ABS_MT_TOOL_TYPE) | BIT(ABS_MT_TRACKING_ID) |    \
	 BIT(ABS_MT_PRESSURE) | BIT(ABS_MT_DISTANCE))
#define MOUSE_AXES                                                                            \
	(BIT(REL_X) | BIT(REL_Y) | BIT(REL_WHEEL) | BIT(REL_HWHEEL) | BIT(REL_WHEEL_HI_RES) | \
	 BIT(REL_HWHEEL_HI_RES))
#define TOUCH_PROPS                                                                     \
	(BIT(INPUT_PROP_POINTER) | BIT(INPUT_PROP_DIRECT) | BIT(INPUT_PROP_BUTTONPAD) | \
	 BIT(INPUT_PROP_SEMI_MT) | BIT(INPUT_PROP_TOPBUTTONPAD))

/* ---- what the classes allow ---- */

static void allow_keys(struct proxy_device *allowed, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (unsigned code = ranges[i].first; code <= ranges[i].last; code++) {
			allowed->key[code / 64] |= BIT(code % 64);
		}
	}
}

static void allow_keyboard(struct proxy_device *allowed)
{
	allowed->ev |= BIT(EV_KEY) | BIT(EV_LED);
	allowed->led = BIT(LED_NUML) | BIT(LED_CAPSL) | BIT(LED_SCROLLL) | BIT(LED_COMPOSE) |
		       BIT(LED_KANA);
	allow_keys(allowed, keyboard_keys, ARRAY_SIZE(keyboard_keys));
	for (size_t i = 0; i < ARRAY_SIZE(reaching_keys); i++) {
		allowed->key[reaching_keys[i] / 64] &= ~BIT(reaching_keys[i] % 64);
	}
}

static struct proxy_device allowed_by(unsigned classes)
{
	struct proxy_device allowed = {.ev = BIT(EV_SYN)};

	if (classes & PROXY_KEYBOARD) {
		allow_keyboard(&allowed);
	}
	if (classes & PROXY_MOUSE) {
		allowed.ev |= BIT(EV_KEY) | BIT(EV_REL);
		allowed.rel |= MOUSE_AXES;
		allow_keys(&allowed, mouse_keys, ARRAY_SIZE(mouse_keys));
	}
	if (classes & PROXY_TABLET) {
		allowed.ev |= BIT(EV_KEY) | BIT(EV_ABS);
		allowed.abs |= TABLET_AXES;
		allowed.prop |= BIT(INPUT_PROP_POINTER) | BIT(INPUT_PROP_DIRECT);
		allow_keys(&allowed, tablet_keys, ARRAY_SIZE(tablet_keys));
	}
	if (classes & PROXY_TOUCH) {
		allowed.ev |= BIT(EV_KEY) | BIT(EV_ABS);
		allowed.abs |= TOUCH_AXES;
		allowed.prop |= TOUCH_PROPS;
		allow_keys(&allowed, touch_keys, ARRAY_SIZE(touch_keys));
	}
	return allowed;
}

/* ---- what it says ---- */

/* An event type that is not both offered and allowed has no codes either. */
static uint64_t codes_of(const struct proxy_device *device, unsigned type, uint64_t codes)
{
	return device->ev & BIT(type) ? codes : 0;
}

static void take_bits(const struct proxy_caps *untrusted, const struct proxy_device *allowed,
		      struct proxy_device *out)
{
	out->prop = untrusted->prop & allowed->prop;
	out->ev = (untrusted->ev & allowed->ev) | BIT(EV_SYN);
	for (unsigned i = 0; i < PROXY_KEY_WORDS; i++) {
		out->key[i] = codes_of(out, EV_KEY, untrusted->key[i] & allowed->key[i]);
	}
	out->rel = codes_of(out, EV_REL, untrusted->rel & allowed->rel);
	out->abs = codes_of(out, EV_ABS, untrusted->abs & allowed->abs);
	out->led = codes_of(out, EV_LED, untrusted->led & allowed->led);
}

static int axis_parse(unsigned code, const struct proxy_absinfo *untrusted,
		      struct proxy_absinfo *out, char *why)
{
	int64_t span = (int64_t)untrusted->maximum - untrusted->minimum;

	if (span <= 0 || span > INT32_MAX || untrusted->resolution < 0 || untrusted->fuzz < 0 ||
	    untrusted->fuzz > span || untrusted->flat < 0 || untrusted->flat > span) {
		snprintf(why, PROXY_WHY_SIZE, "axis %u has no sensible range", code);
		return -EINVAL;
	}
	if (code == ABS_MT_SLOT && (untrusted->minimum != 0 || span >= PROXY_MAX_SLOTS)) {
		snprintf(why, PROXY_WHY_SIZE, "more than %d contacts", PROXY_MAX_SLOTS);
		return -EINVAL;
	}
	*out = (struct proxy_absinfo){
		.minimum = untrusted->minimum,
		.maximum = untrusted->maximum,
		.fuzz = untrusted->fuzz,
		.flat = untrusted->flat,
		.resolution = untrusted->resolution,
	};
	return 0;
}

static int take_axes(const struct proxy_caps *untrusted, struct proxy_device *out, char *why)
{
	for (unsigned code = 0; code < PROXY_AXES; code++) {
		if (!(out->abs & BIT(code))) {
			continue;
		}
		/* Old senders do not tell ranges; an axis without one is none. */
		if (untrusted->axes[code].minimum == 0 && untrusted->axes[code].maximum == 0) {
			out->abs &= ~BIT(code);
		} else if (axis_parse(code, &untrusted->axes[code], &out->axes[code], why) < 0) {
			return -EINVAL;
		}
	}
	/* Contacts without slots follow each other in an order that says nothing. */
	if (!(out->abs & BIT(ABS_MT_SLOT))) {
		out->abs &= BIT(ABS_MT_SLOT) - 1;
	}
	return 0;
}

static bool has_codes(const struct proxy_device *device)
{
	uint64_t any = device->rel | device->abs;

	for (unsigned i = 0; i < PROXY_KEY_WORDS; i++) {
		any |= device->key[i];
	}
	return any != 0;
}

/* Printable ASCII up to its end; a quote would let it play with lines that quote it. */
static int name_parse(const char *untrusted, char name[PROXY_NAME_SIZE], char *why)
{
	size_t length = strnlen(untrusted, PROXY_NAME_SIZE);

	if (length == PROXY_NAME_SIZE) {
		snprintf(why, PROXY_WHY_SIZE, "its name has no end");
		return -EINVAL;
	}
	for (size_t i = 0; i <= length; i++) {
		char c = untrusted[i];

		if (i < length && (c < ' ' || c > '~')) {
			snprintf(why, PROXY_WHY_SIZE, "its name is not printable ASCII");
			return -EINVAL;
		}
		name[i] = c == '\'' || c == '"' ? '_' : c;
	}
	return 0;
}

int proxy_device_parse(const struct proxy_caps *untrusted, unsigned classes, const char *origin,
		       const char *name, struct proxy_device *out, char *why)
{
	struct proxy_device allowed = allowed_by(classes), device = {0};
	char own[PROXY_NAME_SIZE];

	take_bits(untrusted, &allowed, &device);
	if (take_axes(untrusted, &device, why) < 0 || name_parse(untrusted->name, own, why) < 0) {
		return -EINVAL;
	}
	if (!has_codes(&device)) {
		snprintf(why, PROXY_WHY_SIZE, "nothing that it can do is allowed");
		return -EINVAL;
	}
	if (!name) {
		name = own[0] ? own : "input device";
	}
	snprintf(device.name, sizeof(device.name), "%.32s: %.45s", origin, name);
	*out = device;
	return 0;
}
