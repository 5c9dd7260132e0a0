/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/auth_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "compositor/server.h"

struct auth_link {
	int fd;
	uint64_t nonce;
	sd_event_source *source;
	const struct auth_link_ops *ops;
	void *data;
};

static bool peer_is_trusted(int fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* Connecting to a local socket does not wait: with its queue full it is refused. */
static int helper_connect(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
			     server->options->runtime_dir, AUTH_SOCKET);

	if (n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	if (!peer_is_trusted(fd)) {
		close(fd);
		return -EACCES;
	}
	return fd;
}

int auth_link_probe(const struct server *server)
{
	int fd = helper_connect(server), ret = MIN(fd, 0);

	close_fd(&fd);
	return ret;
}

/* ---- answers ---- */

static bool text_is_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0') {
			return true;
		}
		if (text[i] < ' ' || text[i] > '~') {
			return false;
		}
	}
	return false;
}

static bool answer_is_good(const struct auth_link *link, const struct auth_answer *answer)
{
	return answer->nonce == link->nonce && answer->type >= AUTH_STATE &&
	       answer->type <= AUTH_CANCELLED &&
	       text_is_printable(answer->text, sizeof(answer->text));
}

/* One at a time: what is told may close the link. */
static int handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct auth_link *link = data;
	struct auth_answer answer;
	int ret = fdmsg_recv(fd, &answer, sizeof(answer), NULL, 0);

	if (ret == -EAGAIN) {
		return 0;
	}
	if (ret == (int)sizeof(answer) && answer_is_good(link, &answer)) {
		link->ops->answer(link->data, &answer);
	} else {
		if (ret > 0) {
			log_warn(LOG_US, "vitrine-auth talks nonsense");
		}
		link->ops->gone(link->data);
	}
	return 0;
}

/* ---- the link ---- */

static int greet(struct auth_link *link, enum auth_mode mode, int fd)
{
	struct auth_request hello = {.type = AUTH_HELLO,
				     .value = AUTH_VERSION << 8 | (uint32_t)mode};

	if (getrandom(&link->nonce, sizeof(link->nonce), 0) != (ssize_t)sizeof(link->nonce)) {
		return -EIO;
	}
	link->nonce += link->nonce == 0;
	hello.nonce = link->nonce;
	return fdmsg_send(link->fd, &hello, sizeof(hello), &fd, fd >= 0 ? 1 : 0);
}

int auth_link_open(struct auth_link **out, struct server *server, enum auth_mode mode, int fd,
		   const struct auth_link_ops *ops, void *data)
{
	struct auth_link *link;
	int ret = helper_connect(server);

	if (ret < 0) {
		return ret;
	}
	link = xcalloc(1, sizeof(*link));
	link->fd = ret;
	link->ops = ops;
	link->data = data;
	ret = greet(link, mode, fd);
	if (ret == 0) {
		ret = sd_event_add_io(server->event, &link->source, link->fd, EPOLLIN,
				      handle_readable, link);
	}
	if (ret >= 0) {
		ret = sd_event_source_set_priority(link->source, PRIORITY_INPUT);
	}
	if (ret < 0) {
		auth_link_close(link);
		return ret;
	}
	*out = link;
	return 0;
}

void auth_link_close(struct auth_link *link)
{
	if (link) {
		sd_event_source_disable_unref(link->source);
		close_fd(&link->fd);
		free(link);
	}
}

void auth_link_send(struct auth_link *link, enum auth_request_type type, uint32_t value)
{
	struct auth_request request = {.type = type, .value = value, .nonce = link->nonce};

	if (fdmsg_send(link->fd, &request, sizeof(request), NULL, 0) < 0) {
		log_debug(LOG_US, "vitrine-auth does not listen");
	}
	explicit_bzero(&request, sizeof(request));
}

uint64_t auth_link_nonce(const struct auth_link *link)
{
	return link->nonce;
}
