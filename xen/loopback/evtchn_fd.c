/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/fdmsg.h"
#include "xen/loopback/wire.h"
#include "xen/xen_priv.h"

static int next(int fd, uint32_t *port)
{
	struct loop_port event;
	int n = fdmsg_recv(fd, &event, sizeof(event), NULL, 0);

	if (n <= 0) {
		return n < 0 ? n : -EPIPE;
	}
	if (n != sizeof(event) || event.op != LOOP_PORT_EVENT) {
		return -EPROTO;
	}
	*port = event.port;
	return 0;
}

static int say(int fd, enum loop_port_op op, uint32_t port)
{
	struct loop_port message = {.op = op, .port = port};

	return fdmsg_send(fd, &message, sizeof(message), NULL, 0);
}

static int unmask(int fd, uint32_t port)
{
	return say(fd, LOOP_PORT_UNMASK, port);
}

static int notify(int fd, uint32_t port)
{
	return say(fd, LOOP_PORT_NOTIFY, port);
}

const struct xen_evtchn_ops xen_loopback_evtchn_ops = {
	.next = next,
	.unmask = unmask,
	.notify = notify,
};
