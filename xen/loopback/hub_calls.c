/* SPDX-License-Identifier: MIT */
/* One function for each request of wire.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>

#include "base/fdmsg.h"
#include "xen/loopback/hub_priv.h"

struct call {
	struct hub_client *client;
	struct hub *hub;
	struct hub_domain *domain;
	const struct loop_request *request;
	struct loop_reply *reply;
	const char *path; /* as the client said it; "" when it said none */
	const char *value;
	size_t value_size;
	int fd; /* that came with the request, or -1 */
	int *fds;
	unsigned *n_fds;
};

static int call_hello(struct call *call)
{
	struct hub_client *client = call->client;
	struct hub_domain *domain;
	int pair[2];
	int memory;
	int ret;

	if (client->domain) {
		return -EISCONN;
	}
	domain = hub_domain_get(call->hub, call->request->domid);
	if (!domain) {
		return -ENOMEM;
	}
	hub_domain_enter(call->hub, domain);
	client->domain = domain;
	memory = fcntl(domain->memory, F_DUPFD_CLOEXEC, 3);
	if (memory < 0) {
		return -errno;
	}
	ret = fdmsg_pair(pair);
	if (ret < 0) {
		close_fd(&memory);
		return ret;
	}
	client->watch_sock = pair[0];
	call->fds[0] = pair[1];
	call->fds[1] = memory;
	*call->n_fds = 2;
	return 0;
}

static int find_node(struct call *call, struct hub_node **out)
{
	size_t strip;
	char *path = hub_path_absolute(call->client, call->path, &strip);
	int ret = path && path[0] == '/' ?
			  hub_store_find(call->hub, call->domain->domid, path, out) :
			  -EINVAL;

	free(path);
	return ret;
}

static int call_read(struct call *call)
{
	struct hub_node *node;
	int ret = find_node(call, &node);

	if (ret < 0) {
		return ret;
	}
	if (node->len) {
		memcpy(call->reply->data, node->value, node->len);
	}
	call->reply->size = (uint32_t)node->len;
	return 0;
}

static int call_list(struct call *call)
{
	struct loop_reply *reply = call->reply;
	struct hub_node *node;
	const struct hub_node *child;
	int ret = find_node(call, &node);

	if (ret < 0) {
		return ret;
	}
	list_for_each(child, &node->children, link) {
		size_t size = strlen(child->name) + 1;

		if (size > LOOP_DATA_MAX - reply->size) {
			return -E2BIG;
		}
		memcpy(reply->data + reply->size, child->name, size);
		reply->size += (uint32_t)size;
		reply->n++;
	}
	return 0;
}

static int replace(const struct call *call, const char *path)
{
	size_t expected = strnlen(call->value, call->value_size);
	struct hub_node *node;
	int ret;

	if (expected == call->value_size) {
		return -EINVAL;
	}
	ret = hub_store_find(call->hub, call->domain->domid, path, &node);
	if (ret < 0) {
		return ret;
	}
	if (node->len != expected || memcmp(node->value, call->value, expected) != 0) {
		return -EAGAIN;
	}
	return hub_store_write(call->hub, call->domain, path, call->value + expected + 1,
			       call->value_size - expected - 1);
}

/* The four that change the node at an absolute path. */
static int change(struct call *call, const char *path)
{
	const struct loop_request *request = call->request;

	switch (request->op) {
	case LOOP_WRITE:
		return hub_store_write(call->hub, call->domain, path, call->value, call->value_size);
	case LOOP_REPLACE:
		return replace(call, path);
	case LOOP_REMOVE:
		return hub_store_remove(call->hub, call->domain->domid, path);
	default:
		return hub_store_set_owner(call->hub, call->domain->domid, path, request->domid,
					   request->n);
	}
}

static int call_change(struct call *call)
{
	size_t strip;
	char *path;
	int ret = -EINVAL;

	if (call->value_size > LOOP_VALUE_MAX) {
		return -E2BIG;
	}
	path = hub_path_absolute(call->client, call->path, &strip);
	if (path && path[0] == '/') {
		ret = change(call, path);
	}
	free(path);
	return ret;
}

static int call_watch(struct call *call)
{
	if (call->value_size == 0 || call->value[call->value_size - 1] != '\0') {
		return -EINVAL;
	}
	if (call->request->op == LOOP_WATCH) {
		return hub_watch_add(call->client, call->path, call->value);
	}
	return hub_watch_remove(call->client, call->path, call->value);
}

static int prepare(struct call *call, const uint32_t *refs, uint32_t n)
{
	const struct hub_domain *owner = hub_domain_find(call->hub, call->request->domid);
	int segments;
	int fd;

	if (!owner) {
		return -ESRCH;
	}
	segments = hub_grants_segments(owner, call->domain->domid, refs, n, call->reply->segments);
	if (segments < 0) {
		return segments;
	}
	fd = hub_grants_open_memory(owner, refs[0], call->request->flag);
	if (fd < 0) {
		return fd;
	}
	call->reply->n = (uint32_t)segments;
	call->reply->size = (uint32_t)((size_t)segments * sizeof(*call->reply->segments));
	call->fds[0] = fd;
	*call->n_fds = 1;
	return 0;
}

static int call_prepare(struct call *call)
{
	uint32_t n = call->request->n;
	uint32_t *refs;
	int ret;

	if (n == 0 || n > XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES) {
		return -EINVAL;
	}
	refs = xcalloc(n, sizeof(*refs));
	ret = memfd_read_sealed(call->fd, refs, n * sizeof(*refs));
	if (ret == 0) {
		ret = prepare(call, refs, n);
	}
	free(refs);
	return ret;
}

static int call_share(struct call *call)
{
	uint32_t n = call->request->n;

	if (n == 0 || n > LOOP_MAX_SHARE) {
		return -EINVAL;
	}
	call->reply->n = n;
	call->reply->size = n * (uint32_t)sizeof(uint32_t);
	return hub_grants_share(call->domain, call->request->domid, n, &call->reply->value,
				call->reply->numbers);
}

/* The numbers of the value, aligned. */
static const uint32_t *numbers(struct call *call, uint32_t n, uint32_t max)
{
	uint32_t *copy;

	if (n == 0 || n > max || call->value_size != n * sizeof(*copy)) {
		return NULL;
	}
	copy = call->reply->numbers;
	memcpy(copy, call->value, call->value_size);
	return copy;
}

static int call_unshare(struct call *call)
{
	const uint32_t *refs = numbers(call, call->request->n, LOOP_MAX_SHARE);

	return refs ? hub_grants_unshare(call->domain, refs, call->request->n) : -EINVAL;
}

static int call_grant(struct call *call)
{
	uint32_t n = call->request->n;

	if (call->fd < 0 || n == 0 || n > LOOP_MAX_SHARE) {
		return -EINVAL;
	}
	call->reply->n = n;
	call->reply->size = n * (uint32_t)sizeof(uint32_t);
	return hub_grants_import(call->client, call->request->domid, call->fd, n,
				 &call->reply->value, call->reply->numbers);
}

static int call_ungrant(struct call *call)
{
	return hub_grants_end_import(call->client, call->request->n);
}

static int call_ports(struct call *call)
{
	const struct loop_request *request = call->request;
	uint32_t remote[LOOP_MAX_PORTS];
	bool bind = request->op == LOOP_BIND;
	int fd;

	if (request->n == 0 || request->n > LOOP_MAX_PORTS ||
	    call->value_size != (bind ? request->n * sizeof(*remote) : 0)) {
		return -EINVAL;
	}
	if (bind) {
		memcpy(remote, call->value, call->value_size);
	}
	fd = hub_ports_open(call->hub, call->domain, request->domid, bind ? remote : NULL,
			    request->n, call->reply->numbers);
	if (fd < 0) {
		return fd;
	}
	call->reply->n = request->n;
	call->reply->size = request->n * (uint32_t)sizeof(uint32_t);
	call->fds[0] = fd;
	*call->n_fds = 1;
	return 0;
}

static int (*const handlers[])(struct call *call) = {
	[LOOP_HELLO] = call_hello,      [LOOP_READ] = call_read,
	[LOOP_WRITE] = call_change,     [LOOP_REMOVE] = call_change,
	[LOOP_REPLACE] = call_change,   [LOOP_LIST] = call_list,
	[LOOP_WATCH] = call_watch,      [LOOP_UNWATCH] = call_watch,
	[LOOP_SET_OWNER] = call_change, [LOOP_PREPARE] = call_prepare,
	[LOOP_SHARE] = call_share,      [LOOP_UNSHARE] = call_unshare,
	[LOOP_BIND] = call_ports,       [LOOP_BIND_UNBOUND] = call_ports,
	[LOOP_GRANT] = call_grant,      [LOOP_UNGRANT] = call_ungrant,
};

int hub_call(struct hub_client *client, int fd, int *fds, unsigned *n_fds)
{
	const struct loop_request *request = &client->hub->request;
	struct call call = {
		.client = client,
		.hub = client->hub,
		.domain = client->domain,
		.request = request,
		.reply = &client->hub->reply,
		.path = request->path_size ? request->data : "",
		.value = request->data + request->path_size,
		.value_size = request->value_size,
		.fd = fd,
		.fds = fds,
		.n_fds = n_fds,
	};

	if (request->op >= ARRAY_SIZE(handlers) || !handlers[request->op]) {
		return -EOPNOTSUPP;
	}
	if (!client->domain && request->op != LOOP_HELLO) {
		return -ENOTCONN;
	}
	return handlers[request->op](&call);
}
