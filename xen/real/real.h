/* SPDX-License-Identifier: MIT */
/* The implementation on the Xen libraries and the kernel's devices. */
#ifndef XEN_REAL_REAL_H
#define XEN_REAL_REAL_H

#include "xen/xen_priv.h"

struct xs_handle;
struct xengntdev_handle;

struct xen_real {
	struct xen base;
	struct xs_handle *store;
	struct xengntdev_handle *shares; /* opened by the first xen_front_share; NULL in a backend */
};

static inline struct xen_real *xen_real(struct xen *xen)
{
	return (struct xen_real *)xen;
}

int xen_real_store_fd(struct xen *xen);
char *xen_real_store_read(struct xen *xen, const char *path, size_t *len);
int xen_real_store_write(struct xen *xen, const char *path, const char *value);
int xen_real_store_replace(struct xen *xen, const char *path, const char *expected,
			   const char *value);
int xen_real_store_remove(struct xen *xen, const char *path);
int xen_real_store_list(struct xen *xen, const char *path, char ***names, unsigned max);
int xen_real_store_watch(struct xen *xen, const char *path, const char *token);
int xen_real_store_unwatch(struct xen *xen, const char *path, const char *token);
int xen_real_store_next_event(struct xen *xen, char **path, char **token);
int xen_real_store_set_owner(struct xen *xen, const char *path, uint32_t owner, uint32_t reader);

int xen_real_map_prepare(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			 bool writable, struct xen_prepared *out);
int xen_real_grants_create(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n, uint32_t *refs,
			   struct xen_grants *grants);
void xen_real_grants_end(struct xen_grants *grants);
int xen_real_dmabuf_export(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			   int *fd);
void xen_real_dmabuf_probe(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out);
int xen_real_evtchn_bind(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
			 uint32_t *local, int *fd);

int xen_real_front_share(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs, void **addr);
void xen_real_front_unshare(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs);
int xen_real_front_ports(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports, int *fd);
void xen_real_front_close(struct xen_real *real);

/* A fresh /dev/xen/evtchn, close-on-exec and non-blocking, or -errno. */
MUST_USE int xen_real_evtchn_open(void);

#endif
