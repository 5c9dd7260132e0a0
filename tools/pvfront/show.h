/* SPDX-License-Identifier: MIT */
/* Frame after frame on all connectors. */
#ifndef TOOLS_PVFRONT_SHOW_H
#define TOOLS_PVFRONT_SHOW_H

#include "base/util.h"
#include "tools/pvfront/display.h"

/* Makes the buffers of all connectors, draws frame 0 and switches them on. */
MUST_USE int show_start(struct display *display);

/* What is to be done between frames, at most a frame late: for reports. */
typedef void (*show_idle)(void *data);

/*
 * Draws until each connector has had its frames and its last flip was acknowledged, or a signal asks to end. Returns 0,
 * -EPIPE when the backend closed the display, -ETIMEDOUT when a flip was not acknowledged in Linux's 3.1 s.
 */
int show_run(struct display *display, show_idle idle, void *data);

#endif
