/* SPDX-License-Identifier: MIT */
/*
 * What another domain's device may be here: of what it says it can do, that which the administrator lets it do, and nothing
 * that reaches past input. Pure.
 */
#ifndef PROXY_DEVICE_H
#define PROXY_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "hid/proxy/wire.h"

#define PROXY_DEVICE_NAME_SIZE 80 /* the kernel's limit */
#define PROXY_MAX_SLOTS 32
#define PROXY_WHY_SIZE 96

/* What the administrator lets it be, any of them together. */
enum proxy_class {
	PROXY_KEYBOARD = 1,
	PROXY_MOUSE = 2,
	PROXY_TABLET = 4, /* pens */
	PROXY_TOUCH = 8,  /* touchscreens and touchpads */
};

struct proxy_device {
	char name[PROXY_DEVICE_NAME_SIZE]; /* "ORIGIN: NAME" */
	uint64_t prop, ev;
	uint64_t key[PROXY_KEY_WORDS];
	uint64_t rel, abs, led;
	struct proxy_absinfo axes[PROXY_AXES]; /* of those in abs; value is 0 */
};

static inline bool proxy_bit(const uint64_t *words, unsigned n)
{
	return words[n / 64] >> (n % 64) & 1;
}

/*
 * origin: the domain that it comes from, a valid guest name. name: as it is to be called, NULL: as it calls itself. Returns
 * 0, or -EINVAL with the reason in why (PROXY_WHY_SIZE): then it is no device for us.
 *
 * Whatever the classes say, there are no switches (a lid), sounds or force feedback; no keys that turn the machine off or
 * to sleep, and no SysRq, which the kernel itself would listen to.
 */
MUST_USE int proxy_device_parse(const struct proxy_caps *untrusted, unsigned classes,
				const char *origin, const char *name, struct proxy_device *out,
				char *why);

#endif
