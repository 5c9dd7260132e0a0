/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/presentation.h"

#include <time.h>

#include "compositor/wayland/surface.h"
#include "compositor/wayland/wayland_priv.h"
#include "presentation-time-server-protocol.h"

static void feedback_destroyed(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void handle_feedback(struct wl_client *client, struct wl_resource *resource,
			    struct wl_resource *surface_resource, uint32_t id)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *feedback = wl_resource_create(client,
							  &wp_presentation_feedback_interface,
							  wl_resource_get_version(resource), id);

	if (!feedback) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(feedback, NULL, NULL, feedback_destroyed);
	wl_list_init(wl_resource_get_link(feedback));
	if (surface) {
		wl_list_insert(surface->pending.feedbacks.prev, wl_resource_get_link(feedback));
	}
}

static const struct wp_presentation_interface implementation = {
	.destroy = object_destroy,
	.feedback = handle_feedback,
};

void presentation_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = object_create(client, &wp_presentation_interface,
						     (int)version, id, &implementation, data, NULL);

	if (resource) {
		wp_presentation_send_clock_id(resource, CLOCK_MONOTONIC);
	}
}

static void send_presented(struct wl_resource *feedback, const struct presented *how)
{
	uint64_t seconds = how->time_ns / NSEC_PER_SEC;

	wp_presentation_feedback_send_presented(feedback, (uint32_t)(seconds >> 32),
						(uint32_t)seconds,
						(uint32_t)(how->time_ns % NSEC_PER_SEC),
						how->refresh_ns, (uint32_t)(how->sequence >> 32),
						(uint32_t)how->sequence,
						WP_PRESENTATION_FEEDBACK_KIND_VSYNC);
}

void presentation_tell(struct wl_list *feedbacks, const struct presented *how)
{
	while (!wl_list_empty(feedbacks)) {
		struct wl_resource *feedback = wl_resource_from_link(feedbacks->next);

		if (how) {
			send_presented(feedback, how);
		} else {
			wp_presentation_feedback_send_discarded(feedback);
		}
		wl_resource_destroy(feedback);
	}
}
