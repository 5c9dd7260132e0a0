/* SPDX-License-Identifier: MIT */
/*
 * Trusted programs of the host as Wayland clients. There is a socket for each kind: RUNTIME_DIR/trusted.sock for what
 * watches idleness, RUNTIME_DIR/lock.sock for a lock screen. Root, the server's own uid and [server] trusted-user may
 * connect. Trusted is what they show, not how they behave: they are limited as guests' workers are, and nothing waits for
 * them. They learn of monitors, and of nothing that a guest does.
 */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <wayland-server-core.h>

#include "base/list.h"
#include "base/util.h"

struct buffer;
struct connection;
struct local;
struct presented;
struct scene_output;
struct surface;
struct wayland;

/* One client; freed with its connection. */
struct local_client {
	struct list link; /* local.clients, until its connection ends */
	struct local *local;
	struct connection *connection;
	pid_t pid; /* as the kernel says; for the log */
	/* Links of resources. */
	struct wl_list keyboards, pointers, touches;
	uint32_t serial;  /* of the newest event, counted for this client alone */
	struct list maps; /* struct shm_map.link */
	unsigned n_maps, n_buffers, n_notifications;
	uint64_t map_bytes;
};

/* ---- local.c ---- */
/* Listens. Needs the display. 0 or -errno, logged. */
MUST_USE int local_create(struct local **out, struct wayland *wayland);
/* After all clients. May be NULL. */
void local_destroy(struct local *local);
void local_client_ended(struct connection *connection);
struct local_client *local_client_of(struct wl_resource *resource);
/* Monitors came, went or changed. */
void local_outputs_changed(struct local *local);
/* A frame of the monitor is on the glass. */
void local_output_presented(struct local *local, struct scene_output *output,
			    const struct presented *how);

/* ---- subsurface.c ---- */
/* The surface goes: those above it show nothing any more. */
void subsurfaces_forget_parent(struct surface *surface);

/* ---- globals; data: struct wayland ---- */
void local_seat_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void local_shm_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void idle_notifier_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void subcompositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void session_lock_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void idle_inhibit_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* ---- shm.c ---- */
/* The picture behind a wl_buffer, NULL when it is none of wl_shm. */
struct buffer *shm_buffer_from_resource(struct wl_resource *resource);
/* Its client has taken memory away that it had promised: what was read there was nothing. */
bool shm_buffer_is_broken(const struct buffer *buffer);

#endif
