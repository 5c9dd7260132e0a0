/* SPDX-License-Identifier: MIT */
/* Memory for guests to draw into where there is no device: plain shared memory, which loopback's hypervisor grants. */
#ifndef HEADLESS_MEMORY_H
#define HEADLESS_MEMORY_H

#include "compositor/output/device.h"

/* As output_backend_ops.memory_create and memory_destroy. */
MUST_USE int headless_memory_create(struct output_backend *backend, uint32_t width, uint32_t height,
				    struct output_memory *out);
void headless_memory_destroy(struct output_backend *backend, struct output_memory *memory);

#endif
