/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/pvfront/front.h"
#include "xen/front.h"

#define CONNECT_TIMEOUT_NS (30 * NSEC_PER_SEC)

static void event_log_add(struct event_log *log, const struct logged_event *event)
{
	if (log->n == log->size) {
		size_t size = MAX(2 * log->size, 256);
		struct logged_event *events = xcalloc(size, sizeof(*events));

		if (log->n) {
			memcpy(events, log->events, log->n * sizeof(*events));
		}
		free(log->events);
		log->events = events;
		log->size = size;
	}
	log->events[log->n++] = *event;
}

void event_log_finish(struct event_log *log)
{
	free(log->events);
	*log = (struct event_log){0};
}

int input_init(struct input *input, struct front *front, unsigned number)
{
	int ret;

	*input = (struct input){.front = front, .number = number};
	ret = bus_init(&input->bus, front, "vkbd", number);
	if (ret < 0) {
		return ret;
	}
	if (bus_state(&input->bus) != BUS_INITIALISING) {
		bus_finish(&input->bus);
		return -EBUSY;
	}
	return 0;
}

void input_take_events(struct input *input)
{
	struct kbdif_page *page = input->page;
	uint32_t prod, cons;

	if (!page) {
		return;
	}
	prod = __atomic_load_n(&page->in_prod, __ATOMIC_ACQUIRE);
	cons = page->in_cons;
	if (prod == cons) {
		return;
	}
	for (; cons != prod; cons++) {
		struct logged_event logged = {
			.time_ns = now_ns(),
			.device = input->number,
			.event = page->in[cons % KBDIF_IN_EVENTS],
		};

		event_log_add(input->front->log, &logged);
		input->n_events++;
	}
	__atomic_store_n(&page->in_cons, cons, __ATOMIC_RELEASE);
	(void)xen_evtchn_notify(input->evtchn, input->port);
}

static int evtchn_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct input *input = data;
	uint32_t port;
	int ret;

	while ((ret = xen_evtchn_next(input->evtchn, &port)) == 0) {
		input_take_events(input);
		(void)xen_evtchn_unmask(input->evtchn, port);
	}
	if (ret != -EAGAIN) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	return 0;
}

static int make_page(struct input *input)
{
	struct front *front = input->front;
	void *page;
	int ret = xen_front_share(front->xen, input->bus.backend_id, 1, &input->ref, &page);

	if (ret < 0) {
		return ret;
	}
	input->page = page;
	ret = xen_front_ports(front->xen, input->bus.backend_id, 1, &input->port, &input->evtchn);
	if (ret < 0) {
		return ret;
	}
	return sd_event_add_io(front->event, &input->source, xen_evtchn_fd(input->evtchn), EPOLLIN,
			       evtchn_readable, input);
}

/* Linux reads the features when the driver finds the device, and asks for all that it is offered. */
static int publish(struct input *input)
{
	const struct bus *bus = &input->bus;
	int ret = 0;

	input->absolute = bus_backend_number(bus, "feature-abs-pointer");
	input->touch = bus_backend_number(bus, "feature-multi-touch");
	input->width = bus_backend_number(bus, "width");
	input->height = bus_backend_number(bus, "height");
	input->contacts = bus_backend_number(bus, "multi-touch-num-contacts");
	if (input->absolute) {
		ret = bus_write_number(bus, 1, "request-abs-pointer");
	}
	if (ret == 0 && input->touch) {
		ret = bus_write_number(bus, 1, "request-multi-touch");
	}
	if (ret == 0) {
		ret = bus_write_number(bus, input->ref, "page-gref");
	}
	if (ret == 0) {
		ret = bus_write_number(bus, input->port, "event-channel");
	}
	return ret < 0 ? ret : bus_switch(bus, BUS_INITIALISED);
}

int input_connect(struct input *input)
{
	const struct bus *bus = &input->bus;
	int ret = bus_wait(bus, 1u << BUS_INIT_WAIT | 1u << BUS_CONNECTED, CONNECT_TIMEOUT_NS);

	if (ret == 0) {
		ret = make_page(input);
	}
	if (ret >= 0) {
		ret = publish(input);
	}
	if (ret == 0) {
		ret = bus_wait(bus, 1u << BUS_CONNECTED, CONNECT_TIMEOUT_NS);
	}
	if (ret == 0) {
		ret = bus_switch(bus, BUS_CONNECTED);
	}
	if (ret < 0) {
		log_error(LOG_HOST, "keyboard %u does not connect: %s", input->number,
			  strerror(-ret));
	}
	return ret;
}

void input_finish(struct input *input)
{
	input->source = sd_event_source_disable_unref(input->source);
	xen_evtchn_close(input->evtchn);
	if (input->page) {
		xen_front_unshare(input->front->xen, input->page, 1, &input->ref);
	}
	bus_finish(&input->bus);
	*input = (struct input){0};
}
