/* SPDX-License-Identifier: MIT */
/*
 * What the files of this room share. A guest is an identity that the broker made and that outlives
 * its workers; a connection is one client of the display. Objects of a connection point to it and
 * are gone before it is freed: libwayland tells of a client's end before it destroys the client's
 * resources, so the connection is marked as closing then and freed on a later turn of the loop.
 */
#ifndef WAYLAND_WAYLAND_PRIV_H
#define WAYLAND_WAYLAND_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>
#include <wayland-server-core.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/util.h"
#include "compositor/scene/scene.h"
#include "compositor/server.h"
#include "compositor/wayland/external.h"
#include "compositor/wayland/input_latency.h"
#include "compositor/wayland/seat.h"
#include "compositor/wayland/wayland.h"

/*
 * What a guest may have, as its worker is told. Twice as much is taken before the worker is
 * disconnected: what a worker that died left on the glass counts until its successor's picture
 * replaces it.
 */
#define LIMIT_HEADS SCENE_MAX_HEADS
#define LIMIT_POOLS 64u
#define LIMIT_BUFFERS 128u
#define LIMIT_PAGES 65536u
/* Resources of one client, of whatever kind. */
#define LIMIT_OBJECTS 1024u
#define LIMIT_SURFACES 64u
/*
 * Heads that may be made: each arranges and draws all monitors anew. A guest that restarts its
 * frontend over and over stays below.
 */
#define LIMIT_HEAD_BURST 128u
#define LIMIT_HEADS_PER_SECOND 8u

enum connection_kind {
	CONNECTION_GUEST,
	CONNECTION_BROKER,
	CONNECTION_TRUSTED, /* a program of the host: idleness */
	CONNECTION_LOCK,    /* likewise: the lock screen */
};

#define LIMIT_GLOBALS 20

/* What a kind of connection sees; a bit for each. */
struct visible_global {
	const struct wl_global *global;
	unsigned kinds;
};

struct pool;
struct head;
struct local;
struct local_client;

struct wayland {
	struct server *server;
	struct wl_display *display;
	sd_event_source *clients; /* the display's own loop, as one fd */
	sd_event_source *accept;
	sd_event_source *map_work; /* a defer source, on while maps is not empty */
	struct visible_global globals[LIMIT_GLOBALS];
	unsigned n_globals;
	struct local *local; /* trusted clients */
	char *socket_path;
	int lock_fd;
	int listen_fd;
	int null_fd;               /* the keymap that there is none of */
	struct list guests;        /* struct guest.link */
	struct list dead;          /* struct connection.link: to be freed */
	struct list maps;          /* struct pool.work: segments to map or unmap, taken in turn */
	struct connection *broker; /* NULL: none */
	struct guest *keyboard;    /* has been sent wl_keyboard.enter */
	uint32_t map_budget;       /* pages of guests that may be mapped; 0: any number */
	uint64_t mapped_pages;     /* of guests, or about to be */
	char export_reason[96];    /* why guests' pages are no dma-bufs, for people; "": they are */
	uint64_t next_token;       /* names a commit to the scene; never shown to a client */
	struct wl_protocol_logger *logger; /* counts requests */
	struct input_latency latency;
};

struct guest {
	struct list link; /* wayland.guests */
	struct wayland *wayland;
	struct scene_guest *scene;     /* scene.data: this */
	struct wl_resource *resource;  /* vitrine_broker_guest_v1 */
	struct connection *connection; /* of the worker, NULL: none */
	struct list pools;             /* struct pool.guest_link */
	struct list memories;          /* struct memory.link */
	uint32_t memory_serial;        /* the last that is taken */
	int be_alloc_code;        /* 0, or why it can have no memory of ours: a positive errno */
	char be_alloc_reason[96]; /* for people; "" when it can */
	struct pool *asking;      /* the one map request that the broker has, NULL: none */
	unsigned n_pools, n_buffers;
	uint64_t pages; /* of all pools, mapped or to be */
	uint32_t map_serial;
	unsigned heads_left;         /* that may be made at once */
	uint64_t heads_at_ns;        /* when they were counted */
	struct clock_timer *orphans; /* ends heads that a new worker did not take over */
	struct log_limit limit;
	enum seat_pointer_kind pointer; /* what its worker says that it takes; at first both */
};

/* What the configuration says of memory that the server allocates for this guest. */
struct be_alloc_policy {
	bool is_allowed;
	uint64_t bytes;
};

struct connection {
	struct list link; /* wayland.dead once closing */
	struct wayland *wayland;
	enum connection_kind kind;
	struct wl_client *client;   /* NULL once closing */
	struct guest *guest;        /* NULL for others than guests, and once the guest is gone */
	struct local_client *local; /* NULL for others than trusted clients */
	struct wl_listener destroyed, created;
	unsigned objects; /* created since they were last counted, and those counted then */
	unsigned n_surfaces;
	struct wl_resource *root; /* vitrine_guest_v1 */
	struct head *heads[SCENE_MAX_HEADS];
	struct external external;
	struct guest_seat seat;
	uint64_t requests; /* that were served */
	const char *fault; /* why it was disconnected; NULL: it ended by itself */
};

/* ---- display.c ---- */

/* A global that these kinds of connection (bits of 1 << enum connection_kind) can see; its data is wayland. */
MUST_USE int global_create(struct wayland *wayland, const struct wl_interface *interface,
			   int version, wl_global_bind_func_t bind, unsigned kinds);

/* ---- connection.c ---- */

/* Takes ownership of fd, also on failure. Returns 0 or -errno. */
MUST_USE int connection_create(struct wayland *wayland, enum connection_kind kind,
			       struct guest *guest, int fd);
/* The same for a trusted client, which becomes local's. */
MUST_USE int connection_create_local(struct wayland *wayland, enum connection_kind kind,
				     struct local_client *local, int fd);
/* NULL for a client that this room did not make. */
struct connection *connection_find(struct wl_client *client);
struct connection *connection_of(struct wl_resource *resource);
/* The connection of a guest that still exists, for requests that need one; else NULL. */
struct guest *guest_of(struct wl_resource *resource);
/*
 * The worker broke a rule: posts the error, which ends the client when the current request returns,
 * and blames its guest. Only from inside a request.
 */
void connection_fault(struct wl_resource *resource, uint32_t code, const char *why);
/* Ends the client at once; never from inside one of its requests. */
void connection_kill(struct connection *connection, const char *why);
/* Frees the connections whose objects are gone. Not from inside a client's end. */
void connections_reap(struct wayland *wayland);
/* Makes a resource for a request's new_id. NULL: out of memory, which was posted. */
struct wl_resource *object_create(struct wl_client *client, const struct wl_interface *interface,
				  int version, uint32_t id, const void *implementation, void *data,
				  wl_resource_destroy_func_t destroyed);
/* The implementation of each destructor request. */
void object_destroy(struct wl_client *client, struct wl_resource *resource);

/* ---- broker.c ---- */

void broker_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
/* Ends the guests whose broker object is gone. Not from inside a client's end. */
void guests_reap(struct wayland *wayland);
/*
 * The worker's client has ended; guest->connection is still set. fault: NULL when it ended by
 * itself.
 */
void guest_disconnected(struct guest *guest, const char *fault);
void guest_destroy(struct guest *guest);
/* Has the broker prepare the map of the guest's next queued pool, one at a time. */
void guest_ask(struct guest *guest);
const char *guest_name(const struct guest *guest);
struct be_alloc_policy guest_be_alloc_policy(const struct guest *guest);

/* ---- root.c: vitrine_guest_v1 ---- */

void root_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

#endif
