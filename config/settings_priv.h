/* SPDX-License-Identifier: MIT */
/* What the files that make settings share. */
#ifndef CONFIG_SETTINGS_PRIV_H
#define CONFIG_SETTINGS_PRIV_H

#include "config/schema.h"
#include "config/settings.h"
#include "config/source.h"

/* A line whose section and key are known. */
struct line {
	const struct source_entry *entry;
	const struct schema_section *section;
	const struct schema_key *key; /* NULL: the section's own */
	struct schema_names names;
	bool is_overridden; /* by a later file */
};

struct builder {
	struct settings *settings;
	struct source *source;
	struct line *lines;
	unsigned n_lines;
	struct source_place layout_places[SETTINGS_MAX_LAYOUTS]; /* where each begins */
};

/* Of a line: `[SECTION] KEY: what`, with its place. */
void settings_mistake(struct builder *builder, const struct line *line, const char *what);
/* What must fit together; all lines are applied. */
void settings_check(struct builder *builder);
/* warn.c: likewise; fills settings.warnings. */
void settings_warn(struct builder *builder);

#endif
