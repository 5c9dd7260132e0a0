/* SPDX-License-Identifier: MIT */
/* statread SOCKET: print what a UNIX stream socket says until it ends (the programs' counters). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char buffer[65536];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: statread SOCKET\n");
		return 2;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "statread: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		fwrite(buffer, 1, (size_t)n, stdout);
	}
	return n < 0;
}
