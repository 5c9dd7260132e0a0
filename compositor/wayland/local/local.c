/* SPDX-License-Identifier: MIT */
/* Who connects, and that it ends. */
#include "compositor/wayland/local/local.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compositor/wayland/listen.h"
#include "compositor/wayland/local/local_priv.h"

/* ---- clients ---- */

static const char *kind_name(enum connection_kind kind)
{
	return kind == CONNECTION_LOCK ? "lock screen" : "trusted program";
}

struct local_client *local_client_of(struct wl_resource *resource)
{
	const struct connection *connection = connection_of(resource);

	return connection ? connection->local : NULL;
}

static unsigned count_kind(const struct local *local, enum connection_kind kind)
{
	const struct local_client *client;
	unsigned n = 0;

	list_for_each(client, &local->clients, link) {
		n += client->connection->kind == kind;
	}
	return n;
}

/* Takes fd. */
static int client_create(struct local *local, enum connection_kind kind, pid_t pid, int fd)
{
	struct local_client *client = calloc(1, sizeof(*client));
	int ret;

	if (!client) {
		close_fd(&fd);
		return -ENOMEM;
	}
	client->local = local;
	client->pid = pid;
	wl_list_init(&client->keyboards);
	wl_list_init(&client->pointers);
	wl_list_init(&client->touches);
	list_init(&client->maps);
	ret = connection_create_local(local->wayland, kind, client, fd);
	if (ret < 0) {
		free(client);
		return ret;
	}
	list_append(&local->clients, &client->link);
	return 0;
}

void local_client_ended(struct connection *connection)
{
	struct local_client *client = connection->local;

	session_lock_client_ended(client);
	list_remove(&client->link);
	shm_forget_client(client);
	if (connection->fault) {
		log_warn(LOG_HOST, "a %s (pid %d) was disconnected: it %s",
			 kind_name(connection->kind), (int)client->pid, connection->fault);
	}
}

/* ---- sockets ---- */

static bool peer_allowed(const struct local *local, int fd, struct ucred *peer)
{
	socklen_t size = sizeof(*peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0 &&
	       (peer->uid == 0 || peer->uid == geteuid() ||
		(local->has_user && peer->uid == local->user));
}

static int door_accept(sd_event_source *source, int listen_fd, uint32_t events, void *data)
{
	struct local_door *door = data;
	struct ucred peer = {.uid = (uid_t)-1};
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		return 0;
	}
	if (!peer_allowed(door->local, fd, &peer)) {
		log_warn(LOG_ADMIN, "uid %u may not be a %s: [server] trusted-user says who may",
			 (unsigned)peer.uid, kind_name(door->kind));
		close_fd(&fd);
	} else if (count_kind(door->local, door->kind) >= LIMIT_LOCAL_CLIENTS) {
		log_warn(LOG_ADMIN, "there are %u connections of a %s already", LIMIT_LOCAL_CLIENTS,
			 kind_name(door->kind));
		close_fd(&fd);
	} else if (client_create(door->local, door->kind, peer.pid, fd) < 0) {
		log_error(LOG_HOST, "no connection for a %s: out of memory or file descriptors",
			  kind_name(door->kind));
	} else {
		log_info(LOG_US, "a %s has connected (pid %d)", kind_name(door->kind),
			 (int)peer.pid);
	}
	return 0;
}

static int door_open(struct local *local, struct local_door *door, enum connection_kind kind,
		     const char *name)
{
	const struct server *server = local->wayland->server;
	int ret;

	door->local = local;
	door->kind = kind;
	door->path = xasprintf("%s/%s", server->options->runtime_dir, name);
	/* Another uid has to reach it; who it is, the kernel says at each connection. */
	ret = listen_at(door->path, local->has_user ? 0666 : 0600, &door->fd);
	if (ret < 0) {
		log_error(LOG_ADMIN, "can't listen on %s: %s; check the runtime directory",
			  door->path, strerror(-ret));
		return ret;
	}
	ret = sd_event_add_io(server->event, &door->accept, door->fd, EPOLLIN, door_accept, door);
	return ret < 0 ? ret : sd_event_source_set_priority(door->accept, PRIORITY_LAST);
}

static void door_close(struct local_door *door)
{
	sd_event_source_disable_unref(door->accept);
	if (door->fd >= 0) {
		unlink(door->path);
	}
	close_fd(&door->fd);
	free(door->path);
}

/* ---- start and stop ---- */

static void find_user(struct local *local)
{
	const char *name = local->wayland->server->settings->trusted_user;
	const struct passwd *user = *name ? getpwnam(name) : NULL;

	if (user) {
		local->has_user = true;
		local->user = user->pw_uid;
	} else if (*name) {
		log_warn(LOG_ADMIN, "[server] trusted-user: there is no user %s", name);
	}
}

int local_create(struct local **out, struct wayland *wayland)
{
	struct local *local = xcalloc(1, sizeof(*local));
	int ret;

	/* What fails half-way is destroyed by whoever destroys the display. */
	*out = local;
	local->wayland = wayland;
	local->doors[0].fd = -1;
	local->doors[1].fd = -1;
	local->keymap.fd = -1;
	list_init(&local->clients);
	idle_init(local);
	ret = outputs_init(local);
	if (ret < 0) {
		return ret;
	}
	ret = session_lock_init(local);
	if (ret < 0) {
		return ret;
	}
	keymap_init(&local->keymap, &wayland->server->settings->lock);
	find_user(local);
	ret = door_open(local, &local->doors[0], CONNECTION_TRUSTED, "trusted.sock");
	return ret < 0 ? ret : door_open(local, &local->doors[1], CONNECTION_LOCK, "lock.sock");
}

void local_destroy(struct local *local)
{
	if (!local) {
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(local->doors); i++) {
		door_close(&local->doors[i]);
	}
	session_lock_finish(local);
	idle_finish(local);
	outputs_finish(local);
	keymap_finish(&local->keymap);
	free(local);
}
