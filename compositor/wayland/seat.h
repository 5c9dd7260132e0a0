/* SPDX-License-Identifier: MIT */
/*
 * wl_seat version 8 and zwp_relative_pointer_manager_v1 for one worker: evdev codes and no keymap,
 * serials and touch ids of its own, no keys in enter. One keyboard, pointer, relative pointer and
 * touch object at a time.
 */
#ifndef WAYLAND_SEAT_H
#define WAYLAND_SEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <wayland-server-core.h>

#include "compositor/wayland/guest_input.h"

struct clock_timer;
struct connection;
struct guest;
struct surface;

struct guest_seat {
	struct guest_input input;
	struct wl_resource *keyboard, *pointer, *relative, *touch; /* NULL: none */
	struct wl_resource *keyboard_surface, *pointer_surface;    /* entered, NULL: none */
	uint32_t serial;                 /* of the newest event, counted for this client alone */
	bool pointer_dirty, touch_dirty; /* sent to since the last frame event */
	struct clock_timer *dry;         /* ends a worker that returns no credit */
};

/* seat_tell.c: what the worker is told; data: struct connection. */
extern const struct guest_input_ops guest_seat_ops;

void seat_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void relative_pointer_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* seat_sink.c: a worker without a seat's objects misses an event and its release alike. */
bool guest_seat_takes_input(const struct connection *connection);

MUST_USE int guest_seat_init(struct connection *connection);
/* No event is sent any more. */
void guest_seat_finish(struct connection *connection);
/* Lines `guest.NAME.input_KEY VALUE`: latency of its input. */
void guest_seat_report(const struct guest *guest, FILE *out);
/* vitrine_guest_v1.acknowledge_input: 0, or -EINVAL. untrusted_ns: acknowledge_input_at; UINT64_MAX: it does not say. */
MUST_USE int guest_seat_credit(struct connection *connection, uint32_t untrusted_serial,
			       uint64_t untrusted_ns);
/* Objects are gone: a worker that takes no input any more starts anew when it does again. */
void guest_seat_settle(struct connection *connection);
/* Its guest may have had the keyboard before the worker could be told. */
void guest_seat_refresh(struct connection *connection);
void guest_seat_surface_gone(struct connection *connection, const struct surface *surface);

#endif
