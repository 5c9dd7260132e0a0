/* SPDX-License-Identifier: MIT */
#include "xen/loopback/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fdmsg.h"

struct loop_request *loop_request(struct loop_client *client, enum loop_op op)
{
	memset(&client->request, 0, offsetof(struct loop_request, data));
	client->request.op = op;
	return &client->request;
}

int loop_request_fill(struct loop_client *client, const char *path, const void *value,
		      size_t value_size)
{
	struct loop_request *request = &client->request;
	size_t path_size = path ? strlen(path) + 1 : 0;

	if (path_size > LOOP_PATH_MAX || value_size > LOOP_DATA_MAX) {
		return -E2BIG;
	}
	request->path_size = (uint32_t)path_size;
	request->value_size = (uint32_t)value_size;
	if (path) {
		memcpy(request->data, path, path_size);
	}
	if (value_size) {
		memcpy(request->data + path_size, value, value_size);
	}
	return 0;
}

/* The hub answers at once, so waiting for it is as waiting for a hypercall. */
static int receive_reply(struct loop_client *client, int *fds, unsigned n_fds)
{
	struct pollfd pollfd = {.fd = client->sock, .events = POLLIN};
	int n;

	do {
		if (poll(&pollfd, 1, -1) < 0 && errno != EINTR) {
			return -errno;
		}
		n = fdmsg_recv(client->sock, &client->reply, sizeof(client->reply), fds, n_fds);
	} while (n == -EAGAIN || n == -EINTR);
	if (n < 0) {
		return n;
	}
	if (n == 0) {
		return -EPIPE;
	}
	if ((size_t)n < offsetof(struct loop_reply, data) ||
	    (size_t)n != LOOP_REPLY_SIZE(&client->reply)) {
		return -EPROTO;
	}
	return client->reply.error;
}

int loop_call(struct loop_client *client, int send_fd, int *fds, unsigned n_fds)
{
	int ret = fdmsg_send(client->sock, &client->request, LOOP_REQUEST_SIZE(&client->request),
			     &send_fd, send_fd >= 0 ? 1 : 0);

	if (ret == 0) {
		ret = receive_reply(client, fds, n_fds);
	}
	for (unsigned i = 0; i < n_fds && ret == 0; i++) {
		if (fds[i] < 0) {
			ret = -EPROTO;
		}
	}
	for (unsigned i = 0; i < n_fds && ret < 0; i++) {
		close_fd(&fds[i]);
	}
	return ret;
}

static void client_close(struct xen *xen)
{
	struct loop_client *client = loop_client(xen);

	close_fd(&client->sock);
	close_fd(&client->watch_sock);
	close_fd(&client->memory);
	free(client);
}

static const struct xen_ops loop_ops = {
	.close = client_close,
	.store_fd = loop_store_fd,
	.store_read = loop_store_read,
	.store_write = loop_store_write,
	.store_replace = loop_store_replace,
	.store_remove = loop_store_remove,
	.store_list = loop_store_list,
	.store_watch = loop_store_watch,
	.store_unwatch = loop_store_unwatch,
	.store_next_event = loop_store_next_event,
	.store_set_owner = loop_store_set_owner,
	.map_prepare = loop_map_prepare,
	.grants_create = loop_grants_create,
	.grants_end = loop_grants_end,
	.dmabuf_export = loop_dmabuf_export,
	.dmabuf_probe = loop_dmabuf_probe,
	.evtchn_bind = loop_evtchn_bind,
	.front_share = loop_front_share,
	.front_unshare = loop_front_unshare,
	.front_ports = loop_front_ports,
};

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0) {
		return -errno;
	}
	if (connect(sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int ret = -errno;

		close_fd(&sock);
		return ret;
	}
	return sock;
}

static int say_hello(struct loop_client *client, uint32_t domid)
{
	int fds[2] = {-1, -1};
	int ret;

	loop_request(client, LOOP_HELLO)->domid = domid;
	ret = loop_call(client, -1, fds, 2);
	if (ret < 0) {
		return ret;
	}
	client->watch_sock = fds[0];
	client->memory = fds[1];
	return 0;
}

int xen_loopback_open(struct xen **out, uint32_t domid, const char *path)
{
	struct loop_client *client = calloc(1, sizeof(*client));
	int ret;

	if (!client) {
		return -ENOMEM;
	}
	client->base.kind = XEN_LOOPBACK;
	client->base.ops = &loop_ops;
	client->watch_sock = -1;
	client->memory = -1;
	client->sock = connect_to(path);
	ret = client->sock < 0 ? client->sock : say_hello(client, domid);
	if (ret < 0) {
		client_close(&client->base);
		return ret;
	}
	*out = &client->base;
	return 0;
}
