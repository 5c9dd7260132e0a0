/* SPDX-License-Identifier: MIT */
/*
 * A connector of the guest on the Wayland side: its surface, what was committed to it, and what
 * became of that. At most HEAD_COMMITS are under way; each is over when the server has shown or
 * dropped it and let go of the buffer before it.
 */
#ifndef WORKER_HEAD_H
#define WORKER_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"
#include "base/util.h"
#include "pvdispl/displif.h"

#define HEAD_COMMITS 2u

struct client;
struct fb_buffer;
struct head;
struct vitrine_head_v1;
struct wl_surface;
struct wp_presentation_feedback;
struct wp_viewport;

struct head_commit {
	struct head *head;
	struct wp_presentation_feedback *feedback; /* NULL: shown or dropped */
	struct fb_buffer *waits;                   /* for the release of this one; NULL: for none */
	uint32_t covers;
};

struct head_events {
	/* Visible or not, pace: look again at what is to be shown. */
	void (*changed)(struct head *head);
	/* A commit is over: so is all that it covers. */
	void (*done)(struct head *head, uint32_t covers);
};

struct head {
	const struct head_events *events;
	uint32_t index, width, height;
	struct client *client; /* NULL: no server */
	struct wl_surface *surface;
	struct wp_viewport *viewport;
	struct vitrine_head_v1 *proxy;
	bool is_visible;
	uint32_t pace_ms;
	struct head_commit commits[HEAD_COMMITS]; /* the oldest at first % HEAD_COMMITS */
	uint32_t first, end;
	struct fb_buffer *current; /* committed last; NULL: nothing */
	uint8_t edid[DISPLIF_EDID_MAX];
	size_t edid_size; /* 0: the server has said nothing */
};

void head_init(struct head *head, const struct head_events *events, uint32_t index, uint32_t width,
	       uint32_t height);
void head_create(struct head *head, struct client *client);
/* Also when the connection is gone. What was under way is over. */
void head_destroy(struct head *head);

bool head_can_commit(const struct head *head);
/*
 * area: of the buffer, which is whole pixels large as is_whole says. covers is given back when it
 * is over.
 */
void head_commit(struct head *head, struct fb_buffer *buffer, const struct rect *area,
		 bool is_whole, uint32_t covers);
/* Shows nothing from now on. */
void head_blank(struct head *head);

void head_buffer_released(struct head *head, struct fb_buffer *buffer);
/* The buffer is about to be destroyed. */
void head_forget_buffer(struct head *head, struct fb_buffer *buffer);

/* The head of a surface of ours, NULL for one that was just destroyed. */
struct head *head_of_surface(struct wl_surface *surface);

#endif
