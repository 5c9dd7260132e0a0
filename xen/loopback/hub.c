/* SPDX-License-Identifier: MIT */
#include "xen/loopback/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "xen/loopback/hub_priv.h"

static void client_destroy(struct hub_client *client)
{
	list_remove(&client->link);
	hub_watches_clear(client);
	sd_event_source_disable_unref(client->source);
	close_fd(&client->sock);
	close_fd(&client->watch_sock);
	if (client->domain) {
		hub_grants_end_imports(client);
		hub_domain_leave(client->hub, client->domain);
	}
	free(client);
}

static bool request_valid(const struct loop_request *request, size_t size)
{
	if (size < offsetof(struct loop_request, data) || request->path_size > LOOP_PATH_MAX ||
	    request->value_size > LOOP_DATA_MAX || LOOP_REQUEST_SIZE(request) != size) {
		return false;
	}
	return request->path_size == 0 ||
	       strnlen(request->data, request->path_size) + 1 == request->path_size;
}

static void reply_clear(struct loop_reply *reply)
{
	memset(reply, 0, offsetof(struct loop_reply, data));
}

static int answer(struct hub_client *client, int fd)
{
	struct loop_reply *reply = &client->hub->reply;
	int fds[2] = {-1, -1};
	unsigned n_fds = 0;
	int ret;

	reply_clear(reply);
	ret = hub_call(client, fd, fds, &n_fds);
	if (ret < 0) {
		reply_clear(reply);
		reply->error = ret;
	}
	ret = fdmsg_send(client->sock, reply, LOOP_REPLY_SIZE(reply), fds, n_fds);
	for (unsigned i = 0; i < n_fds; i++) {
		close_fd(&fds[i]);
	}
	return ret;
}

static int client_readable(sd_event_source *source, int sock, uint32_t revents, void *data)
{
	struct hub_client *client = data;
	struct loop_request *request = &client->hub->request;
	int fd = -1;
	int n = fdmsg_recv(sock, request, sizeof(*request), &fd, 1);
	bool good = n > 0 && request_valid(request, (size_t)n);

	if (n == -EAGAIN || n == -EINTR) {
		return 0;
	}
	if (!good || answer(client, fd) < 0) {
		client_destroy(client);
	}
	close_fd(&fd);
	return 0;
}

static int client_create(struct hub *hub, int sock)
{
	struct hub_client *client = xcalloc(1, sizeof(*client));
	int ret;

	client->hub = hub;
	client->sock = sock;
	client->watch_sock = -1;
	list_init(&client->watches);
	list_init(&client->events);
	list_append(&hub->clients, &client->link);
	ret = sd_event_add_io(hub->event, &client->source, sock, EPOLLIN, client_readable, client);
	if (ret < 0) {
		client_destroy(client);
	}
	return ret;
}

static int listener_readable(sd_event_source *source, int listener, uint32_t revents, void *data)
{
	int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* Who gave up before it was accepted, or came when descriptors ran out, is not the loop's failure. */
	if (sock >= 0) {
		(void)client_create(data, sock);
	}
	return 0;
}

static bool somebody_listens(const struct sockaddr_un *addr)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = sock < 0 || connect(sock, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
		     errno != ECONNREFUSED;

	close_fd(&sock);
	return alive;
}

static int bind_listener(int sock, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	if (bind(sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if (errno != EADDRINUSE) {
			return -errno;
		}
		if (somebody_listens(&addr)) {
			return -EADDRINUSE;
		}
		unlink(path);
		if (bind(sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
			return -errno;
		}
	}
	return chmod(path, 0600) < 0 || listen(sock, SOMAXCONN) < 0 ? -errno : 0;
}

static int open_listener(struct hub *hub, const char *path)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (sock < 0) {
		return -errno;
	}
	ret = bind_listener(sock, path);
	if (ret < 0) {
		close_fd(&sock);
		return ret;
	}
	hub->listener = sock;
	hub->path = xstrdup(path);
	return sd_event_add_io(hub->event, &hub->source, sock, EPOLLIN, listener_readable, hub);
}

int hub_create(struct hub **out, sd_event *event, const char *path)
{
	struct hub *hub = xcalloc(1, sizeof(*hub));
	int ret;

	hub->event = sd_event_ref(event);
	hub->listener = -1;
	hub->root = hub_store_create();
	list_init(&hub->clients);
	list_init(&hub->domains);
	ret = hub_domain_get(hub, 0) ? open_listener(hub, path) : -ENOMEM;
	if (ret < 0) {
		hub_destroy(hub);
		return ret;
	}
	*out = hub;
	return 0;
}

void hub_destroy(struct hub *hub)
{
	struct hub_client *client, *next_client;
	struct hub_domain *domain, *next_domain;

	if (!hub) {
		return;
	}
	list_for_each_safe(client, next_client, &hub->clients, link) {
		client_destroy(client);
	}
	list_for_each_safe(domain, next_domain, &hub->domains, link) {
		hub_domain_destroy(domain);
	}
	hub_store_destroy(hub->root);
	sd_event_source_disable_unref(hub->source);
	close_fd(&hub->listener);
	if (hub->path) {
		unlink(hub->path);
		free(hub->path);
	}
	sd_event_unref(hub->event);
	free(hub);
}
