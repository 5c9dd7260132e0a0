/* SPDX-License-Identifier: MIT */
#ifndef WAYLAND_LISTEN_H
#define WAYLAND_LISTEN_H

#include <sys/types.h>

#include "base/util.h"

/*
 * A socket at path that listens, in the place of one that a server that is gone has left: the runtime directory's lock must
 * be ours. mode: who may connect, as far as the directory lets them. 0 or -errno; *out is a descriptor then.
 */
MUST_USE int listen_at(const char *path, mode_t mode, int *out);

#endif
