/* SPDX-License-Identifier: MIT */
#include "config/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void source_init(struct source *source)
{
	*source = (struct source){0};
	source->entries = xcalloc(SOURCE_MAX_ENTRIES, sizeof(*source->entries));
	source->mistakes = xcalloc(SOURCE_MAX_MISTAKES, sizeof(*source->mistakes));
}

void source_finish(struct source *source)
{
	for (unsigned i = 0; i < source->n_files; i++) {
		free(source->files[i]);
	}
	for (unsigned i = 0; i < source->n_entries; i++) {
		free(source->entries[i].section);
		free(source->entries[i].key);
		free(source->entries[i].value);
	}
	for (unsigned i = 0; i < MIN(source->n_mistakes, SOURCE_MAX_MISTAKES); i++) {
		free(source->mistakes[i].text);
	}
	free(source->files);
	free(source->entries);
	free(source->mistakes);
	*source = (struct source){0};
}

unsigned source_add_file(struct source *source, const char *name)
{
	char **files = xcalloc(source->n_files + 1, sizeof(*files));

	if (source->n_files > 0) {
		memcpy(files, source->files, source->n_files * sizeof(*files));
	}
	free(source->files);
	source->files = files;
	files[source->n_files] = xstrdup(name);
	return source->n_files++;
}

int source_add_entry(struct source *source, const struct source_place *place, const char *section,
		     const char *key, const char *value)
{
	if (source->n_entries == SOURCE_MAX_ENTRIES) {
		return -ENOSPC;
	}
	source->entries[source->n_entries++] = (struct source_entry){
		.place = *place,
		.section = xstrdup(section),
		.key = key ? xstrdup(key) : NULL,
		.value = key ? xstrdup(value) : NULL,
	};
	return 0;
}

void source_mistake(struct source *source, const struct source_place *place, const char *fmt, ...)
{
	va_list args;
	char *text;

	if (source->n_mistakes++ >= SOURCE_MAX_MISTAKES) {
		return;
	}
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0) {
		abort(); /* out of memory */
	}
	va_end(args);
	source->mistakes[source->n_mistakes - 1] = (struct source_mistake){.place = *place,
									   .text = text};
}

static int compare(const void *a, const void *b)
{
	const struct source_mistake *left = a, *right = b;

	if (left->place.file != right->place.file) {
		return left->place.file < right->place.file ? -1 : 1;
	}
	return left->place.line < right->place.line ? -1 : left->place.line > right->place.line;
}

void source_write_mistakes(struct source *source, FILE *out)
{
	unsigned kept = MIN(source->n_mistakes, SOURCE_MAX_MISTAKES);

	qsort(source->mistakes, kept, sizeof(*source->mistakes), compare);
	for (unsigned i = 0; i < kept; i++) {
		const struct source_mistake *mistake = &source->mistakes[i];

		if (mistake->place.line > 0) {
			fprintf(out, "%s:%u: %s\n", source->files[mistake->place.file],
				mistake->place.line, mistake->text);
		} else {
			fprintf(out, "%s: %s\n", source->files[mistake->place.file], mistake->text);
		}
	}
	if (source->n_mistakes > kept) {
		fprintf(out, "%u more mistakes\n", source->n_mistakes - kept);
	}
}
