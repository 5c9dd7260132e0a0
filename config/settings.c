/* SPDX-License-Identifier: MIT */
/* From lines to settings: which object each line speaks of, and in which order they count. */
#include "config/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings_priv.h"

/* ---- the objects that sections speak of ---- */

static struct settings_guest *guest_get(struct settings *settings, const char *name)
{
	struct settings_guest *guest;

	for (unsigned i = 0; i < settings->n_guests; i++) {
		if (strcmp(settings->guests[i].name, name) == 0) {
			return &settings->guests[i];
		}
	}
	if (settings->n_guests == SETTINGS_MAX_GUESTS) {
		return NULL;
	}
	guest = &settings->guests[settings->n_guests++];
	*guest = settings->guest_defaults;
	strcpy(guest->name, name);
	return guest;
}

static struct device_policy *device_get(struct settings *settings, const char *label)
{
	struct device_policy *policy;

	for (unsigned i = 0; i < settings->n_devices; i++) {
		if (strcmp(settings->devices[i].label, label) == 0) {
			return &settings->devices[i];
		}
	}
	if (settings->n_devices == SETTINGS_MAX_DEVICES) {
		return NULL;
	}
	policy = &settings->devices[settings->n_devices++];
	schema_set_defaults(SCHEMA_DEVICE, policy);
	snprintf(policy->label, sizeof(policy->label), "%s", label);
	return policy;
}

static struct layout *layout_get(struct builder *builder, const struct line *line)
{
	struct settings *settings = builder->settings;
	struct layout *layout;

	for (unsigned i = 0; i < settings->n_layouts; i++) {
		if (strcmp(settings->layouts[i].name, line->names.words[0]) == 0) {
			return &settings->layouts[i];
		}
	}
	if (settings->n_layouts == SETTINGS_MAX_LAYOUTS) {
		return NULL;
	}
	builder->layout_places[settings->n_layouts] = line->entry->place;
	layout = &settings->layouts[settings->n_layouts++];
	strcpy(layout->name, line->names.words[0]);
	return layout;
}

static struct layout_output *output_get(struct layout *layout, const char *name)
{
	struct layout_output *output;

	for (unsigned i = 0; i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, name) == 0) {
			return &layout->outputs[i];
		}
	}
	if (layout->n_outputs == LAYOUT_MAX_OUTPUTS) {
		return NULL;
	}
	output = &layout->outputs[layout->n_outputs++];
	schema_set_defaults(SCHEMA_OUTPUT, output);
	strcpy(output->name, name);
	return output;
}

static struct layout_external *external_get(struct layout *layout, const char *label)
{
	struct layout_external *external;

	for (unsigned i = 0; i < layout->n_externals; i++) {
		if (strcmp(layout->externals[i].label, label) == 0) {
			return &layout->externals[i];
		}
	}
	if (layout->n_externals == LAYOUT_MAX_EXTERNALS) {
		return NULL;
	}
	external = &layout->externals[layout->n_externals++];
	schema_set_defaults(SCHEMA_EXTERNAL, external);
	strcpy(external->label, label);
	return external;
}

/* Those with lower numbers come to be with it: one that nothing speaks of is found at the end. */
static struct layout_region *region_get(struct layout_output *output, const char *number)
{
	uint64_t n;

	if (parse_uint(number, strlen(number), LAYOUT_MAX_REGIONS, &n) < 0 || n == 0) {
		return NULL;
	}
	while (output->n_regions < n) {
		schema_set_defaults(SCHEMA_REGION, &output->regions[output->n_regions++]);
	}
	return &output->regions[n - 1];
}

/* NULL after a mistake. */
static void *layout_object(struct builder *builder, const struct line *line)
{
	struct layout *layout = layout_get(builder, line);
	struct layout_external *external;
	struct layout_output *output;
	struct layout_region *region;

	if (!layout) {
		settings_mistake(builder, line, "too many layouts: the limit is 16");
		return NULL;
	}
	if (line->section->object == SCHEMA_LAYOUT) {
		return layout;
	}
	if (line->section->object == SCHEMA_EXTERNAL) {
		external = external_get(layout, line->names.words[1]);
		if (!external) {
			settings_mistake(builder, line,
					 "too many monitors of guests: the limit is 4");
		}
		return external;
	}
	output = output_get(layout, line->names.words[1]);
	if (!output) {
		settings_mistake(builder, line, "too many monitors: the limit is 16");
		return NULL;
	}
	if (line->section->object == SCHEMA_OUTPUT) {
		return output;
	}
	region = region_get(output, line->names.words[2]);
	if (!region) {
		settings_mistake(builder, line, "the number of a region is 1 to 16");
	}
	return region;
}

static void *object_of(struct builder *builder, const struct line *line)
{
	struct settings_guest *guest;
	struct device_policy *policy;

	switch (line->section->object) {
	case SCHEMA_SETTINGS:
		return builder->settings;
	case SCHEMA_GUEST_DEFAULTS:
		return &builder->settings->guest_defaults;
	case SCHEMA_GUEST:
		guest = guest_get(builder->settings, line->names.words[0]);
		if (!guest) {
			settings_mistake(builder, line, "too many guests: the limit is 64");
		}
		return guest;
	case SCHEMA_DEVICE:
		policy = device_get(builder->settings, line->names.words[0]);
		if (!policy) {
			settings_mistake(builder, line, "too many devices: the limit is 64");
		}
		return policy;
	default:
		return layout_object(builder, line);
	}
}

/* ---- lines ---- */

static const char *names_complaint(const struct line *line)
{
	bool is_layout = line->section->object >= SCHEMA_LAYOUT;

	if (line->section->object == SCHEMA_DEVICE) {
		return NULL;
	}
	if (line->names.n > 0 && !guest_name_valid(line->names.words[0])) {
		return is_layout ?
			       "a layout's name has at most 32 characters, no quotes, slashes and =" :
			       "a guest's name has at most 32 characters, no quotes, slashes and =";
	}
	if (line->names.n > 1 &&
	    strlen(line->names.words[1]) >= sizeof(((struct layout_output *)0)->name)) {
		return "a connector's name has at most 31 characters";
	}
	return NULL;
}

/* False after a mistake. One wrong section is one mistake, however many lines it has. */
static bool line_resolve(struct builder *builder, const struct source_entry *entry,
			 struct line *line)
{
	char why[SCHEMA_WHY_SIZE] = "";
	const char *complaint;

	*line = (struct line){.entry = entry};
	line->section = schema_find_section(entry->section, &line->names, why);
	complaint = line->section ? names_complaint(line) : why;
	if (complaint) {
		if (!entry->key) {
			settings_mistake(builder, line, complaint);
		}
		return false;
	}
	if (entry->key) {
		line->key = schema_find_key(line->section, entry->key, why);
		if (!line->key) {
			settings_mistake(builder, line, why);
			return false;
		}
	}
	return true;
}

static const char *group_of(const struct schema_key *key)
{
	return key->group ? key->group : key->name;
}

static bool same_thing(const struct line *a, const struct line *b)
{
	if (!a->key || !b->key || a->section != b->section ||
	    strcmp(group_of(a->key), group_of(b->key)) != 0) {
		return false;
	}
	for (unsigned i = 0; i < a->names.n; i++) {
		if (strcmp(a->names.words[i], b->names.words[i]) != 0) {
			return false;
		}
	}
	return true;
}

/* Of lines about the same thing the last file's count; within a file there is one. */
static void lines_override(struct builder *builder)
{
	for (unsigned i = 0; i < builder->n_lines; i++) {
		struct line *line = &builder->lines[i];

		for (unsigned j = i + 1; j < builder->n_lines; j++) {
			const struct line *later = &builder->lines[j];
			char *what;

			if (!same_thing(line, later)) {
				continue;
			}
			line->is_overridden = true;
			if (later->entry->place.file != line->entry->place.file) {
				break;
			}
			if (line->key->repeats) {
				line->is_overridden = false;
				continue;
			}
			what = xasprintf("said already in line %u (as %s)", line->entry->place.line,
					 line->entry->key);
			settings_mistake(builder, later, what);
			free(what);
			break;
		}
	}
}

/*
 * [guest] before [guest NAME], which begin with it; then what goes over the others: first a whole monitor's, then its
 * parts'.
 */
static unsigned stage_of(const struct line *line)
{
	if (line->key && line->key->is_late) {
		return line->section->object == SCHEMA_REGION ? 3 : 2;
	}
	return line->section->object == SCHEMA_SETTINGS ||
			       line->section->object == SCHEMA_GUEST_DEFAULTS ?
		       0 :
		       1;
}

#define STAGES 4

static void line_apply(struct builder *builder, const struct line *line)
{
	char why[SCHEMA_WHY_SIZE] = "";
	void *object = object_of(builder, line);

	if (object && line->key && schema_set(line->key, object, line->entry->value, why) < 0) {
		settings_mistake(builder, line, why);
	}
}

static void lines_apply(struct builder *builder)
{
	for (unsigned stage = 0; stage < STAGES; stage++) {
		for (unsigned i = 0; i < builder->n_lines; i++) {
			const struct line *line = &builder->lines[i];

			if (stage_of(line) == stage && !line->is_overridden) {
				line_apply(builder, line);
			}
		}
	}
}

static void add_default_layout(struct settings *settings)
{
	if (settings->n_layouts == 0) {
		strcpy(settings->layouts[settings->n_layouts++].name, "default");
	}
}

static void build(struct builder *builder)
{
	struct source *source = builder->source;

	builder->lines = xcalloc(source->n_entries + 1, sizeof(*builder->lines));
	for (unsigned i = 0; i < source->n_entries; i++) {
		if (line_resolve(builder, &source->entries[i], &builder->lines[builder->n_lines])) {
			builder->n_lines++;
		}
	}
	lines_override(builder);
	lines_apply(builder);
	add_default_layout(builder->settings);
	settings_check(builder);
	settings_warn(builder);
	free(builder->lines);
}

/* ---- whole settings ---- */

static struct settings *settings_create(void)
{
	struct settings *settings = xcalloc(1, sizeof(*settings));

	schema_set_defaults(SCHEMA_SETTINGS, settings);
	schema_set_defaults(SCHEMA_GUEST_DEFAULTS, &settings->guest_defaults);
	return settings;
}

struct settings *settings_default(void)
{
	struct settings *settings = settings_create();

	add_default_layout(settings);
	return settings;
}

static int source_read_all(struct source *source, const char *path)
{
	char *folder = xasprintf("%s.d", path ? path : SETTINGS_DEFAULT_PATH);
	int ret = source_read(source, path ? path : SETTINGS_DEFAULT_PATH, !path);
	int folder_ret = source_read_folder(source, folder);

	free(folder);
	return ret < 0 ? ret : folder_ret;
}

/* ret: of reading. Ends the source. */
static struct settings *settings_from(struct source *source, int ret, FILE *errors)
{
	struct settings *settings = settings_create();

	/* Of what could be read mistakes are told, even if not all could be. */
	if (ret == 0 || source->n_entries > 0) {
		struct builder builder = {.settings = settings, .source = source};

		build(&builder);
	}
	source_write_mistakes(source, errors);
	if (source->n_mistakes > 0 && ret == 0) {
		ret = -EINVAL;
	}
	source_finish(source);
	if (ret < 0) {
		free(settings);
		errno = -ret;
		return NULL;
	}
	return settings;
}

struct settings *settings_load(const char *path, FILE *errors)
{
	struct source source;

	source_init(&source);
	return settings_from(&source, source_read_all(&source, path), errors);
}

struct settings *settings_parse(const char *name, const char *text, size_t len, FILE *errors)
{
	struct source source;

	source_init(&source);
	return settings_from(&source, source_read_text(&source, name, text, len), errors);
}

const struct settings_guest *settings_own_guest(const struct settings *settings, const char *name)
{
	for (unsigned i = 0; i < settings->n_guests; i++) {
		if (strcmp(settings->guests[i].name, name) == 0) {
			return &settings->guests[i];
		}
	}
	return NULL;
}

const struct settings_guest *settings_guest(const struct settings *settings, const char *name)
{
	const struct settings_guest *own = settings_own_guest(settings, name);

	return own ? own : &settings->guest_defaults;
}

const struct layout *settings_layout(const struct settings *settings, const char *name)
{
	for (unsigned i = 0; i < settings->n_layouts; i++) {
		if (strcmp(settings->layouts[i].name, name) == 0) {
			return &settings->layouts[i];
		}
	}
	return NULL;
}
