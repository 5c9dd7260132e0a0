/* SPDX-License-Identifier: MIT */
/* Whether a picture that a worker describes lies inside its pool. Pure. */
#ifndef WAYLAND_BUFFER_PARSE_H
#define WAYLAND_BUFFER_PARSE_H

#include <stdint.h>

#include "base/util.h"

#define BUFFER_MAX_SIDE 16384u /* pixels */

/* As in vitrine_grant_pool_v1.create_buffer. */
struct buffer_request {
	uint32_t offset;        /* bytes */
	uint32_t width, height; /* pixels */
	uint32_t stride;        /* bytes */
	uint32_t format;        /* fourcc */
};

/* What was found to be covered by the pool. */
struct buffer_shape {
	uint32_t offset;
	int width, height, stride;
	uint32_t format;
};

/*
 * Each row ends before the next one begins, and the last one inside the pool. Returns 0, -EINVAL
 * when it does not, or -ENOTSUP for a format that base/format.h does not know. out is written on
 * success only.
 */
MUST_USE int buffer_check(const struct buffer_request *untrusted, uint64_t pool_bytes,
			  struct buffer_shape *out);

#endif
