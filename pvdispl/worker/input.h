/* SPDX-License-Identifier: MIT */
/* The guest's PV keyboard devices: their rings, filled by the sink, and their event channels. */
#ifndef WORKER_INPUT_H
#define WORKER_INPUT_H

#include <stdint.h>

#include "base/util.h"

struct worker;
struct worker_input;

/*
 * Takes fds: the page's map and the event channel. Returns 0 also when the device cannot be served
 * (the broker is told).
 */
MUST_USE int input_open(struct worker *worker, const struct worker_input *message, int fds[2]);
MUST_USE int input_close(struct worker *worker, uint32_t id);
void inputs_finish(struct worker *worker);

/* Puts what waits into the rings and notifies the guest. */
void input_flush(struct worker *worker);

#endif
