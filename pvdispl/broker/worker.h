/* SPDX-License-Identifier: MIT */
/*
 * One worker process, as the broker has it: its life and its messages (pvdispl/worker_protocol.h). What it says is
 * checked for form here and for sense by whoever gets it.
 *
 * Life: worker_start; ready once; lost in the end, after which the worker is no more. After worker_stop nothing but lost
 * is reported. All memory that the worker had mapped and all ports that it had bound are free when lost comes.
 */
#ifndef PVDISPL_BROKER_WORKER_H
#define PVDISPL_BROKER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "pvdispl/broker/spawn.h"
#include "pvdispl/worker_protocol.h"

struct worker;

struct worker_ops {
	/* It is in its sandbox: what comes from the guest may be sent to it. */
	void (*ready)(void *data);
	/* request: WORKER_CONNECTED, WORKER_CLOSED, WORKER_FAULT or WORKER_STATELESS. */
	void (*device)(void *data, enum worker_request request, enum worker_device_kind kind,
		       uint32_t id);
	/* n_refs is checked. To be answered with worker_send. */
	void (*map)(void *data, const struct worker_map *request);
	/* The process is gone; the struct worker too when this returns. */
	void (*lost)(void *data);
};

/* Sends the hello, too, with state (-1: none), which stays the caller's. hello and spawn are copied where needed. */
MUST_USE int worker_start(struct worker **out, sd_event *event, const struct spawn *spawn,
			  const struct worker_hello *hello, int state, const struct worker_ops *ops,
			  void *data);
/*
 * The fds stay the caller's. A worker that does not read its messages is killed. Returns 0 or -errno, and then lost
 * will come.
 */
int worker_send(struct worker *worker, const void *message, size_t size, const int *fds,
		unsigned n_fds);
/* For good and at once; lost comes from the event loop. */
void worker_kill(struct worker *worker);
/* Its control socket is closed, which ends it; killed if it is still there a second later. */
void worker_stop(struct worker *worker);
/* Forgets a process that is not waited for any more: kills it. No lost. */
void worker_destroy(struct worker *worker);

bool worker_is_ready(const struct worker *worker);
pid_t worker_pid(const struct worker *worker);

#endif
