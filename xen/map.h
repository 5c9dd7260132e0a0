/* SPDX-License-Identifier: MIT */
/*
 * A prepared map of grants, as seen by the process that was handed it: an fd and a list of segments, each of which
 * can be mmapped exactly once. No Xen library is needed here and no request is made of gntdev; the grant-mapping
 * hypercall runs inside mmap(), which is why a map is filled segment by segment, over several turns of a loop.
 *
 * On real Xen the fd is a gntdev fd that belongs to this map alone, and a segment's offset is the index of one
 * MAP_GRANT_REF request of at most XEN_SEGMENT_PAGES grants. In the loopback it is the memory of a pretended domain
 * and a segment is a run of pages that follow each other in it.
 *
 * Life: xen_map_init, xen_map_step until it returns 0, use addr, xen_map_unstep until it returns 0 (or
 * xen_map_finish at once). Never mprotect the memory: on a PV host that turns each access into SIGBUS. It is not
 * inherited over fork on PV.
 */
#ifndef XEN_MAP_H
#define XEN_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

#define XEN_PAGE_SIZE 4096u
#define XEN_SEGMENT_PAGES 512u
#define XEN_MAX_SEGMENTS 128u /* keeps a list of segments inside one Wayland message */

struct xen_segment {
	uint64_t offset; /* bytes, for mmap */
	uint32_t pages;
	uint32_t reserved; /* 0 */
};

struct xen_map {
	void *addr; /* start of the reserved address range; readable up to pages_mapped */
	uint32_t pages;
	uint32_t pages_mapped;
	uint32_t n_segments;
	uint32_t next; /* segment that the next step maps */
	int fd;        /* owned */
	bool writable;
	struct xen_segment segments[XEN_MAX_SEGMENTS];
};

/*
 * Takes ownership of fd (also on failure) and reserves addresses. Checks that there are 1 to XEN_MAX_SEGMENTS
 * segments, none empty or longer than max_pages, adding up to pages exactly. Returns 0, -EINVAL or -errno.
 */
MUST_USE int xen_map_init(struct xen_map *map, int fd, const struct xen_segment *segments,
			  uint32_t n_segments, uint32_t pages, bool writable);

/* Maps one more segment: 1 when more are left, 0 when all are mapped, or -errno (some reference was bad). */
MUST_USE int xen_map_step(struct xen_map *map);

/* Unmaps one segment: 1 when more are left, 0 when none is. */
int xen_map_unstep(struct xen_map *map);

/* Unmaps what is mapped, gives the addresses back, closes the fd. Harmless on a finished or zeroed (fd -1) map. */
void xen_map_finish(struct xen_map *map);

#endif
