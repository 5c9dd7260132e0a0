/* SPDX-License-Identifier: MIT */
#include "compositor/trusted/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "lock"
#define TEXT_SIZE 64
/* More than any delay needs. */
#define MAX_WRONG 1000000

/* The whole of it or what was there before. */
static int text_write(const char *runtime_dir, const char *text)
{
	int dir = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, ret = 0;
	size_t size = strlen(text);

	if (dir < 0) {
		return -errno;
	}
	fd = openat(dir, FILE_NAME ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size ||
	    renameat(dir, FILE_NAME ".new", dir, FILE_NAME) < 0) {
		ret = errno ? -errno : -EIO;
	}
	close_fd(&fd);
	close_fd(&dir);
	return ret;
}

int lock_file_write(const char *runtime_dir, bool is_clients, unsigned wrong)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "locked %s %u\n", is_clients ? "client" : "prompt",
		 MIN(wrong, MAX_WRONG));
	return text_write(runtime_dir, text);
}

int lock_file_clear(const char *runtime_dir)
{
	return text_write(runtime_dir, "open\n");
}

static void text_parse(const char *text, bool *is_clients, unsigned *wrong)
{
	const char *number = strrchr(text, ' ');
	uint64_t value;

	*is_clients = strncmp(text, "locked client ", strlen("locked client ")) == 0;
	if (number && parse_uint(number + 1, strcspn(number + 1, "\n"), MAX_WRONG, &value) == 0) {
		*wrong = (unsigned)value;
	}
}

bool lock_file_read(const char *runtime_dir, bool *is_clients, unsigned *wrong, bool *is_first)
{
	int dir = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char text[TEXT_SIZE] = "";
	ssize_t size = -1;

	*is_clients = false;
	*wrong = 0;
	*is_first = fd < 0 && dir >= 0 && errno == ENOENT;
	if (fd >= 0) {
		size = read(fd, text, sizeof(text) - 1);
	}
	close_fd(&fd);
	close_fd(&dir);
	if (*is_first || (size > 0 && strcmp(text, "open\n") == 0)) {
		return false;
	}
	/* What can't be read, or is not ours, is no reason to show guests. */
	text_parse(text, is_clients, wrong);
	return true;
}
