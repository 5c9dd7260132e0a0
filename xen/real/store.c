/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "xen/real/real.h"

#define VALUE_MAX 4096u
#define REPLACE_TRIES 16u

static int result(bool ok)
{
	return ok ? 0 : -errno;
}

static void real_close(struct xen *xen)
{
	struct xen_real *real = xen_real(xen);

	xen_real_front_close(real);
	xs_close(real->store);
	free(real);
}

int xen_real_store_fd(struct xen *xen)
{
	return xs_fileno(xen_real(xen)->store);
}

char *xen_real_store_read(struct xen *xen, const char *path, size_t *len)
{
	unsigned size = 0;
	char *value = xs_read(xen_real(xen)->store, XBT_NULL, path, &size);

	if (value && size > VALUE_MAX) {
		free(value);
		errno = EFBIG;
		return NULL;
	}
	*len = size;
	return value;
}

int xen_real_store_write(struct xen *xen, const char *path, const char *value)
{
	return result(
		xs_write(xen_real(xen)->store, XBT_NULL, path, value, (unsigned)strlen(value)));
}

static int replace_once(struct xs_handle *store, xs_transaction_t transaction, const char *path,
			const char *expected, const char *value)
{
	unsigned size = 0;
	char *found = xs_read(store, transaction, path, &size);
	int ret;

	if (!found) {
		return -errno;
	}
	ret = size == strlen(expected) && memcmp(found, expected, size) == 0 ? 0 : -EAGAIN;
	free(found);
	return ret < 0 ? ret :
			 result(xs_write(store, transaction, path, value, (unsigned)strlen(value)));
}

int xen_real_store_replace(struct xen *xen, const char *path, const char *expected,
			   const char *value)
{
	struct xs_handle *store = xen_real(xen)->store;

	for (unsigned i = 0; i < REPLACE_TRIES; i++) {
		xs_transaction_t transaction = xs_transaction_start(store);
		int ret = transaction == XBT_NULL ?
				  -errno :
				  replace_once(store, transaction, path, expected, value);

		if (transaction == XBT_NULL) {
			return ret;
		}
		/* What was read has changed meanwhile: EAGAIN, and nothing was written. */
		if (xs_transaction_end(store, transaction, ret < 0)) {
			return ret;
		}
		if (errno != EAGAIN) {
			return -errno;
		}
	}
	return -EAGAIN;
}

/* The library takes the removal of what is not there for a success. */
int xen_real_store_remove(struct xen *xen, const char *path)
{
	unsigned size = 0;
	void *value = xs_read(xen_real(xen)->store, XBT_NULL, path, &size);

	if (!value) {
		return -errno;
	}
	free(value);
	return result(xs_rm(xen_real(xen)->store, XBT_NULL, path));
}

int xen_real_store_list(struct xen *xen, const char *path, char ***names, unsigned max)
{
	unsigned n = 0;
	char **block = xs_directory(xen_real(xen)->store, XBT_NULL, path, &n);
	char **list;

	if (!block) {
		return -errno;
	}
	n = MIN(n, max);
	list = calloc((size_t)n + 1, sizeof(*list));
	for (unsigned i = 0; list && i < n; i++) {
		list[i] = strdup(block[i]);
		if (!list[i]) {
			xen_store_list_free(list, (int)i);
			list = NULL;
		}
	}
	free(block);
	*names = list;
	return list ? (int)n : -ENOMEM;
}

int xen_real_store_watch(struct xen *xen, const char *path, const char *token)
{
	return result(xs_watch(xen_real(xen)->store, path, token));
}

int xen_real_store_unwatch(struct xen *xen, const char *path, const char *token)
{
	return result(xs_unwatch(xen_real(xen)->store, path, token));
}

int xen_real_store_next_event(struct xen *xen, char **path, char **token)
{
	char **event = xs_check_watch(xen_real(xen)->store);

	if (!event) {
		return -errno;
	}
	*path = strdup(event[XS_WATCH_PATH]);
	*token = strdup(event[XS_WATCH_TOKEN]);
	free(event);
	if (!*path || !*token) {
		free(*path);
		free(*token);
		*path = NULL;
		*token = NULL;
		return -ENOMEM;
	}
	return 0;
}

int xen_real_store_set_owner(struct xen *xen, const char *path, uint32_t owner, uint32_t reader)
{
	struct xs_permissions perms[] = {
		{.id = owner, .perms = XS_PERM_NONE},
		{.id = reader, .perms = XS_PERM_READ},
	};

	return result(
		xs_set_permissions(xen_real(xen)->store, XBT_NULL, path, perms, ARRAY_SIZE(perms)));
}

static const struct xen_ops real_ops = {
	.close = real_close,
	.store_fd = xen_real_store_fd,
	.store_read = xen_real_store_read,
	.store_write = xen_real_store_write,
	.store_replace = xen_real_store_replace,
	.store_remove = xen_real_store_remove,
	.store_list = xen_real_store_list,
	.store_watch = xen_real_store_watch,
	.store_unwatch = xen_real_store_unwatch,
	.store_next_event = xen_real_store_next_event,
	.store_set_owner = xen_real_store_set_owner,
	.map_prepare = xen_real_map_prepare,
	.grants_create = xen_real_grants_create,
	.grants_end = xen_real_grants_end,
	.dmabuf_export = xen_real_dmabuf_export,
	.dmabuf_probe = xen_real_dmabuf_probe,
	.evtchn_bind = xen_real_evtchn_bind,
	.front_share = xen_real_front_share,
	.front_unshare = xen_real_front_unshare,
	.front_ports = xen_real_front_ports,
};

int xen_real_open(struct xen **out)
{
	struct xen_real *real = calloc(1, sizeof(*real));

	if (!real) {
		return -ENOMEM;
	}
	real->base.kind = XEN_REAL;
	real->base.ops = &real_ops;
	/* Not XS_UNWATCH_FILTER: it loses events when two watches share a token. */
	real->store = xs_open(0);
	if (!real->store) {
		int ret = errno ? -errno : -ENODEV;

		free(real);
		return ret;
	}
	*out = &real->base;
	return 0;
}
