/* SPDX-License-Identifier: MIT */
/*
 * What the configuration's files say, before anybody asks what it means: entries with their places, and the mistakes
 * that were found, whoever found them.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stdio.h>

#include "base/util.h"

#define SOURCE_MAX_ENTRIES 4096
#define SOURCE_MAX_MISTAKES 100 /* more are counted, not kept */

struct source_place {
	unsigned file; /* index in files */
	unsigned line; /* from 1; 0: the file as a whole */
};

struct source_entry {
	struct source_place place;
	char *section; /* as written between the brackets */
	char *key;     /* NULL: the section's own line */
	char *value;   /* NULL with key */
};

struct source_mistake {
	struct source_place place;
	char *text;
};

struct source {
	char **files; /* names, in the order of reading */
	unsigned n_files;
	struct source_entry *entries;
	unsigned n_entries;
	struct source_mistake *mistakes;
	unsigned n_mistakes; /* found; the first SOURCE_MAX_MISTAKES are kept */
};

void source_init(struct source *source);
void source_finish(struct source *source);

/* Returns the file's index. */
unsigned source_add_file(struct source *source, const char *name);
/* key and value NULL: a section's line. All are copied. -ENOSPC past SOURCE_MAX_ENTRIES. */
MUST_USE int source_add_entry(struct source *source, const struct source_place *place,
			      const char *section, const char *key, const char *value);
void source_mistake(struct source *source, const struct source_place *place, const char *fmt, ...)
	PRINTF(3, 4);
/* One line each, `FILE:LINE: text`, in the order of reading. */
void source_write_mistakes(struct source *source, FILE *out);

/*
 * One file's lines. is_optional: it need not exist. 0, or -errno when it could not be read at all, which is a mistake
 * with that file's name as well. What is wrong in it is no error here, but a mistake.
 */
MUST_USE int source_read(struct source *source, const char *path, bool is_optional);
/* The same of a text in memory, which is called name. 0 or -ENOMEM. */
MUST_USE int source_read_text(struct source *source, const char *name, const char *text, size_t len);
/* All regular files of the folder whose names end in .conf, in the order of their names. No folder: nothing. */
MUST_USE int source_read_folder(struct source *source, const char *path);

#endif
