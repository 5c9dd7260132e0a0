/* SPDX-License-Identifier: MIT */
/*
 * Any bytes from a client of the control socket, in pieces of any size: where messages end does not hang on the pieces, and
 * never is one longer than the limit.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "compositor/control/wire_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In pieces of step bytes; what it ended with. */
static ssize_t take(struct wire *wire, const uint8_t *data, size_t size, size_t step)
{
	size_t at = 0;

	memset(wire, 0, sizeof(*wire));
	while (at < size) {
		ssize_t n = wire_take(wire, data + at, MIN(step, size - at));

		if (n < 0) {
			return n;
		}
		assert(n > 0 && (size_t)n <= MIN(step, size - at));
		assert(wire->left <= WIRE_MESSAGE_MAX && wire->have < WIRE_HEADER &&
		       wire->auth <= WIRE_AUTH_MAX);
		at += (size_t)n;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire whole, pieces;
	ssize_t end = take(&whole, data, size, size ? size : 1);
	size_t step = size ? 1 + data[size - 1] % 64 : 1;

	assert(take(&pieces, data, size, step) == end);
	assert(end < 0 || (whole.phase == pieces.phase && whole.left == pieces.left &&
			   whole.have == pieces.have && whole.auth == pieces.auth));
	return 0;
}
