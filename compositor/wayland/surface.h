/* SPDX-License-Identifier: MIT */
/*
 * wl_compositor, wl_surface and wl_region. State is double-buffered; a commit goes to the surface's role: the head of a
 * guest, or what a trusted client shows.
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
struct presented;
struct surface;

/* A wl_buffer that may be destroyed at any time. */
struct buffer_ref {
	struct wl_resource *resource; /* NULL: none, or destroyed */
	struct wl_listener destroyed;
};

/* What a surface is for; without a role it shows nothing and its commits are discarded. */
struct surface_role {
	/* What commit would be told. False: refused, and the client told. May be NULL. */
	bool (*may_commit)(struct surface *surface, bool attached, const struct buffer *buffer);
	/*
	 * It shows src of buffer (NULL: nothing) from now on; attached: that is another one than before, or none any more.
	 * damage: in buffer pixels, NULL: all of it. False: it shows nothing of that; true: surface_commit_done or
	 * surface_commits_shown ends the commit of this token.
	 */
	bool (*commit)(struct surface *surface, bool attached, struct buffer *buffer,
		       const struct rect *src, const pixman_region32_t *damage, uint64_t token);
	/* The surface goes. */
	void (*leave)(struct surface *surface);
	/* It holds on to its picture, whatever becomes of the wl_buffer: commits without one are of what it has. */
	bool keeps_picture;
};

struct surface {
	struct connection *connection;
	struct wl_resource *resource;
	const struct surface_role *role; /* NULL: none */
	void *role_data;                 /* what the role is of: for a guest's, struct head */
	struct wl_resource *viewport;    /* NULL: none */
	struct {
		bool attached; /* a new buffer, or none */
		struct buffer_ref buffer;
		pixman_region32_t damage;         /* buffer pixels */
		pixman_region32_t surface_damage; /* surface pixels: src is not known yet */
		struct rect src;                  /* empty: the whole buffer */
		int scale; /* buffer pixels for one of the surface's; 1 for guests */
		struct wl_list callbacks, feedbacks; /* links of resources */
	} pending;
	struct buffer_ref buffer;
	struct rect src;
	int scale;
	struct list children;     /* struct subsurface.link, from the lowest up; none of guests */
	struct list commits;      /* struct surface_commit.link, oldest first */
	struct wl_list callbacks; /* of replaced commits: done with the next one that is shown */
};

void compositor_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
/* NULL for a resource that is no surface of ours. */
struct surface *surface_from_resource(struct wl_resource *resource);
/* scene_events.commit_done */
void surface_commit_done(struct surface *surface, uint64_t token, const struct presented *how);
/* All that is under way was shown so. */
void surface_commits_shown(struct surface *surface, const struct presented *how);
/* Now, of the last commit; NULL: nothing. */
struct buffer *surface_buffer(const struct surface *surface);
/* The head is gone: nothing of what is under way will be told any more. */
void surface_discard_all(struct surface *surface);

#endif
