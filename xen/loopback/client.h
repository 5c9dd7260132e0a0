/* SPDX-License-Identifier: MIT */
/* The implementation of the seam as a client of the hub. */
#ifndef XEN_LOOPBACK_CLIENT_H
#define XEN_LOOPBACK_CLIENT_H

#include "xen/loopback/wire.h"
#include "xen/xen_priv.h"

struct loop_client {
	struct xen base;
	int sock;
	int watch_sock;
	int memory; /* memfd of the domain */
	struct loop_request request;
	struct loop_reply reply;
};

static inline struct loop_client *loop_client(struct xen *xen)
{
	return (struct loop_client *)xen;
}

/* Begins a request; the op's numbers are then set by the caller. */
struct loop_request *loop_request(struct loop_client *client, enum loop_op op);
/* path may be NULL. Returns 0, or -E2BIG when they are too long for any store. */
MUST_USE int loop_request_fill(struct loop_client *client, const char *path, const void *value,
			       size_t value_size);
/*
 * Sends the request with one fd (or -1), waits for the reply, which is then in client->reply. Returns its error.
 * fds receives n_fds descriptors, all of them there when 0 is returned.
 */
int loop_call(struct loop_client *client, int send_fd, int *fds, unsigned n_fds);

int loop_store_fd(struct xen *xen);
char *loop_store_read(struct xen *xen, const char *path, size_t *len);
int loop_store_write(struct xen *xen, const char *path, const char *value);
int loop_store_replace(struct xen *xen, const char *path, const char *expected, const char *value);
int loop_store_remove(struct xen *xen, const char *path);
int loop_store_list(struct xen *xen, const char *path, char ***names, unsigned max);
int loop_store_watch(struct xen *xen, const char *path, const char *token);
int loop_store_unwatch(struct xen *xen, const char *path, const char *token);
int loop_store_next_event(struct xen *xen, char **path, char **token);
int loop_store_set_owner(struct xen *xen, const char *path, uint32_t owner, uint32_t reader);

int loop_map_prepare(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
		     bool writable, struct xen_prepared *out);
int loop_grants_create(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n, uint32_t *refs,
		       struct xen_grants *grants);
void loop_grants_end(struct xen_grants *grants);
int loop_dmabuf_export(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n, int *fd);
void loop_dmabuf_probe(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out);
int loop_evtchn_bind(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
		     uint32_t *local, int *fd);

int loop_front_share(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *refs, void **addr);
void loop_front_unshare(struct xen *xen, void *addr, uint32_t n, const uint32_t *refs);
int loop_front_ports(struct xen *xen, uint32_t domid, uint32_t n, uint32_t *ports, int *fd);

#endif
