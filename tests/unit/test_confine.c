/* SPDX-License-Identifier: MIT */
/* What the server can't do any more once it is confined: each tried in a child process. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/confine.h"
#include "tests/skip.h"

/* Numbers of gntdev.h, gntalloc.h and privcmd.h, for x86-64. */
#define IOCTL_GNTDEV_MAP_GRANT_REF _IOC(_IOC_NONE, 'G', 0, 24)
#define IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS _IOC(_IOC_NONE, 'G', 9, 16)
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, 48)

/* What a child found: exit statuses. */
enum {
	CHILD_GOOD = 0,
	CHILD_BAD = 1,
	CHILD_NO_SECCOMP = 77,
};

static void in_confined_child(bool (*check)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int ret = confine();

		if (ret == -EINVAL || ret == -ENOSYS || ret == -EOPNOTSUPP) {
			_exit(CHILD_NO_SECCOMP); /* valgrind has no seccomp */
		}
		_exit(ret == 0 && check() ? CHILD_GOOD : CHILD_BAD);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_NO_SECCOMP) {
		SKIP_TEST("this kernel, or what it runs under, has no seccomp filters");
	}
	assert_int_equal(WEXITSTATUS(status), CHILD_GOOD);
}

/* Without the filter /dev/null answers that it knows no such request. */
static bool ioctl_denied(unsigned long request)
{
	int fd = open("/dev/null", O_RDWR);

	errno = 0;
	return fd >= 0 && ioctl(fd, request, NULL) == -1 && errno == EPERM;
}

static bool check_gntdev(void)
{
	return ioctl_denied(IOCTL_GNTDEV_MAP_GRANT_REF) &&
	       ioctl_denied(IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS) &&
	       ioctl_denied(IOCTL_PRIVCMD_HYPERCALL);
}

/* The kernel looks at 32 bits of a request; so must the filter. */
static bool check_gntdev_high_bits(void)
{
	int fd = open("/dev/null", O_RDWR);

	errno = 0;
	return syscall(SYS_ioctl, fd, IOCTL_GNTDEV_MAP_GRANT_REF | 1ul << 40, NULL) == -1 &&
	       errno == EPERM;
}

static bool check_other_ioctls(void)
{
	int fd = open("/dev/null", O_RDWR), n;

	errno = 0;
	return ioctl(fd, FIONREAD, &n) == -1 && errno == ENOTTY;
}

static bool check_exec(void)
{
	char *argv[] = {"true", NULL};

	errno = 0;
	execv("/bin/true", argv);
	return errno == EPERM;
}

static bool socket_denied(int domain, int type, int protocol)
{
	errno = 0;
	return socket(domain, type, protocol) == -1 && errno == EPERM;
}

static bool check_sockets(void)
{
	return socket_denied(AF_INET, SOCK_STREAM, 0) && socket_denied(AF_INET6, SOCK_DGRAM, 0) &&
	       socket_denied(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) &&
	       socket_denied(AF_VSOCK, SOCK_STREAM, 0) &&
	       socket_denied(AF_INET, SOCK_RAW, NETLINK_KOBJECT_UEVENT) &&
	       socket_denied(AF_PACKET, SOCK_RAW, 0);
}

/* What libinput needs when the session comes back. */
static bool check_sockets_left(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 &&
	       socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT) >= 0;
}

static bool check_process(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void test_gntdev(void **state)
{
	assert_false(ioctl_denied(IOCTL_GNTDEV_MAP_GRANT_REF));
	in_confined_child(check_gntdev);
	in_confined_child(check_gntdev_high_bits);
	in_confined_child(check_other_ioctls);
}

static void test_exec(void **state)
{
	in_confined_child(check_exec);
}

static void test_sockets(void **state)
{
	in_confined_child(check_sockets);
	in_confined_child(check_sockets_left);
}

static void test_process(void **state)
{
	in_confined_child(check_process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gntdev),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
