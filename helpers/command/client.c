/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdmsg.h"
#include "base/log.h"
#include "helpers/command/helper.h"

/* Who connects says what it wants at once. */
#define PATIENCE_USEC 5000000u

struct client {
	struct list link; /* helper.clients */
	struct helper *helper;
	struct job *job; /* that it waits for; NULL: it has said nothing yet */
	sd_event_source *source, *patience;
	int fd;
};

static void client_destroy(struct client *client)
{
	if (client->job) {
		job_forget_client(client->job);
	}
	list_remove(&client->link);
	client->helper->n_clients--;
	sd_event_source_disable_unref(client->source);
	sd_event_source_disable_unref(client->patience);
	close_fd(&client->fd);
	free(client);
}

void client_set_job(struct client *client, struct job *job)
{
	client->job = job;
}

void client_answer(struct client *client, enum command_answer_kind kind, int value, const char *text)
{
	struct command_answer answer = {.kind = kind, .value = value};

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	if (fdmsg_send(client->fd, &answer, sizeof(answer), NULL, 0) < 0) {
		log_debug(LOG_US, "nobody waits for an answer");
	}
	if (kind != COMMAND_STARTED) {
		client->job = NULL;
		client_destroy(client);
	}
}

/* ---- requests ---- */

static void take_request(struct client *client, const void *untrusted_bytes, size_t n)
{
	struct command_request request;
	char why[COMMAND_TEXT_SIZE];

	helper_touch(client->helper);
	sd_event_source_set_enabled(client->patience, SD_EVENT_OFF);
	if (command_request_parse(untrusted_bytes, n, &request, why) < 0) {
		helper_warn(client->helper, "a request was refused: %s", why);
		client_answer(client, COMMAND_REFUSED, EINVAL, why);
		return;
	}
	job_start(client->helper, client, &request);
}

static int handle_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct client *client = data;
	/* One byte more: a longer message is no request. */
	char bytes[sizeof(struct command_request) + 1];
	int n = fdmsg_recv(fd, bytes, sizeof(bytes), NULL, 0);

	if (n == -EAGAIN) {
		return 0;
	}
	if (n == 0 || (n < 0 && n != -EMSGSIZE)) {
		client_destroy(client);
		return 0;
	}
	if (client->job) {
		/* A connection is one command. */
		client_destroy(client);
		return 0;
	}
	take_request(client, bytes, n < 0 ? sizeof(bytes) : (size_t)n);
	return 0;
}

static int handle_patience(sd_event_source *source, uint64_t usec, void *data)
{
	client_destroy(data);
	return 0;
}

/* ---- connections ---- */

static bool peer_may(const struct helper *helper, int fd)
{
	const struct passwd *server = getpwnam(helper->options->peer);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		return false;
	}
	return peer.uid == 0 || (server && peer.uid == server->pw_uid);
}

static int client_create(struct helper *helper, int fd)
{
	struct client *client = xcalloc(1, sizeof(*client));
	int ret;

	client->helper = helper;
	client->fd = fd;
	list_append(&helper->clients, &client->link);
	helper->n_clients++;
	ret = sd_event_add_io(helper->event, &client->source, fd, EPOLLIN, handle_client, client);
	if (ret >= 0) {
		ret = sd_event_add_time_relative(helper->event, &client->patience, CLOCK_MONOTONIC,
						 PATIENCE_USEC, 0, handle_patience, client);
	}
	if (ret < 0) {
		client_destroy(client);
	}
	return ret;
}

static int handle_connection(sd_event_source *source, int listener, uint32_t events, void *data)
{
	struct helper *helper = data;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		return 0;
	}
	helper_touch(helper);
	if (!peer_may(helper, fd)) {
		helper_warn(helper, "somebody who is not the display server was refused");
		close_fd(&fd);
	} else if (helper->n_clients == HELPER_CLIENTS) {
		close_fd(&fd);
	} else if (client_create(helper, fd) < 0) {
		log_warn(LOG_HOST, "a connection could not be served");
	}
	return 0;
}

int clients_listen(struct helper *helper, int listener)
{
	list_init(&helper->clients);
	return sd_event_add_io(helper->event, &helper->accept, listener, EPOLLIN, handle_connection,
			       helper);
}

void clients_finish(struct helper *helper)
{
	struct client *client, *tmp;

	list_for_each_safe(client, tmp, &helper->clients, link) {
		client_destroy(client);
	}
	sd_event_source_disable_unref(helper->accept);
}
