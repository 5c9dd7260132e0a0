/* SPDX-License-Identifier: MIT */
/*
 * Who connects to the control socket. Bytes of a client pass through here on their way to the bus library, which would
 * take messages of up to 128 MiB: what is longer than our calls ends the client. Answers go straight to the client.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "compositor/control/control_priv.h"
#include "compositor/control/wire_parse.h"

#define CHUNK 4096

struct client {
	struct list link; /* control.clients */
	struct control *control;
	sd_bus *bus;
	sd_event_source *in;  /* the client's socket */
	sd_event_source *out; /* our end of the pair that the bus reads from */
	int fd, inner_fd;
	struct wire wire;
	uint8_t bytes[CHUNK]; /* on their way: from begin to end, good up to checked */
	size_t begin, checked, end;
	bool is_finished;
};

/* ---- the end ---- */

/* On a later turn: the bus may be at work. */
static void client_finish(struct client *client)
{
	client->is_finished = true;
	sd_event_source_set_enabled(client->in, SD_EVENT_OFF);
	sd_event_source_set_enabled(client->out, SD_EVENT_OFF);
	sd_event_source_set_enabled(client->control->reaper, SD_EVENT_ONESHOT);
}

static void client_destroy(struct client *client)
{
	list_remove(&client->link);
	client->control->n_clients--;
	ask_client_gone(client->control, client->bus);
	sd_event_source_disable_unref(client->in);
	sd_event_source_disable_unref(client->out);
	sd_bus_close_unref(client->bus);
	close_fd(&client->inner_fd);
	close_fd(&client->fd);
	free(client);
}

static int handle_reap(sd_event_source *source, void *data)
{
	struct control *control = data;
	struct client *client, *tmp;

	list_for_each_safe(client, tmp, &control->clients, link) {
		if (client->is_finished) {
			client_destroy(client);
		}
	}
	return 0;
}

/* ---- bytes from the client to the bus ---- */

/*
 * Checks more of what has come. Messages wait until the bus is ready for them: it would not look for one that it read
 * together with the authentication's end. False: nothing more may be passed on now.
 */
static bool check_more(struct client *client)
{
	ssize_t n;

	if (client->checked == client->end ||
	    (client->wire.phase == WIRE_MESSAGES && sd_bus_is_ready(client->bus) <= 0)) {
		return false;
	}
	n = wire_take(&client->wire, client->bytes + client->checked, client->end - client->checked);
	if (n < 0) {
		client_finish(client);
		return false;
	}
	client->checked += (size_t)n;
	return true;
}

/* False: the bus has no room for more now. */
static bool pass_on(struct client *client)
{
	ssize_t n = send(client->inner_fd, client->bytes + client->begin,
			 client->checked - client->begin, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN) {
		client_finish(client);
	}
	client->begin += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* What the bus has no room for yet waits, and the client with it. */
static void forward(struct client *client)
{
	bool more = true;

	while (more && !client->is_finished) {
		more = client->begin < client->checked ? pass_on(client) : check_more(client);
	}
	if (client->is_finished) {
		return;
	}
	more = client->begin < client->end;
	sd_event_source_set_enabled(client->in, more ? SD_EVENT_OFF : SD_EVENT_ON);
	sd_event_source_set_enabled(client->out, more ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int handle_room(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct client *client = data;

	if (!client->is_finished) {
		forward(client);
	}
	return 0;
}

/* Descriptors that come along are closed by the kernel: no call takes any. */
static int handle_bytes(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct client *client = data;
	ssize_t n = recv(fd, client->bytes, sizeof(client->bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return 0;
	}
	if (n <= 0) {
		client_finish(client);
		return 0;
	}
	client->begin = 0;
	client->checked = 0;
	client->end = (size_t)n;
	forward(client);
	return 0;
}

/* ---- what the bus says ---- */

/* Comes before each message is handled. Who asks but does not read is not answered for ever. */
static int handle_message(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct client *client = data;
	uint64_t queued = 0;

	if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Disconnected")) {
		client_finish(client);
		return 0;
	}
	if (client->is_finished || sd_bus_get_n_queued_write(client->bus, &queued) < 0 ||
	    queued > CONTROL_QUEUED) {
		client_finish(client);
		return 1;
	}
	return 0;
}

static void client_signal(struct client *client, const char *name, const char *guest,
			  const char *detail)
{
	uint64_t queued = 0;

	if (client->is_finished || sd_bus_is_ready(client->bus) <= 0) {
		return;
	}
	if (sd_bus_get_n_queued_write(client->bus, &queued) < 0 || queued > CONTROL_QUEUED ||
	    sd_bus_emit_signal(client->bus, CONTROL_PATH, CONTROL_INTERFACE, name, "ss", guest,
			       detail) < 0) {
		client_finish(client);
	}
}

void clients_signal(struct control *control, const char *name, const char *guest, const char *detail)
{
	struct client *client;

	list_for_each(client, &control->clients, link) {
		client_signal(client, name, guest, detail);
	}
}

/* ---- the beginning ---- */

static int bus_create(struct client *client, int bus_fd)
{
	sd_id128_t id = {0};
	int out_fd = fcntl(client->fd, F_DUPFD_CLOEXEC, 3), ret;

	if (out_fd < 0) {
		close_fd(&bus_fd);
		return -errno;
	}
	ret = sd_bus_new(&client->bus);
	if (ret >= 0) {
		/* From here on the bus owns both. */
		ret = sd_bus_set_fd(client->bus, bus_fd, out_fd);
	}
	if (ret < 0) {
		close_fd(&bus_fd);
		close_fd(&out_fd);
		return ret;
	}
	ret = sd_id128_randomize(&id);
	if (ret >= 0) {
		ret = sd_bus_set_server(client->bus, 1, id);
	}
	if (ret >= 0) {
		/* Who it is was asked of the kernel before: the bus has nothing left to check. */
		ret = sd_bus_set_anonymous(client->bus, 1);
	}
	if (ret >= 0) {
		ret = sd_bus_set_trusted(client->bus, 1);
	}
	if (ret >= 0) {
		ret = sd_bus_negotiate_fds(client->bus, 1);
	}
	if (ret >= 0) {
		ret = sd_bus_add_filter(client->bus, NULL, handle_message, client);
	}
	if (ret >= 0) {
		ret = methods_add(client->control, client->bus);
	}
	if (ret >= 0) {
		ret = sd_bus_start(client->bus);
	}
	if (ret >= 0) {
		ret = sd_bus_attach_event(client->bus, client->control->server->event,
					  CONTROL_PRIORITY);
	}
	return ret;
}

static int sources_create(struct client *client)
{
	sd_event *event = client->control->server->event;
	int ret = sd_event_add_io(event, &client->in, client->fd, EPOLLIN, handle_bytes, client);

	if (ret >= 0) {
		ret = sd_event_source_set_priority(client->in, CONTROL_PRIORITY);
	}
	if (ret >= 0) {
		ret = sd_event_add_io(event, &client->out, client->inner_fd, EPOLLOUT, handle_room,
				      client);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_priority(client->out, CONTROL_PRIORITY);
	}
	return ret < 0 ? ret : sd_event_source_set_enabled(client->out, SD_EVENT_OFF);
}

/* Takes fd. */
static int client_create(struct control *control, int fd)
{
	struct client *client = xcalloc(1, sizeof(*client));
	int pair[2], ret;

	client->control = control;
	client->fd = fd;
	client->inner_fd = -1;
	list_append(&control->clients, &client->link);
	control->n_clients++;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		ret = -errno;
	} else {
		client->inner_fd = pair[0];
		ret = bus_create(client, pair[1]);
	}
	if (ret >= 0) {
		ret = sources_create(client);
	}
	if (ret < 0) {
		client_destroy(client);
	}
	return ret;
}

/* Room for one more: of those that have not said who they are, the first to come goes. */
static bool room_make(struct control *control)
{
	struct client *client;

	if (control->n_clients < CONTROL_CLIENTS) {
		return true;
	}
	list_for_each(client, &control->clients, link) {
		if (client->is_finished || client->wire.phase != WIRE_MESSAGES) {
			client_destroy(client);
			return true;
		}
	}
	return false;
}

static bool is_in_group(int fd, const struct ucred *peer, gid_t wanted)
{
	gid_t groups[64];
	socklen_t size = sizeof(groups);

	if (peer->gid == wanted) {
		return true;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		return false;
	}
	for (socklen_t i = 0; i < size / sizeof(groups[0]); i++) {
		if (groups[i] == wanted) {
			return true;
		}
	}
	return false;
}

static bool peer_allowed(struct control *control, int fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid() ||
	     (control->group != (gid_t)-1 && is_in_group(fd, &peer, control->group)))) {
		return true;
	}
	if (control->refused++ % 100 == 0) {
		log_warn(LOG_ADMIN,
			 "uid %u may not use the control socket: root, uid %u and group %s may",
			 (unsigned)peer.uid, (unsigned)geteuid(), CONTROL_GROUP);
	}
	return false;
}

static int handle_connection(sd_event_source *source, int listen_fd, uint32_t events, void *data)
{
	struct control *control = data;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		return 0;
	}
	if (!peer_allowed(control, fd) || !room_make(control)) {
		close_fd(&fd);
	} else if (client_create(control, fd) < 0) {
		log_error(LOG_HOST,
			  "no room for a control client: out of memory or file descriptors");
	}
	return 0;
}

/* The group may be missing, as in tests, or we may not be in it: then it is root's and ours alone. */
static void group_admit(struct control *control)
{
	const struct group *group = getgrnam(CONTROL_GROUP);

	control->group = (gid_t)-1;
	if (group && chown(control->path, (uid_t)-1, group->gr_gid) == 0 &&
	    chmod(control->path, 0660) == 0) {
		control->group = group->gr_gid;
	}
}

static int socket_bind(struct control *control)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(control->path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, control->path);
	control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listen_fd < 0) {
		return -errno;
	}
	/* The lock of the directory is ours: what lies there was left by a server that is gone. */
	unlink(control->path);
	if (fchmod(control->listen_fd, 0600) < 0 ||
	    bind(control->listen_fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(control->path, 0600) < 0) {
		return -errno;
	}
	group_admit(control);
	return listen(control->listen_fd, CONTROL_CLIENTS) < 0 ? -errno : 0;
}

int clients_listen(struct control *control)
{
	sd_event *event = control->server->event;
	int ret = socket_bind(control);

	if (ret < 0) {
		log_error(LOG_ADMIN, "can't listen on %s: %s; check the runtime directory",
			  control->path, strerror(-ret));
		return ret;
	}
	ret = sd_event_add_defer(event, &control->reaper, handle_reap, control);
	if (ret >= 0) {
		ret = sd_event_source_set_enabled(control->reaper, SD_EVENT_OFF);
	}
	if (ret >= 0) {
		ret = sd_event_add_io(event, &control->accept, control->listen_fd, EPOLLIN,
				      handle_connection, control);
	}
	return ret < 0 ? ret : sd_event_source_set_priority(control->accept, CONTROL_PRIORITY);
}

void clients_finish(struct control *control)
{
	struct client *client, *tmp;

	list_for_each_safe(client, tmp, &control->clients, link) {
		client_destroy(client);
	}
	sd_event_source_disable_unref(control->accept);
	sd_event_source_disable_unref(control->reaper);
	if (control->listen_fd >= 0) {
		unlink(control->path);
	}
	close_fd(&control->listen_fd);
}
