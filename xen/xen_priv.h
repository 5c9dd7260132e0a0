/* SPDX-License-Identifier: MIT */
/* What an implementation of the seam provides. */
#ifndef XEN_XEN_PRIV_H
#define XEN_XEN_PRIV_H

#include "xen/front.h"
#include "xen/xen.h"

/* As the functions of the same names in xen/xen.h and xen/front.h. */
struct xen_ops {
	void (*close)(struct xen *xen);

	int (*store_fd)(struct xen *xen);
	char *(*store_read)(struct xen *xen, const char *path, size_t *len);
	int (*store_write)(struct xen *xen, const char *path, const char *value);
	int (*store_replace)(struct xen *xen, const char *path, const char *expected,
			     const char *value);
	int (*store_remove)(struct xen *xen, const char *path);
	int (*store_list)(struct xen *xen, const char *path, char ***names, unsigned max);
	int (*store_watch)(struct xen *xen, const char *path, const char *token);
	int (*store_unwatch)(struct xen *xen, const char *path, const char *token);
	int (*store_next_event)(struct xen *xen, char **path, char **token);
	int (*store_set_owner)(struct xen *xen, const char *path, uint32_t owner, uint32_t reader);

	int (*map_prepare)(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			   bool writable, struct xen_prepared *out);
	/* *grants: xen and ops are filled in by the caller. */
	int (*grants_create)(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n,
			     uint32_t *refs, struct xen_grants *grants);
	void (*grants_end)(struct xen_grants *grants);
	int (*dmabuf_export)(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			     int *fd);
	void (*dmabuf_probe)(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out);
	int (*evtchn_bind)(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
			   uint32_t *local, int *fd);

	int (*front_share)(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs, void **addr);
	void (*front_unshare)(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs);
	/* The handle, for xen_evtchn_adopt. */
	int (*front_ports)(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports, int *fd);
};

struct xen_grants {
	struct xen *xen;
	uint64_t handle; /* the implementation's */
	int dmabuf;      /* ours */
};

/* First member of an implementation's own struct. */
struct xen {
	enum xen_kind kind;
	const struct xen_ops *ops;
};

MUST_USE int xen_real_open(struct xen **out);
MUST_USE int xen_loopback_open(struct xen **out, uint32_t domid, const char *path);

/* Apart from struct xen_ops: what a worker links must not drag in the store or the right to map. */
struct xen_evtchn_ops {
	int (*next)(int fd, uint32_t *port);
	int (*unmask)(int fd, uint32_t port);
	int (*notify)(int fd, uint32_t port);
};

extern const struct xen_evtchn_ops xen_real_evtchn_ops;
extern const struct xen_evtchn_ops xen_loopback_evtchn_ops;

/*
 * Names packed one after the other, each ended by a 0, as the store answers them: at most max copied out, as
 * xen_store_list returns them.
 */
MUST_USE int xen_names_unpack(const char *packed, size_t size, char ***names, unsigned max);

#endif
