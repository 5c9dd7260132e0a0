/* SPDX-License-Identifier: MIT */
/*
 * What all parts of the broker share. One turn of the loop: whatever fired marks what it concerns, then broker_kick's
 * turn runs once, looks at what was marked, and takes away what has ended. So a flood of watches costs one look a turn.
 */
#ifndef PVDISPL_BROKER_BROKER_H
#define PVDISPL_BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "pvdispl/broker/backoff.h"
#include "pvdispl/broker/options.h"
#include "pvdispl/broker/server.h"
#include "xen/xen.h"

#define BROKER_MAX_GUESTS 64u

struct broker {
	const struct options *options;
	sd_event *event;
	struct xen *xen;
	struct server *server;
	struct registry *registry;
	struct list guests; /* struct guest.link */
	uint32_t domid;     /* ours */
	struct xen_dmabuf_support dmabuf;
	struct server_host host;
	int state_dir;    /* state_dir.h; -1: none */
	uint64_t slots;   /* bits of the uids in use; BROKER_MAX_GUESTS of them */
	uint32_t next_id; /* of devices: a number is never used twice */
	struct budget complaints;
	bool own_uids; /* root: each worker gets a uid of its own */
	bool stopping;
};

/* Have the store looked at again (rescan: for devices, too) before the loop waits. */
void broker_kick(struct broker *broker, bool rescan);
/* False when enough lines were written about what is wrong in the store: each rescan meets the same. */
bool broker_may_complain(struct broker *broker);

#endif
