/* SPDX-License-Identifier: MIT */
/* The loop between another domain's stream and the kernel's uinput. */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct proxy_options {
	const char *origin; /* the domain that the stream comes from; a valid guest name */
	const char *name;   /* instead of what the device calls itself; NULL: that */
	unsigned classes;   /* enum proxy_class */
	uint16_t vendor, product;
	int in_fd, out_fd; /* the stream; out gets the lights */
	int device_fd;     /* of uinput */
};

/*
 * Serves until the stream ends: 0; -errno, logged, when it was cut: -EPROTO, -EINVAL by the other side's fault. All that the
 * device holds is up then.
 */
MUST_USE int proxy_serve(const struct proxy_options *options);

#endif
