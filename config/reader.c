/* SPDX-License-Identifier: MIT */
/*
 * The INI syntax: inih splits lines into keys and values. It is fed line by line from memory, so that each entry's line
 * number is known (its callback has none in Debian's build), and only with lines that it can't misread: it would cut long
 * ones, take a NUL for the end and an indented one for the continuation of the last.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/source.h"

#define MAX_FILE_BYTES (1u << 20)
/* inih cuts longer names off. */
#define MAX_NAME 49
#define BOM "\xef\xbb\xbf"

struct reader {
	struct source *source;
	struct source_place place;
	const char *at, *end; /* what is left of the file */
	char section[MAX_NAME + 1];
	bool skips; /* the section's line is wrong: what follows it belongs to nobody */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- one line ---- */

static bool bytes_are_text(struct reader *reader, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c == '\r' && i == len - 1) {
			source_mistake(
				reader->source, &reader->place,
				"the line ends in a carriage return; save the file with Unix line ends");
			/* The others will, too. */
			reader->at = reader->end;
			return false;
		}
		if ((c < ' ' && c != '\t') || c == 0x7f) {
			source_mistake(reader->source, &reader->place,
				       "byte 0x%02x in column %zu is no text", c, i + 1);
			return false;
		}
	}
	return true;
}

/* What may follow the section's name: blanks and a comment. */
static bool ends_here(const char *text, const char *end)
{
	while (text < end && is_blank(*text)) {
		text++;
	}
	return text == end || *text == ';' || *text == '#';
}

static bool section_begin(struct reader *reader, const char *line, size_t len)
{
	const char *close = memchr(line, ']', len);
	size_t name_len = close ? (size_t)(close - line) - 1 : 0;

	reader->skips = true;
	if (!close || !ends_here(close + 1, line + len)) {
		source_mistake(reader->source, &reader->place,
			       "a section's line is [NAME] and nothing else");
		return false;
	}
	if (name_len == 0 || name_len > MAX_NAME) {
		source_mistake(reader->source, &reader->place,
			       "a section's name has 1 to %d characters", MAX_NAME);
		return false;
	}
	memcpy(reader->section, line + 1, name_len);
	reader->section[name_len] = '\0';
	if (source_add_entry(reader->source, &reader->place, reader->section, NULL, NULL) < 0) {
		source_mistake(reader->source, &reader->place, "too many lines: the limit is %d",
			       SOURCE_MAX_ENTRIES);
		return false;
	}
	reader->skips = false;
	return true;
}

static bool key_is_whole(struct reader *reader, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	size_t key_len = equals ? (size_t)(equals - line) : 0;

	if (reader->skips) {
		return false;
	}
	if (!equals) {
		source_mistake(reader->source, &reader->place,
			       "neither [SECTION] nor KEY = VALUE: %.*s", (int)MIN(len, 40u), line);
		return false;
	}
	while (key_len > 0 && is_blank(line[key_len - 1])) {
		key_len--;
	}
	if (!reader->section[0]) {
		source_mistake(reader->source, &reader->place,
			       "%.*s stands before the first [SECTION]", (int)MIN(key_len, 40u),
			       line);
		return false;
	}
	if (key_len == 0 || key_len > MAX_NAME || memchr(line, ':', key_len)) {
		source_mistake(reader->source, &reader->place,
			       "[%s] a key has 1 to %d characters, none of them a colon",
			       reader->section, MAX_NAME);
		return false;
	}
	return true;
}

/* inih sees the line only when this is true. */
static bool line_check(struct reader *reader, const char *line, size_t len, size_t max)
{
	if (len > max) {
		source_mistake(reader->source, &reader->place,
			       "the line is longer than %zu characters", max);
		reader->skips = reader->skips || *line == '[';
		return false;
	}
	if (!bytes_are_text(reader, line, len)) {
		reader->skips = reader->skips || *line == '[';
		return false;
	}
	return *line == '[' ? section_begin(reader, line, len) : key_is_whole(reader, line, len);
}

/* ---- inih's two callbacks ---- */

/* As fgets: the next line that is one. */
static char *next_line(char *out, int size, void *data)
{
	struct reader *reader = data;

	while (reader->at < reader->end) {
		const char *line = reader->at, *stop;
		size_t len;

		stop = memchr(line, '\n', (size_t)(reader->end - line));
		stop = stop ? stop : reader->end;
		reader->at = MIN(stop + 1, reader->end);
		reader->place.line++;
		while (line < stop && is_blank(*line)) {
			line++;
		}
		len = (size_t)(stop - line);
		if (len == 0 || *line == '#' || *line == ';') {
			continue;
		}
		/* Room for the line's end and the string's. */
		if (line_check(reader, line, len, (size_t)size - 3)) {
			memcpy(out, line, len);
			out[len] = '\n';
			out[len + 1] = '\0';
			return out;
		}
	}
	return NULL;
}

static int handle_value(void *data, const char *section, const char *key, const char *value)
{
	struct reader *reader = data;

	if (source_add_entry(reader->source, &reader->place, reader->section, key, value) < 0) {
		source_mistake(reader->source, &reader->place, "too many lines: the limit is %d",
			       SOURCE_MAX_ENTRIES);
		reader->at = reader->end;
	}
	return 1;
}

/* ---- files ---- */

/* Who can write to the configuration decides what people see; that must be root or the server's own user. */
static const char *trust(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		return "belongs to neither root nor the server's user; not read";
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		return "can be written by others than its owner; not read (chmod go-w)";
	}
	return NULL;
}

static int text_read(int fd, char *text, size_t size, size_t *used)
{
	*used = 0;
	while (*used < size) {
		ssize_t n = read(fd, text + *used, size - *used);

		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		*used += (size_t)n;
	}
	return 0;
}

static int text_parse(struct source *source, unsigned file, const char *text, size_t len)
{
	struct reader reader = {
		.source = source,
		.place = {.file = file},
		.at = text,
		.end = text + len,
	};

	if (len >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0) {
		reader.at += strlen(BOM);
	}
	return ini_parse_stream(next_line, &reader, handle_value, &reader) == -2 ? -ENOMEM : 0;
}

int source_read_text(struct source *source, const char *name, const char *text, size_t len)
{
	return text_parse(source, source_add_file(source, name), text, len);
}

static int file_check(struct source *source, const struct source_place *place, int fd)
{
	const char *complaint;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		return -errno;
	}
	complaint = trust(&st);
	if (!S_ISREG(st.st_mode)) {
		complaint = "is no file";
	} else if (st.st_size > MAX_FILE_BYTES) {
		complaint = "is larger than a mebibyte; not read";
	}
	if (complaint) {
		source_mistake(source, place, "%s", complaint);
		return -EINVAL;
	}
	return 0;
}

int source_read(struct source *source, const char *path, bool is_optional)
{
	/* Not to hang on a pipe that somebody put there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
	    ret = fd < 0 ? -errno : 0;
	struct source_place place = {0};
	char *text = NULL;
	size_t len = 0;

	if (ret == -ENOENT && is_optional) {
		return 0;
	}
	place.file = source_add_file(source, path);
	if (ret == 0) {
		ret = file_check(source, &place, fd);
	}
	if (ret == 0) {
		text = xcalloc(1, MAX_FILE_BYTES);
		ret = text_read(fd, text, MAX_FILE_BYTES, &len);
	}
	if (ret == 0) {
		ret = text_parse(source, place.file, text, len);
	}
	if (ret < 0 && ret != -EINVAL) {
		source_mistake(source, &place, "%s", strerror(-ret));
	}
	free(text);
	close_fd(&fd);
	return ret;
}

static int is_drop_in(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* In bytes' order, whatever the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int folder_check(struct source *source, const char *path)
{
	const char *complaint;
	struct stat st;

	if (stat(path, &st) < 0) {
		return -errno;
	}
	complaint = S_ISDIR(st.st_mode) ? trust(&st) : "is no directory";
	if (complaint) {
		struct source_place place = {.file = source_add_file(source, path)};

		source_mistake(source, &place, "%s", complaint);
		return -EINVAL;
	}
	return 0;
}

int source_read_folder(struct source *source, const char *path)
{
	int ret = folder_check(source, path), n;
	struct dirent **names = NULL;

	if (ret < 0) {
		return ret == -ENOENT ? 0 : ret;
	}
	n = scandir(path, &names, is_drop_in, compare_names);
	if (n < 0) {
		return -errno;
	}
	for (int i = 0; i < n; i++) {
		char *name = xasprintf("%s/%s", path, names[i]->d_name);
		int error = source_read(source, name, false);

		ret = error < 0 ? error : ret;
		free(name);
		free(names[i]);
	}
	free(names);
	return ret;
}
