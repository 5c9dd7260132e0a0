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
	for (uint32_t i = 0; i + 1 < buffer->dir_pages; i++) {
		buffer->directory[i].next = buffer->dir_refs[i + 1];
	}
}

int buffer_init(struct buffer *buffer, struct xen *xen, uint32_t backend, size_t size)
{
	uint32_t pages = (uint32_t)((size + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE);
	uint32_t dir_pages = (pages + DISPLIF_DIR_REFS - 1) / DISPLIF_DIR_REFS;
	void *directory = NULL;
	int ret;

	if (pages == 0) {
		return -EINVAL;
	}
	*buffer = (struct buffer){
		.pages = pages,
		.dir_pages = dir_pages,
		.refs = xcalloc(pages, sizeof(uint32_t)),
		.dir_refs = xcalloc(dir_pages, sizeof(uint32_t)),
		.dbuf_cookie = cookie_make(),
		.fb_cookie = cookie_make(),
	};
	ret = xen_front_share(xen, backend, pages, buffer->refs, &buffer->memory);
	if (ret == 0) {
		ret = xen_front_share(xen, backend, dir_pages, buffer->dir_refs, &directory);
	}
	if (ret != 0) {
		buffer_finish(buffer, xen);
		return ret;
	}
	buffer->directory = directory;
	fill_directory(buffer);
	return 0;
}

void buffer_finish(struct buffer *buffer, struct xen *xen)
{
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
