/* SPDX-License-Identifier: MIT */
/* The frontend's side, for tools/pvfront and the tests: pages granted to a backend, ports offered to it. */
#ifndef XEN_FRONT_H
#define XEN_FRONT_H

#include <stdint.h>

#include "base/util.h"
#include "xen/xen.h"

/* n pages that follow each other in this process, zeroed, granted read-write to domid. refs receives n references. */
MUST_USE int xen_front_share(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs,
			     void **addr);
void xen_front_unshare(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs);

/* n unbound ports for domid on a fresh handle. */
MUST_USE int xen_front_ports(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports,
			     struct xen_evtchn **evtchn);

#endif
