/* SPDX-License-Identifier: MIT */
/*
 * wp_viewporter: the source rectangle says which part of a framebuffer a head shows. It must be of
 * whole pixels. A destination size is taken and ignored: where and how large a head's picture is
 * drawn is the scene's to decide.
 */
#ifndef WAYLAND_VIEWPORT_H
#define WAYLAND_VIEWPORT_H

#include <stdint.h>

#include <wayland-server-core.h>

void viewporter_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

#endif
