/* SPDX-License-Identifier: MIT */
/*
 * What happened in the last seconds, in a ring that is always on: fixed size, no allocation, no system call but the
 * clock's. Events carry names from a fixed list and numbers; never a key code, never a guest's bytes. Written out as
 * Chrome trace event JSON, which Perfetto opens: each kind of track is a process, each track one of its threads.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdint.h>
#include <stdio.h>

struct trace;

enum trace_event {
	TRACE_COMMIT,     /* a guest's commit arrived; track: guest */
	TRACE_LATCH,      /* the frame took it; track: output */
	TRACE_DRAW,       /* with a duration */
	TRACE_TEST,       /* a test commit, with a duration */
	TRACE_SUBMIT,     /* the device took the frame */
	TRACE_FLIP,       /* it is on the glass */
	TRACE_MISS,       /* later than the vblank that it aimed at */
	TRACE_SAMPLE,     /* front buffers were compared, with a duration */
	TRACE_INPUT,      /* an input event, when its device reported it (no code); track: guest */
	TRACE_INPUT_SENT, /* it is written to the worker */
	/* From the report (the time) to the guest's notification by the worker (the duration); these overlap. */
	TRACE_INPUT_DONE,
	TRACE_FOCUS, /* the input has a new owner; track: guest */
	TRACE_LAYOUT,
	/* A guest's picture from its commit (the time) to its flip (the duration); these overlap. Track: guest. */
	TRACE_FRAME,
	TRACE_EVENTS, /* how many */
};

/* How many tracks are told apart. A further one takes the place, and the events, of the least recently used. */
#define TRACE_TRACKS 192

struct trace *trace_create(unsigned n_events);
void trace_destroy(struct trace *trace);
/*
 * A track is a line in the picture: an output or a guest by name. Copied; the same kind and name give the same number.
 * kind is a string constant. trace may be NULL.
 */
unsigned trace_track(struct trace *trace, const char *kind, const char *name);
/*
 * duration_ns 0: a moment. value: what value_names in trace.c says for the event (bytes, a sequence number, a latency).
 * trace may be NULL.
 */
void trace_add(struct trace *trace, enum trace_event event, unsigned track, uint64_t time_ns,
	       uint64_t duration_ns, uint64_t value);
/* A copy of its own, for a thread that writes it while the original goes on. NULL: no memory. */
struct trace *trace_copy(const struct trace *trace);
void trace_write_json(const struct trace *trace, FILE *out);

#endif
