/* SPDX-License-Identifier: MIT */
/* Messages with file descriptors over SOCK_SEQPACKET sockets: each is sent and received whole or not at all. */
#ifndef BASE_FDMSG_H
#define BASE_FDMSG_H

#include <stddef.h>

#include "base/util.h"

#define FDMSG_MAX_FDS 4

/* A close-on-exec, non-blocking SOCK_SEQPACKET pair. Returns 0 or -errno. */
MUST_USE int fdmsg_pair(int fds[2]);

/* Never blocks and never raises SIGPIPE. The fds stay the caller's. Returns 0 or -errno (-EAGAIN: the peer does not read). */
MUST_USE int fdmsg_send(int sock, const void *data, size_t size, const int *fds, unsigned n_fds);

/*
 * Receives one message of at most size bytes. Returns its length, 0 at end of stream, or -errno:
 * -EAGAIN when there is none, -EMSGSIZE when it was longer than size or carried more fds than wanted (it is
 * discarded and its fds are closed). Unused entries of fds are set to -1; received ones are close-on-exec.
 */
MUST_USE int fdmsg_recv(int sock, void *data, size_t size, int *fds, unsigned n_fds);

#endif
