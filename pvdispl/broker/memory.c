/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "pvdispl/broker/guest.h"

#define MAX_SIDE 16384u
#define BYTES_PER_PIXEL 4u

static struct memory *memory_find(const struct guest *guest, uint32_t serial)
{
	struct memory *memory;

	list_for_each(memory, &guest->memories, link) {
		if (memory->serial == serial) {
			return memory;
		}
	}
	return NULL;
}

static unsigned memory_count(const struct guest *guest)
{
	const struct memory *memory;
	unsigned n = 0;

	list_for_each(memory, &guest->memories, link) {
		n++;
	}
	return n;
}

static void memory_free(struct memory *memory)
{
	/* The grants first: what they name is not to be anybody else's before. */
	xen_grants_end(memory->grants);
	list_remove(&memory->link);
	close_fd(&memory->refs);
	close_fd(&memory->fd);
	free(memory);
}

static int grant_pages(struct guest *guest, struct memory *memory)
{
	uint32_t *refs = memory->pages > 0 ? calloc(memory->pages, sizeof(*refs)) : NULL;
	int ret;

	if (!refs) {
		return -ENOMEM;
	}
	ret = xen_grants_create(guest->broker->xen, guest->domid, memory->fd, memory->pages, refs,
				&memory->grants);
	if (ret == 0) {
		memory->refs = memfd_create_sealed("refs", refs, memory->pages * sizeof(*refs));
		ret = MIN(memory->refs, 0);
	}
	free(refs);
	return ret;
}

static uint64_t pages_of(uint32_t width, uint32_t height)
{
	return ((uint64_t)width * height * BYTES_PER_PIXEL + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;
}

static int check(const struct guest *guest, uint32_t serial, uint64_t pages)
{
	const char *reason;
	int code = memory_obstacle(guest, &reason);

	if (code) {
		return -code;
	}
	if (memory_find(guest, serial)) {
		return -EEXIST;
	}
	if (pages < 1 || pages > XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES) {
		return -EINVAL;
	}
	return memory_count(guest) < MEMORY_MAX ? 0 : -ENOSPC;
}

int memory_grant(struct guest *guest, uint32_t serial, int fd, uint32_t width, uint32_t height,
		 struct memory **out)
{
	/* Longer sides would wrap the product. */
	uint64_t pages = width > MAX_SIDE || height > MAX_SIDE ? 0 : pages_of(width, height);
	struct memory *memory;
	int ret = check(guest, serial, pages);

	if (ret < 0) {
		return ret;
	}
	memory = xcalloc(1, sizeof(*memory));
	*memory = (struct memory){
		.serial = serial,
		.width = width,
		.height = height,
		.pages = (uint32_t)pages,
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3),
		.refs = -1,
	};
	list_append(&guest->memories, &memory->link);
	ret = memory->fd < 0 ? -errno : grant_pages(guest, memory);
	if (ret < 0) {
		log_guest(LOG_LEVEL_WARN, guest->name, &guest->log,
			  "%ux%u of the host's memory can't be granted to it: %s", width, height,
			  strerror(-ret));
		memory_free(memory);
		return ret;
	}
	*out = memory;
	return 0;
}

bool memory_end(struct guest *guest, uint32_t serial)
{
	struct memory *memory = memory_find(guest, serial);

	if (memory) {
		memory_free(memory);
	}
	return memory != NULL;
}

void memories_end(struct guest *guest)
{
	struct memory *memory, *next;

	list_for_each_safe(memory, next, &guest->memories, link) {
		memory_free(memory);
	}
}

/* /libxl is the control domain's alone. */
static bool is_pv(const struct guest *guest)
{
	char path[64];
	size_t len;
	char *type;
	bool pv;

	snprintf(path, sizeof(path), "/libxl/%u/type", guest->domid);
	type = xen_store_read(guest->broker->xen, path, &len);
	pv = type && strcmp(type, "pv") == 0;
	free(type);
	return pv;
}

int memory_obstacle(const struct guest *guest, const char **reason)
{
	*reason = "";
	if (guest->broker->dmabuf.import < 0) {
		*reason = "this kernel can't grant memory of devices (CONFIG_XEN_GNTDEV_DMABUF)";
		return -guest->broker->dmabuf.import;
	}
	if (is_pv(guest)) {
		*reason = "a PV guest can't map memory of the host; type=\"pvh\" can";
		return EOPNOTSUPP;
	}
	return 0;
}

void memories_report(const struct guest *guest, FILE *out)
{
	const struct memory *memory;
	uint64_t pages = 0;

	list_for_each(memory, &guest->memories, link) {
		pages += memory->pages;
	}
	fprintf(out, "guest.%s.memories %u\n", guest->name, memory_count(guest));
	fprintf(out, "guest.%s.pages_granted %llu\n", guest->name, (unsigned long long)pages);
}
