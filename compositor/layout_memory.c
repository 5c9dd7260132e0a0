/* SPDX-License-Identifier: MIT */
#include "compositor/layout_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "compositor/scene/layout.h"

#define FILE_NAME "layouts"
#define FILE_NEW "layouts.new"
#define FIRST_LINE "vitrine layouts 1\n"
#define MAX_SETS 64
#define FILE_MAX (MAX_SETS * (MONITORS_KEY_SIZE + LAYOUT_NAME_SIZE + 2))

struct remembered {
	char layout[LAYOUT_NAME_SIZE];
	char monitors[MONITORS_KEY_SIZE];
};

struct layout_memory {
	int dir;                 /* -1: nowhere to write to */
	struct remembered *sets; /* MAX_SETS, the one that was set last first */
	unsigned n_sets;
	/* The writer's: text is what is to be written next, or NULL. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool has_thread, is_ending;
	char *text;
};

/* ---- the key of a set ---- */

static void key_add(char *out, const char *text)
{
	size_t used = strlen(out);

	/* What a monitor says of itself is a stranger's: one line, and no separator of ours. */
	for (; *text && used + 1 < MONITORS_KEY_SIZE; text++) {
		out[used++] = *text > ' ' && *text < 0x7f && !strchr("/;", *text) ? *text : '_';
	}
	out[used] = '\0';
}

static void sort_by_name(const struct output_device *const *devices, unsigned n,
			 const struct output_device **out)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned at = i;

		for (; at > 0 && strcmp(out[at - 1]->name, devices[i]->name) > 0; at--) {
			out[at] = out[at - 1];
		}
		out[at] = devices[i];
	}
}

void monitors_key(const struct output_device *const *devices, unsigned n,
		  char out[MONITORS_KEY_SIZE])
{
	const struct output_device *sorted[LAYOUT_MAX_OUTPUTS];

	n = MIN(n, ARRAY_SIZE(sorted));
	sort_by_name(devices, n, sorted);
	out[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		const struct output_identity *identity = &sorted[i]->identity;
		const char *parts[] = {sorted[i]->name, identity->make, identity->model,
				       identity->serial};

		for (unsigned k = 0; k < ARRAY_SIZE(parts); k++) {
			size_t used = strlen(out);

			if (k + i > 0 && used + 1 < MONITORS_KEY_SIZE) {
				out[used] = k ? '/' : ';';
				out[used + 1] = '\0';
			}
			key_add(out, parts[k]);
		}
	}
}

/* ---- reading ---- */

static bool is_text(const char *text, size_t len, size_t max)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~') {
			return false;
		}
	}
	return len > 0 && len < max;
}

/* A layout's name, a tab, the monitors. */
static bool take_line(struct layout_memory *memory, const char *line, size_t len)
{
	const char *tab = memchr(line, '\t', len);
	size_t name_len = tab ? (size_t)(tab - line) : 0;
	struct remembered *set = &memory->sets[memory->n_sets];

	if (!tab || memory->n_sets == MAX_SETS || !is_text(line, name_len, sizeof(set->layout)) ||
	    !is_text(tab + 1, len - name_len - 1, sizeof(set->monitors))) {
		return false;
	}
	*set = (struct remembered){0};
	memcpy(set->layout, line, name_len);
	memcpy(set->monitors, tab + 1, len - name_len - 1);
	if (layout_memory_find(memory, set->monitors)) {
		return false;
	}
	memory->n_sets++;
	return true;
}

static bool take_text(struct layout_memory *memory, const char *text, size_t size)
{
	size_t at = strlen(FIRST_LINE);

	if (size < at || memcmp(text, FIRST_LINE, at) != 0) {
		return false;
	}
	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t len = end ? (size_t)(end - text) - at : 0;

		if (!end || !take_line(memory, text + at, len)) {
			return false;
		}
		at += len + 1;
	}
	return true;
}

static ssize_t read_whole(int fd, char *text, size_t max)
{
	size_t size = 0;
	ssize_t n;

	do {
		n = read(fd, text + size, max - size);
		size += n > 0 ? (size_t)n : 0;
	} while (n > 0 && size < max);
	return n < 0 ? -errno : (ssize_t)size;
}

static void memory_read(struct layout_memory *memory, const char *state_dir)
{
	int fd = openat(memory->dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text;
	ssize_t size;

	if (fd < 0) {
		if (errno != ENOENT) {
			log_warn(LOG_ADMIN, "%s/%s: %s; no layout is remembered", state_dir,
				 FILE_NAME, strerror(errno));
		}
		return;
	}
	text = xcalloc(1, FILE_MAX);
	size = read_whole(fd, text, FILE_MAX);
	close_fd(&fd);
	if (size < 0 || !take_text(memory, text, (size_t)size)) {
		log_warn(LOG_ADMIN,
			 "%s/%s is not what vitrined wrote: no layout is remembered; choose one, and it is "
			 "written anew",
			 state_dir, FILE_NAME);
		memory->n_sets = 0;
	}
	free(text);
}

/* ---- writing ---- */

static int write_whole(int fd, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0) {
			return -errno;
		}
		text += n;
		size -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Whoever reads sees the file before or after, never half of it. */
static int file_write(int dir, const char *text)
{
	int fd = openat(dir, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int ret;

	if (fd < 0) {
		return -errno;
	}
	ret = write_whole(fd, text);
	close_fd(&fd);
	if (ret == 0 && renameat(dir, FILE_NEW, dir, FILE_NAME) < 0) {
		ret = -errno;
	}
	return ret;
}

static void *writer_run(void *data)
{
	struct layout_memory *memory = data;

	pthread_mutex_lock(&memory->lock);
	while (!memory->is_ending || memory->text) {
		char *text = memory->text;
		int ret;

		if (!text) {
			pthread_cond_wait(&memory->changed, &memory->lock);
			continue;
		}
		memory->text = NULL;
		pthread_mutex_unlock(&memory->lock);
		ret = file_write(memory->dir, text);
		if (ret < 0) {
			log_warn(LOG_ADMIN, "the choice of layouts can't be written: %s",
				 strerror(-ret));
		}
		free(text);
		pthread_mutex_lock(&memory->lock);
	}
	pthread_mutex_unlock(&memory->lock);
	return NULL;
}

static bool writer_start(struct layout_memory *memory)
{
	sigset_t all, old;

	if (!memory->has_thread && memory->dir >= 0) {
		/* Signals are the loop's. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		memory->has_thread = pthread_create(&memory->thread, NULL, writer_run, memory) == 0;
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	return memory->has_thread;
}

static char *text_of(const struct layout_memory *memory)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		return NULL;
	}
	fputs(FIRST_LINE, out);
	for (unsigned i = 0; i < memory->n_sets; i++) {
		fprintf(out, "%s\t%s\n", memory->sets[i].layout, memory->sets[i].monitors);
	}
	fclose(out);
	return text;
}

/* The newest text takes the place of one that has not been begun. */
static void memory_write(struct layout_memory *memory)
{
	char *text = writer_start(memory) ? text_of(memory) : NULL;

	if (!text) {
		return;
	}
	pthread_mutex_lock(&memory->lock);
	free(memory->text);
	memory->text = text;
	pthread_cond_signal(&memory->changed);
	pthread_mutex_unlock(&memory->lock);
}

/* ---- what others call ---- */

const char *layout_memory_find(const struct layout_memory *memory, const char *monitors)
{
	for (unsigned i = 0; i < memory->n_sets; i++) {
		if (strcmp(memory->sets[i].monitors, monitors) == 0) {
			return memory->sets[i].layout;
		}
	}
	return NULL;
}

void layout_memory_set(struct layout_memory *memory, const char *monitors, const char *layout)
{
	const char *known = layout_memory_find(memory, monitors);
	unsigned at = 0;

	if (monitors[0] == '\0' || (known && strcmp(known, layout) == 0)) {
		return;
	}
	while (at < memory->n_sets && strcmp(memory->sets[at].monitors, monitors) != 0) {
		at++;
	}
	/* The one that was set longest ago is forgotten. */
	at = MIN(at, MAX_SETS - 1u);
	memory->n_sets = MAX(memory->n_sets, at + 1);
	memmove(&memory->sets[1], &memory->sets[0], at * sizeof(memory->sets[0]));
	snprintf(memory->sets[0].layout, sizeof(memory->sets[0].layout), "%s", layout);
	snprintf(memory->sets[0].monitors, sizeof(memory->sets[0].monitors), "%s", monitors);
	memory_write(memory);
}

struct layout_memory *layout_memory_create(const char *state_dir)
{
	struct layout_memory *memory = xcalloc(1, sizeof(*memory));

	memory->sets = xcalloc(MAX_SETS, sizeof(memory->sets[0]));
	pthread_mutex_init(&memory->lock, NULL);
	pthread_cond_init(&memory->changed, NULL);
	memory->dir = -1;
	if (state_dir[0]) {
		memory->dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (memory->dir < 0) {
			log_warn(LOG_ADMIN, "%s: %s; the choice of layouts is not remembered",
				 state_dir, strerror(errno));
		} else {
			memory_read(memory, state_dir);
		}
	}
	return memory;
}

void layout_memory_destroy(struct layout_memory *memory)
{
	if (!memory) {
		return;
	}
	if (memory->has_thread) {
		pthread_mutex_lock(&memory->lock);
		memory->is_ending = true;
		pthread_cond_signal(&memory->changed);
		pthread_mutex_unlock(&memory->lock);
		pthread_join(memory->thread, NULL);
	}
	free(memory->text);
	pthread_cond_destroy(&memory->changed);
	pthread_mutex_destroy(&memory->lock);
	close_fd(&memory->dir);
	free(memory->sets);
	free(memory);
}
