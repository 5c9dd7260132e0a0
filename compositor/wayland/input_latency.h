/* SPDX-License-Identifier: MIT */
/*
 * How long input takes, and what is done before it: for each device the time from its report (the kernel's stamp) to the
 * notification of the guest, and how many requests of clients were served between the reading of an event and the
 * moment at which it was written to its guest's worker, and until the guest was notified. Counted in the server only: no
 * guest learns any of it.
 */
#ifndef WAYLAND_INPUT_LATENCY_H
#define WAYLAND_INPUT_LATENCY_H

#include <stdint.h>
#include <stdio.h>

#include "base/histogram.h"
#include "hid/seat/seat.h"

#define SERVED_KEPT 256u

struct connection;
struct input_origin;
struct wayland;

struct input_latency {
	struct device_latency {
		char name[32]; /* whose figures these are */
		struct histogram latency;
	} devices[SEAT_MAX_DEVICES]; /* by the seat's numbers */
	uint64_t requests;           /* of all clients, ever */
	uint64_t read;               /* as it was when an event was read last */
	uint64_t groups;             /* that came from a device, written to a worker */
	uint64_t between_max;        /* requests of others until then, at most */
	struct histogram
		until; /* requests of all until the guest was notified, no fewer than there were */
	uint64_t until_max;
	struct {
		uint64_t ns, requests;
	} served[SERVED_KEPT]; /* how many there had been when, now and then; a ring */
	unsigned n_served;     /* runs freely */
};

/* Begins and ends the counting of requests. 0 or -ENOMEM. */
MUST_USE int input_latency_init(struct wayland *wayland);
void input_latency_finish(struct wayland *wayland);
/* Of the event that is being handed on to this worker's guest now. */
struct input_origin input_latency_origin(const struct connection *connection);
/* The group is written to the worker now. */
void input_latency_sent(struct connection *connection, const struct input_origin *origin);
/* The guest was notified of it. */
void input_latency_done(struct connection *connection, const struct input_origin *origin,
			uint64_t latency_ns);
/* Lines `input.KEY VALUE`, and `input.NUMBER.KEY VALUE` for each device. */
void input_latency_report(const struct wayland *wayland, FILE *out);

#endif
