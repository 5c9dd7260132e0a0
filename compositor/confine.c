/* SPDX-License-Identifier: MIT */
#include "compositor/confine.h"

#include <errno.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* The leak checker of sanitizer builds traces the program it is part of. */
#if defined(__SANITIZE_ADDRESS__)
#define MAY_BE_TRACED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MAY_BE_TRACED true
#endif
#endif
#ifndef MAY_BE_TRACED
#define MAY_BE_TRACED false
#endif

/* An ioctl's type is the second byte of its number; the kernel looks at the low 32 bits only. */
#define IOCTL_TYPE_MASK 0xff00u
#define IOCTL_TYPE(c) ((uint64_t)(c) << 8)

static int deny(scmp_filter_ctx filter, int call)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
}

static int deny_calls(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(execve),
		SCMP_SYS(execveat),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		/* Would issue requests past this filter. */
		SCMP_SYS(io_uring_setup),
		SCMP_SYS(bpf),
		SCMP_SYS(setns),
		SCMP_SYS(unshare),
		SCMP_SYS(mount),
		SCMP_SYS(move_mount),
		SCMP_SYS(open_by_handle_at),
		SCMP_SYS(keyctl),
		SCMP_SYS(add_key),
		SCMP_SYS(userfaultfd),
		SCMP_SYS(perf_event_open),
		SCMP_SYS(pidfd_getfd),
	};
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(calls) && ret == 0; i++) {
		ret = deny(filter, calls[i]);
	}
	if (ret == 0 && !MAY_BE_TRACED) {
		ret = deny(filter, SCMP_SYS(ptrace));
	}
	return ret;
}

/* 'G': gntdev and gntalloc. 'P': privcmd. */
static int deny_xen(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				   SCMP_A1(SCMP_CMP_MASKED_EQ, IOCTL_TYPE_MASK, IOCTL_TYPE('G')));

	if (ret < 0) {
		return ret;
	}
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, IOCTL_TYPE_MASK, IOCTL_TYPE('P')));
}

/* libinput makes a new udev monitor each time the session comes back, so those stay allowed. */
static int deny_sockets(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
				   SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
				   SCMP_A2(SCMP_CMP_NE, NETLINK_KOBJECT_UEVENT));

	if (ret == 0) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
				       SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
	}
	for (unsigned family = 0; family < AF_NETLINK && ret == 0; family++) {
		if (family != AF_UNIX) {
			ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
					       SCMP_A0(SCMP_CMP_EQ, family));
		}
	}
	return ret;
}

int confine(void)
{
	scmp_filter_ctx filter;
	int ret;

	if (!MAY_BE_TRACED && prctl(PR_SET_DUMPABLE, 0) < 0) {
		return -errno;
	}
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter) {
		return -ENOMEM;
	}
	ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
	if (ret == 0) {
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	}
	if (ret == 0) {
		ret = deny_calls(filter);
	}
	if (ret == 0) {
		ret = deny_xen(filter);
	}
	if (ret == 0) {
		ret = deny_sockets(filter);
	}
	if (ret == 0) {
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}
