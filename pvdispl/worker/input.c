/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "hid/kbdif/sink.h"
#include "pvdispl/worker/client.h"
#include "pvdispl/worker/worker.h"

#define PORTS_PER_TURN 4

struct input {
	struct list link; /* worker.inputs */
	struct worker *worker;
	uint32_t id;
	uint32_t port;
	int device; /* of the sink; -1: none */
	struct xen_map map;
	struct xen_evtchn *evtchn;
	sd_event_source *source;
};

static void input_destroy(struct input *input)
{
	if (input->device >= 0) {
		sink_remove(input->worker->sink, input->device);
	}
	sd_event_source_disable_unref(input->source);
	xen_evtchn_close(input->evtchn);
	xen_map_finish(&input->map);
	list_remove(&input->link);
	free(input);
}

void input_flush(struct worker *worker)
{
	uint32_t bits = sink_flush(worker->sink);
	struct input *input;

	list_for_each(input, &worker->inputs, link) {
		if (input->device >= 0 && bits >> input->device & 1) {
			xen_evtchn_notify(input->evtchn, input->port);
		}
	}
}

/* The guest has read events: there is room. */
static int on_event(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct input *input = data;
	uint32_t port;
	int ret = -EAGAIN;

	for (int i = 0; i < PORTS_PER_TURN; i++) {
		ret = xen_evtchn_next(input->evtchn, &port);
		if (ret < 0) {
			break;
		}
		input_flush(input->worker);
		xen_evtchn_unmask(input->evtchn, port);
	}
	if (ret < 0 && ret != -EAGAIN && ret != -EINTR) {
		log_warn(LOG_HOST, "input %u: its event channel fails: %s", input->id,
			 strerror(-ret));
		return sd_event_source_set_enabled(input->source, SD_EVENT_OFF);
	}
	return 0;
}

static void set_features(struct sink_features *out, const struct worker_input *message)
{
	*out = (struct sink_features){
		.keyboard = message->keyboard,
		.pointer = message->pointer,
		.absolute = message->absolute,
		.raw = message->raw,
		.width = message->width,
		.height = message->height,
		.touch = message->touch,
		.touch_width = message->touch_width,
		.touch_height = message->touch_height,
		.touch_contacts = message->touch_contacts,
	};
}

static int start(struct input *input, const struct worker_input *message, int fds[2])
{
	struct sink_features features;
	int map_fd = fds[0], evtchn_fd = fds[1];
	int ret;

	fds[0] = fds[1] = -1;
	ret = xen_evtchn_adopt(&input->evtchn, input->worker->xen_kind, evtchn_fd);
	if (ret < 0) {
		close_fd(&map_fd);
		return ret;
	}
	ret = xen_map_init(&input->map, map_fd, &message->segment, 1, 1, true);
	if (ret == 0) {
		ret = xen_map_step(&input->map);
	}
	if (ret < 0) {
		return ret;
	}
	set_features(&features, message);
	input->device = sink_add(input->worker->sink, &features, input->map.addr, message->attach);
	if (input->device < 0) {
		return input->device;
	}
	return sd_event_add_io(input->worker->event, &input->source, xen_evtchn_fd(input->evtchn),
			       EPOLLIN, on_event, input);
}

int input_open(struct worker *worker, const struct worker_input *message, int fds[2])
{
	struct input *input = xcalloc(1, sizeof(*input));
	int ret;

	input->worker = worker;
	input->id = message->id;
	input->port = message->port;
	input->device = -1;
	input->map.fd = -1;
	list_append(&worker->inputs, &input->link);
	ret = start(input, message, fds);
	if (ret < 0) {
		worker_blame(worker, "its keyboard page cannot be used: %s", strerror(-ret));
		input_destroy(input);
		broker_link_tell(&worker->broker, WORKER_FAULT, WORKER_KIND_INPUT, message->id);
		return 0;
	}
	broker_link_tell(&worker->broker, WORKER_CONNECTED, WORKER_KIND_INPUT, input->id);
	client_inputs_changed(worker->client);
	input_flush(worker);
	return 0;
}

int input_close(struct worker *worker, uint32_t id)
{
	struct input *input, *next;

	list_for_each_safe(input, next, &worker->inputs, link) {
		if (input->id == id) {
			input_destroy(input);
		}
	}
	client_inputs_changed(worker->client);
	broker_link_tell(&worker->broker, WORKER_CLOSED, WORKER_KIND_INPUT, id);
	return 0;
}

void inputs_finish(struct worker *worker)
{
	struct input *input, *next;

	list_for_each_safe(input, next, &worker->inputs, link) {
		input_destroy(input);
	}
}
