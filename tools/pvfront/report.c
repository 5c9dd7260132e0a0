/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/pvfront/front.h"

#define MAX_KEY 1024u

static uint64_t ms(uint64_t ns)
{
	return ns / NSEC_PER_MSEC;
}

static uint64_t us(uint64_t ns)
{
	return ns / NSEC_PER_USEC;
}

static int compare_waits(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The wait that this percentage of the waits, which are sorted, does not exceed. */
static uint32_t percentile(const uint32_t *waits_us, uint32_t n, uint32_t percent)
{
	return n ? waits_us[(uint64_t)(n - 1) * percent / 100] : 0;
}

static void write_waits(FILE *out, struct flip_stats *stats)
{
	uint32_t n = MIN(stats->n_waits, FLIP_WAITS);

	qsort(stats->waits_us, n, sizeof(stats->waits_us[0]), compare_waits);
	fprintf(out,
		"\"waits\": %" PRIu32 ", \"wait_p50_us\": %" PRIu32 ", \"wait_p99_us\": %" PRIu32,
		n, percentile(stats->waits_us, n, 50), percentile(stats->waits_us, n, 99));
	stats->n_waits = 0;
}

static void write_connector(FILE *out, struct connector *connector, bool flips)
{
	struct flip_stats *stats = &connector->stats;

	fprintf(out,
		"{\"index\": %u, \"width\": %u, \"height\": %u, \"flips\": %s, \"drawn\": %" PRIu64
		", \"last_frame\": %" PRIu32 ", \"flipped\": %" PRIu64
		", \"acknowledged\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"max_gap_ms\": %" PRIu64
		", \"stray_responses\": %" PRIu64 ", \"bad_events\": %" PRIu64 ", ",
		connector->index, connector->size.width, connector->size.height,
		flips ? "true" : "false", stats->drawn, stats->last_frame, stats->flips,
		stats->acknowledged, stats->refused, ms(stats->max_gap_ns),
		connector->stray_responses, connector->bad_events);
	stats->max_gap_ns = 0;
	write_waits(out, stats);
	fputc('}', out);
}

static void write_input(FILE *out, const struct input *input)
{
	fprintf(out,
		"{\"index\": %u, \"absolute\": %s, \"touch\": %s, \"width\": %u, \"height\": %u, \"contacts\": %u, "
		"\"events\": %" PRIu64 "}",
		input->number, input->absolute ? "true" : "false", input->touch ? "true" : "false",
		input->width, input->height, input->contacts, input->n_events);
}

static void write_touch(FILE *out, const struct kbdif_mtouch *touch)
{
	static const char *const names[] = {"down", "up", "motion", "syn", "shape", "orient"};

	fprintf(out, "\"type\": \"touch\", \"what\": \"%s\", \"contact\": %u, \"x\": %d, \"y\": %d",
		touch->event_type < ARRAY_SIZE(names) ? names[touch->event_type] : "unknown",
		touch->contact_id, touch->abs_x, touch->abs_y);
}

static void write_event(FILE *out, const struct logged_event *logged, uint64_t start_ns)
{
	const union kbdif_event *e = &logged->event;

	fprintf(out, "{\"ms\": %" PRIu64 ", \"monotonic_us\": %" PRIu64 ", \"input\": %u, ",
		ms(logged->time_ns - start_ns), us(logged->time_ns), logged->device);
	switch (e->type) {
	case KBDIF_MOTION:
		fprintf(out, "\"type\": \"rel\", \"x\": %d, \"y\": %d, \"wheel\": %d",
			e->motion.rel_x, e->motion.rel_y, e->motion.rel_z);
		break;
	case KBDIF_KEY:
		fprintf(out, "\"type\": \"key\", \"code\": %u, \"pressed\": %s", e->key.keycode,
			e->key.pressed ? "true" : "false");
		break;
	case KBDIF_POS:
		fprintf(out, "\"type\": \"abs\", \"x\": %d, \"y\": %d, \"wheel\": %d", e->pos.abs_x,
			e->pos.abs_y, e->pos.rel_z);
		break;
	case KBDIF_MTOUCH:
		write_touch(out, &e->mtouch);
		break;
	default:
		fprintf(out, "\"type\": \"unknown\", \"number\": %u", e->type);
		break;
	}
	fputc('}', out);
}

/* What is still down after the last event: keys and buttons by code, contacts by device * 256 + number. */
static void write_held(FILE *out, const struct event_log *log)
{
	bool *keys = xcalloc(MAX_KEY, sizeof(*keys));
	bool *contacts = xcalloc(FRONT_MAX_INPUTS * 256, sizeof(*contacts));
	const char *comma = "";

	for (size_t i = 0; i < log->n; i++) {
		const struct logged_event *logged = &log->events[i];
		const union kbdif_event *e = &logged->event;

		if (e->type == KBDIF_KEY && e->key.keycode < MAX_KEY) {
			keys[e->key.keycode] = e->key.pressed;
		} else if (e->type == KBDIF_MTOUCH && e->mtouch.event_type <= KBDIF_TOUCH_UP) {
			contacts[logged->device * 256 + e->mtouch.contact_id] =
				e->mtouch.event_type == KBDIF_TOUCH_DOWN;
		}
	}
	fputs("{\"keys\": [", out);
	for (unsigned i = 0; i < MAX_KEY; i++) {
		if (keys[i]) {
			fprintf(out, "%s%u", comma, i);
			comma = ", ";
		}
	}
	fputs("], \"contacts\": [", out);
	comma = "";
	for (unsigned i = 0; i < FRONT_MAX_INPUTS * 256; i++) {
		if (contacts[i]) {
			fprintf(out, "%s%u", comma, i);
			comma = ", ";
		}
	}
	fputs("]}", out);
	free(keys);
	free(contacts);
}

static void write_all(FILE *out, struct front *front, struct display *display,
		      const struct input *inputs, unsigned n_inputs)
{
	const struct event_log *log = front->log;

	fprintf(out,
		"{\"name\": \"%s\", \"domid\": %u, \"nonce\": \"%" PRIx64 "\",\n \"connectors\": [",
		front->options->name, front->domid, front->options->nonce);
	for (unsigned i = 0; i < display->n_connectors; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		write_connector(out, &display->connectors[i], !(front->options->no_flip >> i & 1));
	}
	fputs("],\n \"inputs\": [", out);
	for (unsigned i = 0; i < n_inputs; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		write_input(out, &inputs[i]);
	}
	fputs("],\n \"held\": ", out);
	write_held(out, log);
	fputs(",\n \"events\": [", out);
	for (size_t i = 0; i < log->n; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		write_event(out, &log->events[i], log->events[0].time_ns);
	}
	fputs("]}\n", out);
}

int report_write(const char *path, struct front *front, struct display *display,
		 const struct input *inputs, unsigned n_inputs)
{
	char *temporary = xasprintf("%s.new", path);
	FILE *out = fopen(temporary, "we");
	int ret = out ? 0 : -errno;

	if (out) {
		write_all(out, front, display, inputs, n_inputs);
		if (ferror(out) || fclose(out) != 0 || rename(temporary, path) < 0) {
			ret = errno ? -errno : -EIO;
			unlink(temporary);
		}
	}
	if (ret < 0) {
		log_error(LOG_ADMIN, "cannot write %s: %s", path, strerror(-ret));
	}
	free(temporary);
	return ret;
}
