/* SPDX-License-Identifier: MIT */
/* The counters of the server as text, on RUNTIME_DIR/vitrined.stats. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/histogram.h"
#include "base/log.h"
#include "compositor/server.h"
#include "compositor/wayland/wayland.h"

struct totals {
	uint64_t read, written, compared;
};

/* The first one as the output's own, all of them by number. */
static void write_views(const struct scene_output *output, FILE *out)
{
	const char *name = output->name;
	unsigned n, shown = 0;
	const struct scene_view *view = scene_output_views(output, &n);

	for (; n > 0; n--, view++) {
		const struct scene_head *head = view->head;
		const struct rect *dst = &view->dst;

		if (!head) {
			continue;
		}
		if (shown == 0) {
			fprintf(out, "output.%s.guest %s\n", name, head->guest->mark.name);
			fprintf(out, "output.%s.head %u\n", name, head->index);
			fprintf(out, "output.%s.head_size %d %d\n", name, head->width, head->height);
			fprintf(out, "output.%s.rect %d %d %d %d\n", name, dst->x, dst->y, dst->w,
				dst->h);
		}
		fprintf(out, "output.%s.view.%u %s %u %d %d %d %d\n", name, shown++,
			head->guest->mark.name, head->index, dst->x, dst->y, dst->w, dst->h);
	}
}

/* 0: it has not happened. */
static uint64_t since_start(const struct server *server, uint64_t time_ns)
{
	return time_ns > server->start_ns ? time_ns - server->start_ns : 0;
}

/* Percentiles of nanoseconds, in microseconds. */
static void write_spread(FILE *out, const char *prefix, const char *what,
			 const struct histogram *spread)
{
	fprintf(out, "%s.%s_p50_us %llu\n", prefix, what,
		histogram_percentile(spread, 50) / NSEC_PER_USEC);
	fprintf(out, "%s.%s_p99_us %llu\n", prefix, what,
		histogram_percentile(spread, 99) / NSEC_PER_USEC);
}

/* Of all that is shown on this output. */
static void write_output_ages(struct scene *scene, const struct scene_output *output, FILE *out)
{
	struct scene_guest *first = scene_guest_next(scene, NULL), *guest = first;
	struct histogram ages = {0};
	char prefix[64];

	while (guest) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			if (guest->heads[i] && guest->heads[i]->output == output) {
				histogram_merge(&ages, &guest->heads[i]->ages);
			}
		}
		guest = scene_guest_next(scene, guest);
		guest = guest == first ? NULL : guest;
	}
	snprintf(prefix, sizeof(prefix), "output.%s", output->name);
	write_spread(out, prefix, "age", &ages);
}

static void write_output(struct server *server, const struct scene_output *output, FILE *out)
{
	const struct scene_guest *shown = scene_output_shows(output);
	const char *name = output->name;

	fprintf(out, "output.%s.size %d %d\n", name, output->width, output->height);
	fprintf(out, "output.%s.refresh_mhz %d\n", name, output->refresh_mhz);
	fprintf(out, "output.%s.first_frame_ns %" PRIu64 "\n", name,
		since_start(server, output->first_frame_ns));
	fprintf(out, "output.%s.first_picture_ns %" PRIu64 "\n", name,
		since_start(server, output->first_picture_ns));
	fprintf(out, "output.%s.shows %s\n", name, shown ? shown->mark.name : "-");
	write_views(output, out);
	fprintf(out, "output.%s.frames %" PRIu64 "\n", name, output->frames);
	write_output_ages(server->scene, output, out);
	fprintf(out, "output.%s.samples %" PRIu64 "\n", name, output->samples);
	fprintf(out, "output.%s.samples_blind %" PRIu64 "\n", name, output->samples_blind);
	fprintf(out, "output.%s.sample_changed %" PRIu64 "\n", name, output->sample_changed);
}

static void write_outputs(struct server *server, FILE *out, struct totals *totals)
{
	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		const struct scene_output *output = repaint_output(server->repaint, i);

		if (output) {
			write_output(server, output, out);
			totals->read += output->bytes_read;
			totals->written += output->bytes_written;
			totals->compared += output->bytes_compared;
		}
	}
}

static const char *rung_name(enum buffer_rung rung)
{
	static const char *const names[] = {
		[RUNG_COPIED] = "copied",
		[RUNG_MAPPED] = "mapped",
		[RUNG_SAMPLED] = "sampled",
		[RUNG_SCANOUT] = "scanout",
	};

	return names[rung];
}

static void write_head(struct server *server, const struct scene_head *head, FILE *out)
{
	const char *why = NULL, *path = repaint_head_path(server->repaint, head, &why);
	const struct buffer *buffer = scene_head_buffer(head);
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "guest.%s.head.%u", head->guest->mark.name, head->index);
	fprintf(out, "%s.frames %" PRIu64 "\n", prefix, head->frames);
	fprintf(out, "%s.path %s\n", prefix, path);
	fprintf(out, "%s.why %s\n", prefix, why ? why : "-");
	write_spread(out, prefix, "age", &head->ages);
	fprintf(out, "%s.rung %s\n", prefix, buffer ? rung_name(buffer->rung) : "-");
	fprintf(out, "%s.rung_reason %s\n", prefix,
		buffer && buffer->rung_reason ? buffer->rung_reason : "-");
}

/* Of a guest with several heads, the one that costs most is told. */
static const char *lower_path(const char *a, const char *b)
{
	static const char *const order[] = {"composed", "sampled", "plane"};

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		if (strcmp(a, order[i]) == 0 || strcmp(b, order[i]) == 0) {
			return order[i];
		}
	}
	return "-";
}

static void write_heads(struct server *server, const struct scene_guest *guest, FILE *out)
{
	struct histogram ages = {0};
	const char *path = "-", *why;
	char prefix[64];

	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			write_head(server, guest->heads[i], out);
			path = lower_path(path, repaint_head_path(server->repaint, guest->heads[i],
								  &why));
			histogram_merge(&ages, &guest->heads[i]->ages);
		}
	}
	snprintf(prefix, sizeof(prefix), "guest.%s", guest->mark.name);
	fprintf(out, "%s.path %s\n", prefix, path);
	write_spread(out, prefix, "age", &ages);
}

static void write_guests(struct server *server, FILE *out)
{
	struct scene_guest *first = scene_guest_next(server->scene, NULL), *guest = first;
	unsigned n = 0;

	while (guest) {
		fprintf(out, "guest.%s.frames_shown %" PRIu64 "\n", guest->mark.name,
			guest->frames_shown);
		fprintf(out, "guest.%s.frames_superseded %" PRIu64 "\n", guest->mark.name,
			guest->frames_superseded);
		fprintf(out, "guest.%s.colour %06x\n", guest->mark.name, guest->mark.colour);
		write_heads(server, guest, out);
		n++;
		guest = scene_guest_next(server->scene, guest);
		guest = guest == first ? NULL : guest;
	}
	fprintf(out, "guests %u\n", n);
}

/* Of this process, in user and in kernel mode. */
static unsigned long long cpu_us(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0) {
		return 0;
	}
	return (unsigned long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       (unsigned long long)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static unsigned long rss_kb(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	unsigned long size = 0, resident = 0;

	if (!statm) {
		return 0;
	}
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2) {
		resident = 0;
	}
	fclose(statm);
	return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

void report_write(struct server *server, FILE *out)
{
	const struct scene_guest *owner = input_owner(server->input);
	struct totals totals = {0};

	write_outputs(server, out, &totals);
	repaint_report(server->repaint, out);
	write_guests(server, out);
	wayland_report(server->wayland, out);
	fprintf(out, "layout %s\n", layouts_current(server->layouts));
	fprintf(out, "keyboard %s\n", owner ? owner->mark.name : "-");
	fprintf(out, "notice %s\n",
		*scene_notice(server->scene) ? scene_notice(server->scene) : "-");
	fprintf(out, "attention %d\n", input_attention(server->input));
	fprintf(out, "leds %u\n", input_leds(server->input));
	input_report(server->input, out);
	lock_report(server->lock, out);
	fprintf(out, "prompt.asking %d\n", prompt_is_asking(server->prompt));
	roster_report(input_roster(server->input), out);
	fprintf(out, "input_dropped %" PRIu64 "\n", seat_dropped(input_seat(server->input)));
	fprintf(out, "bytes_read %" PRIu64 "\n", totals.read);
	fprintf(out, "bytes_written %" PRIu64 "\n", totals.written);
	fprintf(out, "bytes_compared %" PRIu64 "\n", totals.compared);
	fprintf(out, "cpu_us %llu\n", cpu_us());
	fprintf(out, "time_us %llu\n", clock_now(server->clock) / NSEC_PER_USEC);
	fprintf(out, "fds %u\n", count_fds());
	fprintf(out, "rss_kb %lu\n", rss_kb());
}

static void handle_write(void *data, FILE *out)
{
	report_write(data, out);
}

int report_create(struct server *server)
{
	char *path = xasprintf("%s/vitrined.stats", server->options->runtime_dir);
	int ret = stats_socket_create(&server->stats, server->event, path, handle_write, server);

	if (ret < 0) {
		log_error(LOG_ADMIN, "can't listen on %s: %s; check the runtime directory", path,
			  strerror(-ret));
	}
	free(path);
	return ret;
}
