/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "xen/real/real.h"

int xen_real_evtchn_open(void)
{
	int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int bind_all(int fd, uint32_t domid, const uint32_t *remote, uint32_t n, uint32_t *local)
{
	struct ioctl_evtchn_restrict_domid restrict_to = {.domid = (domid_t)domid};

	for (uint32_t i = 0; i < n; i++) {
		struct ioctl_evtchn_bind_interdomain bind = {
			.remote_domain = domid,
			.remote_port = remote[i],
		};
		int port = ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);

		if (port < 0) {
			return -errno;
		}
		local[i] = (uint32_t)port;
	}
	return ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &restrict_to) < 0 ? -errno : 0;
}

int xen_real_evtchn_bind(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
			 uint32_t *local, int *fd)
{
	int handle = xen_real_evtchn_open();
	int ret;

	if (handle < 0) {
		return handle;
	}
	ret = bind_all(handle, domid, remote, n, local);
	if (ret < 0) {
		close_fd(&handle);
		return ret;
	}
	*fd = handle;
	return 0;
}
