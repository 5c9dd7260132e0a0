/* SPDX-License-Identifier: MIT */
/* Starts a worker's process: its own uid, nothing inherited but standard error and one socket. */
#ifndef PVDISPL_BROKER_SPAWN_H
#define PVDISPL_BROKER_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

#define SPAWN_CONTROL_FD 3 /* in the worker */

struct spawn {
	const char *path;
	const char *name; /* of the guest */
	bool own_uid;     /* false: not root, the worker stays who we are */
	uint32_t uid;     /* and gid */
};

/* Returns 0 and our end of the control socket, which the caller closes, or -errno. A path that can't be run exits 127. */
MUST_USE int spawn_worker(const struct spawn *spawn, pid_t *pid, int *control);

#endif
