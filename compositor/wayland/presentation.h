/* SPDX-License-Identifier: MIT */
/* wp_presentation: feedback objects wait with their commit and are told how it ended. */
#ifndef WAYLAND_PRESENTATION_H
#define WAYLAND_PRESENTATION_H

#include <stdint.h>

#include <wayland-server-core.h>

struct presented;

void presentation_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);
/* Tells all feedback objects of the list and destroys them. NULL: discarded. */
void presentation_tell(struct wl_list *feedbacks, const struct presented *how);

#endif
