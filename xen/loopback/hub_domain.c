/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xen/loopback/hub_priv.h"

#define MAX_LIVE_PAGES 262144u /* 1 GiB for one domain */

/* Memory that a client has brought from elsewhere: be-alloc. */
struct hub_import {
	struct list link; /* hub_domain.imports */
	struct hub_client *client;
	uint64_t number;
	uint32_t n;
	uint32_t *refs;
	int fd;
};

struct hub_grant {
	bool used;
	uint32_t to;
	uint64_t page;
	const struct hub_import *import; /* NULL: the domain's own memory */
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
	list_init(&domain->imports);
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
	domain->live_pages++;
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

		if (!grant || grant->import) {
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

/* ---- memory from elsewhere ---- */

static void import_end(struct hub_domain *domain, struct hub_import *import)
{
	for (uint32_t i = 0; i < import->n; i++) {
		grant_find(domain, import->refs[i])->used = false;
		domain->live_pages--;
	}
	list_remove(&import->link);
	close_fd(&import->fd);
	free(import->refs);
	free(import);
}

int hub_grants_import(struct hub_client *client, uint32_t to, int fd, uint32_t n, uint64_t *number,
		      uint32_t *refs)
{
	static uint64_t last;
	struct hub_domain *domain = client->domain;
	struct hub_import *import;
	struct stat st;
	int ret;

	/* As gntdev: all of it or nothing. */
	if (fstat(fd, &st) < 0 || st.st_size != (off_t)n * XEN_PAGE_SIZE) {
		return -EINVAL;
	}
	ret = grants_reserve(domain, n);
	if (ret < 0) {
		return ret;
	}
	import = xcalloc(1, sizeof(*import));
	*import = (struct hub_import){.client = client, .number = ++last, .n = n};
	import->refs = xcalloc(n, sizeof(*refs));
	import->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	for (uint32_t i = 0; i < n; i++) {
		import->refs[i] = refs[i] = grant_take(domain, to, i);
		grant_find(domain, refs[i])->import = import;
	}
	list_append(&domain->imports, &import->link);
	*number = import->number;
	return 0;
}

int hub_grants_end_import(struct hub_client *client, uint64_t number)
{
	struct hub_import *import;

	list_for_each(import, &client->domain->imports, link) {
		if (import->client == client && import->number == number) {
			import_end(client->domain, import);
			return 0;
		}
	}
	return -ENOENT;
}

void hub_grants_end_imports(struct hub_client *client)
{
	struct hub_import *import, *next;

	list_for_each_safe(import, next, &client->domain->imports, link) {
		if (import->client == client) {
			import_end(client->domain, import);
		}
	}
}

/* ---- maps ---- */

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
	const struct hub_grant *first = grant_find(domain, refs[0]);
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct hub_grant *grant = grant_find(domain, refs[i]);
		bool is_good = grant && grant->to == to && first && grant->import == first->import;
		uint64_t offset = is_good ? grant->page * XEN_PAGE_SIZE : LOOP_BAD_OFFSET;

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

int hub_grants_open_memory(const struct hub_domain *domain, uint32_t ref, bool writable)
{
	const struct hub_grant *grant = grant_find(domain, ref);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d",
		 grant && grant->import ? grant->import->fd : domain->memory);
	fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
