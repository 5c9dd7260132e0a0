/* SPDX-License-Identifier: MIT */
/*
 * vitrine_head_v1: a surface is one virtual monitor of its guest. The scene's head outlives a
 * worker that died: its last picture stays on the glass, under its guest's mark, until a new worker
 * makes a head of the same index.
 */
#ifndef WAYLAND_HEAD_H
#define WAYLAND_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include <wayland-server-core.h>

struct connection;
struct guest;
struct scene_head;
struct surface;

struct head {
	struct connection *connection;
	struct wl_resource *resource;
	struct surface *surface;  /* NULL: destroyed */
	struct scene_head *scene; /* NULL: gone; else scene->data is this */
	unsigned index;
	bool told; /* what follows was sent */
	bool visible;
	unsigned pace_ms; /* 0 while visible */
	unsigned width, height, refresh_mhz;
};

/* vitrine_guest_v1.create_head */
void head_request(struct wl_client *client, struct wl_resource *root, uint32_t id,
		  struct wl_resource *surface, uint32_t index, uint32_t width, uint32_t height);
/* scene_events.head_placed: tells the worker what changed for it. */
void head_placed(struct head *head);
/* The configuration says something else of its guest. */
void head_settings_changed(struct head *head);
/* The worker has ended: its heads stay in the scene. */
void heads_orphan(struct connection *connection);
void heads_end_orphans(struct guest *guest);
void heads_end_all(struct guest *guest);

#endif
