/* SPDX-License-Identifier: MIT */
/*
 * The unit of latency: one byte over a socketpair to a process that sleeps in read, and back. `bench_roundtrip N GAP_US`
 * does it N times with pauses, as input comes, and prints how long each took, in nanoseconds.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

static void echo(int fd)
{
	char byte;

	while (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1) {
	}
	_exit(0);
}

static int measure(int fd, uint64_t gap_us, uint64_t *out_ns)
{
	struct timespec gap = {.tv_nsec = (long)(gap_us * NSEC_PER_USEC)};
	uint64_t start_ns;
	char byte = 0;

	nanosleep(&gap, NULL);
	start_ns = now_ns();
	if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1) {
		return -1;
	}
	*out_ns = now_ns() - start_ns;
	return 0;
}

static int run(int fd, uint64_t n, uint64_t gap_us)
{
	uint64_t ns = 0;
	int ret = 0;

	for (uint64_t i = 0; i < n && ret == 0; i++) {
		ret = measure(fd, gap_us, &ns);
		printf("%llu\n", (unsigned long long)ns);
	}
	return ret;
}

int main(int argc, char **argv)
{
	uint64_t n, gap_us;
	int fds[2];
	pid_t child;
	int ret;

	if (argc != 3 || parse_uint(argv[1], strlen(argv[1]), 1000000, &n) < 0 || n == 0 ||
	    parse_uint(argv[2], strlen(argv[2]), 999999, &gap_us) < 0) {
		fputs("usage: bench_roundtrip N GAP_US\n", stderr);
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || (child = fork()) < 0) {
		perror("bench_roundtrip");
		return 1;
	}
	if (child == 0) {
		close(fds[0]);
		echo(fds[1]);
	}
	close(fds[1]);
	ret = run(fds[0], n, gap_us);
	close(fds[0]);
	waitpid(child, NULL, 0);
	return ret < 0 ? 1 : 0;
}
