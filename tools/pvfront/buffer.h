/* SPDX-License-Identifier: MIT */
/* Memory of the guest that the backend may map: pixels, and the grant directory that lists them. */
#ifndef TOOLS_PVFRONT_BUFFER_H
#define TOOLS_PVFRONT_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/displif.h"
#include "xen/xen.h"

struct buffer {
	void *memory;
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
/* Harmless on a zeroed one. */
void buffer_finish(struct buffer *buffer, struct xen *xen);

uint64_t cookie_make(void);

#endif
