/* SPDX-License-Identifier: MIT */
/*
 * vitrine_external_v1: a surface of the worker that shows nothing and is what the pointer is over while it is on a monitor
 * that the guest drives by itself.
 */
#ifndef WAYLAND_EXTERNAL_H
#define WAYLAND_EXTERNAL_H

#include <stdint.h>

#include <wayland-server-core.h>

#include "compositor/scene/scene.h"
#include "compositor/wayland/head.h"

struct connection;
struct surface;

/* One per connection. */
struct external {
	struct wl_resource *resource; /* NULL: the worker offers none */
	struct head head;             /* has connection and surface, and nothing else */
	struct scene_head scene;      /* what the seat calls it; in no scene */
};

/* vitrine_guest_v1.create_external */
void external_request(struct wl_client *client, struct wl_resource *root, uint32_t id,
		      struct wl_resource *surface);
/* Nothing of the seat names it any longer. Harmless when there is none. */
void external_end(struct connection *connection);

#endif
