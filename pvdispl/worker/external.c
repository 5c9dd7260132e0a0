/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/external.h"

#include <stddef.h>
#include <wayland-client.h>

#include "vitrine-guest-v1-client-protocol.h"

static void on_size(void *data, struct vitrine_external_v1 *proxy, uint32_t width, uint32_t height)
{
	struct external *external = data;

	external->width = width;
	external->height = height;
}

static const struct vitrine_external_v1_listener listener = {.size = on_size};

void external_offer(struct external *external, struct wl_compositor *compositor,
		    struct vitrine_guest_v1 *guest)
{
	external->surface = wl_compositor_create_surface(compositor);
	external->proxy = vitrine_guest_v1_create_external(guest, external->surface);
	vitrine_external_v1_add_listener(external->proxy, &listener, external);
}

void external_finish(struct external *external)
{
	if (external->surface) {
		vitrine_external_v1_destroy(external->proxy);
		wl_surface_destroy(external->surface);
	}
	*external = (struct external){0};
}

bool external_has(const struct external *external, const struct wl_surface *surface)
{
	return surface && surface == external->surface && external->width && external->height;
}
