/* SPDX-License-Identifier: MIT */
#include "helpers/auth/guard.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Sanitizers trace the program that they are part of, and reserve more memory than can be locked. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static int deny_calls(void)
{
	static const int calls[] = {
		SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(pidfd_getfd),
		SCMP_SYS(bpf),
		SCMP_SYS(perf_event_open),
		SCMP_SYS(userfaultfd),
		SCMP_SYS(io_uring_setup),
		SCMP_SYS(mount),
		SCMP_SYS(move_mount),
		SCMP_SYS(setns),
		SCMP_SYS(unshare),
		SCMP_SYS(init_module),
		SCMP_SYS(finit_module),
		SCMP_SYS(kexec_load),
		SCMP_SYS(reboot),
		SCMP_SYS(swapon),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int ret = filter ? 0 : -ENOMEM;

	/* pam_unix has a helper of its own that is set-uid, which "no new privileges" would break. */
	if (ret == 0) {
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(calls) && ret == 0; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	}
	if (ret == 0) {
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}

int guard_raise(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0) {
		return -errno;
	}
	if (IS_SANITIZED) {
		return 0;
	}
	if (prctl(PR_SET_DUMPABLE, 0) < 0) {
		return -errno;
	}
	if (geteuid() != 0) {
		/* A test's: what follows is root's to do. */
		return 0;
	}
	/* What PAM makes of it lies elsewhere in our memory. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0) {
		return -errno;
	}
	return deny_calls();
}
