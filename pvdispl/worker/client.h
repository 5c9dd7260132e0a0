/* SPDX-License-Identifier: MIT */
/*
 * The connection to the display server: libwayland on the loop, never waited for. It comes when the
 * broker hands one over, goes when the server does, and may come again; everything that was made on
 * it is made anew then.
 */
#ifndef WORKER_CLIENT_H
#define WORKER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/util.h"
#include "pvdispl/worker/external.h"
#include "pvdispl/worker/seat.h"

#define CLIENT_MAX_FORMATS 64

struct head;
struct vitrine_guest_v1;
struct wl_compositor;
struct wl_display;
struct wl_registry;
struct wl_shm;
struct worker;
struct wp_presentation;
struct wp_viewporter;

struct client {
	struct worker *worker;
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wp_viewporter *viewporter;
	struct wp_presentation *presentation;
	struct wl_shm *shm; /* for the formats that it announces */
	struct vitrine_guest_v1 *guest;
	struct external external;
	struct guest_seat seat;
	sd_event_source *io;
	uint32_t formats[CLIENT_MAX_FORMATS]; /* DRM fourcc */
	unsigned n_formats;
	/* What the server grants, and what is used of it. */
	uint32_t max_heads, max_pools, max_buffers, max_pages;
	uint32_t n_pools, n_buffers, n_pages;
	bool is_ready;         /* all of the above is there */
	uint32_t pointer_told; /* what the server knows of the guest's pointing devices; 0: nothing */
};

/*
 * Replaces the connection that there is. Takes *fd. A server that is broken is no error of the
 * worker's: returns 0.
 */
MUST_USE int client_connect(struct worker *worker, int *fd);
/* Harmless without one. */
void client_disconnect(struct worker *worker);

bool client_has_format(const struct client *client, uint32_t fourcc);
/* The guest's input devices are others: the server is told what they take. NULL: nobody is. */
void client_inputs_changed(struct client *client);
/* The head is about to be destroyed: no event finds it any more. */
void client_forget_head(struct client *client, struct head *head);

#endif
