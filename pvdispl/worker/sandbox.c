/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/log.h"

/* IOCTL_EVTCHN_NOTIFY of xen/sys/evtchn.h, whose header is only for the Xen seam. */
#define EVTCHN_NOTIFY _IOC(_IOC_NONE, 'E', 4, 4)

#define PERMIT(name) SCMP_SYS(name)

static const int plain_calls[] = {
	/* descriptors that we have */
	PERMIT(read),
	PERMIT(write),
	PERMIT(writev),
	PERMIT(recvmsg),
	PERMIT(sendmsg),
	PERMIT(sendto), /* send() of libwayland */
	PERMIT(recvfrom),
	PERMIT(close),
	PERMIT(fstat),
	PERMIT(newfstatat), /* how glibc does fstat; without openat there is little to find */
	PERMIT(ftruncate),
	PERMIT(lseek),
	PERMIT(pread64),
	PERMIT(pwrite64),
	/* the loop */
	PERMIT(epoll_wait),
	PERMIT(epoll_pwait),
	PERMIT(epoll_pwait2),
	PERMIT(epoll_ctl),
	PERMIT(poll),
	PERMIT(ppoll),
	PERMIT(timerfd_create),
	PERMIT(timerfd_settime),
	PERMIT(clock_gettime),
	PERMIT(gettimeofday),
	/* memory */
	PERMIT(brk),
	PERMIT(munmap),
	PERMIT(mremap),
	PERMIT(madvise),
	PERMIT(memfd_create),
	PERMIT(getrandom),
	/* ourselves */
	PERMIT(getpid),
	PERMIT(gettid),
	PERMIT(futex),
	PERMIT(restart_syscall),
	PERMIT(rt_sigprocmask),
	PERMIT(rt_sigaction),
	PERMIT(rt_sigreturn),
	PERMIT(exit),
	PERMIT(exit_group),
};

static const int fcntl_commands[] = {F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,    F_GETFL,
				     F_SETFL,         F_ADD_SEALS, F_GET_SEALS};

static int add_rules(scmp_filter_ctx filter, enum xen_kind kind)
{
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(plain_calls) && ret == 0; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(fcntl_commands) && ret == 0; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				       SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntl_commands[i]));
	}
	if (ret == 0) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	if (ret == 0 && kind == XEN_REAL) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, EVTCHN_NOTIFY));
	}
	return ret;
}

static int install_filter(enum xen_kind kind)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret;

	if (!filter) {
		return -ENOMEM;
	}
	ret = add_rules(filter, kind);
	if (ret == 0) {
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}

int sandbox_enter(enum xen_kind kind)
{
	int ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		ret = -errno;
		log_error(LOG_HOST, "cannot give up privileges: %s", strerror(-ret));
		return ret;
	}
	if (!SANDBOX_FILTERS) {
		log_info(LOG_US, "built with a sanitizer: system calls are not filtered");
		return 0;
	}
	ret = install_filter(kind);
	if (ret < 0) {
		log_error(LOG_HOST, "cannot filter system calls: %s", strerror(-ret));
	}
	return ret;
}
