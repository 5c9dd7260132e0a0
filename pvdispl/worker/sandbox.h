/* SPDX-License-Identifier: MIT */
/* What the worker may still ask of the kernel once bytes of a guest reach it. */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include "base/sandbox.h"
#include "base/util.h"
#include "xen/xen.h"

/*
 * For good: no new privileges, no core dump (it would hold keys), and only the system calls that
 * serving a guest takes; any other ends the process. Descriptors that are to be used must be there
 * already or be handed over later. Returns 0 or -errno, logged. Builds with a sanitizer go without
 * the filter and say so.
 */
MUST_USE int sandbox_enter(enum xen_kind kind);

#endif
