/* SPDX-License-Identifier: MIT */
/*
 * The use of an event channel handle without libxenevtchn: what a sandboxed worker does must be exactly read, write and
 * one ioctl, on a handle that does not block.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "xen/xen_priv.h"

static int next(int fd, uint32_t *port)
{
	uint32_t pending;
	ssize_t n = read(fd, &pending, sizeof(pending));

	if (n < 0) {
		return -errno;
	}
	if (n != sizeof(pending)) {
		return -EIO;
	}
	*port = pending;
	return 0;
}

static int unmask(int fd, uint32_t port)
{
	ssize_t n = write(fd, &port, sizeof(port));

	if (n < 0) {
		return -errno;
	}
	return n == sizeof(port) ? 0 : -EIO;
}

static int notify(int fd, uint32_t port)
{
	struct ioctl_evtchn_notify request = {.port = port};

	return ioctl(fd, IOCTL_EVTCHN_NOTIFY, &request) < 0 ? -errno : 0;
}

const struct xen_evtchn_ops xen_real_evtchn_ops = {
	.next = next,
	.unmask = unmask,
	.notify = notify,
};
