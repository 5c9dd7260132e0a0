/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/broker_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/fdmsg.h"
#include "pvdispl/worker/client.h"
#include "pvdispl/worker/display.h"
#include "pvdispl/worker/input.h"
#include "pvdispl/worker/worker.h"

/* Two seconds' worth, at once, are less than what the broker takes for a flood. */
#define MAP_PAGES_PER_SECOND 200u

union message {
	struct worker_header header;
	struct worker_display display;
	struct worker_device device;
	struct worker_input input;
	struct worker_mapped mapped;
};

void broker_link_init(struct broker_link *link)
{
	memset(link, 0, sizeof(*link));
	link->fd = BROKER_FD;
	list_init(&link->requests);
	list_init(&link->waiting);
}

void broker_link_finish(struct broker_link *link)
{
	sd_event_source_disable_unref(link->source);
	sd_event_source_disable_unref(link->timer);
	close_fd(&link->fd);
}

int broker_link_hello(struct broker_link *link, struct worker_hello *hello, int *state_fd)
{
	struct pollfd pollfd = {.fd = link->fd, .events = POLLIN};
	int n;

	do {
		n = poll(&pollfd, 1, -1);
		n = n < 0 ? -errno : fdmsg_recv(link->fd, hello, sizeof(*hello), state_fd, 1);
	} while (n == -EINTR || n == -EAGAIN);
	if (n < 0) {
		return n;
	}
	if (n != sizeof(*hello) || hello->type != WORKER_HELLO) {
		return -EPROTO;
	}
	hello->name[PV_NAME_SIZE - 1] = 0;
	return guest_name_valid(hello->name) ? 0 : -EPROTO;
}

void broker_link_tell(struct broker_link *link, enum worker_request type,
		      enum worker_device_kind kind, uint32_t id)
{
	struct worker_device message = {.type = type, .kind = kind, .id = id};
	int ret = fdmsg_send(link->fd, &message, sizeof(message), NULL, 0);

	if (ret < 0) {
		log_error(LOG_US, "cannot tell the broker about device %u: %s", id, strerror(-ret));
	}
}

static bool window_has_room(struct broker_link *link, uint32_t pages)
{
	uint64_t now = now_ns();

	if (now - link->window_ns >= NSEC_PER_SEC) {
		link->window_ns = now;
		link->window_pages = 0;
	}
	return pages <= MAP_PAGES_PER_SECOND - link->window_pages;
}

static int ask(struct broker_link *link, struct map_request *request)
{
	struct worker_map message = {.type = WORKER_MAP, .writable = request->writable};
	size_t size = request->pages * sizeof(request->refs[0]);
	int ret;

	message.serial = request->serial = ++link->last_serial;
	message.n_refs = request->pages;
	memcpy(message.refs, request->refs, size);
	ret = fdmsg_send(link->fd, &message, offsetof(struct worker_map, refs) + size, NULL, 0);
	if (ret == 0) {
		link->window_pages += request->pages;
		list_append(&link->requests, &request->link);
	}
	return ret;
}

static int on_window(sd_event_source *source, uint64_t usec, void *data)
{
	struct broker_link *link = data;

	while (!list_empty(&link->waiting)) {
		struct map_request *request = container_of(link->waiting.next, struct map_request,
							   link);
		int ret;

		if (!window_has_room(link, request->pages)) {
			worker_timer_arm(link->timer, link->window_ns + NSEC_PER_SEC);
			return 0;
		}
		list_remove(&request->link);
		ret = ask(link, request);
		if (ret < 0) {
			request->done(request, -ret, NULL);
		}
	}
	return 0;
}

int broker_link_map(struct broker_link *link, struct map_request *request, const uint32_t *refs)
{
	if (request->pages == 0 || request->pages > PV_MAX_MAP_REFS) {
		return -EINVAL;
	}
	memcpy(request->refs, refs, request->pages * sizeof(*refs));
	if (list_empty(&link->waiting) && window_has_room(link, request->pages)) {
		return ask(link, request);
	}
	list_append(&link->waiting, &request->link);
	worker_timer_arm(link->timer, link->window_ns + NSEC_PER_SEC);
	return 0;
}

void broker_link_cancel(struct map_request *request)
{
	list_remove(&request->link);
}

static struct map_request *request_find(struct broker_link *link, uint32_t serial)
{
	struct map_request *request;

	list_for_each(request, &link->requests, link) {
		if (request->serial == serial) {
			return request;
		}
	}
	return NULL;
}

/* These are small maps (a directory page, an EDID buffer): one go. */
static int map_whole(struct xen_map *map)
{
	int ret;

	do {
		ret = xen_map_step(map);
	} while (ret > 0);
	if (ret < 0) {
		xen_map_finish(map);
	}
	return ret;
}

static int on_mapped(struct worker *worker, const struct worker_mapped *message, size_t size,
		     int *fd)
{
	struct map_request *request = request_find(&worker->broker, message->serial);
	struct xen_map map = {.fd = -1};
	int error = (int)message->error;

	if (message->n_segments > XEN_MAX_SEGMENTS ||
	    size != offsetof(struct worker_mapped, segments) +
			    message->n_segments * sizeof(struct xen_segment)) {
		return -EPROTO;
	}
	if (!request) {
		return 0; /* cancelled; the caller closes the fd */
	}
	list_remove(&request->link);
	if (error == 0) {
		error = -xen_map_init(&map, *fd, message->segments, message->n_segments,
				      request->pages, request->writable);
		*fd = -1;
	}
	if (error == 0) {
		error = -map_whole(&map);
	}
	request->done(request, error, &map);
	return 0;
}

static int handle(struct worker *worker, const union message *message, size_t size, int *fds)
{
	switch (message->header.type) {
	case WORKER_SERVER:
		return size == sizeof(message->header) ? client_connect(worker, &fds[0]) : -EPROTO;
	case WORKER_DISPLAY:
		return size == sizeof(message->display) ?
			       display_open(worker, &message->display, fds) :
			       -EPROTO;
	case WORKER_DISPLAY_CLOSED:
		return size == sizeof(message->device) ? display_close(worker, message->device.id) :
							 -EPROTO;
	case WORKER_INPUT:
		return size == sizeof(message->input) ? input_open(worker, &message->input, fds) :
							-EPROTO;
	case WORKER_INPUT_CLOSED:
		return size == sizeof(message->device) ? input_close(worker, message->device.id) :
							 -EPROTO;
	case WORKER_MAPPED:
		return size >= offsetof(struct worker_mapped, segments) ?
			       on_mapped(worker, &message->mapped, size, &fds[0]) :
			       -EPROTO;
	default:
		return -EPROTO;
	}
}

static int receive(struct worker *worker)
{
	union message message;
	int fds[2];
	int n, ret;

	memset(&message, 0, sizeof(message));
	n = fdmsg_recv(worker->broker.fd, &message, sizeof(message), fds, 2);
	if (n <= 0) {
		return n == 0 ? -EPIPE : n;
	}
	ret = (size_t)n >= sizeof(message.header) ? handle(worker, &message, (size_t)n, fds) :
						    -EPROTO;
	close_fd(&fds[0]);
	close_fd(&fds[1]);
	return ret;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct worker *worker = data;
	int ret = receive(worker);

	if (ret == -EAGAIN || ret == -EINTR) {
		return 0;
	}
	if (ret < 0) {
		if (ret != -EPIPE && ret != -ECONNRESET) {
			log_error(LOG_US, "the broker sent something wrong: %s", strerror(-ret));
		}
		sd_event_exit(worker->event, ret == -EPIPE ? 0 : ret);
	}
	return 0;
}

int broker_link_start(struct worker *worker)
{
	struct worker_header ready = {.type = WORKER_READY};
	int ret = sd_event_add_io(worker->event, &worker->broker.source, worker->broker.fd, EPOLLIN,
				  on_readable, worker);

	if (ret < 0) {
		return ret;
	}
	worker->broker.timer = worker_timer(worker, on_window, &worker->broker);
	if (!worker->broker.timer) {
		return -ENOMEM;
	}
	return fdmsg_send(worker->broker.fd, &ready, sizeof(ready), NULL, 0);
}
