/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "xen/xen.h"
#include "xen/xen_priv.h"

struct xen_evtchn {
	const struct xen_evtchn_ops *ops;
	int fd;
};

int xen_evtchn_adopt(struct xen_evtchn **out, enum xen_kind kind, int fd)
{
	struct xen_evtchn *evtchn = calloc(1, sizeof(*evtchn));

	if (!evtchn) {
		close_fd(&fd);
		return -ENOMEM;
	}
	evtchn->ops = kind == XEN_REAL ? &xen_real_evtchn_ops : &xen_loopback_evtchn_ops;
	evtchn->fd = fd;
	*out = evtchn;
	return 0;
}

void xen_evtchn_close(struct xen_evtchn *evtchn)
{
	if (!evtchn) {
		return;
	}
	close_fd(&evtchn->fd);
	free(evtchn);
}

int xen_evtchn_fd(const struct xen_evtchn *evtchn)
{
	return evtchn->fd;
}

int xen_evtchn_next(struct xen_evtchn *evtchn, uint32_t *port)
{
	return evtchn->ops->next(evtchn->fd, port);
}

int xen_evtchn_unmask(struct xen_evtchn *evtchn, uint32_t port)
{
	return evtchn->ops->unmask(evtchn->fd, port);
}

int xen_evtchn_notify(struct xen_evtchn *evtchn, uint32_t port)
{
	return evtchn->ops->notify(evtchn->fd, port);
}
