/* SPDX-License-Identifier: MIT */
/*
 * A surface that shows nothing: what the pointer is over while it is on a monitor that the guest drives by itself. Offered
 * always, as only the server's layout knows whether there is one.
 */
#ifndef WORKER_EXTERNAL_H
#define WORKER_EXTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct vitrine_external_v1;
struct vitrine_guest_v1;
struct wl_compositor;
struct wl_surface;

struct external {
	struct wl_surface *surface; /* NULL: not offered */
	struct vitrine_external_v1 *proxy;
	uint32_t width, height; /* how far positions go; 0: not told yet */
};

void external_offer(struct external *external, struct wl_compositor *compositor,
		    struct vitrine_guest_v1 *guest);
void external_finish(struct external *external);
/* A position on it means something. */
bool external_has(const struct external *external, const struct wl_surface *surface);

#endif
