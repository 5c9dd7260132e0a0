/* SPDX-License-Identifier: MIT */
/* The display on the server's loop, the broker's socket, and which connection sees which global. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compositor/wayland/head.h"
#include "compositor/wayland/listen.h"
#include "compositor/wayland/local/local.h"
#include "compositor/wayland/memory.h"
#include "compositor/wayland/pool.h"
#include "compositor/wayland/presentation.h"
#include "compositor/wayland/shm.h"
#include "compositor/wayland/surface.h"
#include "compositor/wayland/viewport.h"
#include "compositor/wayland/wayland_priv.h"
#include "ext-idle-notify-v1-server-protocol.h"
#include "ext-session-lock-v1-server-protocol.h"
#include "idle-inhibit-unstable-v1-server-protocol.h"
#include "presentation-time-server-protocol.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "viewporter-server-protocol.h"
#include "vitrine-broker-v1-server-protocol.h"
#include "vitrine-guest-v1-server-protocol.h"
#include "wayland-server-protocol.h"

/*
 * libwayland's own lines: what a guest can cause is told by our own, which name the guest and are
 * limited.
 */
PRINTF(1, 0) static void wayland_log(const char *fmt, va_list args)
{
	char line[256];

	vsnprintf(line, sizeof(line), fmt, args);
	log_debug(LOG_US, "libwayland: %s", line);
}

/*
 * ---- the loop: clients run after whatever else is pending, so that one that never stops talking
 * holds up nothing; a turn of mapping lifts them for one turn, so that mapping does not hold them up
 * either ----
 */

static void clients_flush(struct wayland *wayland)
{
	do {
		guests_reap(wayland);
		connections_reap(wayland);
		wl_display_flush_clients(wayland->display);
		/*
		 * A client that could not be written to has just ended: that may free others, who
		 * have news then.
		 */
	} while (!list_empty(&wayland->dead));
}

static int loop_prepare(sd_event_source *source, void *data)
{
	clients_flush(data);
	return 0;
}

static int clients_dispatch(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct wayland *wayland = data;

	wl_event_loop_dispatch(wl_display_get_event_loop(wayland->display), 0);
	sd_event_source_set_priority(source, PRIORITY_LAST);
	return 0;
}

static int maps_dispatch(sd_event_source *source, void *data)
{
	struct wayland *wayland = data;

	sd_event_source_set_priority(wayland->clients, PRIORITY_CLIENTS);
	return pools_work(source, wayland);
}

static int loop_join(struct wayland *wayland)
{
	sd_event *event = wayland->server->event;
	int fd = wl_event_loop_get_fd(wl_display_get_event_loop(wayland->display));
	int ret;

	ret = sd_event_add_io(event, &wayland->clients, fd, EPOLLIN, clients_dispatch, wayland);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(wayland->clients, PRIORITY_LAST);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_prepare(wayland->clients, loop_prepare);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_add_defer(event, &wayland->map_work, maps_dispatch, wayland);
	if (ret < 0) {
		return ret;
	}
	ret = sd_event_source_set_priority(wayland->map_work, PRIORITY_MAPS);
	if (ret < 0) {
		return ret;
	}
	return sd_event_source_set_enabled(wayland->map_work, SD_EVENT_OFF);
}

/* ---- the broker's socket ---- */

static int instance_lock(struct wayland *wayland)
{
	const char *dir = wayland->server->options->runtime_dir;
	char *path = xasprintf("%s/vitrined.lock", dir);
	int ret = 0;

	wayland->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (wayland->lock_fd < 0) {
		ret = -errno;
		log_error(LOG_ADMIN,
			  "%s: %s; make the runtime directory writable for uid %u, or name another by "
			  "--runtime-dir",
			  path, strerror(-ret), (unsigned)geteuid());
	} else if (flock(wayland->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		ret = -EADDRINUSE;
		log_error(LOG_ADMIN,
			  "%s is held: another vitrined runs in %s; stop it, or name another directory by "
			  "--runtime-dir",
			  path, dir);
	}
	free(path);
	return ret;
}

static bool peer_allowed(int fd, struct ucred *peer)
{
	socklen_t size = sizeof(*peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0 &&
	       (peer->uid == 0 || peer->uid == geteuid());
}

static int broker_accept(sd_event_source *source, int listen_fd, uint32_t events, void *data)
{
	struct wayland *wayland = data;
	struct ucred peer = {.uid = (uid_t)-1};
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		return 0;
	}
	if (!peer_allowed(fd, &peer)) {
		log_warn(LOG_ADMIN, "uid %u may not be a broker: only root and uid %u may",
			 (unsigned)peer.uid, (unsigned)geteuid());
		close_fd(&fd);
		return 0;
	}
	/* Only one knows the domains; one that was restarted replaces the one before. */
	if (wayland->broker) {
		connection_kill(wayland->broker, "was replaced");
		guests_reap(wayland);
	}
	if (connection_create(wayland, CONNECTION_BROKER, NULL, fd) < 0) {
		log_error(LOG_HOST,
			  "no connection for the broker: out of memory or file descriptors");
	} else {
		log_info(LOG_US, "the broker has connected (pid %d)", (int)peer.pid);
	}
	return 0;
}

static int broker_listen(struct wayland *wayland)
{
	int ret;

	wayland->socket_path = xasprintf("%s/broker.sock", wayland->server->options->runtime_dir);
	ret = listen_at(wayland->socket_path, 0600, &wayland->listen_fd);
	if (ret < 0) {
		log_error(LOG_ADMIN, "can't listen on %s: %s; check the runtime directory",
			  wayland->socket_path, strerror(-ret));
		return ret;
	}
	return sd_event_add_io(wayland->server->event, &wayland->accept, wayland->listen_fd,
			       EPOLLIN, broker_accept, wayland);
}

/* ---- globals ---- */

/* Monitors have globals that come and go: trusted clients' alone, as is all that is not in the table. */
static unsigned global_kinds(const struct wayland *wayland, const struct wl_global *global)
{
	for (unsigned i = 0; i < wayland->n_globals; i++) {
		if (wayland->globals[i].global == global) {
			return wayland->globals[i].kinds;
		}
	}
	return 1u << CONNECTION_TRUSTED | 1u << CONNECTION_LOCK;
}

static bool global_visible(const struct wl_client *client, const struct wl_global *global,
			   void *data)
{
	const struct connection *connection = connection_find((struct wl_client *)client);

	return connection && (global_kinds(data, global) >> connection->kind & 1);
}

int global_create(struct wayland *wayland, const struct wl_interface *interface, int version,
		  wl_global_bind_func_t bind, unsigned kinds)
{
	struct visible_global *slot = &wayland->globals[wayland->n_globals];

	assert(wayland->n_globals < LIMIT_GLOBALS);
	slot->kinds = kinds;
	slot->global = wl_global_create(wayland->display, interface, version, wayland, bind);
	if (!slot->global) {
		return -ENOMEM;
	}
	wayland->n_globals++;
	return 0;
}

#define GUEST (1u << CONNECTION_GUEST)
#define TRUSTED (1u << CONNECTION_TRUSTED)
#define LOCK (1u << CONNECTION_LOCK)

static int globals_create(struct wayland *wayland)
{
	const struct {
		const struct wl_interface *interface;
		int version;
		wl_global_bind_func_t bind;
		unsigned kinds;
	} globals[] = {
		{&wl_compositor_interface, 4, compositor_bind, GUEST | TRUSTED | LOCK},
		{&wl_shm_interface, 1, shm_bind, GUEST},
		{&wp_viewporter_interface, 1, viewporter_bind, GUEST},
		{&wp_presentation_interface, 1, presentation_bind, GUEST},
		{&wl_seat_interface, 8, seat_bind, GUEST},
		{&zwp_relative_pointer_manager_v1_interface, 1, relative_pointer_bind, GUEST},
		{&vitrine_guest_v1_interface, 2, root_bind, GUEST},
		{&vitrine_broker_v1_interface, 1, broker_bind, 1u << CONNECTION_BROKER},
		{&wl_shm_interface, 1, local_shm_bind, TRUSTED | LOCK},
		{&wl_seat_interface, 7, local_seat_bind, TRUSTED | LOCK},
		{&wl_subcompositor_interface, 1, subcompositor_bind, LOCK},
		{&ext_session_lock_manager_v1_interface, 1, session_lock_bind, LOCK},
		{&ext_idle_notifier_v1_interface, 1, idle_notifier_bind, TRUSTED},
		{&zwp_idle_inhibit_manager_v1_interface, 1, idle_inhibit_bind, TRUSTED},
	};
	int ret = 0;

	wl_display_set_global_filter(wayland->display, global_visible, wayland);
	for (unsigned i = 0; i < ARRAY_SIZE(globals) && ret == 0; i++) {
		ret = global_create(wayland, globals[i].interface, globals[i].version,
				    globals[i].bind, globals[i].kinds);
	}
	return ret;
}

/* ---- start and stop ---- */

static int display_create(struct wayland *wayland)
{
	int ret;

	/* libwayland would print each event with its key code. */
	unsetenv("WAYLAND_DEBUG");
	wl_log_set_handler_server(wayland_log);
	wayland->display = wl_display_create();
	wayland->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!wayland->display || wayland->null_fd < 0) {
		return -ENOMEM;
	}
	ret = input_latency_init(wayland);
	return ret < 0 ? ret : globals_create(wayland);
}

int wayland_create(struct wayland **out, struct server *server)
{
	struct wayland *wayland = xcalloc(1, sizeof(*wayland));
	int ret;

	wayland->server = server;
	wayland->lock_fd = -1;
	wayland->listen_fd = -1;
	wayland->null_fd = -1;
	list_init(&wayland->guests);
	list_init(&wayland->dead);
	list_init(&wayland->maps);
	ret = instance_lock(wayland);
	if (ret < 0) {
		goto out;
	}
	ret = display_create(wayland);
	if (ret < 0) {
		goto out;
	}
	ret = loop_join(wayland);
	if (ret < 0) {
		goto out;
	}
	ret = broker_listen(wayland);
	if (ret < 0) {
		goto out;
	}
	ret = local_create(&wayland->local, wayland);
out:
	if (ret < 0) {
		wayland_destroy(wayland);
	} else {
		*out = wayland;
	}
	return ret;
}

static void guests_destroy(struct wayland *wayland)
{
	struct guest *guest, *tmp;

	list_for_each_safe(guest, tmp, &wayland->guests, link) {
		guest_destroy(guest);
	}
}

void wayland_destroy(struct wayland *wayland)
{
	guests_destroy(wayland);
	if (wayland->display) {
		wl_display_destroy_clients(wayland->display);
		connections_reap(wayland);
		pools_finish(wayland);
		input_latency_finish(wayland);
		local_destroy(wayland->local);
		wl_display_destroy(wayland->display);
	}
	sd_event_source_disable_unref(wayland->accept);
	sd_event_source_disable_unref(wayland->map_work);
	sd_event_source_disable_unref(wayland->clients);
	if (wayland->listen_fd >= 0) {
		unlink(wayland->socket_path);
	}
	close_fd(&wayland->listen_fd);
	close_fd(&wayland->null_fd);
	close_fd(&wayland->lock_fd);
	free(wayland->socket_path);
	free(wayland);
}

/* ---- what the scene reports ---- */

void wayland_head_placed(struct wayland *wayland, struct scene_head *scene)
{
	struct head *head = scene->data;

	if (head) {
		/* Not known to the request yet when the scene places it at once. */
		head->scene = scene;
		head_placed(head);
	}
	input_head_placed(wayland->server->input, scene);
}

void wayland_commit_done(struct wayland *wayland, struct scene_head *scene, uint64_t token,
			 const struct presented *how)
{
	struct head *head = scene->data;

	if (head && head->surface && token) {
		surface_commit_done(head->surface, token, how);
	}
}

void wayland_outputs_changed(struct wayland *wayland)
{
	if (wayland && wayland->local) {
		local_outputs_changed(wayland->local);
	}
}

void wayland_output_presented(struct wayland *wayland, struct scene_output *output,
			      const struct presented *how)
{
	if (wayland && wayland->local) {
		local_output_presented(wayland->local, output, how);
	}
}

void wayland_report(struct wayland *wayland, FILE *out)
{
	const struct guest *guest;

	fprintf(out, "maps.pages %llu\n", (unsigned long long)wayland->mapped_pages);
	fprintf(out, "maps.budget %u\n", wayland->map_budget);
	input_latency_report(wayland, out);
	list_for_each(guest, &wayland->guests, link) {
		const char *name = guest_name(guest);

		fprintf(out, "guest.%s.connected %d\n", name, guest->connection != NULL);
		fprintf(out, "guest.%s.pools %u\n", name, guest->n_pools);
		fprintf(out, "guest.%s.buffers %u\n", name, guest->n_buffers);
		fprintf(out, "guest.%s.pages %llu\n", name, (unsigned long long)guest->pages);
		guest_seat_report(guest, out);
		memories_report(guest, out);
		pools_report(guest, out);
	}
}
