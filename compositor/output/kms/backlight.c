/* SPDX-License-Identifier: MIT */
#include "compositor/output/kms/backlight.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE 128
#define PATH_SIZE 320 /* the longest name that a directory may have, and a file in there */

/* Who a backlight belongs to, the surest last. */
enum claim {
	CLAIM_NONE,
	CLAIM_MACHINE,   /* the firmware's or the platform's: of its only panel */
	CLAIM_CONNECTOR, /* its parent is the connector */
};

/* The first line of a file, without its end; "" when it cannot be read. */
static void read_line(int dir, const char *device, const char *name, char *line, size_t size)
{
	char path[PATH_SIZE];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", device, name);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, line, size - 1);
		close(fd);
	}
	line[MAX(n, 0)] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static int read_number(int dir, const char *device, const char *name)
{
	char line[32], *end;
	long value;

	read_line(dir, device, name, line, sizeof(line));
	value = strtol(line, &end, 10);
	return end == line || *end || value < 0 || value > INT32_MAX ? -1 : (int)value;
}

static enum claim claim_of(int dir, const char *device, const char *parent)
{
	char path[PATH_SIZE], target[512], type[32];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/device", device);
	n = readlinkat(dir, path, target, sizeof(target) - 1);
	target[MAX(n, 0)] = '\0';
	last = strrchr(target, '/');
	if (strcmp(last ? last + 1 : target, parent) == 0) {
		return CLAIM_CONNECTOR;
	}
	read_line(dir, device, "type", type, sizeof(type));
	return strcmp(type, "firmware") == 0 || strcmp(type, "platform") == 0 ? CLAIM_MACHINE :
										CLAIM_NONE;
}

/* The name of the best one, CLAIM_NONE: there is none. */
static enum claim find(DIR *all, const char *parent, char best[NAME_SIZE])
{
	enum claim surest = CLAIM_NONE;
	const struct dirent *entry;

	while ((entry = readdir(all))) {
		enum claim claim;

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= NAME_SIZE) {
			continue;
		}
		claim = claim_of(dirfd(all), entry->d_name, parent);
		if (claim > surest) {
			surest = claim;
			memcpy(best, entry->d_name, strlen(entry->d_name) + 1);
		}
	}
	return surest;
}

static int take(struct kms_backlight *backlight, int dir, const char *device)
{
	char path[PATH_SIZE];

	backlight->max = read_number(dir, device, "max_brightness");
	if (backlight->max < 1) {
		return -ENOENT;
	}
	snprintf(path, sizeof(path), "%s/brightness", device);
	backlight->fd = openat(dir, path, O_RDWR | O_CLOEXEC);
	return backlight->fd < 0 ? -errno : 0;
}

int kms_backlight_open(struct kms_backlight *backlight, const char *class_dir, const char *card,
		       const char *connector)
{
	char parent[NAME_SIZE], name[NAME_SIZE];
	DIR *all = opendir(class_dir);
	int r = -ENOENT;

	*backlight = (struct kms_backlight){.fd = -1};
	if (!all) {
		return r;
	}
	snprintf(parent, sizeof(parent), "%s-%s", card, connector);
	if (find(all, parent, name) != CLAIM_NONE) {
		r = take(backlight, dirfd(all), name);
	}
	closedir(all);
	return r;
}

void kms_backlight_close(struct kms_backlight *backlight)
{
	if (backlight->fd >= 0) {
		close(backlight->fd);
	}
	backlight->fd = -1;
}

int kms_backlight_set(struct kms_backlight *backlight, double level)
{
	char text[16];
	int n;

	if (backlight->fd < 0 || !(level >= 0 && level <= 1)) {
		return -EINVAL;
	}
	n = snprintf(text, sizeof(text), "%ld\n", lround(level * backlight->max));
	return pwrite(backlight->fd, text, (size_t)n, 0) == n ? 0 : -errno;
}

double kms_backlight_get(const struct kms_backlight *backlight)
{
	char text[16];
	ssize_t n = backlight->fd < 0 ? -1 : pread(backlight->fd, text, sizeof(text) - 1, 0);
	char *end;
	long value;

	text[MAX(n, 0)] = '\0';
	value = strtol(text, &end, 10);
	return end == text || value < 0 || value > backlight->max ? -1 :
								    (double)value / backlight->max;
}
