/* SPDX-License-Identifier: MIT */
/*
 * await PATH...: return when every path exists, woken by the file system and not by a clock.
 *
 * Services have an order (seatd after udev, the broker after xenstored) that runit does not know;
 * each of them announces itself by a file or socket. The parent directory has to exist.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static int await(const char *path)
{
	char events[4096];
	char copy[4096];
	int fd = inotify_init1(IN_CLOEXEC);

	snprintf(copy, sizeof(copy), "%s", path);
	if (fd < 0 || inotify_add_watch(fd, dirname(copy), IN_CREATE | IN_MOVED_TO) < 0) {
		fprintf(stderr, "await: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while (access(path, F_OK) != 0) {
		if (read(fd, events, sizeof(events)) < 0 && errno != EINTR) {
			fprintf(stderr, "await: %s: %s\n", path, strerror(errno));
			return 1;
		}
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (await(argv[i]) != 0) {
			return 1;
		}
	}
	return 0;
}
