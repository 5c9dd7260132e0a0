/* SPDX-License-Identifier: MIT */
/*
 * Memory of a client that it can take away at any moment, by truncating the file: reading it then is SIGBUS, on whichever
 * thread. Memory that is guarded turns into zeroes instead, and is known as broken from then on.
 */
#ifndef LOCAL_GUARD_H
#define LOCAL_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

/* The handler of SIGBUS is in place from here on. The number of the guard, or -ENOSPC. */
MUST_USE int guard_add(void *base, size_t size);
/* Before the memory is unmapped. */
void guard_remove(int guard);
bool guard_is_broken(int guard);

#endif
