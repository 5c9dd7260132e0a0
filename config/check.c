/* SPDX-License-Identifier: MIT */
/* What no single line of the configuration can be wrong about: lines that do not fit together. */
#include <string.h>

#include "config/settings_priv.h"
#include "hid/seat/seat.h"

void settings_mistake(struct builder *builder, const struct line *line, const char *what)
{
	source_mistake(builder->source, &line->entry->place, "[%s]%s%s: %s", line->entry->section,
		       line->entry->key ? " " : "", line->entry->key ? line->entry->key : "", what);
}

static bool same_monitor(const struct line *a, const struct line *b)
{
	return strcmp(a->names.words[0], b->names.words[0]) == 0 &&
	       strcmp(a->names.words[1], b->names.words[1]) == 0;
}

/* A section about a part of a monitor, of which a line of its own says what it shows. */
static void check_region(struct builder *builder, const struct line *part)
{
	for (unsigned i = 0; i < builder->n_lines; i++) {
		const struct line *line = &builder->lines[i];

		if (line->section->object == SCHEMA_OUTPUT && line->key && line->key->group &&
		    same_monitor(line, part)) {
			settings_mistake(
				builder, part,
				"its monitor says already what it shows, by shows, columns or rows");
			return;
		}
	}
}

static void check_regions(struct builder *builder)
{
	for (unsigned i = 0; i < builder->n_lines; i++) {
		if (builder->lines[i].section->object == SCHEMA_REGION && !builder->lines[i].key) {
			check_region(builder, &builder->lines[i]);
		}
	}
}

static void check_layout(struct builder *builder, unsigned i)
{
	const struct layout *layout = &builder->settings->layouts[i];
	const struct source_place *place = &builder->layout_places[i];
	char why[SCHEMA_WHY_SIZE];

	for (unsigned j = 0; j < layout->n_outputs; j++) {
		const struct layout_output *output = &layout->outputs[j];

		for (unsigned k = 0; k < output->n_regions; k++) {
			if (output->regions[k].w <= 0) {
				source_mistake(builder->source, place,
					       "[layout %s region %s %u]: it needs an area",
					       layout->name, output->name, k + 1);
				return;
			}
		}
	}
	if (layout_check(layout, why, sizeof(why)) < 0) {
		source_mistake(builder->source, place, "[layout %s]: %s", layout->name, why);
	}
}

static const char *const chord_keys[] = {"attention-key", "switch-key", "layout-key",
					 "brighter-key",  "darker-key", "capture-key",
					 "lock-key"};

static const char *chord_text(const struct settings *settings, unsigned i)
{
	const char *const texts[ARRAY_SIZE(chord_keys)] = {
		settings->attention_key, settings->switch_key, settings->layout_key,
		settings->brighter_key,  settings->darker_key, settings->capture_key,
		settings->lock_key};

	return texts[i];
}

const char *settings_chord_clash(const struct settings *settings, const char **other)
{
	for (unsigned i = 1; i < ARRAY_SIZE(chord_keys); i++) {
		for (unsigned j = 0; j < i; j++) {
			struct seat_chord a, b;
			bool same_modifiers;

			if (seat_chord_parse(chord_text(settings, i), &a) < 0 ||
			    seat_chord_parse(chord_text(settings, j), &b) < 0 || a.key != b.key) {
				continue;
			}
			same_modifiers = a.ctrl == b.ctrl && a.alt == b.alt && a.shift == b.shift &&
					 a.meta == b.meta;
			/* The attention chord is complete whatever other modifiers are down. */
			if (j == 0 || same_modifiers) {
				*other = chord_keys[j];
				return chord_keys[i];
			}
		}
	}
	return NULL;
}

static void check_chords(struct builder *builder)
{
	struct source_place place = {.file = builder->source->n_files - 1};
	const char *other, *key = settings_chord_clash(builder->settings, &other);

	for (unsigned i = 0; key && i < builder->n_lines; i++) {
		const struct line *line = &builder->lines[i];

		if (line->key &&
		    (strcmp(line->key->name, key) == 0 || strcmp(line->key->name, other) == 0)) {
			place = line->entry->place;
		}
	}
	if (key) {
		source_mistake(builder->source, &place, "[input] %s: the same keys as %s", key,
			       other);
	}
}

static void check_start_layout(struct builder *builder)
{
	const struct settings *settings = builder->settings;

	for (unsigned i = 0; i < builder->n_lines; i++) {
		const struct line *line = &builder->lines[i];

		if (line->key && !line->is_overridden &&
		    strcmp(line->key->name, "start-layout") == 0 && settings->start_layout[0] &&
		    !settings_layout(settings, settings->start_layout)) {
			settings_mistake(builder, line, "there is no such layout");
		}
	}
}

void settings_check(struct builder *builder)
{
	check_regions(builder);
	check_chords(builder);
	/* One that was added because there is none has no place, and no mistakes. */
	for (unsigned i = 0; i < builder->settings->n_layouts; i++) {
		check_layout(builder, i);
	}
	check_start_layout(builder);
}
