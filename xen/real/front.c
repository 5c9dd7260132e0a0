/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>
#include <xengnttab.h>

#include "xen/real/real.h"

/* The kernel's gntalloc grants at most as many pages as its module parameter `limit` says (stock: 1024). */
int xen_real_front_share(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs, void **addr)
{
	struct xen_real *real = xen_real(xen);
	void *pages;

	if (!real->shares) {
		real->shares = xengntshr_open(NULL, 0);
		if (!real->shares) {
			return -errno;
		}
	}
	pages = xengntshr_share_pages(real->shares, domid, (int)n, refs, 1);
	if (!pages) {
		return -errno;
	}
	memset(pages, 0, (size_t)n * XEN_PAGE_SIZE);
	*addr = pages;
	return 0;
}

void xen_real_front_unshare(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs)
{
	(void)xengntshr_unshare(xen_real(xen)->shares, addr, n);
}

void xen_real_front_close(struct xen_real *real)
{
	if (real->shares) {
		xengntshr_close(real->shares);
		real->shares = NULL;
	}
}

int xen_real_front_ports(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports, int *fd)
{
	struct ioctl_evtchn_bind_unbound_port bind = {.remote_domain = domid};
	int handle = xen_real_evtchn_open();

	if (handle < 0) {
		return handle;
	}
	for (uint32_t i = 0; i < n; i++) {
		int port = ioctl(handle, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);

		if (port < 0) {
			int ret = -errno;

			close_fd(&handle);
			return ret;
		}
		ports[i] = (uint32_t)port;
	}
	*fd = handle;
	return 0;
}
