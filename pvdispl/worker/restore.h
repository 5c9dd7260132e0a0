/* SPDX-License-Identifier: MIT */
/* A display's buffers and framebuffers out of what the worker before us has left. */
#ifndef WORKER_RESTORE_H
#define WORKER_RESTORE_H

#include "base/util.h"

struct display;

/*
 * Everything is checked as if the guest had asked for it now: that worker may have been the guest's. On failure (-EINVAL,
 * -EEXIST, -ENOSPC, -ENOMEM) the display has some of it and is to be closed.
 */
MUST_USE int restore_buffers(struct display *display);

#endif
