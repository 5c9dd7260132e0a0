/* SPDX-License-Identifier: MIT */
/*
 * The protocol side of vitrined: the display, the broker's socket, one connection per guest, trusted programs of the host,
 * and what is advertised on each kind of connection.
 */
#ifndef WAYLAND_WAYLAND_H
#define WAYLAND_WAYLAND_H

#include <stdio.h>

#include "base/util.h"
#include "compositor/scene/scene.h"
#include "hid/seat/seat.h"

struct server;
struct wayland;

/*
 * Listens on RUNTIME_DIR/broker.sock, for root and the server's own uid only, and for trusted clients (local/local.h).
 * -EADDRINUSE: another
 * instance holds the lock beside it. Logged.
 */
MUST_USE int wayland_create(struct wayland **out, struct server *server);
/* All guests are removed from the scene. */
void wayland_destroy(struct wayland *wayland);

/*
 * What the scene reports, for scene_create; data: struct wayland (which forwards placement to
 * input.c).
 */
void wayland_head_placed(struct wayland *wayland, struct scene_head *head);
void wayland_commit_done(struct wayland *wayland, struct scene_head *head, uint64_t token,
			 const struct presented *how);

/* scene_events.outputs_changed: trusted clients know of monitors. */
void wayland_outputs_changed(struct wayland *wayland);
/* scene_events.output_presented */
void wayland_output_presented(struct wayland *wayland, struct scene_output *output,
			      const struct presented *how);

/*
 * What the seat tells guests; data: struct server. action is NULL, for input.c to fill in. A struct
 * seat_guest is a struct scene_guest, a struct seat_head a struct scene_head. Never blocks: without
 * credit, motion is merged and the rest kept as state that is reconciled when credit returns.
 */
extern const struct seat_sink wayland_seat_sink;
/*
 * guest has the keyboard from now on: wl_keyboard.enter, and leave for the one before. NULL:
 * nobody.
 */
void wayland_set_keyboard(struct wayland *wayland, struct scene_guest *guest);

/* server->settings is another one: what it says of guests holds from now on. */
void wayland_settings_changed(struct wayland *wayland);

/* Whether the guest's worker has put all that it was sent into the guest's rings. */
bool wayland_input_done(const struct scene_guest *guest);

/* An event of a device was read, just now: before the seat hears of it. */
void wayland_input_read(struct wayland *wayland);

/* What the guest's pointing devices take, as its worker says; both before it says so. */
enum seat_pointer_kind wayland_guest_pointer_kind(const struct scene_guest *guest);

/*
 * What the pointer is over on a monitor of this size that the guest drives by itself, for positions in it. NULL: its worker
 * offers nothing.
 */
struct seat_head *wayland_external(const struct scene_guest *guest, int width, int height);

/* The guest's worker is away, or does not take what it is sent. */
bool wayland_input_behind(const struct scene_guest *guest);

/* Lines `guest.NAME.KEY VALUE`: maps, pages mapped, path, input queued. */
void wayland_report(struct wayland *wayland, FILE *out);

#endif
