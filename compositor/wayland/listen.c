/* SPDX-License-Identifier: MIT */
#include "compositor/wayland/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4

int listen_at(const char *path, mode_t mode, int *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, ret = 0;

	if (strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	unlink(path);
	/* Before anybody can connect: the mode of the inode comes from that of the socket. */
	if (fchmod(fd, mode) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, mode) < 0 || listen(fd, BACKLOG) < 0) {
		ret = -errno;
		close_fd(&fd);
		return ret;
	}
	*out = fd;
	return 0;
}
