/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compositor/wayland/pool.h"
#include "compositor/wayland/wayland_priv.h"
#include "vitrine-broker-v1-server-protocol.h"
#include "xen/map.h"

#define BYTES_PER_PIXEL 4u
#define MAX_SIDE 16384u

static uint64_t pixel_bytes(uint32_t width, uint32_t height)
{
	return (uint64_t)width * height * BYTES_PER_PIXEL;
}

static uint64_t whole_pages(uint64_t bytes)
{
	return (bytes + XEN_PAGE_SIZE - 1) / XEN_PAGE_SIZE;
}

static bool size_valid(uint32_t width, uint32_t height, uint32_t pages)
{
	return width >= 1 && width <= MAX_SIDE && height >= 1 && height <= MAX_SIDE &&
	       pages <= LIMIT_PAGES && whole_pages(pixel_bytes(width, height)) == pages;
}

/* ---- life ---- */

static struct memory *memory_alloc(struct guest *guest, uint32_t serial, uint32_t pages)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (memory) {
		memory->guest = guest;
		memory->serial = serial;
		memory->pages = pages;
		memory->memory.fd = -1;
		memory->backend = guest->wayland->server->backend;
		list_append(&guest->memories, &memory->link);
	}
	return memory;
}

static void memory_free(struct memory *memory)
{
	if (memory->is_kept) {
		munmap((void *)memory->memory.pixels, memory->memory.size);
	} else if (memory->memory.pixels) {
		memory->backend->ops->memory_destroy(memory->backend, &memory->memory);
	}
	close_fd(&memory->memory.fd);
	list_remove(&memory->link);
	free(memory);
}

/* Nobody can map it any more. */
static void memory_gone(struct memory *memory)
{
	struct pool *pool = memory->pool;

	memory_free(memory);
	if (pool) {
		pool_memory_gone(pool);
	}
}

static void memory_settle(struct memory *memory)
{
	if (memory->users > 0 || !memory->is_over || memory->state != MEMORY_GRANTED) {
		return;
	}
	if (!memory->guest) {
		memory_gone(memory);
	} else if (memory->guest->resource) {
		memory->state = MEMORY_ENDING;
		vitrine_broker_guest_v1_send_end_grant(memory->guest->resource, memory->serial);
	}
	/* Else the broker has just gone, and its guests go on this turn of the loop. */
}

static struct memory *memory_by_serial(struct guest *guest, uint32_t serial)
{
	struct memory *memory;

	list_for_each(memory, &guest->memories, link) {
		if (memory->serial == serial) {
			return memory;
		}
	}
	return NULL;
}

static uint64_t memories_bytes(const struct guest *guest)
{
	const struct memory *memory;
	uint64_t bytes = 0;

	list_for_each(memory, &guest->memories, link) {
		bytes += (uint64_t)memory->pages * XEN_PAGE_SIZE;
	}
	return bytes;
}

/* ---- allocating ---- */

static int refuse(struct guest *guest, int code, const char *why)
{
	log_guest(LOG_LEVEL_WARN, guest_name(guest), &guest->limit,
		  "gets no memory of the host to draw into: %s", why);
	return -code;
}

static int check_policy(struct guest *guest, uint32_t pages)
{
	const struct be_alloc_policy policy = guest_be_alloc_policy(guest);

	if (!policy.is_allowed) {
		return refuse(guest, EPERM,
			      "[guest] be-alloc=yes in vitrine.conf would allow it, be-alloc=0 in "
			      "its vdispl line would not ask for it");
	}
	if (guest->be_alloc_code) {
		return refuse(guest, EOPNOTSUPP, guest->be_alloc_reason);
	}
	if (memories_bytes(guest) + (uint64_t)pages * XEN_PAGE_SIZE > policy.bytes) {
		return refuse(guest, ENOSPC,
			      "it has all that be-alloc-bytes in vitrine.conf gives it");
	}
	return 0;
}

static int allocate(struct memory *memory, uint32_t width, uint32_t height)
{
	struct output_backend *backend = memory->backend;
	int ret;

	if (!backend || !backend->ops->memory_create) {
		return refuse(memory->guest, EOPNOTSUPP, "these monitors have none to give");
	}
	ret = backend->ops->memory_create(backend, width, height, &memory->memory);
	if (ret < 0) {
		memory->memory = (struct output_memory){.fd = -1};
		return refuse(memory->guest, -ret, strerror(-ret));
	}
	if (memory->memory.stride != width * BYTES_PER_PIXEL ||
	    memory->memory.size != (uint64_t)memory->pages * XEN_PAGE_SIZE) {
		return refuse(memory->guest, EOPNOTSUPP,
			      "the card wants rows of another length than displif's");
	}
	return 0;
}

int memory_create(struct memory **out, struct pool *pool, struct guest *guest, uint32_t width,
		  uint32_t height, uint32_t pages)
{
	struct memory *memory;
	int ret = size_valid(width, height, pages) ? check_policy(guest, pages) : -EINVAL;

	if (ret < 0) {
		return ret;
	}
	if (!guest->resource) {
		return -EPIPE;
	}
	memory = memory_alloc(guest, ++guest->memory_serial, pages);
	if (!memory) {
		return -ENOMEM;
	}
	ret = allocate(memory, width, height);
	if (ret < 0) {
		memory_free(memory);
		return ret;
	}
	memory->state = MEMORY_ASKED;
	memory->users = 1;
	memory->pool = pool;
	vitrine_broker_guest_v1_send_grant(guest->resource, memory->serial, memory->memory.fd,
					   width, height);
	*out = memory;
	return 0;
}

struct memory *memory_find(struct pool *pool, struct guest *guest, uint32_t first_ref,
			   uint32_t pages)
{
	struct memory *memory;

	list_for_each(memory, &guest->memories, link) {
		if (memory->state == MEMORY_GRANTED && memory->first_ref == first_ref &&
		    memory->pages == pages && !memory->pool && !memory->is_over) {
			memory->users++;
			memory->pool = pool;
			return memory;
		}
	}
	return NULL;
}

void memory_leave(struct memory *memory, struct pool *pool, bool is_over)
{
	memory->users--;
	memory->is_over |= is_over;
	if (!is_over) {
		memory_forget_pool(memory, pool);
	}
	memory_settle(memory);
}

void memory_forget_pool(struct memory *memory, struct pool *pool)
{
	if (memory->pool == pool) {
		memory->pool = NULL;
	}
}

void memories_end_orphans(struct guest *guest)
{
	struct memory *memory, *next;

	list_for_each_safe(memory, next, &guest->memories, link) {
		if (!memory->pool) {
			memory->is_over = true;
			memory_settle(memory);
		}
	}
}

void memories_forget_guest(struct guest *guest)
{
	struct memory *memory, *next;

	list_for_each_safe(memory, next, &guest->memories, link) {
		list_remove(&memory->link);
		memory->guest = NULL;
		memory->state = MEMORY_GRANTED;
		memory->is_over = true;
		memory_settle(memory);
	}
}

/* ---- the broker's words ---- */

static int first_of(int refs, uint32_t pages, uint32_t *first)
{
	uint32_t *list = calloc(pages, sizeof(*list));
	int ret = list ? memfd_read_sealed(refs, list, pages * sizeof(*list)) : -ENOMEM;

	if (ret == 0) {
		*first = list[0];
	}
	free(list);
	return ret;
}

bool memory_granted(struct guest *guest, uint32_t serial, int refs)
{
	struct memory *memory = memory_by_serial(guest, serial);

	if (!memory || memory->state != MEMORY_ASKED ||
	    first_of(refs, memory->pages, &memory->first_ref) < 0) {
		return false;
	}
	memory->state = MEMORY_GRANTED;
	if (memory->pool) {
		pool_memory_granted(memory->pool, refs);
	}
	memory_settle(memory);
	return true;
}

bool memory_refused(struct guest *guest, uint32_t serial, int code)
{
	struct memory *memory = memory_by_serial(guest, serial);
	struct pool *pool;

	if (!memory || memory->state != MEMORY_ASKED) {
		return false;
	}
	pool = memory->pool;
	memory_free(memory);
	if (pool) {
		pool_memory_failed(pool, code);
	}
	return true;
}

bool memory_ended(struct guest *guest, uint32_t serial)
{
	struct memory *memory = memory_by_serial(guest, serial);

	if (!memory || memory->state != MEMORY_ENDING) {
		return false;
	}
	memory_gone(memory);
	return true;
}

/* The dma-buf alone keeps the memory alive; who allocated it is gone. */
static int map_kept(struct output_memory *memory, int fd, uint32_t width, uint32_t height)
{
	uint64_t size = whole_pages(pixel_bytes(width, height)) * XEN_PAGE_SIZE;
	void *pixels;

	if (lseek(fd, 0, SEEK_END) != (off_t)size) {
		return -EINVAL;
	}
	pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		return -errno;
	}
	*memory = (struct output_memory){
		.fd = fd,
		.width = width,
		.height = height,
		.stride = width * BYTES_PER_PIXEL,
		.size = size,
		.pixels = pixels,
		.is_coherent = true, /* as all that a server has had granted */
	};
	return 0;
}

bool memory_kept(struct guest *guest, uint32_t serial, int fd, int refs, uint32_t width,
		 uint32_t height)
{
	uint64_t pages = whole_pages(pixel_bytes(width, height));
	struct memory *memory = NULL;
	int ret = -EINVAL;

	if (pages >= 1 && pages <= LIMIT_PAGES && size_valid(width, height, (uint32_t)pages) &&
	    !memory_by_serial(guest, serial)) {
		memory = memory_alloc(guest, serial, (uint32_t)pages);
		ret = memory ? first_of(refs, memory->pages, &memory->first_ref) : -ENOMEM;
	}
	if (ret == 0) {
		ret = map_kept(&memory->memory, fd, width, height);
	}
	if (ret < 0) {
		log_warn(LOG_HOST, "guest %s: memory that it draws into can't be shown: %s",
			 guest_name(guest), strerror(-ret));
		close_fd(&fd);
		if (memory) {
			memory_free(memory);
		}
		return ret != -EINVAL;
	}
	memory->is_kept = true;
	memory->state = MEMORY_GRANTED;
	guest->memory_serial = MAX(guest->memory_serial, serial);
	return true;
}

static const char *obstacle(const struct guest *guest)
{
	if (guest->be_alloc_code) {
		return guest->be_alloc_reason;
	}
	return guest_be_alloc_policy(guest).is_allowed ? NULL : "not allowed by the configuration";
}

const char *memories_obstacle(const struct guest *guest)
{
	const char *why = obstacle(guest);

	return why ? why : "not asked for by the toolstack";
}

void memories_report(const struct guest *guest, FILE *out)
{
	const char *why = obstacle(guest);

	fprintf(out, "guest.%s.be_alloc %s\n", guest_name(guest), why ? why : "yes");
	fprintf(out, "guest.%s.be_alloc_bytes %llu\n", guest_name(guest),
		(unsigned long long)memories_bytes(guest));
}
