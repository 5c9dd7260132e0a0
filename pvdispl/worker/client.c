/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <wayland-client.h>

#include "presentation-time-client-protocol.h"
#include "pvdispl/worker/head.h"
#include "pvdispl/worker/input.h"
#include "pvdispl/worker/worker.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "vitrine-guest-v1-client-protocol.h"

/* Before what guests ask for: a guest that floods its rings does not hold up its own input. */
#define CLIENT_PRIORITY (SD_EVENT_PRIORITY_NORMAL - 10)
#define GUEST_VERSION 2u

#define FOURCC_ARGB8888 0x34325241u /* wl_shm numbers these two on its own, all others by fourcc */
#define FOURCC_XRGB8888 0x34325258u

/* ---- globals ---- */

static bool client_speaks(const struct client *client, uint32_t version)
{
	return wl_proxy_get_version((struct wl_proxy *)client->guest) >= version;
}

static void check_ready(struct client *client)
{
	if (client->is_ready || !client->compositor || !client->viewporter ||
	    !client->presentation || !client->shm || !client->guest || client->max_pools == 0) {
		return;
	}
	client->is_ready = true;
	if (client_speaks(client, VITRINE_GUEST_V1_CREATE_EXTERNAL_SINCE_VERSION)) {
		external_offer(&client->external, client->compositor, client->guest);
	}
	worker_server_ready(client->worker);
}

static void on_shm_format(void *data, struct wl_shm *shm, uint32_t format)
{
	struct client *client = data;

	if (format == WL_SHM_FORMAT_ARGB8888) {
		format = FOURCC_ARGB8888;
	} else if (format == WL_SHM_FORMAT_XRGB8888) {
		format = FOURCC_XRGB8888;
	}
	if (client->n_formats < CLIENT_MAX_FORMATS) {
		client->formats[client->n_formats++] = format;
	}
}

static const struct wl_shm_listener shm_listener = {.format = on_shm_format};

bool client_has_format(const struct client *client, uint32_t fourcc)
{
	for (unsigned i = 0; i < client->n_formats; i++) {
		if (client->formats[i] == fourcc) {
			return true;
		}
	}
	return false;
}

/*
 * Whatever fits is in the rings now; the rest is kept as state that is told when the guest makes
 * room. So credit is returned at once, and a guest that does not read never looks like a worker
 * that hangs.
 */
static void on_mark_input(void *data, struct vitrine_guest_v1 *guest, uint32_t serial)
{
	struct client *client = data;

	uint64_t notified_ns;

	input_flush(client->worker);
	notified_ns = now_ns();
	if (client_speaks(client, VITRINE_GUEST_V1_ACKNOWLEDGE_INPUT_AT_SINCE_VERSION)) {
		vitrine_guest_v1_acknowledge_input_at(guest, serial, (uint32_t)(notified_ns >> 32),
						      (uint32_t)notified_ns);
	} else {
		vitrine_guest_v1_acknowledge_input(guest, serial);
	}
}

_Static_assert((uint32_t)VITRINE_GUEST_V1_POINTER_ABSOLUTE == SINK_ABSOLUTE &&
		       (uint32_t)VITRINE_GUEST_V1_POINTER_RELATIVE == SINK_RELATIVE,
	       "the sink's words are the protocol's");

void client_inputs_changed(struct client *client)
{
	uint32_t kinds;

	if (!client || !client->guest ||
	    !client_speaks(client, VITRINE_GUEST_V1_SET_POINTER_SINCE_VERSION)) {
		return;
	}
	kinds = sink_pointer_kinds(client->worker->sink);
	if (kinds && kinds != client->pointer_told) {
		client->pointer_told = kinds;
		vitrine_guest_v1_set_pointer(client->guest, kinds);
	}
}

static void on_limits(void *data, struct vitrine_guest_v1 *guest, uint32_t heads, uint32_t pools,
		      uint32_t buffers, uint32_t pages)
{
	struct client *client = data;

	client->max_heads = heads;
	client->max_pools = pools;
	client->max_buffers = buffers;
	client->max_pages = pages;
	check_ready(client);
}

static const struct vitrine_guest_v1_listener guest_listener = {
	.mark_input = on_mark_input,
	.limits = on_limits,
};

static void bind_guest(struct client *client, uint32_t name, uint32_t version)
{
	client->guest = wl_registry_bind(client->registry, name, &vitrine_guest_v1_interface,
					 MIN(version, GUEST_VERSION));
	vitrine_guest_v1_add_listener(client->guest, &guest_listener, client);
	client_inputs_changed(client);
}

static void bind_shm(struct client *client, uint32_t name)
{
	client->shm = wl_registry_bind(client->registry, name, &wl_shm_interface, 1);
	wl_shm_add_listener(client->shm, &shm_listener, client);
}

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
		      const char *interface, uint32_t version)
{
	struct client *client = data;

	if (strcmp(interface, wl_compositor_interface.name) == 0 && !client->compositor) {
		client->compositor = wl_registry_bind(registry, name, &wl_compositor_interface,
						      MIN(version, 4u));
	} else if (strcmp(interface, wp_viewporter_interface.name) == 0 && !client->viewporter) {
		client->viewporter = wl_registry_bind(registry, name, &wp_viewporter_interface, 1);
	} else if (strcmp(interface, wp_presentation_interface.name) == 0 && !client->presentation) {
		client->presentation = wl_registry_bind(registry, name, &wp_presentation_interface,
							1);
	} else if (strcmp(interface, wl_shm_interface.name) == 0 && !client->shm) {
		bind_shm(client, name);
	} else if (strcmp(interface, vitrine_guest_v1_interface.name) == 0 && !client->guest) {
		bind_guest(client, name, version);
	} else if (strcmp(interface, wl_seat_interface.name) == 0) {
		guest_seat_bind(&client->seat, registry, name, version);
	} else if (strcmp(interface, zwp_relative_pointer_manager_v1_interface.name) == 0) {
		guest_seat_bind_relative(&client->seat, registry, name);
	}
	check_ready(client);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	/* The server's globals for guests last as long as it does. */
}

static const struct wl_registry_listener registry_listener = {
	.global = on_global,
	.global_remove = on_global_remove,
};

/* ---- the loop ---- */

static bool read_events(struct wl_display *display)
{
	while (wl_display_prepare_read(display) != 0) {
		if (wl_display_dispatch_pending(display) < 0) {
			return false;
		}
	}
	return wl_display_read_events(display) >= 0 && wl_display_dispatch_pending(display) >= 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct client *client = data;

	if (!read_events(client->display)) {
		/* So does a guest end that leaves; a server that is really gone the broker tells of. */
		log_info(LOG_HOST, "the display server has ended the connection: %s",
			 strerror(wl_display_get_error(client->display)));
		client_disconnect(client->worker);
	}
	return 0;
}

/*
 * Before the loop sleeps: whatever anybody had to say goes out; what does not fit waits for the
 * socket.
 */
static int on_prepare(sd_event_source *source, void *data)
{
	struct client *client = data;
	int ret = wl_display_flush(client->display);
	bool is_full = ret < 0 && errno == EAGAIN;

	/* A server that has gone is noticed where its last events are read. */
	return sd_event_source_set_io_events(client->io, EPOLLIN | (is_full ? EPOLLOUT : 0));
}

static void log_wayland(const char *fmt, va_list args) PRINTF(1, 0);

static void log_wayland(const char *fmt, va_list args)
{
	char line[256];

	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = 0;
	log_warn(LOG_HOST, "wayland: %s", line);
}

static int hang_on_loop(struct client *client)
{
	sd_event *event = client->worker->event;
	int ret = sd_event_add_io(event, &client->io, wl_display_get_fd(client->display), EPOLLIN,
				  on_io, client);

	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(client->io, CLIENT_PRIORITY);
	return ret >= 0 ? sd_event_source_set_prepare(client->io, on_prepare) : ret;
}

int client_connect(struct worker *worker, int *fd)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client_disconnect(worker);
	wl_log_set_handler_client(log_wayland);
	client->worker = worker;
	guest_seat_init(&client->seat, client);
	client->display = wl_display_connect_to_fd(*fd); /* closes it on failure */
	*fd = -1;
	if (!client->display) {
		log_error(LOG_HOST, "cannot use the display server's connection: %s",
			  strerror(errno));
		free(client);
		return 0;
	}
	worker->client = client;
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	if (hang_on_loop(client) < 0) {
		client_disconnect(worker);
	}
	return 0;
}

static void destroy_globals(struct client *client)
{
	if (client->compositor) {
		wl_compositor_destroy(client->compositor);
	}
	if (client->viewporter) {
		wp_viewporter_destroy(client->viewporter);
	}
	if (client->presentation) {
		wp_presentation_destroy(client->presentation);
	}
	if (client->shm) {
		wl_shm_destroy(client->shm);
	}
	if (client->guest) {
		vitrine_guest_v1_destroy(client->guest);
	}
	wl_registry_destroy(client->registry);
}

void client_disconnect(struct worker *worker)
{
	struct client *client = worker->client;

	if (!client) {
		return;
	}
	client->is_ready = false;
	guest_seat_finish(&client->seat);
	external_finish(&client->external);
	worker_server_gone(worker);
	worker->client = NULL;
	sd_event_source_disable_unref(client->io);
	destroy_globals(client);
	wl_display_disconnect(client->display);
	free(client);
}

void client_forget_head(struct client *client, struct head *head)
{
	guest_seat_forget_head(&client->seat, head);
}
