/* SPDX-License-Identifier: MIT */
#include "base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define GUEST_NAME_MAX 32

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static _Noreturn void out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		out_of_memory();
	}
	return p;
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy) {
		out_of_memory();
	}
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0) {
		out_of_memory();
	}
	va_end(args);
	return text;
}

void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
	errno = saved;
}

int parse_uint(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (len == 0) {
		return -EINVAL;
	}
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9') {
			return -EINVAL;
		}
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s[i] - '0'), &value) || value > max) {
			return -ERANGE;
		}
	}
	*out = value;
	return 0;
}

bool guest_name_valid(const char *name)
{
	size_t len = strnlen(name, GUEST_NAME_MAX + 1);

	if (len == 0 || len > GUEST_NAME_MAX) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~' || strchr("/=\"'`\\", name[i])) {
			return false;
		}
	}
	return true;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0) {
			return -errno;
		}
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

int memfd_create_sealed(const char *name, const void *data, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	if (fd < 0) {
		return -errno;
	}
	ret = write_all(fd, data, size);
	if (ret == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
		ret = -errno;
	}
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}

int memfd_read_sealed(int fd, void *out, size_t size)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	ssize_t n;

	if (seals < 0 || (seals & wanted) != wanted) {
		return -EINVAL;
	}
	if (fstat(fd, &st) < 0) {
		return -errno;
	}
	if (st.st_size < 0 || (uint64_t)st.st_size != size) {
		return -EINVAL;
	}
	n = pread(fd, out, size, 0);
	if (n < 0) {
		return -errno;
	}
	return (size_t)n == size ? 0 : -EINVAL;
}

unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (!dir) {
		return 0;
	}
	while (readdir(dir)) {
		n++;
	}
	closedir(dir);
	return n - 3; /* ".", ".." and the directory's own */
}
