/* SPDX-License-Identifier: MIT */
/* The parts of the hub: connections (hub.c, hub_calls.c), store, watches, domains with their grants, ports. */
#ifndef XEN_LOOPBACK_HUB_PRIV_H
#define XEN_LOOPBACK_HUB_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/util.h"
#include "xen/loopback/wire.h"

#define HUB_NOBODY UINT32_MAX

struct hub_node {
	struct hub_node *parent; /* NULL: the root */
	struct list link;        /* on parent->children */
	struct list children;
	char *name;
	char *value;
	size_t len;
	uint32_t owner;
	uint32_t reader; /* or HUB_NOBODY */
};

struct hub_domain {
	struct list link; /* on hub.domains */
	struct list handles;
	uint32_t domid;
	unsigned clients;
	unsigned nodes; /* created in the store and still there */
	int memory; /* memfd; pages are used once, so that an old map never sees what came later */
	uint64_t next_page;
	uint32_t live_pages;
	struct list imports; /* struct hub_import.link */
	uint32_t n_grants;
	uint32_t n_ports;
	uint32_t next_grant;      /* where to look for a free one */
	struct hub_grant *grants; /* reference - HUB_FIRST_REF */
	struct hub_port **ports;  /* by number - 1; NULL: free */
};

/* One client: a main socket and a watch socket. */
struct hub_client {
	struct list link; /* on hub.clients */
	struct hub *hub;
	struct hub_domain *domain; /* NULL before LOOP_HELLO */
	int sock;
	int watch_sock;
	sd_event_source *source;
	sd_event_source *watch_source; /* waits for room while events are queued */
	struct list watches;
	struct list events; /* fired and not sent yet */
};

struct hub {
	sd_event *event;
	sd_event_source *source;
	int listener;
	char *path;
	struct hub_node *root;
	struct list clients;
	struct list domains;
	struct loop_request request; /* the one being served */
	struct loop_reply reply;
};

/* ---- store; path is absolute and valid; domid is who asks ---- */

struct hub_node *hub_store_create(void);
void hub_store_destroy(struct hub_node *root);
bool hub_node_readable(const struct hub_node *node, uint32_t domid);
/* -ENOENT, -EACCES */
MUST_USE int hub_store_find(struct hub *hub, uint32_t domid, const char *path,
			    struct hub_node **out);
MUST_USE int hub_store_write(struct hub *hub, struct hub_domain *domain, const char *path,
			     const char *value, size_t len);
MUST_USE int hub_store_remove(struct hub *hub, uint32_t domid, const char *path);
MUST_USE int hub_store_set_owner(struct hub *hub, uint32_t domid, const char *path, uint32_t owner,
				 uint32_t reader);

/* ---- watches ---- */

/* The absolute form of a path that a client gave, or NULL; to be freed. strip: what to leave out when telling it. */
char *hub_path_absolute(const struct hub_client *client, const char *path, size_t *strip);
MUST_USE int hub_watch_add(struct hub_client *client, const char *path, const char *token);
MUST_USE int hub_watch_remove(struct hub_client *client, const char *path, const char *token);
void hub_watches_clear(struct hub_client *client);
/* node: whose permissions count; NULL for the names that begin with '@'. exact: not those above it. */
void hub_watches_fire(struct hub *hub, const char *path, const struct hub_node *node, bool exact);

/* ---- domains and grants ---- */

#define HUB_FIRST_REF 8u

struct hub_domain *hub_domain_find(struct hub *hub, uint32_t domid);
/* Found or made; NULL without memory. */
struct hub_domain *hub_domain_get(struct hub *hub, uint32_t domid);
void hub_domain_destroy(struct hub_domain *domain);
/* One client more or less; the domain comes with the first and goes with the last. Domain 0 stays. */
void hub_domain_enter(struct hub *hub, struct hub_domain *domain);
void hub_domain_leave(struct hub *hub, struct hub_domain *domain);

MUST_USE int hub_grants_share(struct hub_domain *domain, uint32_t to, uint32_t n, uint64_t *offset,
			      uint32_t *refs);
MUST_USE int hub_grants_unshare(struct hub_domain *domain, const uint32_t *refs, uint32_t n);
/*
 * Grants n pages of memory that is not the domain's own, until hub_grants_end_import or the client is gone. fd is
 * duplicated. Returns 0 or -errno.
 */
MUST_USE int hub_grants_import(struct hub_client *client, uint32_t to, int fd, uint32_t n,
			       uint64_t *number, uint32_t *refs);
MUST_USE int hub_grants_end_import(struct hub_client *client, uint64_t number);
void hub_grants_end_imports(struct hub_client *client);
/* What to may map of domain: segments, with LOOP_BAD_OFFSET for bad references. Returns how many or -E2BIG. */
MUST_USE int hub_grants_segments(const struct hub_domain *domain, uint32_t to, const uint32_t *refs,
				 uint32_t n, struct xen_segment *segments);
/* The memory that a reference is part of, opened anew. Returns an fd or -errno. */
MUST_USE int hub_grants_open_memory(const struct hub_domain *domain, uint32_t ref, bool writable);

/* ---- event channels ---- */

/*
 * A handle of domain with n ports: bound to the ports remote[] of domid, or when that is NULL for domid to bind. Returns
 * the client's end or -errno.
 */
MUST_USE int hub_ports_open(struct hub *hub, struct hub_domain *domain, uint32_t domid,
			    const uint32_t *remote, uint32_t n, uint32_t *ports);
void hub_ports_close_all(struct hub_domain *domain);

/* ---- connections ---- */

/* Serves hub->request, which has been checked for its sizes, into hub->reply. fds: up to 2 to send, then closed. */
int hub_call(struct hub_client *client, int fd, int *fds, unsigned *n_fds);

#endif
