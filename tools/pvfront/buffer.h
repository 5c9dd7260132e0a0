/* SPDX-License-Identifier: MIT */
/* Memory of the guest that the backend may map: pixels, and the grant directory that lists them. */
#ifndef TOOLS_PVFRONT_BUFFER_H
#define TOOLS_PVFRONT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/displif.h"
#include "xen/xen.h"

struct buffer {
	void *memory;       /* be-alloc: NULL before buffer_map */
	bool is_allocated;  /* the backend's memory (be-alloc) */
	struct xen_map map; /* of that; fd -1: none */
	uint32_t pages;
	uint32_t dir_pages;
	uint32_t *refs; /* of the pages */
	uint32_t *dir_refs;
	struct displif_directory *directory;
	uint64_t dbuf_cookie;
	uint64_t fb_cookie;
};

/* size: bytes, at least 1. The cookies are made up and differ from all others of this process. */
MUST_USE int buffer_init(struct buffer *buffer, struct xen *xen, uint32_t backend, size_t size);
/* be-alloc: only the directory is the guest's, with no reference in it; pixels come by buffer_map. */
MUST_USE int buffer_init_allocated(struct buffer *buffer, struct xen *xen, uint32_t backend,
				   size_t size);
/* Maps what the backend has put into the directory. -EINVAL: it has not filled it. */
MUST_USE int buffer_map(struct buffer *buffer, struct xen *xen, uint32_t backend);
/* The guest does so before it has the backend destroy the buffer. */
void buffer_unmap(struct buffer *buffer);
/* Harmless on a zeroed one. */
void buffer_finish(struct buffer *buffer, struct xen *xen);

uint64_t cookie_make(void);

#endif
