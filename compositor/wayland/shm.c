/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/shm.h"

#include "base/format.h"
#include "compositor/wayland/wayland_priv.h"
#include "wayland-server-protocol.h"

/* The two that wl_shm numbers on its own. */
#define FOURCC_ARGB8888 0x34325241u
#define FOURCC_XRGB8888 0x34325258u

static void handle_create_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id,
			       int32_t fd, int32_t size)
{
	close_fd(&fd);
	connection_fault(resource, WL_SHM_ERROR_INVALID_FD,
			 "offered memory that is not its guest's");
}

static const struct wl_shm_interface implementation = {
	.create_pool = handle_create_pool,
};

static uint32_t shm_format(uint32_t fourcc)
{
	switch (fourcc) {
	case FOURCC_ARGB8888:
		return WL_SHM_FORMAT_ARGB8888;
	case FOURCC_XRGB8888:
		return WL_SHM_FORMAT_XRGB8888;
	}
	return fourcc;
}

void shm_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = object_create(client, &wl_shm_interface, (int)version, id,
						     &implementation, data, NULL);
	const struct pixel_format *format;

	for (unsigned i = 0; resource && (format = pixel_format_at(i)); i++) {
		wl_shm_send_format(resource, shm_format(format->fourcc));
	}
}
