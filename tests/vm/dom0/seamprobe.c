/* SPDX-License-Identifier: MIT */
/*
 * seamprobe DOMID PORT RING < references: is the seam between broker and worker what we think?
 *
 * One process, as root, asks gntdev to map a guest's pages but never touches them; another, under
 * its own uid, gets only the file descriptors and reads the pages. Prints "ok WHAT" or "no WHAT"
 * per claim that the design rests on and exits with the number of broken ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/evtchn.h>
#include <xen/grant_table.h>
#include <xen/gntdev.h>

#define WORKER_UID 61000
#define CHUNK 512
#define MAX_CHUNKS 32
#define PAGE 4096UL

struct layout {
	uint32_t pages;
	uint32_t chunks;
	uint64_t index[MAX_CHUNKS];
	uint64_t ring_index;
	uint32_t port;
};

static int broken;

static void claim(bool holds, const char *what)
{
	printf("%s %s%s%s\n", holds ? "ok" : "no", what, holds ? "" : ": ",
	       holds ? "" : strerror(errno));
	fflush(stdout);
	broken += !holds;
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int map_request(int fd, uint16_t domid, const uint32_t *refs, uint32_t count, uint64_t *index)
{
	struct ioctl_gntdev_map_grant_ref *map = calloc(1, sizeof(*map) +
								   count * sizeof(map->refs[0]));
	int result;

	map->count = count;
	for (uint32_t i = 0; i < count; i++) {
		map->refs[i] = (struct ioctl_gntdev_grant_ref){.domid = domid, .ref = refs[i]};
	}
	result = ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, map);
	*index = map->index;
	free(map);
	return result;
}

static void fds_send(int socket, const int *fds, int count, const void *data, size_t size)
{
	char control[CMSG_SPACE(8 * sizeof(int))] = {0};
	struct iovec iov = {.iov_base = (void *)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
	if (sendmsg(socket, &message, 0) != (ssize_t)size) {
		perror("sendmsg");
		exit(99);
	}
}

static void fds_receive(int socket, int *fds, int count, void *data, size_t size)
{
	char control[CMSG_SPACE(8 * sizeof(int))];
	struct iovec iov = {.iov_base = data, .iov_len = size};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	if (recvmsg(socket, &message, 0) != (ssize_t)size || !CMSG_FIRSTHDR(&message)) {
		perror("recvmsg");
		exit(99);
	}
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), (size_t)count * sizeof(int));
}

/* The worker's side of the event channel: write the ring, notify, wait for the guest's answer. */
static bool round_trip(int evtchn, uint32_t port, volatile uint32_t *ring, uint32_t value)
{
	struct ioctl_evtchn_notify notify = {.port = port};
	struct pollfd poll_fd = {.fd = evtchn, .events = POLLIN};
	uint32_t fired;

	ring[0] = value;
	if (ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &notify) != 0) {
		return false;
	}
	do {
		if (poll(&poll_fd, 1, 10000) != 1 ||
		    read(evtchn, &fired, sizeof(fired)) != sizeof(fired) ||
		    write(evtchn, &fired, sizeof(fired)) != sizeof(fired)) {
			return false;
		}
	} while (fired == port && ring[1] != value + 1);
	return fired == port;
}

static bool pages_right(const uint32_t *words, uint32_t pages)
{
	for (uint32_t page = 0; page < pages; page++) {
		const uint32_t *at = words + page * (PAGE / 4);

		if (at[0] != page || at[PAGE / 4 - 1] != ~page) {
			printf("page %u holds %#x and %#x\n", page, at[0], at[PAGE / 4 - 1]);
			return false;
		}
	}
	return true;
}

static int worker(int socket)
{
	struct layout layout;
	struct ioctl_evtchn_bind_interdomain foreign = {.remote_domain = 0, .remote_port = 1};
	int fds[3];
	char *base;
	volatile uint32_t *ring;
	double began;
	char byte;

	if (setresgid(WORKER_UID, WORKER_UID, WORKER_UID) != 0 ||
	    setresuid(WORKER_UID, WORKER_UID, WORKER_UID) != 0) {
		perror("setresuid");
		return 99;
	}
	fds_receive(socket, fds, 3, &layout, sizeof(layout));
	base = mmap(NULL, layout.pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	began = milliseconds();
	for (uint32_t i = 0; i < layout.chunks; i++) {
		size_t left = layout.pages - i * CHUNK;
		void *at = mmap(base + i * CHUNK * PAGE, (left < CHUNK ? left : CHUNK) * PAGE,
				PROT_READ, MAP_SHARED | MAP_FIXED, fds[0], (off_t)layout.index[i]);

		if (at == MAP_FAILED) {
			claim(false, "another uid maps every chunk of a prepared buffer");
			return broken;
		}
		printf("chunk %u at index %#llx: %.2f ms\n", i, (unsigned long long)layout.index[i],
		       milliseconds() - began);
		began = milliseconds();
	}
	claim(true, "another uid maps every chunk of a prepared buffer");
	claim(pages_right((const uint32_t *)base, layout.pages), "it reads what the guest wrote");
	claim(mmap(NULL, PAGE * (layout.pages < CHUNK ? layout.pages : CHUNK), PROT_READ,
		   MAP_SHARED, fds[0], (off_t)layout.index[0]) == MAP_FAILED,
	      "an index can be mapped only once");
	ring = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1],
		    (off_t)layout.ring_index);
	claim(ring != MAP_FAILED, "another uid maps a prepared ring for writing");
	claim(round_trip(fds[2], layout.port, ring, 7), "it uses a restricted event channel");
	claim(ioctl(fds[2], IOCTL_EVTCHN_BIND_INTERDOMAIN, &foreign) < 0,
	      "a restricted event channel binds no other domain");
	claim(read(socket, &byte, 1) == 1 && round_trip(fds[2], layout.port, ring, 21) &&
		      pages_right((const uint32_t *)base, layout.pages),
	      "all of it outlives the broker's own descriptors");
	close(fds[0]);
	close(fds[1]);
	claim(round_trip(fds[2], layout.port, ring, 35) &&
		      pages_right((const uint32_t *)base, layout.pages),
	      "mappings outlive their descriptor");
	claim(munmap(base, layout.pages * PAGE) == 0, "it unmaps without any gntdev request");
	return broken;
}

static int broker(int socket, pid_t child, uint16_t domid, uint32_t remote, uint32_t ring_ref,
		  const uint32_t *refs, uint32_t pages)
{
	struct layout layout = {.pages = pages, .chunks = (pages + CHUNK - 1) / CHUNK};
	struct ioctl_evtchn_bind_interdomain bind = {.remote_domain = domid, .remote_port = remote};
	struct ioctl_evtchn_restrict_domid restrict_domid = {.domid = domid};
	int fds[3] = {open("/dev/xen/gntdev", O_RDWR), open("/dev/xen/gntdev", O_RDWR),
		      open("/dev/xen/evtchn", O_RDWR)};
	double began = milliseconds();
	bool prepared = true;
	int status;
	int port;

	for (uint32_t i = 0; i < layout.chunks; i++) {
		uint32_t left = pages - i * CHUNK;

		prepared = prepared &&
			   map_request(fds[0], domid, refs + i * CHUNK, left < CHUNK ? left : CHUNK,
				       &layout.index[i]) == 0;
	}
	claim(prepared, "one descriptor takes several map requests");
	printf("requests: %.2f ms\n", milliseconds() - began);
	claim(map_request(fds[1], domid, &ring_ref, 1, &layout.ring_index) == 0, "ring map request");
	port = ioctl(fds[2], IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	claim(port >= 0, "bind interdomain");
	claim(ioctl(fds[2], IOCTL_EVTCHN_RESTRICT_DOMID, &restrict_domid) == 0, "restrict domid");
	layout.port = (uint32_t)port;
	fds_send(socket, fds, 3, &layout, sizeof(layout));
	for (int i = 0; i < 3; i++) {
		close(fds[i]);
	}
	if (write(socket, "x", 1) != 1 || waitpid(child, &status, 0) != child) {
		perror("worker");
		return 99;
	}
	return WIFEXITED(status) ? broken + WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static uint32_t refs[MAX_CHUNKS * CHUNK];
	uint32_t pages = 0;
	int sockets[2];
	pid_t child;

	if (argc != 4) {
		fprintf(stderr, "usage: seamprobe DOMID PORT RING < references\n");
		return 2;
	}
	while (pages < MAX_CHUNKS * CHUNK && scanf("%u", &refs[pages]) == 1) {
		pages++;
	}
	if (pages == 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) != 0) {
		perror("seamprobe");
		return 2;
	}
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(sockets[0]);
		return worker(sockets[1]);
	}
	close(sockets[1]);
	return broker(sockets[0], child, (uint16_t)atoi(argv[1]), (uint32_t)atoi(argv[2]),
		      (uint32_t)atoi(argv[3]), refs, pages);
}
