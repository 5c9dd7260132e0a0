/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/xenstore_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int xenstore_parse_number(const char *untrusted, size_t len, uint32_t min, uint32_t max,
			  uint32_t *out)
{
	uint64_t value;

	if (len > XENSTORE_MAX_VALUE || parse_uint(untrusted, len, max, &value) < 0 || value < min) {
		return -EINVAL;
	}
	*out = (uint32_t)value;
	return 0;
}

int xenstore_parse_index(const char *untrusted, size_t len, uint32_t max, uint32_t *out)
{
	if (len > 1 && untrusted[0] == '0') {
		return -EINVAL;
	}
	return xenstore_parse_number(untrusted, len, 0, max, out);
}

int xenstore_parse_size(const char *untrusted, size_t len, struct pv_size *out)
{
	const char *x = len > 0 ? memchr(untrusted, 'x', len) : NULL;
	struct pv_size size;
	size_t left;

	if (!x) {
		return -EINVAL;
	}
	left = (size_t)(x - untrusted);
	if (xenstore_parse_number(untrusted, left, 1, XENSTORE_MAX_SIZE, &size.width) < 0 ||
	    xenstore_parse_number(x + 1, len - left - 1, 1, XENSTORE_MAX_SIZE, &size.height) < 0) {
		return -EINVAL;
	}
	*out = size;
	return 0;
}

int xenstore_parse_layout(const char *untrusted, size_t len, struct pv_layout *out)
{
	struct pv_layout layout = {0};
	size_t at = 0;

	if (len == 0) {
		return -EINVAL;
	}
	for (;;) {
		const char *end = memchr(untrusted + at, ';', len - at);
		size_t part = end ? (size_t)(end - untrusted) - at : len - at;

		if (layout.n == PV_MAX_CONNECTORS ||
		    xenstore_parse_size(untrusted + at, part, &layout.size[layout.n]) < 0) {
			return -EINVAL;
		}
		layout.n++;
		if (!end) {
			*out = layout;
			return 0;
		}
		at += part + 1;
	}
}

static bool may_be_in_path(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_';
}

int xenstore_parse_frontend(const char *untrusted, size_t len, uint32_t domid)
{
	char prefix[40];
	size_t at = (size_t)snprintf(prefix, sizeof(prefix), "/local/domain/%u/", domid);

	if (len <= at || len > XENSTORE_MAX_PATH || memcmp(untrusted, prefix, at) != 0) {
		return -EINVAL;
	}
	for (; at < len; at++) {
		bool slash = untrusted[at] == '/';

		if (!slash && !may_be_in_path(untrusted[at])) {
			return -EINVAL;
		}
		if (slash && (untrusted[at - 1] == '/' || at + 1 == len)) {
			return -EINVAL;
		}
	}
	return 0;
}

void xenstore_make_name(const char *untrusted, size_t len, char out[PV_NAME_SIZE])
{
	size_t n = MIN(len, (size_t)PV_NAME_SIZE - 1);

	memset(out, 0, PV_NAME_SIZE);
	for (size_t i = 0; i < n; i++) {
		char one[2] = {untrusted[i], '\0'};

		out[i] = '_';
		if (guest_name_valid(one)) {
			out[i] = one[0];
		}
	}
	if (n == 0) {
		out[0] = '_';
	}
}

void xenstore_extend_name(char name[PV_NAME_SIZE], uint32_t domid)
{
	char tail[12];
	size_t size = (size_t)snprintf(tail, sizeof(tail), "-%u", domid);
	size_t at = MIN(strlen(name), (size_t)PV_NAME_SIZE - 1 - size);

	memcpy(name + at, tail, size + 1);
}
