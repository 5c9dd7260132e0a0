/* SPDX-License-Identifier: MIT */
/* What keeps passwords in this process: no core, no debugger, no swap, and no call that reaches into others. */
#ifndef HELPERS_AUTH_GUARD_H
#define HELPERS_AUTH_GUARD_H

#include "base/util.h"

/* Before anything is typed. Modules of PAM have to work afterwards, so it denies a few calls only. 0 or -errno. */
MUST_USE int guard_raise(void);

#endif
