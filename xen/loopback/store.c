/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fdmsg.h"
#include "xen/loopback/client.h"

/* A request that names a path and maybe bytes, and whose answer is in client->reply. */
static int call_path(struct xen *xen, enum loop_op op, const char *path, const void *value,
		     size_t size)
{
	struct loop_client *client = loop_client(xen);
	int ret;

	loop_request(client, op);
	ret = loop_request_fill(client, path, value, size);
	return ret < 0 ? ret : loop_call(client, -1, NULL, 0);
}

int loop_store_fd(struct xen *xen)
{
	return loop_client(xen)->watch_sock;
}

char *loop_store_read(struct xen *xen, const char *path, size_t *len)
{
	const struct loop_reply *reply = &loop_client(xen)->reply;
	int ret = call_path(xen, LOOP_READ, path, NULL, 0);
	char *value;

	if (ret < 0) {
		errno = -ret;
		return NULL;
	}
	value = malloc((size_t)reply->size + 1);
	if (!value) {
		return NULL;
	}
	memcpy(value, reply->data, reply->size);
	value[reply->size] = '\0';
	*len = reply->size;
	return value;
}

int loop_store_write(struct xen *xen, const char *path, const char *value)
{
	return call_path(xen, LOOP_WRITE, path, value, strlen(value));
}

int loop_store_replace(struct xen *xen, const char *path, const char *expected, const char *value)
{
	char both[2 * LOOP_VALUE_MAX + 1];
	int n = snprintf(both, sizeof(both), "%s%c%s", expected, '\0', value);

	if (n < 0 || (size_t)n >= sizeof(both)) {
		return -E2BIG;
	}
	return call_path(xen, LOOP_REPLACE, path, both, (size_t)n);
}

int loop_store_remove(struct xen *xen, const char *path)
{
	return call_path(xen, LOOP_REMOVE, path, NULL, 0);
}

int loop_store_list(struct xen *xen, const char *path, char ***names, unsigned max)
{
	const struct loop_reply *reply = &loop_client(xen)->reply;
	int ret = call_path(xen, LOOP_LIST, path, NULL, 0);

	return ret < 0 ? ret : xen_names_unpack(reply->data, reply->size, names, max);
}

int loop_store_watch(struct xen *xen, const char *path, const char *token)
{
	return call_path(xen, LOOP_WATCH, path, token, strlen(token) + 1);
}

int loop_store_unwatch(struct xen *xen, const char *path, const char *token)
{
	return call_path(xen, LOOP_UNWATCH, path, token, strlen(token) + 1);
}

int loop_store_next_event(struct xen *xen, char **path, char **token)
{
	struct loop_event event;
	int n = fdmsg_recv(loop_client(xen)->watch_sock, &event, sizeof(event), NULL, 0);
	size_t path_size;

	if (n <= 0) {
		return n < 0 ? n : -EPIPE;
	}
	path_size = strnlen(event.data, (size_t)n) + 1;
	if (event.data[n - 1] != '\0' || path_size >= (size_t)n) {
		return -EPROTO;
	}
	*path = strdup(event.data);
	*token = strdup(event.data + path_size);
	if (!*path || !*token) {
		free(*path);
		free(*token);
		*path = NULL;
		*token = NULL;
		return -ENOMEM;
	}
	return 0;
}

int loop_store_set_owner(struct xen *xen, const char *path, uint32_t owner, uint32_t reader)
{
	struct loop_client *client = loop_client(xen);
	struct loop_request *request = loop_request(client, LOOP_SET_OWNER);
	int ret;

	request->domid = owner;
	request->n = reader;
	ret = loop_request_fill(client, path, NULL, 0);
	return ret < 0 ? ret : loop_call(client, -1, NULL, 0);
}
