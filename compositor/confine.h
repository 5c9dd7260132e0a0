/* SPDX-License-Identifier: MIT */
/* What the server gives up for good once it runs. */
#ifndef COMPOSITOR_CONFINE_H
#define COMPOSITOR_CONFINE_H

#include "base/util.h"

/*
 * No new privileges, no core dump (input and pixels are in memory), and by seccomp, with EPERM: no
 * other program, no tracing, no requests of gntdev or privcmd, no sockets to anything but local
 * processes and udev. Whoever takes the server over can't choose whose memory it maps. Returns 0 or
 * -errno.
 */
MUST_USE int confine(void);

#endif
