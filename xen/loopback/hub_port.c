/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/fdmsg.h"
#include "xen/loopback/hub_priv.h"

#define MAX_PORTS 1024u

/* What a client has opened and holds one fd of. */
struct handle {
	struct list link; /* on hub_domain.handles */
	struct hub_domain *domain;
	int sock;
	sd_event_source *source;
};

struct hub_port {
	struct hub_domain *domain;
	struct handle *handle;
	struct hub_port *peer; /* NULL: unbound, waiting for remote */
	uint32_t number;
	uint32_t remote;
	bool masked;
	bool pending;
};

static struct hub_port *port_find(const struct hub_domain *domain, uint32_t number)
{
	return number == 0 || number > domain->n_ports ? NULL : domain->ports[number - 1];
}

/* At most one event of a port is on its way, so the socket never fills. */
static void port_raise(struct hub_port *port)
{
	struct loop_port event = {.op = LOOP_PORT_EVENT, .port = port->number};

	if (port->masked || fdmsg_send(port->handle->sock, &event, sizeof(event), NULL, 0) < 0) {
		port->pending = true;
		return;
	}
	port->masked = true;
	port->pending = false;
}

static void port_unmask(struct hub_port *port)
{
	port->masked = false;
	if (port->pending) {
		port_raise(port);
	}
}

static int slot_find(struct hub_domain *domain, uint32_t *slot)
{
	struct hub_port **ports;

	for (*slot = 0; *slot < domain->n_ports; (*slot)++) {
		if (!domain->ports[*slot]) {
			return 0;
		}
	}
	if (domain->n_ports == MAX_PORTS) {
		return -ENOSPC;
	}
	ports = reallocarray(domain->ports, domain->n_ports + 1, sizeof(struct hub_port *));
	if (!ports) {
		return -ENOMEM;
	}
	ports[domain->n_ports++] = NULL;
	domain->ports = ports;
	return 0;
}

static int port_create(struct handle *handle, uint32_t remote, struct hub_port **out)
{
	struct hub_domain *domain = handle->domain;
	struct hub_port *port;
	uint32_t slot;
	int ret = slot_find(domain, &slot);

	if (ret < 0) {
		return ret;
	}
	port = xcalloc(1, sizeof(*port));
	port->domain = domain;
	port->handle = handle;
	port->remote = remote;
	port->number = slot + 1;
	domain->ports[slot] = port;
	*out = port;
	return 0;
}

static void port_destroy(struct hub_port *port)
{
	if (port->peer) {
		port->peer->peer = NULL;
	}
	port->domain->ports[port->number - 1] = NULL;
	free(port);
}

static int port_bind(struct hub *hub, struct handle *handle, uint32_t domid, uint32_t remote,
		     uint32_t *number)
{
	struct hub_domain *other = hub_domain_find(hub, domid);
	struct hub_port *peer = other ? port_find(other, remote) : NULL;
	struct hub_port *port;
	int ret;

	if (!peer || peer->peer || peer->remote != handle->domain->domid) {
		return other ? -EINVAL : -ESRCH;
	}
	ret = port_create(handle, domid, &port);
	if (ret < 0) {
		return ret;
	}
	port->peer = peer;
	peer->peer = port;
	*number = port->number;
	/* What the other side sent while nobody was bound is not lost. */
	port_raise(port);
	return 0;
}

static void handle_close(struct handle *handle)
{
	struct hub_domain *domain = handle->domain;

	for (uint32_t i = 0; i < domain->n_ports; i++) {
		if (domain->ports[i] && domain->ports[i]->handle == handle) {
			port_destroy(domain->ports[i]);
		}
	}
	list_remove(&handle->link);
	sd_event_source_disable_unref(handle->source);
	close_fd(&handle->sock);
	free(handle);
}

static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct handle *handle = data;
	struct loop_port message;
	int n = fdmsg_recv(fd, &message, sizeof(message), NULL, 0);
	struct hub_port *port;

	if (n == -EAGAIN || n == -EINTR) {
		return 0;
	}
	if (n <= 0) {
		handle_close(handle);
		return 0;
	}
	port = n == sizeof(message) ? port_find(handle->domain, message.port) : NULL;
	/* As restricted as the real one: only ports that were bound on this handle. */
	if (!port || port->handle != handle) {
		return 0;
	}
	if (message.op == LOOP_PORT_UNMASK) {
		port_unmask(port);
	} else if (message.op == LOOP_PORT_NOTIFY && port->peer) {
		port_raise(port->peer);
	}
	return 0;
}

static int handle_create(struct hub *hub, struct hub_domain *domain, struct handle **out,
			 int *client_end)
{
	struct handle *handle;
	int fds[2];
	int ret = fdmsg_pair(fds);

	if (ret < 0) {
		return ret;
	}
	handle = xcalloc(1, sizeof(*handle));
	handle->domain = domain;
	handle->sock = fds[0];
	list_append(&domain->handles, &handle->link);
	*client_end = fds[1];
	ret = sd_event_add_io(hub->event, &handle->source, handle->sock, EPOLLIN, handle_readable,
			      handle);
	if (ret < 0) {
		handle_close(handle);
		close_fd(client_end);
		return ret;
	}
	*out = handle;
	return 0;
}

int hub_ports_open(struct hub *hub, struct hub_domain *domain, uint32_t domid,
		   const uint32_t *remote, uint32_t n, uint32_t *ports)
{
	struct handle *handle;
	int client_end;
	int ret = handle_create(hub, domain, &handle, &client_end);

	if (ret < 0) {
		return ret;
	}
	for (uint32_t i = 0; ret == 0 && i < n; i++) {
		struct hub_port *port = NULL;

		if (remote) {
			ret = port_bind(hub, handle, domid, remote[i], &ports[i]);
			continue;
		}
		ret = port_create(handle, domid, &port);
		ports[i] = port ? port->number : 0;
	}
	if (ret < 0) {
		handle_close(handle);
		close_fd(&client_end);
		return ret;
	}
	return client_end;
}

void hub_ports_close_all(struct hub_domain *domain)
{
	struct handle *handle, *next;

	list_for_each_safe(handle, next, &domain->handles, link) {
		handle_close(handle);
	}
}
