/* SPDX-License-Identifier: MIT */
#include "xen/map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t bytes(uint32_t pages)
{
	return (size_t)pages * XEN_PAGE_SIZE;
}

static void *page_addr(const struct xen_map *map, uint32_t page)
{
	return (char *)map->addr + bytes(page);
}

static bool segments_valid(const struct xen_segment *segments, uint32_t n_segments, uint32_t pages)
{
	uint64_t sum = 0;

	if (n_segments == 0 || n_segments > XEN_MAX_SEGMENTS) {
		return false;
	}
	for (uint32_t i = 0; i < n_segments; i++) {
		if (segments[i].pages == 0 || segments[i].pages > XEN_SEGMENT_PAGES) {
			return false;
		}
		sum += segments[i].pages;
	}
	return sum == pages;
}

int xen_map_init(struct xen_map *map, int fd, const struct xen_segment *segments,
		 uint32_t n_segments, uint32_t pages, bool writable)
{
	void *addr;

	memset(map, 0, sizeof(*map));
	map->fd = -1;
	if (!segments_valid(segments, n_segments, pages)) {
		close_fd(&fd);
		return -EINVAL;
	}
	addr = mmap(NULL, bytes(pages), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		    0);
	if (addr == MAP_FAILED) {
		int ret = -errno;

		close_fd(&fd);
		return ret;
	}
	map->addr = addr;
	map->pages = pages;
	map->n_segments = n_segments;
	map->fd = fd;
	map->writable = writable;
	memcpy(map->segments, segments, n_segments * sizeof(*segments));
	return 0;
}

/*
 * A device that refuses a fixed mmap leaves a hole where the reservation was. When the hole can't be filled again, it
 * may belong to somebody else by now: keep only what lies before it.
 */
static void reserve_again(struct xen_map *map, uint32_t hole_pages)
{
	void *hole = page_addr(map, map->pages_mapped);
	uint32_t after = map->pages_mapped + hole_pages;
	void *addr = mmap(hole, bytes(hole_pages), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (addr == hole) {
		return;
	}
	if (addr != MAP_FAILED) {
		munmap(addr, bytes(hole_pages));
	}
	if (after < map->pages) {
		munmap(page_addr(map, after), bytes(map->pages - after));
	}
	map->pages = map->pages_mapped;
}

int xen_map_step(struct xen_map *map)
{
	const struct xen_segment *segment = &map->segments[map->next];
	int prot = PROT_READ | (map->writable ? PROT_WRITE : 0);
	void *addr;

	if (map->next == map->n_segments) {
		return map->n_segments ? 0 : -EINVAL;
	}
	/* What mmap would refuse before it looks at the device: the reservation stays whole. */
	if (segment->offset % XEN_PAGE_SIZE || segment->offset > INT64_MAX ||
	    segment->pages > map->pages - map->pages_mapped) {
		return -EINVAL;
	}
	addr = mmap(page_addr(map, map->pages_mapped), bytes(segment->pages), prot,
		    MAP_SHARED | MAP_FIXED, map->fd, (off_t)segment->offset);
	if (addr == MAP_FAILED) {
		int ret = -errno;

		reserve_again(map, segment->pages);
		return ret;
	}
	map->pages_mapped += segment->pages;
	map->next++;
	return map->next < map->n_segments;
}

int xen_map_unstep(struct xen_map *map)
{
	if (map->next == 0) {
		return 0;
	}
	/* First the addresses that nothing is mapped at, so that a grant map is always unmapped alone and whole. */
	if (map->pages > map->pages_mapped) {
		munmap(page_addr(map, map->pages_mapped), bytes(map->pages - map->pages_mapped));
	}
	map->next--;
	map->pages_mapped -= map->segments[map->next].pages;
	munmap(page_addr(map, map->pages_mapped), bytes(map->segments[map->next].pages));
	map->pages = map->pages_mapped;
	return map->next > 0;
}

void xen_map_finish(struct xen_map *map)
{
	if (map->n_segments == 0) {
		return;
	}
	if (map->pages > 0) {
		munmap(map->addr, bytes(map->pages));
	}
	close_fd(&map->fd);
	memset(map, 0, sizeof(*map));
	map->fd = -1;
}
