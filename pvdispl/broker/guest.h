/* SPDX-License-Identifier: MIT */
/*
 * One guest: its name, its devices, its worker. It is made when its first device is found and ends with its last one.
 */
#ifndef PVDISPL_BROKER_GUEST_H
#define PVDISPL_BROKER_GUEST_H

#include <stdint.h>
#include <stdio.h>

#include "base/list.h"
#include "base/log.h"
#include "pvdispl/broker/backoff.h"
#include "pvdispl/broker/broker.h"
#include "pvdispl/broker/device.h"
#include "pvdispl/broker/worker.h"

struct guest {
	struct list link; /* struct broker.guests */
	struct broker *broker;
	uint32_t domid;
	unsigned slot; /* its uid above the base, in broker.slots */
	char name[PV_NAME_SIZE];
	char *vm;    /* which machine this domain number stands for; NULL: the store does not say */
	char *state; /* name of its file in broker.state_dir; NULL: none */
	struct list devices;  /* struct device.link */
	struct list memories; /* struct memory.link */
	uint32_t heads;       /* bits of the head indices that its displays have */
	struct worker *worker;
	struct server_guest *server; /* NULL before guest_start and when ending */
	bool ending;                 /* no device is left: only its worker is waited for */
	bool stale;                  /* the domain's number has come to stand for another machine */
	struct backoff restart_backoff, reconnect_backoff;
	uint64_t started_ns; /* the last worker; 0: none yet */
	uint64_t dropped_ns; /* the last time that the server has ended its connection */
	sd_event_source *restart;
	struct budget map_budget, server_budget;
	struct log_limit log;
	uint64_t restarts, maps, grants, exports, faults;
};

/* With a name, nothing else. NULL when there are too many; logged. */
struct guest *guest_create(struct broker *broker, uint32_t domid);
/* It has its first device: the server is told and a worker started. */
void guest_start(struct guest *guest);
struct guest *guest_find(struct broker *broker, uint32_t domid);
/* False when the domain's number has come to mean another machine. */
bool guest_is_same(const struct guest *guest);
/* Takes away devices that have gone and, after the last one, the worker. True when the guest itself is over: destroy it. */
bool guest_sweep(struct guest *guest);
/* Devices stay as they are in the store. */
void guest_destroy(struct guest *guest);
/* The broker ends: the worker is told to. */
void guest_stop(struct guest *guest);

/* First of n head indices that no other display of the guest has, now taken; -ENOSPC. */
int guest_take_heads(struct guest *guest, uint32_t n);
void guest_return_heads(struct guest *guest, uint32_t first, uint32_t n);

/* Prepares a map of the guest's pages, counted; the only way here to one. */
MUST_USE int guest_prepare_map(struct guest *guest, const uint32_t *refs, uint32_t n, bool writable,
			       struct xen_prepared *out);

extern const struct server_ops guest_server_ops; /* data: struct guest */

/* Lines guest.NAME.KEY VALUE. */
void guest_report(const struct guest *guest, FILE *out);

#endif
