/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/viewport.h"

#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland_priv.h"
#include "viewporter-server-protocol.h"

/* A side or corner in whole pixels: false when it is none, or larger than any buffer. */
static bool whole_pixels(wl_fixed_t untrusted, int *out)
{
	if (untrusted < 0 || untrusted % 256 != 0) {
		return false;
	}
	*out = untrusted / 256;
	return true;
}

static bool source_parse(wl_fixed_t untrusted_x, wl_fixed_t untrusted_y, wl_fixed_t untrusted_w,
			 wl_fixed_t untrusted_h, struct rect *out)
{
	const wl_fixed_t unset = wl_fixed_from_int(-1);

	if (untrusted_x == unset && untrusted_y == unset && untrusted_w == unset &&
	    untrusted_h == unset) {
		*out = (struct rect){0};
		return true;
	}
	return whole_pixels(untrusted_x, &out->x) && whole_pixels(untrusted_y, &out->y) &&
	       whole_pixels(untrusted_w, &out->w) && whole_pixels(untrusted_h, &out->h) &&
	       !rect_empty(out);
}

static void handle_set_source(struct wl_client *client, struct wl_resource *resource,
			      wl_fixed_t untrusted_x, wl_fixed_t untrusted_y,
			      wl_fixed_t untrusted_w, wl_fixed_t untrusted_h)
{
	struct surface *surface = wl_resource_get_user_data(resource);
	struct rect src;

	if (!surface) {
		connection_fault(resource, WP_VIEWPORT_ERROR_NO_SURFACE,
				 "used a viewport without its surface");
	} else if (!source_parse(untrusted_x, untrusted_y, untrusted_w, untrusted_h, &src)) {
		connection_fault(resource, WP_VIEWPORT_ERROR_BAD_VALUE,
				 "set a source rectangle that is not of whole pixels");
	} else {
		surface->pending.src = src;
	}
}

static void handle_set_destination(struct wl_client *client, struct wl_resource *resource,
				   int32_t width, int32_t height)
{
}

static const struct wp_viewport_interface viewport_implementation = {
	.destroy = object_destroy,
	.set_source = handle_set_source,
	.set_destination = handle_set_destination,
};

static void viewport_destroyed(struct wl_resource *resource)
{
	struct surface *surface = wl_resource_get_user_data(resource);

	if (surface) {
		surface->viewport = NULL;
		surface->pending.src = (struct rect){0};
	}
}

static void handle_get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
				struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);

	if (!surface || surface->viewport) {
		connection_fault(resource, WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS,
				 "made a second viewport");
		return;
	}
	surface->viewport = object_create(client, &wp_viewport_interface,
					  wl_resource_get_version(resource), id,
					  &viewport_implementation, surface, viewport_destroyed);
}

static const struct wp_viewporter_interface viewporter_implementation = {
	.destroy = object_destroy,
	.get_viewport = handle_get_viewport,
};

void viewporter_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	object_create(client, &wp_viewporter_interface, (int)version, id,
		      &viewporter_implementation, data, NULL);
}
