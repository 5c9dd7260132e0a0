/* SPDX-License-Identifier: MIT */
#include "tests/loopback/broker_world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "pvdispl/worker_protocol.h"
#include "xen/map.h"

#define CONTROL 3
#define MAX_HELD 16

union message {
	uint32_t type;
	struct worker_hello hello;
	struct worker_display display;
	struct worker_input input;
	struct worker_device device;
	struct worker_mapped mapped;
};

/* What the worker of a guest with such a name does. */
struct habits {
	bool never_lets_go, finds_faults, asks_for_maps, talks_nonsense, is_forgetful;
};

/* What the worker has of a device. */
struct held {
	uint32_t id;
	struct xen_map map;
	int evtchn;
};

static struct held held[MAX_HELD];
static unsigned n_held;

static void send_device(enum worker_request type, enum worker_device_kind kind, uint32_t id)
{
	struct worker_device message = {.type = type, .kind = kind, .id = id};

	if (fdmsg_send(CONTROL, &message, sizeof(message), NULL, 0) < 0) {
		exit(1);
	}
}

/* Maps what the broker prepared and signs it, so that the guest can see that these are its pages. */
static void sign_pages(uint32_t id, const int *fds, const struct xen_segment *segment)
{
	struct xen_map *map = &held[n_held].map;

	if (n_held == MAX_HELD) {
		exit(1);
	}
	held[n_held].id = id;
	held[n_held++].evtchn = fds[1];
	if (xen_map_init(map, fds[0], segment, 1, segment->pages, true) < 0 ||
	    xen_map_step(map) != 0) {
		dprintf(2, "worker: cannot map\n");
		exit(1);
	}
	for (uint32_t i = 0; i < segment->pages; i++) {
		memcpy((char *)map->addr + i * XEN_PAGE_SIZE, "signed", 6);
	}
}

static void let_go(uint32_t id)
{
	for (unsigned i = 0; i < n_held; i++) {
		if (held[i].id == id) {
			xen_map_finish(&held[i].map);
			close_fd(&held[i].evtchn);
		}
	}
}

static void take_display(const struct worker_display *display, const int *fds, struct habits habits)
{
	dprintf(2, "worker: display attach %u head %u", display->attach, display->first_head);
	for (uint32_t i = 0; i < display->n_connectors; i++) {
		dprintf(2, " %ux%u", display->connectors[i].width, display->connectors[i].height);
	}
	dprintf(2, " pages %u\n", display->segment.pages);
	sign_pages(display->id, fds, &display->segment);
	if (habits.is_forgetful && display->attach) {
		send_device(WORKER_STATELESS, WORKER_KIND_DISPLAY, display->id);
		return;
	}
	send_device(WORKER_CONNECTED, WORKER_KIND_DISPLAY, display->id);
	if (habits.finds_faults) {
		send_device(WORKER_FAULT, WORKER_KIND_DISPLAY, display->id);
	}
}

static void take_input(const struct worker_input *input, const int *fds)
{
	dprintf(2, "worker: input attach %u absolute %u %ux%u touch %u %ux%u contacts %u\n",
		input->attach, input->absolute, input->width, input->height, input->touch,
		input->touch_width, input->touch_height, input->touch_contacts);
	sign_pages(input->id, fds, &input->segment);
	send_device(WORKER_CONNECTED, WORKER_KIND_INPUT, input->id);
}

static void handle(const union message *message, int *fds, struct habits habits)
{
	switch (message->type) {
	case WORKER_SERVER:
		dprintf(2, "worker: server %s\n", fds[0] >= 0 ? "connected" : "missing");
		break;
	case WORKER_DISPLAY:
		take_display(&message->display, fds, habits);
		break;
	case WORKER_INPUT:
		take_input(&message->input, fds);
		break;
	case WORKER_DISPLAY_CLOSED:
	case WORKER_INPUT_CLOSED:
		dprintf(2, "worker: closed\n");
		if (!habits.never_lets_go) {
			let_go(message->device.id);
			send_device(WORKER_CLOSED, (enum worker_device_kind)message->device.kind,
				    message->device.id);
		}
		break;
	case WORKER_MAPPED:
		dprintf(2, "worker: mapped %u error %u\n", message->mapped.serial,
			message->mapped.error);
		if (fds[0] >= 0) {
			close(fds[0]);
		}
		break;
	default:
		dprintf(2, "worker: unexpected message %u\n", message->type);
	}
}

static void ask_for_maps(void)
{
	struct worker_map map = {.type = WORKER_MAP, .n_refs = PV_MAX_MAP_REFS};

	for (uint32_t i = 0; i < PV_MAX_MAP_REFS; i++) {
		map.refs[i] = 1;
	}
	for (map.serial = 1; map.serial <= 140; map.serial++) {
		(void)!fdmsg_send(CONTROL, &map, sizeof(map), NULL, 0);
	}
}

static unsigned long limit_of(__rlimit_resource_t resource)
{
	struct rlimit limit = {0};

	getrlimit(resource, &limit);
	return limit.rlim_max;
}

static struct habits begin(const union message *hello)
{
	struct habits habits = {
		.never_lets_go = strcmp(hello->hello.name, "stubborn") == 0,
		.finds_faults = strcmp(hello->hello.name, "broken") == 0,
		.asks_for_maps = strcmp(hello->hello.name, "greedy") == 0,
		.is_forgetful = strcmp(hello->hello.name, "forgetful") == 0,
		.talks_nonsense = strcmp(hello->hello.name, "nonsense") == 0,
	};
	struct worker_header ready = {.type = WORKER_READY};

	dprintf(2, "worker: hello %s uid %u env %d\n", hello->hello.name, (unsigned)getuid(),
		environ && environ[0] ? 1 : 0);
	dprintf(2, "worker: may have %lu fds, files of %lu, core of %lu\n", limit_of(RLIMIT_NOFILE),
		limit_of(RLIMIT_FSIZE), limit_of(RLIMIT_CORE));
	(void)!fdmsg_send(CONTROL, &ready, sizeof(ready), NULL, 0);
	if (habits.asks_for_maps) {
		ask_for_maps();
	}
	if (habits.talks_nonsense) {
		ready.type = WORKER_HELLO;
		(void)!fdmsg_send(CONTROL, &ready, sizeof(ready), NULL, 0);
	}
	return habits;
}

int fake_worker(void)
{
	struct pollfd pollfd = {.fd = CONTROL, .events = POLLIN};
	struct habits habits = {0};
	union message message;
	int fds[2];

	/* Whatever else is open came with the process and should not have. */
	for (int fd = CONTROL + 1; fd < 64; fd++) {
		if (dup2(fd, fd) == fd) {
			dprintf(2, "worker: inherited fd %d\n", fd);
		}
	}
	while (poll(&pollfd, 1, -1) >= 0) {
		int n = fdmsg_recv(CONTROL, &message, sizeof(message), fds, 2);

		if (n <= 0) {
			return 0;
		}
		if (message.type == WORKER_HELLO) {
			dprintf(2, "worker: state %s\n", fds[0] >= 0 ? "yes" : "no");
			habits = begin(&message);
		} else {
			handle(&message, fds, habits);
		}
	}
	return 1;
}
