/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef LOCAL_LOCAL_PRIV_H
#define LOCAL_LOCAL_PRIV_H

#include <systemd/sd-event.h>

#include "compositor/wayland/local/keymap.h"
#include "compositor/wayland/local/local.h"
#include "compositor/wayland/local/lock_priv.h"
#include "compositor/wayland/wayland_priv.h"

/* Of each kind: a further one is turned away. */
#define LIMIT_LOCAL_CLIENTS 8u
/* Of one client: pictures in three buffers on each of 16 monitors, and as many smaller ones above them. */
#define LIMIT_LOCAL_MAPS 128u
#define LIMIT_LOCAL_BUFFERS 128u
#define LIMIT_LOCAL_BYTES (UINT64_C(2) << 30)
#define LIMIT_NOTIFICATIONS 16u

/* A socket. */
struct local_door {
	struct local *local;
	enum connection_kind kind;
	char *path;
	int fd;
	sd_event_source *accept;
};

struct local {
	struct wayland *wayland;
	struct local_door doors[2];
	bool has_user;
	uid_t user;          /* who may connect beside root and us */
	struct list clients; /* struct local_client.link */
	struct keymap keymap;

	struct list outputs;       /* struct local_output.link */
	struct list retired;       /* likewise: gone, but clients may still ask for them */
	struct clock_timer *grace; /* until they don't */

	struct list notifications; /* struct idle_notification.link */
	unsigned n_inhibitors;     /* that have their surface */
	struct idle_listener listener;
	bool is_listening;

	struct session_lock *lock; /* what is locked by a client that is there; NULL: nothing */
	sd_event_source *settle;   /* one turn, to see whether all is dark */
	struct clock_timer *watch; /* whether that client reads and shows something */
	unsigned looks;            /* that it was found not to, in a row */
	struct lock_input input;
};

/* One monitor as clients have it. */
struct local_output {
	struct list link; /* local.outputs or retired */
	struct local *local;
	char name[32];
	struct wl_global *global;
	struct wl_list resources; /* links of wl_output */
	uint64_t retired_ns;
	/* As last told. */
	int x, y, width, height, refresh_mhz, scale;
};

/* ---- outputs.c ---- */
/* NULL: there is none. */
struct scene_output *scene_output_named(const struct local *local, const char *name);
MUST_USE int outputs_init(struct local *local);
void outputs_finish(struct local *local);
/* The monitor of a wl_output; NULL: it is gone. */
struct scene_output *output_of_resource(struct wl_resource *resource);
/* Whole pixels of its picture for one pixel of a surface on it. */
int output_surface_scale(const struct scene_output *output);

/* ---- session_lock.c ---- */
MUST_USE int session_lock_init(struct local *local);
void session_lock_finish(struct local *local);
/* At the loop's next turn: monitors may be dark, or others. */
void session_lock_settle_later(struct local *local);

/* ---- idle.c ---- */
void idle_init(struct local *local);
void idle_finish(struct local *local);

/* ---- shm.c ---- */
/* The client is gone: what is still shown is nobody's. */
void shm_forget_client(struct local_client *client);

#endif
