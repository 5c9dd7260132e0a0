/* SPDX-License-Identifier: MIT */
/*
 * wl_compositor, wl_surface and wl_region. State is double-buffered; a commit becomes one commit of
 * the head whose surface it is. A surface without a head shows nothing and its commits are
 * discarded.
 */
#ifndef WAYLAND_SURFACE_H
#define WAYLAND_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include <pixman.h>
#include <wayland-server-core.h>

#include "base/list.h"
#include "base/rect.h"

struct buffer;
struct connection;
struct head;
struct presented;

/* A wl_buffer that may be destroyed at any time. */
struct buffer_ref {
	struct wl_resource *resource; /* NULL: none, or destroyed */
	struct wl_listener destroyed;
};

struct surface {
	struct connection *connection;
	struct wl_resource *resource;
	struct head *head;            /* its role, NULL: none */
	struct wl_resource *viewport; /* NULL: none */
	struct {
		bool attached; /* a new buffer, or none */
		struct buffer_ref buffer;
		pixman_region32_t damage;            /* buffer pixels */
		pixman_region32_t surface_damage;    /* surface pixels: src is not known yet */
		struct rect src;                     /* empty: the whole buffer */
		struct wl_list callbacks, feedbacks; /* links of resources */
	} pending;
	struct buffer_ref buffer;
	struct rect src;
	struct list commits;      /* struct surface_commit.link, oldest first */
	struct wl_list callbacks; /* of replaced commits: done with the next one that is shown */
};

void compositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
/* NULL for a resource that is no surface of ours. */
struct surface *surface_from_resource(struct wl_resource *resource);
/* scene_events.commit_done */
void surface_commit_done(struct surface *surface, uint64_t token, const struct presented *how);
/* The head is gone: nothing of what is under way will be told any more. */
void surface_discard_all(struct surface *surface);

#endif
