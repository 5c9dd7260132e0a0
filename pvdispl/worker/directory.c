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

/* Returns the next directory page's reference, 0 when all references are there, or -EINVAL. */
static int64_t copy_page(struct directory *directory, const void *page)
{
	const volatile uint32_t *untrusted = page;
	uint32_t n = MIN(directory->wanted - directory->n, DISPLIF_DIR_REFS);
	uint32_t next = untrusted[0];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t ref = untrusted[1 + i];

		if (ref == 0) {
			return -EINVAL;
		}
		directory->refs[directory->n++] = ref;
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

int directory_read(struct directory *directory, uint32_t first, uint32_t wanted,
		   void (*done)(struct directory *directory, int error))
{
	int ret;

	directory_cancel(directory);
	directory->refs = calloc(wanted, sizeof(*directory->refs));
	if (!directory->refs) {
		return -ENOMEM;
	}
	directory->wanted = wanted;
	directory->n = 0;
	directory->done = done;
	directory->request.pages = 1;
	directory->request.writable = false;
	directory->request.done = on_page;
	ret = broker_link_map(&directory->worker->broker, &directory->request, &first);
	if (ret < 0) {
		directory_cancel(directory);
	}
	return ret;
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
}
