/* SPDX-License-Identifier: MIT */
/*
 * The one parser of what stands in the store: pure, strict, total. A value is any bytes, at most XENSTORE_MAX_VALUE of
 * them, possibly written by a guest. Everything returns 0 or -EINVAL, and writes its results on success only.
 */
#ifndef PVDISPL_BROKER_XENSTORE_PARSE_H
#define PVDISPL_BROKER_XENSTORE_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "pvdispl/worker_protocol.h"

#define XENSTORE_MAX_VALUE 4096u
#define XENSTORE_MAX_PATH 256u
#define XENSTORE_MAX_SIZE 16384u /* pixels, either way */
#define XENSTORE_MAX_DOMID 0x7fefu
#define XENSTORE_STATES 9u /* xenbus states, 0 to 8 */

struct pv_size {
	uint32_t width, height; /* 1 to XENSTORE_MAX_SIZE */
};

/* The sizes of a display's connectors. */
struct pv_layout {
	uint32_t n; /* 1 to PV_MAX_CONNECTORS */
	struct pv_size size[PV_MAX_CONNECTORS];
};

/* Decimal digits and nothing else, min to max. */
MUST_USE int xenstore_parse_number(const char *untrusted, size_t len, uint32_t min, uint32_t max,
				   uint32_t *out);
/* As it stands in the name of a directory: no leading zeros, so that one number has one name. */
MUST_USE int xenstore_parse_index(const char *untrusted, size_t len, uint32_t max, uint32_t *out);
/* "WxH". */
MUST_USE int xenstore_parse_size(const char *untrusted, size_t len, struct pv_size *out);
/* "WxH;WxH...", as the broker notes a display's frozen connectors. */
MUST_USE int xenstore_parse_layout(const char *untrusted, size_t len, struct pv_layout *out);
/* A frontend's directory: below /local/domain/DOMID/, of letters, digits, '-' and '_', no empty element. */
MUST_USE int xenstore_parse_frontend(const char *untrusted, size_t len, uint32_t domid);

/* A valid guest name of at most PV_NAME_SIZE - 1 characters, whatever the bytes are; '_' stands for what may not be in one. */
void xenstore_make_name(const char *untrusted, size_t len, char out[PV_NAME_SIZE]);
/* The same with -DOMID at its end. */
void xenstore_extend_name(char name[PV_NAME_SIZE], uint32_t domid);

#endif
