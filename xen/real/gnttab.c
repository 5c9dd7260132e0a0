/* SPDX-License-Identifier: MIT */
/*
 * Map requests without libxengnttab: the library mmaps at once, in the process that asks. Here the two are apart, so
 * that the asking stays with the broker.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/sys/gntdev.h>

#include "xen/real/real.h"

/* struct ioctl_gntdev_map_grant_ref with room for a whole segment. */
union map_request {
	struct ioctl_gntdev_map_grant_ref map;
	char bytes[offsetof(struct ioctl_gntdev_map_grant_ref, refs) +
		   XEN_SEGMENT_PAGES * sizeof(struct ioctl_gntdev_grant_ref)];
};

static int request_segment(int fd, uint32_t domid, const uint32_t *refs, uint32_t n,
			   struct xen_segment *out)
{
	union map_request request = {.map = {.count = n}};
	struct ioctl_gntdev_grant_ref *list =
		(void *)(request.bytes + offsetof(struct ioctl_gntdev_map_grant_ref, refs));

	for (uint32_t i = 0; i < n; i++) {
		list[i].domid = domid;
		list[i].ref = refs[i];
	}
	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &request) < 0) {
		return -errno;
	}
	*out = (struct xen_segment){.offset = request.map.index, .pages = n};
	return 0;
}

int xen_real_map_prepare(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			 bool writable, struct xen_prepared *out)
{
	int fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		return -errno;
	}
	for (uint32_t at = 0; at < n; at += XEN_SEGMENT_PAGES) {
		uint32_t pages = MIN(n - at, XEN_SEGMENT_PAGES);
		int ret = request_segment(fd, domid, refs + at, pages,
					  &out->segments[out->n_segments]);

		if (ret < 0) {
			close_fd(&fd);
			return ret;
		}
		out->n_segments++;
	}
	out->fd = fd;
	return 0;
}
