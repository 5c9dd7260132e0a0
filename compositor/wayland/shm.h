/* SPDX-License-Identifier: MIT */
/*
 * wl_shm as guests see it: it names the formats that their pictures may have, and that is all. A
 * guest's pages come through grant pools; memory that a worker made itself is not mapped.
 */
#ifndef WAYLAND_SHM_H
#define WAYLAND_SHM_H

#include <stdint.h>

#include <wayland-server-core.h>

void shm_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

#endif
