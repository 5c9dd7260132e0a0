/* SPDX-License-Identifier: MIT */
/*
 * ext-session-lock-v1. The lock itself is compositor/trusted/lock.c's; this is what a client that locked says and shows. At
 * most one such client holds the lock; it is let go when it says that its user may go on, and taken from it when it ends,
 * breaks the protocol, reads nothing or shows nothing: the screen stays locked then, and the host's own prompt takes over.
 */
#ifndef LOCAL_LOCK_PRIV_H
#define LOCAL_LOCK_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <wayland-server-core.h>

#include "base/list.h"
#include "base/rect.h"
#include "compositor/scene/scene.h"
#include "hid/seat/seat.h"

struct local;
struct local_client;
struct surface;

enum session_lock_stage {
	SESSION_LOCK_ASKED,  /* guests have nothing any more; not every monitor is dark yet */
	SESSION_LOCK_LOCKED, /* the client was told so */
	SESSION_LOCK_OVER,   /* it was told that it is finished */
};

/* One ext_session_lock_v1. */
struct session_lock {
	struct local *local;
	struct local_client *client;
	struct wl_resource *resource;
	enum session_lock_stage stage;
	bool was_locked;      /* it was told so once */
	uint64_t locked_ns;   /* when */
	struct list surfaces; /* struct lock_surface.link, in the order of their making */
};

/* What one configure event said. */
struct lock_size {
	uint32_t serial;
	int width, height; /* of the surface */
};

/* Configures that wait for their ack; who is behind by more is told no more. */
#define LOCK_SIZES 8

/* One ext_session_lock_surface_v1. */
struct lock_surface {
	struct list link;          /* session_lock.surfaces */
	struct session_lock *lock; /* NULL: gone */
	struct surface *surface;   /* NULL: destroyed */
	struct wl_resource *resource;
	char output[32];
	struct lock_size sent[LOCK_SIZES], acked;
	unsigned n_sent;
	uint32_t serial; /* of the last one that was sent, counted for this surface */
	bool has_acked;
	struct buffer *buffer; /* locked; NULL: it shows nothing yet */
	struct rect damage;    /* of it, buffer pixels; since it was last shown */
};

/* A surface above another: wl_subsurface. */
struct subsurface {
	struct list link;        /* parent->children */
	struct surface *surface; /* NULL: destroyed */
	struct surface *parent;  /* NULL: destroyed */
	struct wl_resource *resource;
	int x, y, pending_x, pending_y; /* pixels of the parent */
	bool is_desync, is_below;
	struct buffer *buffer; /* as in lock_surface */
	struct rect damage;
};

/* Who of a lock screen's surfaces has keyboard, pointer and contacts. */
struct lock_input {
	bool is_active; /* nothing of the host's is above it */
	struct lock_surface *keyboard, *pointer;
	struct lock_surface *contacts[SEAT_MAX_CONTACTS];
	double x, y; /* of the pointer, on its surface */
	bool pointer_dirty, touch_dirty;
};

/* ---- lock_surface.c ---- */
/* ext_session_lock_v1.get_lock_surface */
void lock_surface_request(struct session_lock *lock, struct wl_resource *lock_resource, uint32_t id,
			  struct wl_resource *surface, struct wl_resource *output);
/* The monitor has another size than was told, perhaps. */
void lock_surface_configure(struct lock_surface *surface);
/* Brings what it shows onto its monitor, or takes that away. */
void lock_surface_show(struct lock_surface *surface);
/* The lock is gone. */
void lock_surface_end(struct lock_surface *surface);
/* NULL: its monitor is gone. */
struct scene_output *lock_surface_output(const struct lock_surface *surface);
/* The lock screen's surface that this one is, or is above; NULL: none. */
struct lock_surface *lock_surface_of(struct surface *surface);

/* For each role: false when its memory was taken away, which the client is told. buffer may be NULL. */
bool buffer_is_whole(struct surface *surface, const struct buffer *buffer);
/* One more commit's damage (NULL: all of it), as what bounds all since. */
void damage_note(struct rect *sum, const struct buffer *buffer, const pixman_region32_t *damage);

/* ---- subsurface.c ---- */
/* Positions of children that were set are in force. */
void subsurfaces_settle(struct surface *parent);

/* ---- lock_input.c ---- */
extern const struct trusted_ops lock_input_ops; /* data: struct local */
/* The lock has begun (it has the input), or ended. */
void lock_input_begin(struct local *local);
void lock_input_end(struct local *local);
/* Its surfaces are others: one of them is to have the keyboard. */
void lock_input_settle(struct local *local);
/* While it still has its wl_surface. */
void lock_input_surface_gone(struct local *local, const struct lock_surface *surface);
/* The client has one more wl_keyboard, or wl_pointer. */
void lock_input_keyboard_added(struct local_client *client, struct wl_resource *keyboard);
void lock_input_pointer_added(struct local_client *client, struct wl_resource *pointer);

/* ---- session_lock.c ---- */
/* The client was sent something that it has to read. */
void session_lock_expect(struct session_lock *lock);
/* If the lock is its own, it stays locked and our own prompt takes over. */
void session_lock_client_ended(struct local_client *client);

#endif
