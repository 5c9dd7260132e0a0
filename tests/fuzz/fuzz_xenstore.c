/* SPDX-License-Identifier: MIT */
/* Any bytes as a value of the store: every parser ends, and what it lets through keeps its promises. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pvdispl/broker/xenstore_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_size(const struct pv_size *size)
{
	assert(size->width >= 1 && size->width <= XENSTORE_MAX_SIZE);
	assert(size->height >= 1 && size->height <= XENSTORE_MAX_SIZE);
}

static void try_numbers(const char *untrusted, size_t len)
{
	uint32_t value;

	if (xenstore_parse_number(untrusted, len, 1, UINT32_MAX, &value) == 0) {
		assert(value >= 1 && len <= XENSTORE_MAX_VALUE);
	}
	if (xenstore_parse_number(untrusted, len, 0, XENSTORE_STATES - 1, &value) == 0) {
		assert(value < XENSTORE_STATES);
	}
	if (xenstore_parse_index(untrusted, len, XENSTORE_MAX_DOMID, &value) == 0) {
		assert(value <= XENSTORE_MAX_DOMID && (untrusted[0] != '0' || len == 1));
	}
}

static void try_sizes(const char *untrusted, size_t len)
{
	struct pv_layout layout = {0};
	struct pv_size size;

	if (xenstore_parse_size(untrusted, len, &size) == 0) {
		check_size(&size);
	}
	if (xenstore_parse_layout(untrusted, len, &layout) == 0) {
		assert(layout.n >= 1 && layout.n <= PV_MAX_CONNECTORS);
		for (uint32_t i = 0; i < layout.n; i++) {
			check_size(&layout.size[i]);
		}
	}
}

static void try_names(const char *untrusted, size_t len)
{
	char name[PV_NAME_SIZE] = "";

	if (xenstore_parse_frontend(untrusted, len, 5) == 0) {
		assert(len <= XENSTORE_MAX_PATH && memcmp(untrusted, "/local/domain/5/", 16) == 0);
		assert(!memchr(untrusted, '.', len) && !memchr(untrusted, '\0', len));
	}
	xenstore_make_name(untrusted, len, name);
	assert(guest_name_valid(name));
	xenstore_extend_name(name, XENSTORE_MAX_DOMID);
	assert(guest_name_valid(name));
}

/* A copy of its own size, so that a look past the end is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *untrusted = calloc(size > 0 ? size : 1, 1);

	if (!untrusted) {
		return 0;
	}
	if (size > 0) {
		memcpy(untrusted, data, size);
	}
	try_numbers(untrusted, size);
	try_sizes(untrusted, size);
	try_names(untrusted, size);
	free(untrusted);
	return 0;
}
