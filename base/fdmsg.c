/* SPDX-License-Identifier: MIT */
#include "base/fdmsg.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * FDMSG_MAX_FDS)];
};

int fdmsg_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		return -errno;
	}
	return 0;
}

int fdmsg_send(int sock, const void *data, size_t size, const int *fds, unsigned n_fds)
{
	struct iovec iov = {.iov_base = (void *)data, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;

	if (n_fds > FDMSG_MAX_FDS) {
		return -EINVAL;
	}
	if (n_fds > 0) {
		struct cmsghdr *cmsg;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * n_fds);
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Stores up to n_fds received descriptors; returns how many came in all. */
static unsigned take_fds(struct msghdr *msg, int *fds, unsigned n_fds)
{
	unsigned n = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		for (size_t off = 0; CMSG_LEN(off + sizeof(int)) <= cmsg->cmsg_len;
		     off += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + off, sizeof(fd));
			if (n < n_fds) {
				fds[n] = fd;
			} else {
				close(fd);
			}
			n++;
		}
	}
	return n;
}

int fdmsg_recv(int sock, void *data, size_t size, int *fds, unsigned n_fds)
{
	struct iovec iov = {.iov_base = data, .iov_len = size};
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	unsigned received;
	ssize_t n;

	for (unsigned i = 0; i < n_fds; i++) {
		fds[i] = -1;
	}
	n = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0) {
		return -errno;
	}
	received = take_fds(&msg, fds, n_fds);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || received > n_fds) {
		for (unsigned i = 0; i < n_fds; i++) {
			close_fd(&fds[i]);
		}
		return -EMSGSIZE;
	}
	return (int)n;
}
