/* SPDX-License-Identifier: MIT */
/*
 * The display buffers and framebuffers of one display device, by the guest's cookies, and how much
 * of them the guest may have. A display buffer keeps its references, so that a new display server
 * can be given it again.
 */
#ifndef WORKER_BUFFERS_H
#define WORKER_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/util.h"
#include "pvdispl/worker/displif_parse.h"
#include "pvdispl/worker/pool.h"
#include "pvdispl/worker_protocol.h"

struct client;
struct display;
struct head;
struct worker;

struct dbuf {
	struct list link; /* display.dbufs */
	struct display *display;
	uint64_t cookie;
	struct geometry_dbuf geometry;
	uint32_t *refs;    /* geometry.pages of them; NULL: memory that the server is allocating */
	bool is_allocated; /* the server's memory, not the guest's */
	uint32_t height;   /* of that */
	int state;         /* index; -1: the next worker is not to know it */
	unsigned n_fbs;
	bool is_dying; /* its cookie is free already; gone when the server has let go */
	struct pool pool;
};

/* What one head shows of a framebuffer: a wl_buffer each, so that each tells when it is free. */
struct fb_buffer {
	struct wl_buffer *proxy;
	struct head *head; /* that it was last committed to; NULL: never */
	bool is_busy;      /* the server may read it */
};

struct fb {
	struct list link; /* display.fbs */
	struct dbuf *dbuf;
	uint64_t cookie;
	int state; /* as of dbuf */
	struct geometry_fb geometry;
	const struct pixel_format *format;
	struct fb_buffer buffers[PV_MAX_CONNECTORS];
};

/* 0, -EEXIST, or -ENOSPC when the guest would have too much. */
MUST_USE int dbuf_check(struct display *display, const struct command_dbuf_create *command);
/*
 * Takes refs, also on failure. Checked before. state: index of a buffer that is stored already, or -1; it is stored when
 * this returns. -ENOMEM or -ENOSPC.
 */
MUST_USE int dbuf_create(struct display *display, const struct command_dbuf_create *command,
			 uint32_t *refs, int state);
/*
 * Has the server allocate it, the next one while there is none; its references come while the pool is POOL_MAPPING. Not
 * stored before it has references. -ENOMEM, -ENOSPC.
 */
MUST_USE int dbuf_allocate(struct display *display, const struct command_dbuf_create *command,
			   struct dbuf **out);
struct dbuf *dbuf_find(struct display *display, uint64_t cookie);
/* Has the server map it; no server or a failure leaves the pool in POOL_NONE or POOL_FAILED. */
void dbuf_open(struct dbuf *dbuf);
/* No framebuffer may be left. It is freed when the server has let go: true when that is now. */
bool dbuf_release(struct dbuf *dbuf);
/* At once. */
void dbuf_destroy(struct dbuf *dbuf);

/* 0, -EEXIST, -ENOENT, -EINVAL, -ENOSPC, -ENOMEM. state: as above. */
MUST_USE int fb_attach(struct display *display, const struct command_fb_attach *command, int state);
struct fb *fb_find(struct display *display, uint64_t cookie);
/* Nothing may show it any more. */
void fb_destroy(struct fb *fb);
/* The buffer of connector k, made when needed; NULL while the server has no such thing. */
struct fb_buffer *fb_buffer(struct fb *fb, unsigned k);
/* The connection is gone: its objects too. */
void fb_forget_buffers(struct fb *fb);

#endif
