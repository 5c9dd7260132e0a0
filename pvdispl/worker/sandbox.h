/* SPDX-License-Identifier: MIT */
/* What the worker may still ask of the kernel once bytes of a guest reach it. */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include "base/util.h"
#include "xen/xen.h"

/* A sanitizer's run-time makes system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_FILTERS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_FILTERS 0
#endif
#endif
#ifndef SANDBOX_FILTERS
#define SANDBOX_FILTERS 1
#endif

/*
 * For good: no new privileges, no core dump (it would hold keys), and only the system calls that
 * serving a guest takes; any other ends the process. Descriptors that are to be used must be there
 * already or be handed over later. Returns 0 or -errno, logged. Builds with a sanitizer go without
 * the filter and say so.
 */
MUST_USE int sandbox_enter(enum xen_kind kind);

#endif
