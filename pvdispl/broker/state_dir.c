/* SPDX-License-Identifier: MIT */
#include "pvdispl/broker/state_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "pvdispl/broker/broker.h"
#include "pvdispl/broker/guest.h"
#include "pvdispl/worker_protocol.h"

#define VM_PREFIX "/vm/"
#define MAX_UUID 64u

/* Nobody else may have made it: who can write there could have a worker take another guest's state. */
static int check_dir(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		return -errno;
	}
	if (st.st_uid != geteuid()) {
		return -EPERM;
	}
	return fchmod(fd, 0700) < 0 ? -errno : 0;
}

int state_dir_open(const char *runtime_dir)
{
	char *path = xasprintf("%s/state", runtime_dir);
	int fd, ret = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;

	fd = ret == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (ret == 0) {
		ret = fd < 0 ? -errno : check_dir(fd);
	}
	if (ret < 0) {
		log_error(LOG_ADMIN, "cannot use %s: %s; remove it, it is made anew", path,
			  strerror(-ret));
		close_fd(&fd);
	}
	free(path);
	return ret < 0 ? ret : fd;
}

char *state_name(uint32_t domid, const char *vm)
{
	const char *uuid = vm && strncmp(vm, VM_PREFIX, strlen(VM_PREFIX)) == 0 ?
				   vm + strlen(VM_PREFIX) :
				   "";
	size_t len = strlen(uuid);

	if (len == 0 || len > MAX_UUID) {
		return NULL;
	}
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)uuid[i]) && uuid[i] != '-') {
			return NULL;
		}
	}
	return xasprintf("%u-%s", domid, uuid);
}

static int prepare(int fd)
{
	struct stat st;
	int ret;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		return -EINVAL;
	}
	if (st.st_size != PV_STATE_SIZE && ftruncate(fd, PV_STATE_SIZE) < 0) {
		return -errno;
	}
	/* A worker that writes where there is no room for it would be killed. */
	ret = posix_fallocate(fd, 0, PV_STATE_SIZE);
	return -ret;
}

int state_file_open(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int ret = fd < 0 ? -errno : prepare(fd);

	if (ret < 0) {
		close_fd(&fd);
		return ret;
	}
	return fd;
}

void state_file_remove(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT) {
		log_warn(LOG_HOST, "cannot remove the state %s: %s", name, strerror(errno));
	}
}

static bool is_known(const struct broker *broker, const char *name)
{
	const struct guest *guest;

	list_for_each(guest, &broker->guests, link) {
		if (guest->state && strcmp(guest->state, name) == 0) {
			return true;
		}
	}
	return false;
}

void state_dir_sweep(const struct broker *broker)
{
	/* Its own: the position in a directory belongs to the open file. */
	int fd = openat(broker->state_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		close_fd(&fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && !is_known(broker, entry->d_name)) {
			state_file_remove(broker->state_dir, entry->d_name);
		}
	}
	closedir(dir);
}
