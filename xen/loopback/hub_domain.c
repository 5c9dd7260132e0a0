/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xen/loopback/hub_priv.h"

#define MAX_LIVE_PAGES 262144u /* 1 GiB for one domain */

struct hub_grant {
	bool used;
	uint32_t to;
	uint64_t page;
};

struct hub_domain *hub_domain_find(struct hub *hub, uint32_t domid)
{
	struct hub_domain *domain;

	list_for_each(domain, &hub->domains, link) {
		if (domain->domid == domid) {
			return domain;
		}
	}
	return NULL;
}

/* Sealed so that no client of a domain can take the memory away from who has mapped it. */
static int memory_create(void)
{
	int fd = memfd_create("domain", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
		close_fd(&fd);
	}
	return fd;
}

struct hub_domain *hub_domain_get(struct hub *hub, uint32_t domid)
{
	struct hub_domain *domain = hub_domain_find(hub, domid);
	int memory;

	if (domain) {
		return domain;
	}
	memory = memory_create();
	if (memory < 0) {
		return NULL;
	}
	domain = xcalloc(1, sizeof(*domain));
	domain->domid = domid;
	domain->memory = memory;
	list_init(&domain->handles);
	list_append(&hub->domains, &domain->link);
	return domain;
}

void hub_domain_destroy(struct hub_domain *domain)
{
	hub_ports_close_all(domain);
	list_remove(&domain->link);
	close_fd(&domain->memory);
	free(domain->grants);
	free(domain->ports);
	free(domain);
}

void hub_domain_enter(struct hub *hub, struct hub_domain *domain)
{
	domain->clients++;
	if (domain->clients == 1 && domain->domid != 0) {
		hub_watches_fire(hub, "@introduceDomain", NULL, true);
	}
}

void hub_domain_leave(struct hub *hub, struct hub_domain *domain)
{
	domain->clients--;
	if (domain->clients == 0 && domain->domid != 0) {
		hub_domain_destroy(domain);
		hub_watches_fire(hub, "@releaseDomain", NULL, true);
	}
}

static int grants_reserve(struct hub_domain *domain, uint32_t n)
{
	uint32_t size = domain->n_grants;
	struct hub_grant *grants;

	if (n > MAX_LIVE_PAGES - domain->live_pages) {
		return -ENOSPC;
	}
	if (domain->live_pages + n <= size) {
		return 0;
	}
	size = MAX(2 * size, domain->live_pages + n);
	grants = reallocarray(domain->grants, size, sizeof(*grants));
	if (!grants) {
		return -ENOMEM;
	}
	for (uint32_t i = domain->n_grants; i < size; i++) {
		grants[i] = (struct hub_grant){0};
	}
	domain->grants = grants;
	domain->n_grants = size;
	return 0;
}

static uint32_t grant_take(struct hub_domain *domain, uint32_t to, uint64_t page)
{
	uint32_t i = domain->next_grant % domain->n_grants;

	while (domain->grants[i].used) {
		i = (i + 1) % domain->n_grants;
	}
	domain->next_grant = i + 1;
	domain->grants[i] = (struct hub_grant){.used = true, .to = to, .page = page};
	return i + HUB_FIRST_REF;
}

int hub_grants_share(struct hub_domain *domain, uint32_t to, uint32_t n, uint64_t *offset,
		     uint32_t *refs)
{
	int ret = grants_reserve(domain, n);

	if (ret < 0) {
		return ret;
	}
	if (ftruncate(domain->memory, (off_t)(domain->next_page + n) * XEN_PAGE_SIZE) < 0) {
		return -errno;
	}
	*offset = domain->next_page * XEN_PAGE_SIZE;
	for (uint32_t i = 0; i < n; i++) {
		refs[i] = grant_take(domain, to, domain->next_page + i);
	}
	domain->next_page += n;
	domain->live_pages += n;
	return 0;
}

static struct hub_grant *grant_find(const struct hub_domain *domain, uint32_t ref)
{
	if (ref < HUB_FIRST_REF || ref - HUB_FIRST_REF >= domain->n_grants ||
	    !domain->grants[ref - HUB_FIRST_REF].used) {
		return NULL;
	}
	return &domain->grants[ref - HUB_FIRST_REF];
}

int hub_grants_unshare(struct hub_domain *domain, const uint32_t *refs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct hub_grant *grant = grant_find(domain, refs[i]);

		if (!grant) {
			return -ENOENT;
		}
		grant->used = false;
		domain->live_pages--;
		if (fallocate(domain->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      (off_t)grant->page * XEN_PAGE_SIZE, XEN_PAGE_SIZE) < 0) {
			return -errno;
		}
	}
	return 0;
}

static bool segment_extend(struct xen_segment *segment, uint64_t offset)
{
	if (segment->offset == LOOP_BAD_OFFSET || segment->pages == XEN_SEGMENT_PAGES ||
	    segment->offset + (uint64_t)segment->pages * XEN_PAGE_SIZE != offset) {
		return false;
	}
	segment->pages++;
	return true;
}

int hub_grants_segments(const struct hub_domain *domain, uint32_t to, const uint32_t *refs,
			uint32_t n, struct xen_segment *segments)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct hub_grant *grant = grant_find(domain, refs[i]);
		uint64_t offset = grant && grant->to == to ? grant->page * XEN_PAGE_SIZE :
							     LOOP_BAD_OFFSET;

		if (count > 0 && segment_extend(&segments[count - 1], offset)) {
			continue;
		}
		if (count == XEN_MAX_SEGMENTS) {
			return -E2BIG;
		}
		segments[count++] = (struct xen_segment){.offset = offset, .pages = 1};
	}
	return (int)count;
}

int hub_domain_open_memory(const struct hub_domain *domain, bool writable)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", domain->memory);
	fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
