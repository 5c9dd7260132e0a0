/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's services behind one small interface: the store, grant maps (prepared here, used through
 * xen/map.h), event channels. Two implementations: real, on libxenstore, libxengnttab and libxenevtchn; loopback,
 * on a socket to tools/loopback, which plays hypervisor and store for unit tests, fuzzing and the demo.
 *
 * Holders: the broker has a struct xen; a worker only adopts event channel fds (xen_evtchn_adopt) and prepared maps.
 * Every call returns 0 (or what it says) or -errno and never blocks on a guest.
 */
#ifndef XEN_XEN_H
#define XEN_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "xen/map.h"

enum xen_kind {
	XEN_REAL,
	XEN_LOOPBACK,
};

struct xen;

/* spec: "real", or "loopback:DOMID:PATH" with PATH the socket of vitrine-loopback and DOMID the domain to be. */
MUST_USE int xen_open(struct xen **out, const char *spec);
void xen_close(struct xen *xen);
enum xen_kind xen_kind(const struct xen *xen);

/* ---- the store: values are bytes of a guest until checked ---- */

/* Readable when a watch has fired. */
int xen_store_fd(struct xen *xen);
/* The value, at most 4096 bytes, with a 0 added after *len bytes; to be freed. NULL and errno when there is none. */
char *xen_store_read(struct xen *xen, const char *path, size_t *len);
MUST_USE int xen_store_write(struct xen *xen, const char *path, const char *value);
/*
 * Writes value where the node holds expected, in one step, whoever else writes. -ENOENT: there is no such node, and none is
 * made; -EAGAIN: it holds something else.
 */
MUST_USE int xen_store_replace(struct xen *xen, const char *path, const char *expected,
			       const char *value);
/* -ENOENT when it was not there. */
int xen_store_remove(struct xen *xen, const char *path);
/* Names directly under path, at most max of them. Returns how many or -errno; each and the array to be freed. */
int xen_store_list(struct xen *xen, const char *path, char ***names, unsigned max);
void xen_store_list_free(char **names, int n);
/* A watch fires once when it is set, then whenever path or something under it changes. */
MUST_USE int xen_store_watch(struct xen *xen, const char *path, const char *token);
int xen_store_unwatch(struct xen *xen, const char *path, const char *token);
/* The next watch that fired: 0, or -EAGAIN when there is none. Both strings to be freed. */
MUST_USE int xen_store_next_event(struct xen *xen, char **path, char **token);
/* Owner and one reader, as the toolstack would set them; for frontends' tests and the demo. */
MUST_USE int xen_store_set_owner(struct xen *xen, const char *path, uint32_t owner, uint32_t reader);

/* ---- grant maps, broker only ---- */

struct xen_prepared {
	int fd; /* owned by the caller; for exactly one process to mmap */
	uint32_t n_segments;
	struct xen_segment segments[XEN_MAX_SEGMENTS];
};

/*
 * Issues the map requests for n references of domid on a handle of its own; nothing is mapped until somebody
 * mmaps the fd, and a bad reference shows only then. -E2BIG when n needs more than XEN_MAX_SEGMENTS segments.
 */
MUST_USE int xen_map_prepare(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			     bool writable, struct xen_prepared *out);

/* ---- memory of ours that a guest draws into (be-alloc), broker only ---- */

struct xen_grants;

/*
 * Grants the n pages of a dma-buf, which must be all of it, to domid for reading and writing. refs receives n
 * references. The fd stays the caller's. They last until xen_grants_end, or until this process is gone. -EOPNOTSUPP:
 * this kernel can't.
 */
MUST_USE int xen_grants_create(struct xen *xen, uint32_t domid, int dmabuf, uint32_t n,
			       uint32_t *refs, struct xen_grants **out);
/* What the guest still has mapped the kernel keeps out of use until it lets go. NULL is fine. */
void xen_grants_end(struct xen_grants *grants);

/* ---- pages of a guest as a dma-buf, broker only ---- */

/* Devices may read and write them for as long as anybody has the fd, which is the caller's. -EOPNOTSUPP, -EINVAL. */
MUST_USE int xen_dmabuf_export(struct xen *xen, uint32_t domid, const uint32_t *refs, uint32_t n,
			       int *fd);

/* What this kernel can do with dma-bufs of guests: tried, not guessed. Each 0 or why not, -errno. */
struct xen_dmabuf_support {
	int import;        /* xen_grants_create */
	int export;        /* xen_dmabuf_export */
	bool export_tried; /* false: could not be tried here, export is a guess */
	bool is_pv; /* we run in a PV domain: exports fail, and each map takes two entries of maptrack */
};

void xen_dmabuf_probe(struct xen *xen, uint32_t own_domid, struct xen_dmabuf_support *out);

/* ---- event channels ---- */

/*
 * On a fresh handle: binds each of the n remote ports of domid, then restricts the handle to domid for good. *fd is
 * the caller's, to be passed on to a worker. local receives the ports that a holder of the fd uses.
 */
MUST_USE int xen_evtchn_bind(struct xen *xen, uint32_t domid, const uint32_t *remote, uint32_t n,
			     uint32_t *local, int *fd);

struct xen_evtchn;

/* Uses an fd that xen_evtchn_bind made, here or in another process. Takes ownership of fd, also on failure. */
MUST_USE int xen_evtchn_adopt(struct xen_evtchn **out, enum xen_kind kind, int fd);
void xen_evtchn_close(struct xen_evtchn *evtchn);
int xen_evtchn_fd(const struct xen_evtchn *evtchn);
/* A port that has an event, now masked until xen_evtchn_unmask: 0, or -EAGAIN. */
MUST_USE int xen_evtchn_next(struct xen_evtchn *evtchn, uint32_t *port);
int xen_evtchn_unmask(struct xen_evtchn *evtchn, uint32_t port);
int xen_evtchn_notify(struct xen_evtchn *evtchn, uint32_t port);

#endif
