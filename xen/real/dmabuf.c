/* SPDX-License-Identifier: MIT */
/*
 * dma-bufs across domains, by gntdev's requests (CONFIG_XEN_GNTDEV_DMABUF). Each set of grants has a gntdev handle of
 * its own: the kernel knows a set by the number of its descriptor, and ends all of a handle when that is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <xen/sys/gntdev.h>

#include "xen/real/real.h"

static int open_gntdev(void)
{
	int fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A kernel without the request says that it is none for this device. */
static int request(int handle, unsigned long number, void *argument)
{
	if (ioctl(handle, number, argument) == 0) {
		return 0;
	}
	return errno == ENOTTY || errno == ENOSYS ? -EOPNOTSUPP : -errno;
}

static int import(int handle, uint32_t domid, int dmabuf, uint32_t n, uint32_t *refs)
{
	size_t size = offsetof(struct ioctl_gntdev_dmabuf_imp_to_refs, refs) + n * sizeof(*refs);
	struct ioctl_gntdev_dmabuf_imp_to_refs *argument = calloc(1, MAX(size, sizeof(*argument)));
	int ret;

	if (!argument) {
		return -ENOMEM;
	}
	argument->fd = (uint32_t)dmabuf;
	argument->count = n;
	argument->domid = domid;
	ret = request(handle, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, argument);
	if (ret == 0) {
		memcpy(refs, argument->refs, n * sizeof(*refs));
	}
	free(argument);
	return ret;
}

int xen_real_grants_create(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n, uint32_t *refs,
			   struct xen_grants *grants)
{
	int handle = open_gntdev();
	int ret = handle < 0 ? handle : import(handle, domid, dmabuf, n, refs);

	if (ret < 0) {
		close_fd(&handle);
		return ret;
	}
	grants->handle = (uint64_t)handle;
	return 0;
}

void xen_real_grants_end(struct xen_grants *grants)
{
	struct ioctl_gntdev_dmabuf_imp_release release = {.fd = (uint32_t)grants->dmabuf};
	int handle = (int)grants->handle;

	(void)request(handle, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &release);
	close_fd(&handle);
}

int xen_real_dmabuf_export(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			   int *fd)
{
	size_t size = offsetof(struct ioctl_gntdev_dmabuf_exp_from_refs, refs) + n * sizeof(*refs);
	struct ioctl_gntdev_dmabuf_exp_from_refs *argument;
	int handle = open_gntdev();
	int ret;

	if (handle < 0) {
		return handle;
	}
	argument = calloc(1, MAX(size, sizeof(*argument)));
	if (!argument) {
		close_fd(&handle);
		return -ENOMEM;
	}
	argument->count = n;
	argument->domid = domid;
	memcpy(argument->refs, refs, n * sizeof(*refs));
	ret = request(handle, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, argument);
	if (ret == 0) {
		*fd = (int)argument->fd;
	}
	free(argument);
	/* The dma-buf keeps what it needs of the handle. */
	close_fd(&handle);
	return ret;
}

static bool is_pv(void)
{
	FILE *file = fopen("/sys/hypervisor/guest_type", "re");
	char type[8] = "";

	if (!file) {
		return false;
	}
	if (!fgets(type, sizeof(type), file)) {
		type[0] = '\0';
	}
	fclose(file);
	return strncmp(type, "PV\n", sizeof(type)) == 0;
}

/* No descriptor has this number, so a kernel that knows the request complains about that. */
static int probe_import(void)
{
	int handle = open_gntdev();
	uint32_t ref;
	int ret = handle < 0 ? handle : import(handle, 0, -1, 1, &ref);

	close_fd(&handle);
	return ret == -EBADF || ret == -EINVAL ? 0 : ret;
}

/* A page that we grant to ourselves. */
static int probe_export(struct xen *xen, uint32_t own_domid, bool *tried)
{
	uint32_t ref;
	void *page;
	int fd = -1;
	int ret = xen_real_front_share(xen, own_domid, 1, &ref, &page);

	*tried = ret == 0;
	if (ret < 0) {
		return -EOPNOTSUPP;
	}
	ret = xen_real_dmabuf_export(xen, own_domid, &ref, 1, &fd);
	close_fd(&fd);
	xen_real_front_unshare(xen, page, 1, &ref);
	xen_real_front_close(xen_real(xen));
	return ret;
}

void xen_real_dmabuf_probe(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out)
{
	out->is_pv = is_pv();
	out->import = probe_import();
	out->export = probe_export(xen, own_domid, &out->export_tried);
}
