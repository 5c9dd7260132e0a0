/* SPDX-License-Identifier: MIT */
/* What may still be asked of the kernel once bytes of another domain come. */
#ifndef PROXY_SANDBOX_H
#define PROXY_SANDBOX_H

#include "base/util.h"

/*
 * For good: another user (NULL: stay who we are; only root can change), no groups, no new privileges, no core dump (it would
 * hold keys), and only what reading, writing and the making of a uinput device take. 0 or -errno, logged.
 */
MUST_USE int proxy_sandbox_enter(const char *user);

#endif
