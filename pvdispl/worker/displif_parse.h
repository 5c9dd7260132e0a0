/* SPDX-License-Identifier: MIT */
/*
 * From the 64 bytes of a request to values that may be acted on. Pure: no I/O, no allocation, no
 * state. What depends on other requests (does this cookie exist?) is the caller's.
 */
#ifndef WORKER_DISPLIF_PARSE_H
#define WORKER_DISPLIF_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"
#include "base/util.h"
#include "pvdispl/displif.h"
#include "pvdispl/worker/geometry_parse.h"

struct command_dbuf_create {
	uint64_t cookie;
	struct geometry_dbuf geometry;
	uint32_t directory; /* reference, not 0 */
	/*
	 * The guest asks for memory of ours (REQ_ALLOC). Only to be believed where the toolstack wants that: Linux does not clear old
	 * bytes of a slot, so the bit may be the rest of a fourcc.
	 */
	bool is_allocated;
	uint32_t height; /* checked with the geometry */
};

struct command_fb_attach {
	uint64_t dbuf, fb;
	uint32_t untrusted_width, untrusted_height; /* for geometry_cut_fb */
	const struct pixel_format *format;
};

struct command_set_config {
	bool enable; /* false: the rest is 0 */
	uint64_t fb;
	uint32_t untrusted_x, untrusted_y; /* for geometry_shown */
};

struct displif_command {
	uint16_t id;
	uint8_t operation; /* as the guest said; displif_parse succeeded: one of enum displif_op */
	union {
		struct command_dbuf_create dbuf_create;
		struct command_fb_attach fb_attach;
		struct command_set_config set_config;
		uint64_t cookie;    /* DBUF_DESTROY, FB_DETACH, PG_FLIP */
		uint32_t directory; /* GET_EDID: of a buffer of at least DISPLIF_EDID_MAX bytes */
	} u;
};

/* Reads each byte of shared once and leaves it be: the guest may be writing it. */
void displif_copy(struct displif_request *untrusted_out, const struct displif_request *shared);

/*
 * first: the request came on the ring of connector 0. Sets id and operation in any case, for the
 * answer. Returns 0, -EOPNOTSUPP for an operation that does not exist, or -EINVAL.
 */
MUST_USE int displif_parse(const struct displif_request *untrusted, bool first,
			   struct displif_command *out);

#endif
