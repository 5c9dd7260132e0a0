/* SPDX-License-Identifier: MIT */
/*
 * The guest's seat on the Wayland side: its events go to the sink, positions by way of the guest's
 * desktop.
 */
#ifndef WORKER_SEAT_H
#define WORKER_SEAT_H

#include <stdint.h>

#include "hid/kbdif/sink.h"

struct client;
struct head;
struct wl_keyboard;
struct wl_pointer;
struct wl_registry;
struct wl_seat;
struct wl_touch;
struct zwp_relative_pointer_manager_v1;
struct zwp_relative_pointer_v1;

struct guest_seat {
	struct client *client;
	struct wl_seat *proxy;
	struct wl_keyboard *keyboard;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct zwp_relative_pointer_manager_v1 *manager;
	struct zwp_relative_pointer_v1 *relative;
	struct head *pointer_head; /* NULL: the pointer is over none */
	bool is_external;          /* it is on a monitor that the guest drives by itself */
	struct {
		struct head *head; /* under the first touch; NULL: no touch */
		int32_t touch;
	} touches[SINK_MAX_CONTACTS];
};

void guest_seat_init(struct guest_seat *seat, struct client *client);
/* Lets go of everything that the guest holds. */
void guest_seat_finish(struct guest_seat *seat);
void guest_seat_bind(struct guest_seat *seat, struct wl_registry *registry, uint32_t name,
		     uint32_t version);
void guest_seat_bind_relative(struct guest_seat *seat, struct wl_registry *registry, uint32_t name);
void guest_seat_forget_head(struct guest_seat *seat, struct head *head);

#endif
