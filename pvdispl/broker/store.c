/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Frontends' directories are checked for their length, all else is ours and short. */
struct path {
	char text[XENSTORE_MAX_PATH + 64];
};

static struct path path_of(const char *dir, const char *name)
{
	struct path path;

	snprintf(path.text, sizeof(path.text), "%s/%s", dir, name);
	return path;
}

/* The bytes of a node, for the parser and nobody else; to be freed. */
static int read_node(struct xen *xen, const char *dir, const char *name, char **untrusted,
		     size_t *len)
{
	struct path path = path_of(dir, name);

	*untrusted = xen_store_read(xen, path.text, len);
	if (!*untrusted) {
		return errno == ENOENT || errno == EACCES ? -ENOENT : -EIO;
	}
	return 0;
}

int store_read_number(struct xen *xen, const char *dir, const char *name, uint32_t min,
		      uint32_t max, uint32_t *out)
{
	char *untrusted;
	size_t len;
	int ret = read_node(xen, dir, name, &untrusted, &len);

	if (ret == 0) {
		ret = xenstore_parse_number(untrusted, len, min, max, out);
		free(untrusted);
	}
	return ret;
}

int store_read_state(struct xen *xen, const char *dir, uint32_t *out)
{
	return store_read_number(xen, dir, "state", 0, XENSTORE_STATES - 1, out);
}

bool store_flag(struct xen *xen, const char *dir, const char *name, bool otherwise)
{
	uint32_t value;

	return store_read_number(xen, dir, name, 0, 1, &value) == 0 ? value : otherwise;
}

int store_read_size(struct xen *xen, const char *dir, const char *name, struct pv_size *out)
{
	char *untrusted;
	size_t len;
	int ret = read_node(xen, dir, name, &untrusted, &len);

	if (ret == 0) {
		ret = xenstore_parse_size(untrusted, len, out);
		free(untrusted);
	}
	return ret;
}

int store_read_layout(struct xen *xen, const char *dir, const char *name, struct pv_layout *out)
{
	char *untrusted;
	size_t len;
	int ret = read_node(xen, dir, name, &untrusted, &len);

	if (ret == 0) {
		ret = xenstore_parse_layout(untrusted, len, out);
		free(untrusted);
	}
	return ret;
}

int store_read_frontend(struct xen *xen, const char *dir, uint32_t domid, char **out)
{
	char *untrusted;
	size_t len;
	int ret = read_node(xen, dir, "frontend", &untrusted, &len);

	if (ret < 0) {
		return ret;
	}
	ret = xenstore_parse_frontend(untrusted, len, domid);
	if (ret < 0) {
		free(untrusted);
		return ret;
	}
	*out = untrusted;
	return 0;
}

bool store_exists(struct xen *xen, const char *dir, const char *name)
{
	char *untrusted;
	size_t len;

	if (read_node(xen, dir, name, &untrusted, &len) < 0) {
		return false;
	}
	free(untrusted);
	return true;
}

int store_write(struct xen *xen, const char *dir, const char *name, const char *value)
{
	struct path path = path_of(dir, name);

	return xen_store_write(xen, path.text, value);
}

int store_write_number(struct xen *xen, const char *dir, const char *name, uint32_t value)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", value);
	return store_write(xen, dir, name, text);
}

int store_replace_state(struct xen *xen, const char *dir, uint32_t from, uint32_t to)
{
	struct path path = path_of(dir, "state");
	char expected[12], value[12];

	snprintf(expected, sizeof(expected), "%u", from);
	snprintf(value, sizeof(value), "%u", to);
	return xen_store_replace(xen, path.text, expected, value);
}
