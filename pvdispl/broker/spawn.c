/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdmsg.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZER 1
#endif

/* Also bounds how much of the guest a worker that has been taken over can map at a time. */
#define WORKER_ADDRESS_SPACE (256ul << 20)
#define WORKER_FDS 64ul
/* Memory of a memfd counts as no address space: this bounds it. References of the largest buffer take as much. */
#define WORKER_FILE_SIZE (256ul << 10)

struct limit {
	int resource;
	rlim_t value;
};

static const struct limit limits[] = {
	{RLIMIT_CORE, 0}, /* a core would hold what was typed */
	{RLIMIT_NOFILE, WORKER_FDS},
#ifndef WITH_SANITIZER
	{RLIMIT_AS, WORKER_ADDRESS_SPACE},
	{RLIMIT_NPROC, 0},
#endif
};

/* From here to execve only what is allowed between fork and exec in a process with threads. */

static int set_up_fds(int control)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0) {
		return -1;
	}
	if (control == SPAWN_CONTROL_FD) {
		if (fcntl(control, F_SETFD, 0) < 0) {
			return -1;
		}
	} else if (dup2(control, SPAWN_CONTROL_FD) < 0) {
		return -1;
	}
	return close_range(SPAWN_CONTROL_FD + 1, ~0u, 0);
}

static int set_limit(struct limit limit)
{
	const struct rlimit both = {limit.value, limit.value};

	return setrlimit((__rlimit_resource_t)limit.resource, &both);
}

static int drop_rights(const struct spawn *spawn)
{
	struct stat log;

	if (spawn->own_uid &&
	    (setgroups(0, NULL) < 0 || setresgid(spawn->uid, spawn->uid, spawn->uid) < 0 ||
	     setresuid(spawn->uid, spawn->uid, spawn->uid) < 0)) {
		return -1;
	}
	/* It belongs to this broker. After the uid, which takes it back. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (set_limit(limits[i]) < 0) {
			return -1;
		}
	}
	/* Where the log is a plain file it would end at this size, too. */
	if (fstat(STDERR_FILENO, &log) == 0 && S_ISREG(log.st_mode)) {
		return 0;
	}
	return set_limit((struct limit){RLIMIT_FSIZE, WORKER_FILE_SIZE});
}

static void reset_signals(void)
{
	const struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigemptyset(&none);
	sigaction(SIGPIPE, &action, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Opened while this is still the broker: the worker's uid may have no way into the directories that lead there. */
static _Noreturn void run_child(const struct spawn *spawn, int control, char *const argv[],
				char *const envp[])
{
	reset_signals();
	if (set_up_fds(control) == 0) {
		int program = open(spawn->path, O_PATH | O_CLOEXEC);

		if (program >= 0 && chdir("/") == 0 && drop_rights(spawn) == 0) {
			execveat(program, "", argv, envp, AT_EMPTY_PATH);
		}
	}
	_exit(127);
}

int spawn_worker(const struct spawn *spawn, pid_t *pid, int *control)
{
	char *title = xasprintf("vitrine-pv@%s", spawn->name);
	char *const argv[] = {title, NULL};
	char *const envp[] = {NULL};
	int fds[2];
	int ret = fdmsg_pair(fds);

	if (ret < 0) {
		goto out;
	}
	*pid = fork();
	if (*pid == 0) {
		run_child(spawn, fds[1], argv, envp);
	}
	if (*pid < 0) {
		ret = -errno;
		close_fd(&fds[0]);
	}
	close_fd(&fds[1]);
	*control = fds[0];
out:
	free(title);
	return ret;
}
