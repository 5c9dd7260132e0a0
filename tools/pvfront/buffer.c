/* SPDX-License-Identifier: MIT */
#include "tools/pvfront/buffer.h"

#include <errno.h>
#include <stdlib.h>

#include "xen/front.h"

uint64_t cookie_make(void)
{
	static uint64_t last = 0xffff888000000000ull; /* Linux's are kernel addresses */

	last += 0x40;
	return last;
}

static void fill_directory(struct buffer *buffer)
{
	for (uint32_t i = 0; i < buffer->pages; i++) {
		buffer->directory[i / DISPLIF_DIR_REFS].refs[i % DISPLIF_DIR_REFS] = buffer->refs[i];
	}
}

static void link_directory(struct buffer *buffer)
{
	for (uint32_t i = 0; i + 1 < buffer->dir_pages; i++) {
		buffer->directory[i].next = buffer->dir_refs[i + 1];
	}
}

static int share_directory(struct buffer *buffer, struct xen *xen, uint32_t backend)
{
	void *directory = NULL;
	int ret = xen_front_share(xen, backend, buffer->dir_pages, buffer->dir_refs, &directory);

	buffer->directory = directory;
	return ret;
}

static int begin(struct buffer *buffer, size_t size, bool is_allocated)
{
	uint32_t pages = (uint32_t)((size + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE);
	uint32_t dir_pages = (pages + DISPLIF_DIR_REFS - 1) / DISPLIF_DIR_REFS;

	if (pages == 0) {
		return -EINVAL;
	}
	*buffer = (struct buffer){
		.is_allocated = is_allocated,
		.map = {.fd = -1},
		.pages = pages,
		.dir_pages = dir_pages,
		.refs = xcalloc(pages, sizeof(uint32_t)),
		.dir_refs = xcalloc(dir_pages, sizeof(uint32_t)),
		.dbuf_cookie = cookie_make(),
		.fb_cookie = cookie_make(),
	};
	return 0;
}

int buffer_init(struct buffer *buffer, struct xen *xen, uint32_t backend, size_t size)
{
	int ret = begin(buffer, size, false);

	if (ret < 0) {
		return ret;
	}
	ret = xen_front_share(xen, backend, buffer->pages, buffer->refs, &buffer->memory);
	if (ret == 0) {
		ret = share_directory(buffer, xen, backend);
	}
	if (ret != 0) {
		buffer_finish(buffer, xen);
		return ret;
	}
	fill_directory(buffer);
	link_directory(buffer);
	return 0;
}

int buffer_init_allocated(struct buffer *buffer, struct xen *xen, uint32_t backend, size_t size)
{
	int ret = begin(buffer, size, true);

	if (ret < 0) {
		return ret;
	}
	ret = share_directory(buffer, xen, backend);
	if (ret != 0) {
		buffer_finish(buffer, xen);
		return ret;
	}
	link_directory(buffer);
	return 0;
}

static int read_directory(struct buffer *buffer)
{
	for (uint32_t i = 0; i < buffer->pages; i++) {
		buffer->refs[i] = buffer->directory[i / DISPLIF_DIR_REFS].refs[i % DISPLIF_DIR_REFS];
		if (buffer->refs[i] == 0) {
			return -EINVAL;
		}
	}
	return 0;
}

int buffer_map(struct buffer *buffer, struct xen *xen, uint32_t backend)
{
	struct xen_prepared prepared;
	int ret = read_directory(buffer);

	if (ret == 0) {
		ret = xen_map_prepare(xen, backend, buffer->refs, buffer->pages, true, &prepared);
	}
	if (ret == 0) {
		ret = xen_map_init(&buffer->map, prepared.fd, prepared.segments,
				   prepared.n_segments, buffer->pages, true);
	}
	if (ret < 0) {
		return ret;
	}
	do {
		ret = xen_map_step(&buffer->map);
	} while (ret > 0);
	if (ret < 0) {
		xen_map_finish(&buffer->map);
		return ret;
	}
	buffer->memory = buffer->map.addr;
	return 0;
}

void buffer_unmap(struct buffer *buffer)
{
	xen_map_finish(&buffer->map);
	buffer->memory = NULL;
}

void buffer_finish(struct buffer *buffer, struct xen *xen)
{
	if (buffer->is_allocated) {
		buffer_unmap(buffer);
	}
	if (buffer->memory) {
		xen_front_unshare(xen, buffer->memory, buffer->pages, buffer->refs);
	}
	if (buffer->directory) {
		xen_front_unshare(xen, buffer->directory, buffer->dir_pages, buffer->dir_refs);
	}
	free(buffer->refs);
	free(buffer->dir_refs);
	*buffer = (struct buffer){0};
}
