/* SPDX-License-Identifier: MIT */
/* On the loopback: creates and destroys a domain with its devices in the store, as xl and libxl do. */
#ifndef TOOLS_PVFRONT_TOOLSTACK_H
#define TOOLS_PVFRONT_TOOLSTACK_H

#include <stdint.h>

#include "base/util.h"
#include "tools/pvfront/options.h"

struct toolstack;

/*
 * spec: the guest's, for xen_open; the toolstack is domain 0 at the same place. The guest must be connected already.
 * Returns 0 or -errno, logged.
 */
MUST_USE int toolstack_create(struct toolstack **out, const char *spec, uint32_t domid,
			      const struct options *options);
/*
 * Takes the devices away, waits for the backends as libxl does (10 s each), removes the domain from the store. Returns 0,
 * or -ETIMEDOUT when a backend did not close; all is removed in any case.
 */
int toolstack_destroy(struct toolstack *toolstack);

#endif
