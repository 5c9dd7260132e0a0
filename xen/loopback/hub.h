/* SPDX-License-Identifier: MIT */
/*
 * The stand-in hypervisor: store with watches and permissions, domains, grants, event channels, for any number of clients
 * that say which domain they are. It is for tests and demonstrations: who can reach its socket can be any domain.
 *
 * What it takes over from the real ones, because programs here depend on it:
 * - domain 0 may do everything in the store, others own what they create, read what they own or are the reader of, and
 *   write at or below what they own; removing a node that one owns removes its children unasked;
 * - a watch fires when it is set and on each change at or below its path; equal events waiting are one event;
 * - a domain exists from its first connection to its last; @introduceDomain and @releaseDomain fire;
 * - grants name the domain that may map them; a map of a bad one is prepared and then fails when it is mapped;
 * - an event that comes while its port is masked comes again after the unmask; binding a port raises an event; the
 *   port of a closed handle leaves its peer unbound, to be bound again.
 */
#ifndef XEN_LOOPBACK_HUB_H
#define XEN_LOOPBACK_HUB_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"

struct hub;

/*
 * Listens on path (mode 0600; a socket that nobody listens on any more is replaced) and serves from the loop. Returns 0
 * or -errno; -EADDRINUSE when another hub is there.
 */
MUST_USE int hub_create(struct hub **out, sd_event *event, const char *path);
/* Closes all connections and removes the socket. */
void hub_destroy(struct hub *hub);

/* A hub of a test's own, in a thread, on a socket in a fresh directory. Start it before anything that forks. */
struct hub_thread;

MUST_USE int hub_thread_start(struct hub_thread **out);
/* What xen_open takes to be domid there; to be freed. */
char *hub_thread_spec(const struct hub_thread *thread, uint32_t domid);
void hub_thread_stop(struct hub_thread *thread);

#endif
