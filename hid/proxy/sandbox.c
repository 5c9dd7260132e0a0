/* SPDX-License-Identifier: MIT */
#include "hid/proxy/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/uinput.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"

static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(getpid),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const unsigned long requests[] = {
	UI_SET_PROPBIT, UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_RELBIT, UI_SET_LEDBIT,
	UI_SET_PHYS,    UI_ABS_SETUP, UI_DEV_SETUP,  UI_DEV_CREATE, UI_DEV_DESTROY,
};

static int add_rules(scmp_filter_ctx filter)
{
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(calls) && ret == 0; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(requests) && ret == 0; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, requests[i]));
	}
	if (ret == 0) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	return ret;
}

static int filter_install(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = filter ? add_rules(filter) : -ENOMEM;

	if (ret == 0) {
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}

static int user_become(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (!user) {
		log_error(LOG_ADMIN, "there is no user %s to run as", name);
		return -ENOENT;
	}
	if (setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0) {
		log_error(LOG_ADMIN, "cannot become %s: %s", name, strerror(errno));
		return -EPERM;
	}
	return 0;
}

int proxy_sandbox_enter(const char *user)
{
	int ret = user ? user_become(user) : 0;

	if (ret < 0) {
		return ret;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		ret = -errno;
	} else if (SANDBOX_FILTERS) {
		ret = filter_install();
	}
	if (ret < 0) {
		log_error(LOG_HOST, "cannot give up privileges: %s", strerror(-ret));
	}
	return ret;
}
