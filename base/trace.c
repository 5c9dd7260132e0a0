/* SPDX-License-Identifier: MIT */
/* The form is Google's "Trace Event Format": an object with traceEvents, times in microseconds. */
#include "base/trace.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define NAME_SIZE 40
#define FOUND_SIZE 256

struct record {
	uint64_t time_ns, duration_ns, value;
	uint8_t event;
	uint8_t track;
};

struct track {
	const char *kind; /* NULL: the place is free */
	char name[NAME_SIZE];
	uint64_t since; /* records before this one were another track's */
	uint64_t used;  /* trace.looks at the last use */
};

struct trace {
	unsigned n_events;
	uint64_t added; /* records ever; the ring holds the last n_events */
	uint64_t looks;
	struct track tracks[TRACE_TRACKS];
	uint8_t found[FOUND_SIZE]; /* a track for each hash of kind and name, where it was found last */
	struct record ring[];
};

static_assert(TRACE_TRACKS <= UINT8_MAX, "a record names its track in a byte");

static const struct {
	const char *name;
	const char *value; /* what the number means; NULL: nothing */
} events[] = {
	[TRACE_COMMIT] = {"commit", "head"},
	[TRACE_LATCH] = {"latch", NULL},
	[TRACE_DRAW] = {"draw", "bytes"},
	[TRACE_TEST] = {"test", NULL},
	[TRACE_SUBMIT] = {"submit", NULL},
	[TRACE_FLIP] = {"flip", "sequence"},
	[TRACE_MISS] = {"miss", "late_ns"},
	[TRACE_SAMPLE] = {"sample", "bytes"},
	[TRACE_INPUT] = {"input", NULL},
	[TRACE_INPUT_DONE] = {"input done", "latency_ns"},
	[TRACE_FOCUS] = {"focus", NULL},
	[TRACE_LAYOUT] = {"layout", NULL},
	[TRACE_FRAME] = {"frame", "head"},
	[TRACE_INPUT_SENT] = {"input sent", "requests_between"},
};

static_assert(ARRAY_SIZE(events) == TRACE_EVENTS, "each event has a name");

struct trace *trace_create(unsigned n_events)
{
	struct trace *trace = xcalloc(1, sizeof(*trace) + n_events * sizeof(trace->ring[0]));

	trace->n_events = n_events;
	return trace;
}

void trace_destroy(struct trace *trace)
{
	free(trace);
}

struct trace *trace_copy(const struct trace *trace)
{
	size_t size = sizeof(*trace) + trace->n_events * sizeof(trace->ring[0]);
	struct trace *copy = malloc(size);

	if (copy) {
		memcpy(copy, trace, size);
	}
	return copy;
}

/* ---- tracks ---- */

static bool track_is(const struct track *track, const char *kind, const char *name)
{
	return track->kind && strcmp(track->kind, kind) == 0 &&
	       strncmp(track->name, name, NAME_SIZE - 1) == 0;
}

static void track_name(struct trace *trace, struct track *track, const char *kind, const char *name)
{
	track->kind = kind;
	track->since = trace->added;
	snprintf(track->name, sizeof(track->name), "%s", name);
}

/* Looks at all; takes one over when there is none of this name. */
static struct track *track_search(struct trace *trace, const char *kind, const char *name)
{
	struct track *oldest = &trace->tracks[0];

	for (struct track *track = trace->tracks; track < trace->tracks + TRACE_TRACKS; track++) {
		if (track_is(track, kind, name)) {
			return track;
		}
		if (track->used < oldest->used) {
			oldest = track;
		}
	}
	track_name(trace, oldest, kind, name);
	return oldest;
}

static unsigned name_hash(const char *kind, const char *name)
{
	unsigned hash = (unsigned char)kind[0];

	for (unsigned i = 0; i < NAME_SIZE - 1 && name[i]; i++) {
		hash = hash * 31 + (unsigned char)name[i];
	}
	return hash % FOUND_SIZE;
}

/* What an event costs does not grow with the number of guests: nearly always the first look finds it. */
unsigned trace_track(struct trace *trace, const char *kind, const char *name)
{
	struct track *track;
	unsigned hash;

	if (!trace) {
		return 0;
	}
	hash = name_hash(kind, name);
	track = &trace->tracks[trace->found[hash]];
	if (!track_is(track, kind, name)) {
		track = track_search(trace, kind, name);
		trace->found[hash] = (uint8_t)(track - trace->tracks);
	}
	track->used = ++trace->looks;
	return (unsigned)(track - trace->tracks);
}

void trace_add(struct trace *trace, enum trace_event event, unsigned track, uint64_t time_ns,
	       uint64_t duration_ns, uint64_t value)
{
	if (!trace || track >= TRACE_TRACKS) {
		return;
	}
	trace->ring[trace->added++ % trace->n_events] = (struct record){
		.time_ns = time_ns,
		.duration_ns = duration_ns,
		.value = value,
		.event = (uint8_t)event,
		.track = (uint8_t)track,
	};
}

/* ---- JSON ---- */

/* Names are plain by the time that they come here; this makes sure. */
static void write_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		bool plain = *name >= ' ' && *name <= '~' && *name != '"' && *name != '\\';

		fputc(plain ? *name : '?', out);
	}
}

/* Microseconds with the nanoseconds behind the point, exactly. */
static void write_time(FILE *out, const char *key, uint64_t ns)
{
	fprintf(out, ",\"%s\":%llu.%03u", key, ns / NSEC_PER_USEC, (unsigned)(ns % NSEC_PER_USEC));
}

/* Perfetto shows a process for each kind: the number of the first track that has it. */
static unsigned process_of(const struct trace *trace, unsigned track)
{
	unsigned first = 0;

	while (!trace->tracks[first].kind ||
	       strcmp(trace->tracks[first].kind, trace->tracks[track].kind) != 0) {
		first++;
	}
	return first + 1;
}

static void write_head(const struct trace *trace, FILE *out, unsigned track, const char *phase)
{
	fprintf(out, "{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u", phase, process_of(trace, track),
		track + 1);
}

static void write_tracks(const struct trace *trace, FILE *out)
{
	for (unsigned i = 0; i < TRACE_TRACKS; i++) {
		const struct track *track = &trace->tracks[i];

		if (!track->kind) {
			continue;
		}
		if (process_of(trace, i) == i + 1) {
			write_head(trace, out, i, "M");
			fprintf(out, ",\"name\":\"process_name\",\"args\":{\"name\":\"%ss\"}},\n",
				track->kind);
		}
		write_head(trace, out, i, "M");
		fputs(",\"name\":\"thread_name\",\"args\":{\"name\":\"", out);
		write_name(out, track->name);
		fputs("\"}},\n", out);
	}
}

static void write_value(FILE *out, const struct record *record)
{
	const char *value = events[record->event].value;

	if (value) {
		fprintf(out, ",\"args\":{\"%s\":%" PRIu64 "}", value, record->value);
	}
}

static void write_start(const struct trace *trace, FILE *out, const struct record *record,
			const char *phase)
{
	write_head(trace, out, record->track, phase);
	fprintf(out, ",\"name\":\"%s\"", events[record->event].name);
	write_time(out, "ts", record->time_ns);
}

/* Frames and input overlap, which only asynchronous events may: a beginning and an end with one number. */
static void write_way(const struct trace *trace, FILE *out, const struct record *record,
		      uint64_t number)
{
	const char *category = events[record->event].name;
	struct record end = *record;

	write_start(trace, out, record, "b");
	fprintf(out, ",\"cat\":\"%s\",\"id\":%" PRIu64, category, number);
	write_value(out, record);
	fputs("},\n", out);
	end.time_ns += end.duration_ns;
	write_start(trace, out, &end, "e");
	fprintf(out, ",\"cat\":\"%s\",\"id\":%" PRIu64 "},\n", category, number);
}

/* How many bytes were touched, as a curve beside the tracks. */
static void write_counter(const struct trace *trace, FILE *out, const struct record *record)
{
	write_head(trace, out, record->track, "C");
	fprintf(out, ",\"name\":\"%s bytes ", events[record->event].name);
	write_name(out, trace->tracks[record->track].name);
	fputc('"', out);
	write_time(out, "ts", record->time_ns);
	write_value(out, record);
	fputs("},\n", out);
}

static void write_record(const struct trace *trace, FILE *out, const struct record *record,
			 uint64_t number)
{
	if (record->event == TRACE_FRAME || record->event == TRACE_INPUT_DONE) {
		write_way(trace, out, record, number);
		return;
	}
	write_start(trace, out, record, record->duration_ns ? "X" : "i");
	if (record->duration_ns) {
		write_time(out, "dur", record->duration_ns);
	} else {
		fputs(",\"s\":\"t\"", out);
	}
	write_value(out, record);
	fputs("},\n", out);
	if (record->event == TRACE_DRAW || record->event == TRACE_SAMPLE) {
		write_counter(trace, out, record);
	}
}

void trace_write_json(const struct trace *trace, FILE *out)
{
	uint64_t first = trace->added > trace->n_events ? trace->added - trace->n_events : 0;

	fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
	write_tracks(trace, out);
	for (uint64_t number = first; number < trace->added; number++) {
		const struct record *record = &trace->ring[number % trace->n_events];

		if (number >= trace->tracks[record->track].since &&
		    trace->tracks[record->track].kind) {
			write_record(trace, out, record, number);
		}
	}
	/* Closes the list without a comma to take back; Perfetto passes over metadata that it does not know. */
	fputs("{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"vitrine_end\",\"args\":{}}\n]}\n", out);
}
