/* SPDX-License-Identifier: MIT */
/* Single nodes of the store, read through the parser. All return 0, -ENOENT when there is none, or -EINVAL when it is bad. */
#ifndef PVDISPL_BROKER_STORE_H
#define PVDISPL_BROKER_STORE_H

#include <stdint.h>

#include "base/util.h"
#include "pvdispl/broker/xenstore_parse.h"
#include "xen/xen.h"

MUST_USE int store_read_number(struct xen *xen, const char *dir, const char *name, uint32_t min,
			       uint32_t max, uint32_t *out);
MUST_USE int store_read_state(struct xen *xen, const char *dir, uint32_t *out);
MUST_USE int store_read_size(struct xen *xen, const char *dir, const char *name,
			     struct pv_size *out);
MUST_USE int store_read_layout(struct xen *xen, const char *dir, const char *name,
			       struct pv_layout *out);
/* The frontend's directory of a backend's, checked to be of domid; to be freed. */
MUST_USE int store_read_frontend(struct xen *xen, const char *dir, uint32_t domid, char **out);
/* True when it is 1, false when it is 0, otherwise when it is neither or missing. */
bool store_flag(struct xen *xen, const char *dir, const char *name, bool otherwise);
bool store_exists(struct xen *xen, const char *dir, const char *name);

/* From one state to the other: -ENOENT when there is no such directory any more, -EAGAIN when it is in another state. */
MUST_USE int store_replace_state(struct xen *xen, const char *dir, uint32_t from, uint32_t to);
MUST_USE int store_write(struct xen *xen, const char *dir, const char *name, const char *value);
MUST_USE int store_write_number(struct xen *xen, const char *dir, const char *name, uint32_t value);

#endif
