/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/input_latency.h"

#include <errno.h>

#include "base/trace.h"
#include "compositor/wayland/wayland_priv.h"

/* Beyond these, old latencies fade: what is shown is how it goes now. */
#define LATENCIES_KEPT 512

/* libwayland calls it for each message; arguments, key codes among them, are not looked at. */
static void count_request(void *data, enum wl_protocol_logger_type type,
			  const struct wl_protocol_logger_message *message)
{
	struct wayland *wayland = data;
	struct connection *connection;

	if (type != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	wayland->latency.requests++;
	connection = connection_of(message->resource);
	if (connection) {
		connection->requests++;
	}
}

int input_latency_init(struct wayland *wayland)
{
	wayland->logger = wl_display_add_protocol_logger(wayland->display, count_request, wayland);
	return wayland->logger ? 0 : -ENOMEM;
}

void input_latency_finish(struct wayland *wayland)
{
	if (wayland->logger) {
		wl_protocol_logger_destroy(wayland->logger);
		wayland->logger = NULL;
	}
}

void wayland_input_read(struct wayland *wayland)
{
	wayland->latency.read = wayland->latency.requests;
}

struct input_origin input_latency_origin(const struct connection *connection)
{
	const struct wayland *wayland = connection->wayland;
	const struct input *input = wayland->server->input;

	/* Its own requests are nobody's fault but its own. */
	return (struct input_origin){
		.event_ns = input_event_ns(input),
		.device = input_event_device(input),
		.served = wayland->latency.read - connection->requests,
	};
}

void input_latency_written(struct connection *connection, const struct input_origin *origin)
{
	struct input_latency *latency = &connection->wayland->latency;
	uint64_t between;

	if (origin->device >= SEAT_MAX_DEVICES) {
		return;
	}
	between = latency->requests - connection->requests - origin->served;
	latency->groups++;
	latency->between += between;
	latency->between_max = MAX(latency->between_max, between);
}

void input_latency_done(struct connection *connection, const struct input_origin *origin,
			uint64_t latency_ns)
{
	struct wayland *wayland = connection->wayland;
	struct trace *trace = wayland->server->trace;
	struct histogram *device;

	if (connection->guest) {
		trace_add(trace, TRACE_INPUT_DONE,
			  trace_track(trace, "guest", guest_name(connection->guest)),
			  origin->event_ns, latency_ns, latency_ns);
	}
	if (origin->device < SEAT_MAX_DEVICES) {
		device = &wayland->latency.devices[origin->device];
		histogram_add(device, latency_ns);
		histogram_fade(device, LATENCIES_KEPT);
	}
}

void input_latency_report(const struct wayland *wayland, FILE *out)
{
	const struct input_latency *latency = &wayland->latency;

	fprintf(out, "input.groups %llu\n", (unsigned long long)latency->groups);
	fprintf(out, "input.requests_between %llu\n", (unsigned long long)latency->between);
	fprintf(out, "input.requests_between_max %llu\n", (unsigned long long)latency->between_max);
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		const struct histogram *device = &latency->devices[i];

		if (device->count) {
			fprintf(out, "input.%u.latency_p50_us %llu\n", i,
				(unsigned long long)histogram_percentile(device, 50) /
					NSEC_PER_USEC);
			fprintf(out, "input.%u.latency_p99_us %llu\n", i,
				(unsigned long long)histogram_percentile(device, 99) /
					NSEC_PER_USEC);
		}
	}
}
