/* SPDX-License-Identifier: MIT */
/*
 * Starts a trusted program on a connection that was made for it: it gets the connection itself, not a name under which
 * others that it starts could connect as well. The server starts nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/vitrinectl/command.h"

#define NAME_SIZE 16

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		close_fd(&fd);
		errno = error;
	}
	return fd;
}

static int hand_over(int fd, const char *const *args, int n_args)
{
	const char **argv = xcalloc((size_t)n_args + 1, sizeof(*argv));
	char name[NAME_SIZE];

	for (int i = 0; i < n_args; i++) {
		argv[i] = args[i];
	}
	snprintf(name, sizeof(name), "%d", fd);
	if (fcntl(fd, F_SETFD, 0) == 0 && setenv("WAYLAND_SOCKET", name, 1) == 0 &&
	    unsetenv("WAYLAND_DISPLAY") == 0) {
		execvp(argv[0], (char *const *)argv);
	}
	fprintf(stderr, "vitrinectl: %s: %s\n", argv[0], strerror(errno));
	free(argv);
	return EXIT_REFUSED;
}

int run_run(struct context *context)
{
	const struct control_options *options = context->options;
	char *path = xasprintf("%s/%s",
			       options->runtime_dir ? options->runtime_dir : DEFAULT_RUNTIME_DIR,
			       options->is_lock ? "lock.sock" : "trusted.sock");
	int fd = connect_to(path);
	int ret;

	if (fd < 0) {
		fprintf(stderr, "vitrinectl: no vitrined: %s: %s\n", path, strerror(errno));
		ret = EXIT_UNREACHABLE;
	} else {
		ret = hand_over(fd, context->args, context->n_args);
	}
	close_fd(&fd);
	free(path);
	return ret;
}
