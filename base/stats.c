/* SPDX-License-Identifier: MIT */
#include "base/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define STATS_BACKLOG 4
/* After frames, input and clients. */
#define STATS_PRIORITY 30

struct stats_socket {
	sd_event_source *source;
	char *path;
	stats_write_fn write;
	void *data;
};

/*
 * The whole text fits a socket's buffer (a few KiB); a reader that takes part of it only loses the rest and
 * never makes the process wait.
 */
static void answer(const struct stats_socket *stats, int fd)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		return;
	}
	stats->write(stats->data, out);
	fclose(out);
	if (text) {
		(void)send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	free(text);
}

static int handle_connection(sd_event_source *source, int fd, uint32_t events, void *data)
{
	const struct stats_socket *stats = data;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)events;
	if (client >= 0) {
		answer(stats, client);
		close(client);
	}
	return 0;
}

static int listen_on(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || chmod(path, 0660) < 0 ||
	    listen(fd, STATS_BACKLOG) < 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

int stats_socket_create(struct stats_socket **out, sd_event *event, const char *path,
			stats_write_fn write, void *data)
{
	struct stats_socket *stats;
	int fd = listen_on(path);
	int ret;

	if (fd < 0) {
		return fd;
	}
	stats = xcalloc(1, sizeof(*stats));
	stats->path = xstrdup(path);
	stats->write = write;
	stats->data = data;
	ret = sd_event_add_io(event, &stats->source, fd, EPOLLIN, handle_connection, stats);
	if (ret < 0) {
		close(fd);
		stats_socket_destroy(stats);
		return ret;
	}
	sd_event_source_set_io_fd_own(stats->source, 1);
	sd_event_source_set_priority(stats->source, STATS_PRIORITY);
	*out = stats;
	return 0;
}

void stats_socket_destroy(struct stats_socket *stats)
{
	if (!stats) {
		return;
	}
	sd_event_source_disable_unref(stats->source);
	unlink(stats->path);
	free(stats->path);
	free(stats);
}
