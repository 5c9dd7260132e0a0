/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include "base/list.h"
#include "base/log.h"
#include "vitrine-broker-v1-client-protocol.h"

#define SOCKET_NAME "broker.sock"
/* A socket appears before its server listens on it. */
#define RETRY_MIN_US 10000ull
#define RETRIES 8
/* After a loss; doubles up to 10 s while the connections are short. */
#define MAX_LOSSES 10
#define LONG_CONNECTION_NS (10 * NSEC_PER_SEC)
#define CONNECT_INTERVAL_NS NSEC_PER_SEC
#define MAX_MAP_PAGES (XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES)

struct server {
	sd_event *event;
	const struct server_ops *ops;
	const struct server_host *host;
	const char *runtime_dir;
	struct list guests; /* struct server_guest.link */
	struct wl_display *display;
	struct wl_registry *registry;
	struct vitrine_broker_v1 *broker; /* NULL: no server, or not yet told of its globals */
	sd_event_source *io, *directory, *retry;
	unsigned retries, losses;
	uint64_t connected_ns;
};

struct server_guest {
	struct list link; /* struct server.guests */
	struct server *server;
	void *data;
	char *name;
	struct vitrine_broker_guest_v1 *proxy; /* NULL while server.broker is */
	bool has_worker;
	bool connected; /* as far as the server has said */
	bool wanted;    /* the worker waits for a connection */
	uint64_t next_ns;
	sd_event_source *timer;
};

/* ---- guests ---- */

static void guest_connect_later(struct server_guest *guest)
{
	sd_event_source_set_time(guest->timer, guest->next_ns / NSEC_PER_USEC + 1);
	sd_event_source_set_enabled(guest->timer, SD_EVENT_ONESHOT);
}

/* Two connections at a time are an error, so the end of the last one is waited for. */
static void guest_connect(struct server_guest *guest)
{
	int fds[2];

	if (!guest->wanted || !guest->proxy || guest->connected) {
		return;
	}
	if (now_ns() < guest->next_ns) {
		guest_connect_later(guest);
		return;
	}
	guest->next_ns = now_ns() + CONNECT_INTERVAL_NS;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		log_error(LOG_HOST, "no connection for guest %s: %s; raise the limit of open files",
			  guest->name, strerror(errno));
		guest_connect_later(guest);
		return;
	}
	guest->wanted = false;
	guest->connected = true;
	vitrine_broker_guest_v1_connect(guest->proxy, fds[0]);
	(void)guest->server->ops->connection(guest->data, fds[1]);
	close_fd(&fds[0]);
	close_fd(&fds[1]);
}

static int handle_guest_timer(sd_event_source *source, uint64_t usec, void *data)
{
	guest_connect(data);
	return 0;
}

/* The fd is the server's word for which pages; which domain's they are is ours alone. */
static int prepare_map(struct server_guest *guest, int fd, uint32_t pages,
		       struct xen_prepared *prepared, int *dmabuf)
{
	uint32_t *refs;
	int ret;

	if (pages == 0 || pages > MAX_MAP_PAGES) {
		return -E2BIG;
	}
	refs = calloc(pages, sizeof(*refs));
	if (!refs) {
		return -ENOMEM;
	}
	ret = memfd_read_sealed(fd, refs, pages * sizeof(*refs));
	if (ret == 0) {
		ret = guest->server->ops->map(guest->data, refs, pages, prepared, dmabuf);
	}
	free(refs);
	return ret;
}

static void handle_map(void *data, struct vitrine_broker_guest_v1 *proxy, uint32_t serial,
		       int32_t fd, uint32_t pages)
{
	struct server_guest *guest = data;
	struct xen_prepared prepared = {.fd = -1};
	struct wl_array segments = {0};
	int dmabuf = -1;
	int ret = prepare_map(guest, fd, pages, &prepared, &dmabuf);

	close(fd);
	if (ret < 0) {
		vitrine_broker_guest_v1_map_failed(proxy, serial, (uint32_t)-ret);
		return;
	}
	if (dmabuf >= 0) {
		vitrine_broker_guest_v1_exported(proxy, serial, dmabuf);
		close_fd(&dmabuf);
	}
	segments.data = prepared.segments;
	segments.size = prepared.n_segments * sizeof(prepared.segments[0]);
	vitrine_broker_guest_v1_mapped(proxy, serial, prepared.fd, &segments);
	close_fd(&prepared.fd);
}

static void handle_grant(void *data, struct vitrine_broker_guest_v1 *proxy, uint32_t serial,
			 int32_t memory, uint32_t width, uint32_t height)
{
	struct server_guest *guest = data;
	int refs = -1;
	int ret = guest->server->ops->grant(guest->data, serial, memory, width, height, &refs);

	close(memory);
	if (ret < 0) {
		vitrine_broker_guest_v1_grant_failed(proxy, serial, (uint32_t)-ret);
	} else {
		vitrine_broker_guest_v1_granted(proxy, serial, refs);
	}
}

static void handle_end_grant(void *data, struct vitrine_broker_guest_v1 *proxy, uint32_t serial)
{
	struct server_guest *guest = data;

	guest->server->ops->end_grant(guest->data, serial);
	vitrine_broker_guest_v1_grant_ended(proxy, serial);
}

void server_tell_be_alloc(struct server_guest *guest, int code, const char *reason)
{
	vitrine_broker_guest_v1_be_alloc(guest->proxy, (uint32_t)code, reason);
}

void server_tell_kept(struct server_guest *guest, uint32_t serial, int memory, int refs,
		      uint32_t width, uint32_t height)
{
	vitrine_broker_guest_v1_kept(guest->proxy, serial, memory, refs, width, height);
}

static void handle_disconnected(void *data, struct vitrine_broker_guest_v1 *proxy,
				const char *reason)
{
	struct server_guest *guest = data;

	guest->connected = false;
	guest->wanted = guest->has_worker;
	guest->server->ops->dropped(guest->data, reason);
	guest_connect(guest);
}

static const struct vitrine_broker_guest_v1_listener guest_listener = {
	.grant = handle_grant,
	.end_grant = handle_end_grant,
	.map = handle_map,
	.disconnected = handle_disconnected,
};

static void guest_announce(struct server_guest *guest)
{
	struct vitrine_broker_v1 *broker = guest->server->broker;

	guest->proxy = broker ? vitrine_broker_v1_add_guest(broker, guest->name) : NULL;
	if (guest->proxy) {
		vitrine_broker_guest_v1_add_listener(guest->proxy, &guest_listener, guest);
		guest->server->ops->announced(guest->data, guest);
		guest_connect(guest);
	}
}

struct server_guest *server_add_guest(struct server *server, const char *name, void *data)
{
	struct server_guest *guest = xcalloc(1, sizeof(*guest));

	guest->server = server;
	guest->data = data;
	guest->name = xstrdup(name);
	list_append(&server->guests, &guest->link);
	if (sd_event_add_time(server->event, &guest->timer, CLOCK_MONOTONIC, 0, 1000,
			      handle_guest_timer, guest) < 0) {
		log_error(LOG_HOST,
			  "no timer for guest %s: its worker is connected late or not at all", name);
	} else {
		sd_event_source_set_enabled(guest->timer, SD_EVENT_OFF);
	}
	guest_announce(guest);
	return guest;
}

void server_remove_guest(struct server_guest *guest)
{
	if (guest->proxy) {
		vitrine_broker_guest_v1_destroy(guest->proxy);
	}
	sd_event_source_disable_unref(guest->timer);
	list_remove(&guest->link);
	free(guest->name);
	free(guest);
}

void server_set_worker(struct server_guest *guest, bool present)
{
	guest->has_worker = present;
	guest->wanted = present;
	guest_connect(guest);
}

/* ---- the connection ---- */

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct server *server = data;
	struct server_guest *guest;

	if (server->broker || strcmp(interface, vitrine_broker_v1_interface.name) != 0) {
		return;
	}
	server->broker = wl_registry_bind(registry, name, &vitrine_broker_v1_interface, 1);
	if (!server->broker) {
		return;
	}
	log_info(LOG_US, "connected to the display server");
	vitrine_broker_v1_host(server->broker, server->host->map_pages,
			       (uint32_t)server->host->export_code, server->host->reason);
	list_for_each(guest, &server->guests, link) {
		guest_announce(guest);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void take_down(struct server *server)
{
	struct server_guest *guest;

	list_for_each(guest, &server->guests, link) {
		if (guest->proxy) {
			wl_proxy_destroy((struct wl_proxy *)guest->proxy);
			guest->proxy = NULL;
		}
		guest->connected = false;
		guest->wanted = guest->has_worker;
	}
	server->io = sd_event_source_disable_unref(server->io);
	if (server->broker) {
		wl_proxy_destroy((struct wl_proxy *)server->broker);
		server->broker = NULL;
	}
	if (server->registry) {
		wl_registry_destroy(server->registry);
		server->registry = NULL;
	}
	if (server->display) {
		wl_display_disconnect(server->display);
		server->display = NULL;
	}
}

static void try_later(struct server *server, unsigned doublings)
{
	sd_event_source_set_time_relative(server->retry, RETRY_MIN_US << doublings);
	sd_event_source_set_enabled(server->retry, SD_EVENT_ONESHOT);
}

static void lose_server(struct server *server)
{
	log_warn(LOG_HOST,
		 "the display server is gone: %s; guests run on, waiting for %s/" SOCKET_NAME,
		 strerror(wl_display_get_error(server->display)), server->runtime_dir);
	take_down(server);
	if (now_ns() - server->connected_ns > LONG_CONNECTION_NS) {
		server->losses = 0;
	}
	server->retries = 0;
	try_later(server, server->losses);
	server->losses = MIN(server->losses + 1, MAX_LOSSES);
}

/* Returns 0, or -1 when the connection is broken. */
static int flush(struct server *server)
{
	uint32_t events = EPOLLIN;

	if (wl_display_flush(server->display) < 0) {
		if (errno != EAGAIN) {
			return -1;
		}
		events |= EPOLLOUT;
	}
	sd_event_source_set_io_events(server->io, events);
	return 0;
}

static int exchange(struct server *server, bool readable)
{
	while (wl_display_prepare_read(server->display) != 0) {
		if (wl_display_dispatch_pending(server->display) < 0) {
			return -1;
		}
	}
	if (!readable) {
		wl_display_cancel_read(server->display);
	} else if (wl_display_read_events(server->display) < 0) {
		return -1;
	}
	return wl_display_dispatch_pending(server->display) < 0 ? -1 : flush(server);
}

static int handle_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct server *server = data;

	if (exchange(server, events & (EPOLLIN | EPOLLHUP | EPOLLERR)) < 0) {
		lose_server(server);
	}
	return 0;
}

/* Requests that other parts of the loop's turn have made. A broken connection also shows as readable. */
static int handle_prepare(sd_event_source *source, void *data)
{
	(void)flush(data);
	return 0;
}

static int open_socket(const char *runtime_dir)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" SOCKET_NAME, runtime_dir);
	int fd, ret;

	if (n < 0 || (size_t)n >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int set_up(struct server *server, int fd)
{
	int ret;

	server->display = wl_display_connect_to_fd(fd); /* closes it on failure */
	if (!server->display) {
		return -ENOMEM;
	}
	server->registry = wl_display_get_registry(server->display);
	if (!server->registry) {
		return -ENOMEM;
	}
	wl_registry_add_listener(server->registry, &registry_listener, server);
	ret = sd_event_add_io(server->event, &server->io, wl_display_get_fd(server->display),
			      EPOLLIN, handle_io, server);
	if (ret >= 0) {
		ret = sd_event_source_set_prepare(server->io, handle_prepare);
	}
	return MIN(ret, 0);
}

static void server_connect(struct server *server)
{
	int fd = open_socket(server->runtime_dir);
	int ret = fd < 0 ? fd : set_up(server, fd);

	if (ret == 0) {
		server->connected_ns = now_ns();
		return;
	}
	take_down(server);
	if ((ret == -ECONNREFUSED || ret == -EAGAIN || ret == -EACCES) &&
	    server->retries < RETRIES) {
		try_later(server, server->retries++);
	} else if (ret == -ECONNREFUSED) {
		log_debug(LOG_HOST, "%s/" SOCKET_NAME " is left over from a server that is gone",
			  server->runtime_dir);
	} else if (ret != -ENOENT) {
		log_error(LOG_ADMIN,
			  "cannot connect to %s/" SOCKET_NAME ": %s; check that directory",
			  server->runtime_dir, strerror(-ret));
	}
}

static int handle_retry(sd_event_source *source, uint64_t usec, void *data)
{
	struct server *server = data;

	if (!server->display) {
		server_connect(server);
	}
	return 0;
}

static int handle_directory(sd_event_source *source, const struct inotify_event *event, void *data)
{
	struct server *server = data;

	if (!server->display && event->len > 0 && strcmp(event->name, SOCKET_NAME) == 0) {
		server->retries = 0;
		server_connect(server);
	}
	return 0;
}

static void log_library(const char *fmt, va_list args) PRINTF(1, 0);
static void log_library(const char *fmt, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_warn(LOG_HOST, "connection to the display server: %s", text);
}

int server_create(struct server **out, sd_event *event, const char *runtime_dir,
		  const struct server_host *host, const struct server_ops *ops)
{
	struct server *server = xcalloc(1, sizeof(*server));
	int ret;

	server->event = event;
	server->ops = ops;
	server->host = host;
	server->runtime_dir = runtime_dir;
	list_init(&server->guests);
	wl_log_set_handler_client(log_library);
	ret = sd_event_add_inotify(event, &server->directory, runtime_dir,
				   IN_CREATE | IN_MOVED_TO | IN_ATTRIB, handle_directory, server);
	if (ret >= 0) {
		ret = sd_event_add_time(event, &server->retry, CLOCK_MONOTONIC, 0, 1000,
					handle_retry, server);
	}
	if (ret < 0) {
		log_error(LOG_ADMIN,
			  "cannot watch %s: %s; create it, or raise fs.inotify.max_user_watches",
			  runtime_dir, strerror(-ret));
		server_destroy(server);
		return ret;
	}
	sd_event_source_set_enabled(server->retry, SD_EVENT_OFF);
	server_connect(server);
	*out = server;
	return 0;
}

void server_destroy(struct server *server)
{
	take_down(server);
	sd_event_source_disable_unref(server->directory);
	sd_event_source_disable_unref(server->retry);
	free(server);
}

bool server_is_connected(const struct server *server)
{
	return server->broker != NULL;
}
