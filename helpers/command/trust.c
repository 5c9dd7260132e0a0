/* SPDX-License-Identifier: MIT */
#include "helpers/command/trust.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Root's and our own, and nobody else may write. */
static bool is_ours_alone(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static int check(const char *path, bool is_optional, char *why, size_t size)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (is_optional && errno == ENOENT) {
			return 0;
		}
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -EPERM;
	}
	if (!is_ours_alone(&st)) {
		snprintf(why, size, "%s can be written by others", path);
		return -EPERM;
	}
	return 0;
}

static int check_folder_of(const char *path, char *why, size_t size)
{
	char *copy = xstrdup(path);
	int ret = check(dirname(copy), true, why, size);

	free(copy);
	return ret;
}

static int check_entry(const char *folder, const char *name, char *why, size_t size)
{
	char *path = xasprintf("%s/%s", folder, name);
	int ret = check(path, false, why, size);

	free(path);
	return ret;
}

/* All of it, though only names that end in .conf are read: whatever is in there belongs to the administrator. */
static int check_drop_ins(const char *folder, char *why, size_t size)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int ret;

	if (!dir) {
		return errno == ENOENT ? 0 : check(folder, false, why, size);
	}
	ret = check(folder, false, why, size);
	while (ret == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.') {
			ret = check_entry(folder, entry->d_name, why, size);
		}
	}
	closedir(dir);
	return ret;
}

int trust_configuration(const char *path, char *why, size_t size)
{
	char *folder = xasprintf("%s.d", path);
	int ret = check_folder_of(path, why, size);

	ret = ret < 0 ? ret : check(path, true, why, size);
	ret = ret < 0 ? ret : check_drop_ins(folder, why, size);
	free(folder);
	return ret;
}
