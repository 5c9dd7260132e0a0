/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration: it is refused with a reason, or what comes of it keeps its promises. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"
#include "hid/seat/seat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IS_STRING(array) assert(memchr(array, '\0', sizeof(array)))

static void check_guest(const struct settings_guest *guest)
{
	assert(guest->colour >= -1 && guest->colour <= 0xffffff);
	assert(guest->pace_hz >= 1 && guest->pace_hz <= 10);
	assert(guest->frozen_ms == 0 || guest->frozen_ms >= 50);
}

static void check_chord(const char *text, bool may_be_none)
{
	struct seat_chord chord;

	assert((may_be_none && !*text) || seat_chord_parse(text, &chord) == 0);
}

static void check_layout(const struct layout *layout)
{
	char why[200];

	IS_STRING(layout->name);
	assert(guest_name_valid(layout->name));
	assert(layout_check(layout, why, sizeof(why)) == 0);
	for (unsigned i = 0; i < layout->n_outputs; i++) {
		const struct layout_output *output = &layout->outputs[i];

		IS_STRING(output->name);
		IS_STRING(output->mirror_of);
		IS_STRING(output->place.beside);
		assert(output->scale >= 0.5 && output->scale <= 4);
		assert((output->place.side == LAYOUT_AUTO) == !output->place.beside[0]);
	}
	for (unsigned i = 0; i < layout->n_externals; i++) {
		IS_STRING(layout->externals[i].label);
		IS_STRING(layout->externals[i].place.beside);
		assert(guest_name_valid(layout->externals[i].guest));
	}
}

static void check(const struct settings *settings)
{
	const char *other;

	IS_STRING(settings->font);
	assert(settings->log_level <= LOG_LEVEL_DEBUG);
	assert(settings->n_cards <= ARRAY_SIZE(settings->cards));
	assert(settings->n_bind_input <= SETTINGS_MAX_BINDINGS);
	for (unsigned i = 0; i < settings->n_cards; i++) {
		IS_STRING(settings->cards[i]);
		assert(settings->cards[i][0] == '/' || !settings->cards[i][0]);
	}
	for (unsigned i = 0; i < settings->n_bind_input; i++) {
		IS_STRING(settings->bind_input[i]);
		assert(strchr(settings->bind_input[i], '='));
	}
	check_chord(settings->attention_key, false);
	check_chord(settings->switch_key, true);
	check_chord(settings->layout_key, true);
	assert(!settings_chord_clash(settings, &other));
	check_guest(&settings->guest_defaults);
	for (unsigned i = 0; i < settings->n_guests; i++) {
		assert(guest_name_valid(settings->guests[i].name));
		check_guest(&settings->guests[i]);
	}
	assert(settings->n_layouts >= 1 && settings->n_layouts <= SETTINGS_MAX_LAYOUTS);
	for (unsigned i = 0; i < settings->n_layouts; i++) {
		check_layout(&settings->layouts[i]);
	}
	assert(!settings->start_layout[0] || settings_layout(settings, settings->start_layout));
}

/* Each a line that begins with the file's name, and text throughout. */
static void check_errors(const char *errors, size_t size)
{
	assert(strlen(errors) == size);
	for (const char *line = errors; *line; line = strchr(line, '\n') + 1) {
		assert(strchr(line, '\n'));
		assert(strncmp(line, "file:", 5) == 0 || strstr(line, " more mistakes\n"));
	}
	for (size_t i = 0; i < size; i++) {
		assert((unsigned char)errors[i] >= ' ' || errors[i] == '\n' || errors[i] == '\t');
	}
}

/* A copy of its own size, so that a look past the end is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1), *errors = NULL;
	size_t errors_size;
	FILE *out = open_memstream(&errors, &errors_size);
	struct settings *settings;

	if (!text || !out) {
		abort();
	}
	if (size > 0) {
		memcpy(text, data, size);
	}
	settings = settings_parse("file", text, size, out);
	fclose(out);
	assert(!settings == (errors_size > 0));
	check_errors(errors, errors_size);
	if (settings) {
		check(settings);
	}
	free(settings);
	free(errors);
	free(text);
	return 0;
}
