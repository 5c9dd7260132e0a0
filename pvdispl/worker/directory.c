/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/directory.h"

#include <errno.h>
#include <stdlib.h>

#include "pvdispl/displif.h"
#include "pvdispl/worker/worker.h"

void directory_init(struct directory *directory, struct worker *worker)
{
	*directory = (struct directory){.worker = worker};
	list_init(&directory->request.link);
}

static int copy_out(struct directory *directory, const volatile uint32_t *untrusted, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t ref = untrusted[i];

		if (ref == 0) {
			return -EINVAL;
		}
		directory->refs[directory->n++] = ref;
	}
	return 0;
}

static void copy_in(struct directory *directory, volatile uint32_t *page, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		page[i] = directory->source[directory->n++];
	}
}

/* Returns the next directory page's reference, 0 when all references are there, or -EINVAL. */
static int64_t copy_page(struct directory *directory, void *page)
{
	volatile uint32_t *untrusted = page;
	uint32_t n = MIN(directory->wanted - directory->n, DISPLIF_DIR_REFS);
	uint32_t next = untrusted[0];

	if (directory->source) {
		copy_in(directory, untrusted + 1, n);
	} else if (copy_out(directory, untrusted + 1, n) < 0) {
		return -EINVAL;
	}
	if (directory->n == directory->wanted) {
		return 0;
	}
	return next ? (int64_t)next : -EINVAL;
}

static void on_page(struct map_request *request, int error, struct xen_map *map)
{
	struct directory *directory = container_of(request, struct directory, request);
	int64_t next = -EINVAL;
	uint32_t ref;

	if (error == 0) {
		next = copy_page(directory, map->addr);
		xen_map_finish(map);
	}
	if (next > 0) {
		ref = (uint32_t)next;
		next = broker_link_map(&directory->worker->broker, request, &ref);
		if (next == 0) {
			return;
		}
	}
	directory->done(directory, (int)next);
}

static int begin(struct directory *directory, uint32_t first, uint32_t wanted,
		 void (*done)(struct directory *directory, int error))
{
	int ret;

	directory->wanted = wanted;
	directory->n = 0;
	directory->done = done;
	directory->request.pages = 1;
	directory->request.writable = directory->source != NULL;
	directory->request.done = on_page;
	ret = broker_link_map(&directory->worker->broker, &directory->request, &first);
	if (ret < 0) {
		directory_cancel(directory);
	}
	return ret;
}

int directory_read(struct directory *directory, uint32_t first, uint32_t wanted,
		   void (*done)(struct directory *directory, int error))
{
	directory_cancel(directory);
	directory->refs = calloc(wanted, sizeof(*directory->refs));
	return directory->refs ? begin(directory, first, wanted, done) : -ENOMEM;
}

int directory_write(struct directory *directory, uint32_t first, const uint32_t *refs, uint32_t n,
		    void (*done)(struct directory *directory, int error))
{
	directory_cancel(directory);
	directory->source = refs;
	return begin(directory, first, n, done);
}

uint32_t *directory_take(struct directory *directory)
{
	uint32_t *refs = directory->refs;

	directory->refs = NULL;
	return refs;
}

void directory_cancel(struct directory *directory)
{
	broker_link_cancel(&directory->request);
	free(directory->refs);
	directory->refs = NULL;
	directory->source = NULL;
}
