/* SPDX-License-Identifier: MIT */
#include "xen/xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "xen/front.h"
#include "xen/xen_priv.h"

#define LOOPBACK_PREFIX "loopback:"
#define MAX_DOMID 0x7fefu /* the last before those that mean something else */

static int open_loopback(struct xen **out, const char *rest)
{
	const char *colon = strchr(rest, ':');
	uint64_t domid;
	int ret;

	if (!colon || colon[1] == '\0') {
		return -EINVAL;
	}
	ret = parse_uint(rest, (size_t)(colon - rest), MAX_DOMID, &domid);
	if (ret < 0) {
		return ret;
	}
	return xen_loopback_open(out, (uint32_t)domid, colon + 1);
}

int xen_open(struct xen **out, const char *spec)
{
	if (strcmp(spec, "real") == 0) {
		return xen_real_open(out);
	}
	if (strncmp(spec, LOOPBACK_PREFIX, strlen(LOOPBACK_PREFIX)) == 0) {
		return open_loopback(out, spec + strlen(LOOPBACK_PREFIX));
	}
	return -EINVAL;
}

void xen_close(struct xen *xen)
{
	if (xen) {
		xen->ops->close(xen);
	}
}

enum xen_kind xen_kind(const struct xen *xen)
{
	return xen->kind;
}

int xen_store_fd(struct xen *xen)
{
	return xen->ops->store_fd(xen);
}

char *xen_store_read(struct xen *xen, const char *path, size_t *len)
{
	return xen->ops->store_read(xen, path, len);
}

int xen_store_write(struct xen *xen, const char *path, const char *value)
{
	return xen->ops->store_write(xen, path, value);
}

int xen_store_replace(struct xen *xen, const char *path, const char *expected, const char *value)
{
	return xen->ops->store_replace(xen, path, expected, value);
}

int xen_store_remove(struct xen *xen, const char *path)
{
	return xen->ops->store_remove(xen, path);
}

int xen_store_list(struct xen *xen, const char *path, char ***names, unsigned max)
{
	*names = NULL;
	return xen->ops->store_list(xen, path, names, max);
}

void xen_store_list_free(char **names, int n)
{
	for (int i = 0; i < n; i++) {
		free(names[i]);
	}
	free(names);
}

int xen_names_unpack(const char *packed, size_t size, char ***names, unsigned max)
{
	char **list = calloc((size_t)max + 1, sizeof(*list));
	size_t at = 0;
	unsigned n = 0;

	if (!list) {
		return -ENOMEM;
	}
	while (at < size && n < max) {
		list[n] = strndup(packed + at, size - at);
		if (!list[n]) {
			xen_store_list_free(list, (int)n);
			return -ENOMEM;
		}
		at += strlen(list[n]) + 1;
		n++;
	}
	*names = list;
	return (int)n;
}

int xen_store_watch(struct xen *xen, const char *path, const char *token)
{
	return xen->ops->store_watch(xen, path, token);
}

int xen_store_unwatch(struct xen *xen, const char *path, const char *token)
{
	return xen->ops->store_unwatch(xen, path, token);
}

int xen_store_next_event(struct xen *xen, char **path, char **token)
{
	*path = NULL;
	*token = NULL;
	return xen->ops->store_next_event(xen, path, token);
}

int xen_store_set_owner(struct xen *xen, const char *path, uint32_t owner, uint32_t reader)
{
	return xen->ops->store_set_owner(xen, path, owner, reader);
}

int xen_map_prepare(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
		    bool writable, struct xen_prepared *out)
{
	out->fd = -1;
	out->n_segments = 0;
	if (n == 0) {
		return -EINVAL;
	}
	if (n > XEN_MAX_SEGMENTS * XEN_SEGMENT_PAGES) {
		return -E2BIG;
	}
	return xen->ops->map_prepare(xen, domid, refs, n, writable, out);
}

int xen_grants_create(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n, uint32_t *refs,
		      struct xen_grants **out)
{
	struct xen_grants *grants;
	int ret;

	if (n == 0) {
		return -EINVAL;
	}
	grants = calloc(1, sizeof(*grants));
	if (!grants) {
		return -ENOMEM;
	}
	grants->xen = xen;
	grants->dmabuf = fcntl(dmabuf, F_DUPFD_CLOEXEC, 3);
	ret = grants->dmabuf < 0 ?
		      -errno :
		      xen->ops->grants_create(xen, domid, grants->dmabuf, n, refs, grants);
	if (ret < 0) {
		close_fd(&grants->dmabuf);
		free(grants);
		return ret;
	}
	*out = grants;
	return 0;
}

void xen_grants_end(struct xen_grants *grants)
{
	if (grants) {
		grants->xen->ops->grants_end(grants);
		close_fd(&grants->dmabuf);
		free(grants);
	}
}

int xen_dmabuf_export(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n, int *fd)
{
	*fd = -1;
	return n == 0 ? -EINVAL : xen->ops->dmabuf_export(xen, domid, refs, n, fd);
}

void xen_dmabuf_probe(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out)
{
	*out = (struct xen_dmabuf_support){0};
	xen->ops->dmabuf_probe(xen, own_domid, out);
}

int xen_evtchn_bind(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
		    uint32_t *local, int *fd)
{
	*fd = -1;
	return xen->ops->evtchn_bind(xen, domid, remote, n, local, fd);
}

int xen_front_share(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs, void **addr)
{
	*addr = NULL;
	return n == 0 ? -EINVAL : xen->ops->front_share(xen, domid, n, refs, addr);
}

void xen_front_unshare(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs)
{
	xen->ops->front_unshare(xen, addr, n, refs);
}

int xen_front_ports(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports,
		    struct xen_evtchn **evtchn)
{
	int fd = -1;
	int ret = xen->ops->front_ports(xen, domid, n, ports, &fd);

	if (ret < 0) {
		return ret;
	}
	return xen_evtchn_adopt(evtchn, xen->kind, fd);
}
