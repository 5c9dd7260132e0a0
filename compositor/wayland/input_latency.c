/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/input_latency.h"

#include <errno.h>
#include <string.h>

#include "base/trace.h"
#include "compositor/wayland/wayland_priv.h"
#include "hid/devices/roster.h"

/* Beyond these, old latencies fade: what is shown is how it goes now. */
#define LATENCIES_KEPT 512

/* How finely it is known which requests were served before a moment. */
#define SERVED_STEP 4u

static void served_note(struct wayland *wayland)
{
	struct input_latency *latency = &wayland->latency;
	unsigned i = latency->n_served++ % SERVED_KEPT;

	latency->served[i].ns = clock_now(wayland->server->clock);
	latency->served[i].requests = latency->requests;
}

/* How many requests had been served then, no fewer than there were. */
static uint64_t served_until(const struct input_latency *latency, uint64_t ns)
{
	unsigned n = MIN(latency->n_served, SERVED_KEPT);
	uint64_t requests = latency->requests;

	for (unsigned i = 1; i <= n; i++) {
		unsigned at = (latency->n_served - i) % SERVED_KEPT;

		if (latency->served[at].ns < ns) {
			break;
		}
		requests = latency->served[at].requests;
	}
	return requests;
}

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
	if (wayland->latency.requests % SERVED_STEP == 0) {
		served_note(wayland);
	}
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
		.requests = wayland->latency.read,
	};
}

static void track_add(const struct connection *connection, enum trace_event event, uint64_t time_ns,
		      uint64_t duration_ns, uint64_t value)
{
	struct trace *trace = connection->wayland->server->trace;

	if (connection->guest) {
		trace_add(trace, event, trace_track(trace, "guest", guest_name(connection->guest)),
			  time_ns, duration_ns, value);
	}
}

void input_latency_sent(struct connection *connection, const struct input_origin *origin)
{
	struct input_latency *latency = &connection->wayland->latency;
	uint64_t between;

	if (origin->device >= SEAT_MAX_DEVICES) {
		return;
	}
	between = latency->requests - connection->requests - origin->served;
	track_add(connection, TRACE_INPUT_SENT, clock_now(connection->wayland->server->clock), 0,
		  between);
	latency->groups++;
	latency->between_max = MAX(latency->between_max, between);
}

/* A number that is another device's now begins anew. */
static void device_add(struct wayland *wayland, unsigned number, uint64_t latency_ns)
{
	const char *name = roster_name(input_roster(wayland->server->input), number);
	struct device_latency *device = &wayland->latency.devices[number];

	if (!name) {
		return;
	}
	if (strncmp(device->name, name, sizeof(device->name) - 1) != 0) {
		*device = (struct device_latency){0};
		snprintf(device->name, sizeof(device->name), "%s", name);
	}
	histogram_add(&device->latency, latency_ns);
	histogram_fade(&device->latency, LATENCIES_KEPT);
}

void input_latency_done(struct connection *connection, const struct input_origin *origin,
			uint64_t latency_ns)
{
	struct wayland *wayland = connection->wayland;
	uint64_t until;

	track_add(connection, TRACE_INPUT_DONE, origin->event_ns, latency_ns, latency_ns);
	if (origin->device < SEAT_MAX_DEVICES) {
		device_add(wayland, origin->device, latency_ns);
		/* A worker that claims to have been faster than it was read had none before it. */
		until = MAX(served_until(&wayland->latency, origin->event_ns + latency_ns),
			    origin->requests) -
			origin->requests;
		histogram_add(&wayland->latency.until, until);
		wayland->latency.until_max = MAX(wayland->latency.until_max, until);
	}
}

static void device_report(const struct wayland *wayland, unsigned number, FILE *out)
{
	const char *name = roster_name(input_roster(wayland->server->input), number);
	const struct device_latency *device = &wayland->latency.devices[number];

	if (!name || strncmp(device->name, name, sizeof(device->name) - 1) != 0 ||
	    !device->latency.count) {
		return;
	}
	fprintf(out, "input.%u.latency_p50_us %llu\n", number,
		(unsigned long long)histogram_percentile(&device->latency, 50) / NSEC_PER_USEC);
	fprintf(out, "input.%u.latency_p99_us %llu\n", number,
		(unsigned long long)histogram_percentile(&device->latency, 99) / NSEC_PER_USEC);
}

void input_latency_report(const struct wayland *wayland, FILE *out)
{
	const struct input_latency *latency = &wayland->latency;

	fprintf(out, "input.groups %llu\n", (unsigned long long)latency->groups);
	fprintf(out, "input.requests_between_max %llu\n", (unsigned long long)latency->between_max);
	fprintf(out, "input.requests_until_notified_p99 %llu\n",
		(unsigned long long)histogram_percentile(&latency->until, 99));
	fprintf(out, "input.requests_until_notified_max %llu\n",
		(unsigned long long)latency->until_max);
	for (unsigned i = 0; i < SEAT_MAX_DEVICES; i++) {
		device_report(wayland, i, out);
	}
}
