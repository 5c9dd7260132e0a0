/* SPDX-License-Identifier: MIT */
/*
 * The counters of a process as text: whoever connects to the UNIX stream socket gets lines `key value`
 * until end of file. Names are dotted, values are decimal or a word.
 */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct stats_socket;

typedef void (*stats_write_fn)(void *data, FILE *out);

/* Listens on path (replacing a stale socket; mode 0660). Returns 0 or -errno. */
MUST_USE int stats_socket_create(struct stats_socket **out, sd_event *event, const char *path,
				 stats_write_fn write, void *data);
void stats_socket_destroy(struct stats_socket *stats);

#endif
