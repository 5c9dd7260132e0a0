/* SPDX-License-Identifier: MIT */
/* What is no mistake, but hardly what the administrator meant: policies about guests, or users, that nothing else speaks of. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "config/settings_priv.h"

static void warn(struct builder *builder, const struct line *line, const char *what)
{
	struct settings *settings = builder->settings;
	const struct source_place *place = &line->entry->place;

	if (settings->n_warnings < SETTINGS_MAX_WARNINGS) {
		snprintf(settings->warnings[settings->n_warnings++], sizeof(settings->warnings[0]),
			 "%s:%u: [%s] %s: %s", builder->source->files[place->file], place->line,
			 line->entry->section, line->entry->key, what);
	}
}

/* Offers each guest that a section or a layout names. */
static void offer_guests(const struct settings *settings,
			 void (*offer)(void *data, const char *name), void *data)
{
	for (unsigned i = 0; i < settings->n_guests; i++) {
		offer(data, settings->guests[i].name);
	}
	for (unsigned i = 0; i < settings->n_layouts; i++) {
		const struct layout *layout = &settings->layouts[i];

		for (unsigned j = 0; j < layout->n_reachable; j++) {
			offer(data, layout->reachable[j]);
		}
		for (unsigned j = 0; j < layout->n_outputs; j++) {
			for (unsigned k = 0; k < layout->outputs[j].n_regions; k++) {
				offer(data, layout->outputs[j].regions[k].guest);
			}
		}
	}
}

struct search {
	const char *name;
	bool is_found;
	struct nearest nearest;
};

static void search_offer(void *data, const char *name)
{
	struct search *search = data;

	if (*name) {
		search->is_found = search->is_found || strcmp(name, search->name) == 0;
		nearest_offer(&search->nearest, name);
	}
}

static void warn_unknown_guests(struct builder *builder, const struct line *line,
				const struct device_guests *guests)
{
	for (unsigned i = 0; i < guests->n; i++) {
		struct search search = {.name = guests->names[i]};
		char what[160];

		nearest_init(&search.nearest, search.name, strlen(search.name));
		offer_guests(builder->settings, search_offer, &search);
		if (search.is_found) {
			continue;
		}
		snprintf(what, sizeof(what), "no section and no layout speaks of a guest %s%s%s%s",
			 search.name, search.nearest.best ? "; did you mean " : "",
			 search.nearest.best ? search.nearest.best : "",
			 search.nearest.best ? "?" : "");
		warn(builder, line, what);
	}
}

/* The empty name is nobody's. */
static void warn_unknown_user(struct builder *builder, const struct line *line, const char *name)
{
	char what[160];

	if (*name && !getpwnam(name)) {
		snprintf(what, sizeof(what), "this host has no user %s", name);
		warn(builder, line, what);
	}
}

void settings_warn(struct builder *builder)
{
	for (unsigned i = 0; i < builder->n_lines; i++) {
		const struct line *line = &builder->lines[i];

		if (line->key && !line->is_overridden &&
		    strcmp(line->key->name, "trusted-user") == 0) {
			warn_unknown_user(builder, line, builder->settings->trusted_user);
		}
		if (line->section->object != SCHEMA_DEVICE || !line->key || line->is_overridden) {
			continue;
		}
		for (unsigned j = 0; j < builder->settings->n_devices; j++) {
			const struct device_policy *policy = &builder->settings->devices[j];

			if (strcmp(policy->label, line->names.words[0]) != 0) {
				continue;
			}
			if (line->key->set == device_set_guests) {
				warn_unknown_guests(builder, line, &policy->guests);
			} else if (line->key->set == device_set_not_guests) {
				warn_unknown_guests(builder, line, &policy->not_guests);
			} else if (line->key->set == device_set_reserves) {
				warn_unknown_guests(builder, line, &policy->reserves);
			}
		}
	}
}

void settings_log_warnings(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->n_warnings; i++) {
		log_warn(LOG_ADMIN, "%s", settings->warnings[i]);
	}
}
