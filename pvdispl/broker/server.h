/* SPDX-License-Identifier: MIT */
/*
 * The connection to the display server: a client of RUNTIME_DIR/broker.sock (protocol/vitrine-broker-v1.xml) that waits
 * for the socket while there is none and tells each new server of all guests again.
 */
#ifndef PVDISPL_BROKER_SERVER_H
#define PVDISPL_BROKER_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "xen/xen.h"

struct server;
struct server_guest;

struct server_ops {
	/* The worker's end of a new Wayland connection; fd stays the caller's. -errno: the worker can't take it. */
	int (*connection)(void *guest, int fd);
	/* The server ended a connection. reason is its word, made printable when logged. */
	void (*dropped)(void *guest, const char *reason);
	/* Prepare a read-only map of the guest's pages. *dmabuf: the same as one, the caller's; -1: can't be had. */
	int (*map)(void *guest, const uint32_t *refs, uint32_t n, struct xen_prepared *out,
		   int *dmabuf);
	/* A server has just heard of the guest: server_tell_* is what it should know before its worker connects. */
	void (*announced)(void *guest, struct server_guest *here);
	/* Grant width x height pixels of memory to the guest. 0 and the references in *refs, which stay the callee's; or -errno. */
	int (*grant)(void *guest, uint32_t serial, int memory, uint32_t width, uint32_t height,
		     int *refs);
	/* End it. */
	void (*end_grant)(void *guest, uint32_t serial);
};

/* What each server is told first: vitrine_broker_v1.host. */
struct server_host {
	uint32_t map_pages; /* 0: no limit */
	int export_code;    /* 0, or a positive errno */
	const char *reason; /* lasts */
};

/* Returns 0 also when no server is there. runtime_dir, host and ops are borrowed. Logged. */
MUST_USE int server_create(struct server **out, sd_event *event, const char *runtime_dir,
			   const struct server_host *host, const struct server_ops *ops);
/* All guests must be removed. */
void server_destroy(struct server *server);
bool server_is_connected(const struct server *server);

struct server_guest *server_add_guest(struct server *server, const char *name, void *data);
void server_remove_guest(struct server_guest *guest);
/* A new worker is there and gets a connection as soon as the server has seen the end of the last one; or none is. */
void server_set_worker(struct server_guest *guest, bool present);

/* Whether memory can be granted to the guest: code 0, or a positive errno with a reason. */
void server_tell_be_alloc(struct server_guest *guest, int code, const char *reason);
/* What an earlier server has had granted. The fds stay the caller's. */
void server_tell_kept(struct server_guest *guest, uint32_t serial, int memory, int refs,
		      uint32_t width, uint32_t height);

#endif
