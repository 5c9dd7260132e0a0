/* SPDX-License-Identifier: MIT */
/*
 * What was drawn and received, as JSON: {"name", "domid", "nonce", "connectors": [...], "inputs": [...], "held": {"keys",
 * "contacts"}, "events": [...]}. The file appears whole or not at all. It holds key codes: it is the guest's own.
 */
#ifndef TOOLS_PVFRONT_REPORT_H
#define TOOLS_PVFRONT_REPORT_H

#include "base/util.h"
#include "tools/pvfront/display.h"
#include "tools/pvfront/input.h"

struct front;

/* Starts the measurement of max_gap_ms anew. Returns 0 or -errno, logged. */
MUST_USE int report_write(const char *path, struct front *front, struct display *display,
			  const struct input *inputs, unsigned n_inputs);

#endif
