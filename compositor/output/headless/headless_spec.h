/* SPDX-License-Identifier: MIT */
/* The monitors of a headless server, from its command line. */
#ifndef OUTPUT_HEADLESS_SPEC_H
#define OUTPUT_HEADLESS_SPEC_H

#include "base/util.h"

#define HEADLESS_MAX_OUTPUTS 16
#define HEADLESS_MAX_PX 8192
#define HEADLESS_MAX_HZ 500
#define HEADLESS_DEFAULT_HZ 60

struct headless_mode {
	int width, height, refresh_hz;
};

struct headless_spec {
	struct headless_mode modes[HEADLESS_MAX_OUTPUTS];
	unsigned n_modes;
};

/* WxH[@HZ][,WxH[@HZ]...]. Returns 0, or -EINVAL, logged with the part that is wrong. */
MUST_USE int headless_spec_parse(const char *text, struct headless_spec *out);

#endif
