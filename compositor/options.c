/* SPDX-License-Identifier: MIT */
#include "compositor/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "build-config.h"
#include "config/settings.h"
#include "hid/seat/seat.h"

struct option {
	const char *name;
	const char *value; /* what it is called in --help; NULL: takes none */
	bool optional;     /* the value may be left out */
	const char *help;
	/*
	 * value: NULL when there is none. 0, -EINVAL for a bad value, -EALREADY to stop with
	 * success.
	 */
	int (*set)(struct server_options *options, const char *value);
};

static int set_kms(struct server_options *options, const char *value)
{
	if (!value) {
		return 0; /* the first usable one: what is done anyway */
	}
	if (options->n_kms_cards == ARRAY_SIZE(options->kms_cards)) {
		return -EINVAL;
	}
	options->kms_cards[options->n_kms_cards++] = value;
	return 0;
}

static int set_headless(struct server_options *options, const char *value)
{
	options->headless = value;
	return 0;
}

static int set_nested(struct server_options *options, const char *value)
{
	options->nested = value ? value : "1280x800";
	return 0;
}

static int set_runtime_dir(struct server_options *options, const char *value)
{
	options->runtime_dir = value;
	return 0;
}

static int set_config(struct server_options *options, const char *value)
{
	options->config = value;
	return 0;
}

static int set_check_config(struct server_options *options, const char *value)
{
	options->check_config = true;
	return 0;
}

static int set_bind_input(struct server_options *options, const char *value)
{
	const char *equals = strrchr(value, '=');

	if (options->n_bind_input == SETTINGS_MAX_BINDINGS || !equals || equals == value ||
	    !equals[1]) {
		return -EINVAL;
	}
	options->bind_input[options->n_bind_input++] = value;
	return 0;
}

static int set_switch_key(struct server_options *options, const char *value)
{
	struct seat_chord chord;

	options->switch_key = value;
	return strcmp(value, "none") == 0 ? 0 : seat_chord_parse(value, &chord);
}

static int set_attention_key(struct server_options *options, const char *value)
{
	struct seat_chord chord;

	options->attention_key = value;
	return seat_chord_parse(value, &chord);
}

static int set_font(struct server_options *options, const char *value)
{
	options->font = value;
	return 0;
}

static int set_renderer(struct server_options *options, const char *value)
{
	options->renderer = value;
	return strcmp(value, "auto") == 0 || strcmp(value, "pixman") == 0 ||
			       strcmp(value, "gles2") == 0 ?
		       0 :
		       -EINVAL;
}

static int set_log_level(struct server_options *options, const char *value)
{
	enum log_level level;
	int ret = log_level_parse(value, &level);

	options->log_level = ret == 0 ? (int)level : -1;
	return ret;
}

static int set_test_input(struct server_options *options, const char *value)
{
	options->test_input = true;
	return 0;
}

static int show_help(struct server_options *options, const char *value);

static int show_version(struct server_options *options, const char *value)
{
	printf("vitrined %s\n", VITRINE_VERSION);
	return -EALREADY;
}

static int show_manual(struct server_options *options, const char *value)
{
	settings_write_manual(stdout);
	return -EALREADY;
}

static const struct option table[] = {
	{"config", "FILE", false, "the configuration (default: " SETTINGS_DEFAULT_PATH ")",
	 set_config},
	{"check-config", NULL, false, "say what is wrong in the configuration, and end",
	 set_check_config},
	{"kms", "DEVICE", true,
	 "show on the monitors of this card (default: the first usable one); repeatable", set_kms},
	{"headless", "WxH[@HZ],...", false, "show on monitors in memory instead", set_headless},
	{"nested", "WxH[@HZ],...", true,
	 "show in windows of the Wayland desktop that runs here (default: one of 1280x800)",
	 set_nested},
	{"runtime-dir", "DIR", false, "sockets and lock are here (default: /run/vitrine)",
	 set_runtime_dir},
	{"bind-input", "NAME=OUTPUT", false,
	 "absolute pointer or touchscreen NAME belongs to this monitor; repeatable", set_bind_input},
	{"switch-key", "CHORD", false, "brings the next guest to the front (default: ctrl+alt+tab)",
	 set_switch_key},
	{"attention-key", "CHORD", false, "gives the host all input (default: ctrl+alt+delete)",
	 set_attention_key},
	{"font", "NAME", false, "for names and cards, as fontconfig calls it", set_font},
	{"renderer", "NAME", false, "auto, pixman or gles2", set_renderer},
	{"log-level", "LEVEL", false, "error, warn, info or debug (default: info)", set_log_level},
	{"test-input", NULL, false,
	 "take scripted input on DIR/test-input.sock; with --headless only", set_test_input},
	{"help", NULL, false, "this text", show_help},
	{"version", NULL, false, "print the version", show_version},
	{"manual", NULL, false, "print the configuration file's manual page, vitrine.conf(5)",
	 show_manual},
};

static int show_help(struct server_options *options, const char *value)
{
	char left[64];

	printf("usage: vitrined [OPTION]...\nShows the screens of virtual machines on this machine's monitors.\n\n");
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		const struct option *option = &table[i];

		snprintf(left, sizeof(left), "--%s%s%s%s", option->name, option->optional ? "[" : "",
			 option->value ? "=" : "", option->value ? option->value : "");
		printf("  %s%-*s %s\n", left, (int)(36 - strlen(left)), option->optional ? "]" : "",
		       option->help);
	}
	return -EALREADY;
}

/* ---- wrong names ---- */

static void complain_unknown(const char *argument, const char *name, size_t len)
{
	struct nearest nearest;

	nearest_init(&nearest, name, len);
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		nearest_offer(&nearest, table[i].name);
	}
	if (nearest.best) {
		fprintf(stderr, "vitrined: unknown option %s; did you mean --%s?\n", argument,
			nearest.best);
	} else {
		fprintf(stderr, "vitrined: unknown option %s; vitrined --help lists them\n",
			argument);
	}
}

/* ---- parsing ---- */

static const struct option *option_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0) {
			return &table[i];
		}
	}
	return NULL;
}

static enum options_result parse_one(const char *argument, struct server_options *options)
{
	bool is_option = argument[0] == '-' && argument[1] == '-' && argument[2];
	const char *name = is_option ? argument + 2 : argument;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option *option = is_option ? option_find(name, len) : NULL;
	int ret;

	if (!option) {
		complain_unknown(argument, name, MIN(len, 32u));
		return OPTIONS_WRONG;
	}
	if (value && !option->value) {
		fprintf(stderr, "vitrined: --%s takes no value\n", option->name);
		return OPTIONS_WRONG;
	}
	if (value ? !*value : option->value && !option->optional) {
		fprintf(stderr, "vitrined: --%s needs a value: --%s=%s\n", option->name,
			option->name, option->value);
		return OPTIONS_WRONG;
	}
	ret = option->set(options, value);
	if (ret < 0 && ret != -EALREADY) {
		fprintf(stderr, "vitrined: --%s=%s: not a valid %s; vitrined --help says more\n",
			option->name, value, option->value);
		return OPTIONS_WRONG;
	}
	return ret < 0 ? OPTIONS_DONE : OPTIONS_RUN;
}

/* Two of these can't be had at once. */
static bool displays_agree(const struct server_options *options)
{
	const char *const given[] = {options->headless ? "--headless" : NULL,
				     options->nested ? "--nested" : NULL,
				     options->n_kms_cards ? "--kms" : NULL};
	const char *first = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(given); i++) {
		if (first && given[i]) {
			fprintf(stderr, "vitrined: %s and %s exclude each other\n", first, given[i]);
			return false;
		}
		first = first ? first : given[i];
	}
	return true;
}

static void write_clash(const struct settings *settings, FILE *errors)
{
	const char *other, *key = settings_chord_clash(settings, &other);

	fprintf(errors, "the command line: --%s and --%s need different keys\n", other, key);
}

enum options_result options_parse(int argc, char **argv, struct server_options *options)
{
	*options = (struct server_options){.runtime_dir = "/run/vitrine", .log_level = -1};
	for (int i = 1; i < argc; i++) {
		enum options_result result = parse_one(argv[i], options);

		if (result != OPTIONS_RUN) {
			return result;
		}
	}
	if (!displays_agree(options)) {
		return OPTIONS_WRONG;
	}
	if (options->test_input && !options->headless) {
		fprintf(stderr,
			"vitrined: --test-input is for --headless only: real monitors get real input\n");
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

/* ---- over the configuration ---- */

/* What does not fit was refused by its option already, or is a path of impossible length. */
static void put(char *target, size_t size, const char *value)
{
	if (value) {
		snprintf(target, size, "%s", value);
	}
}

static void put_chord(char *target, size_t size, const char *value)
{
	put(target, size, value && strcmp(value, "none") == 0 ? "" : value);
}

static void apply(const struct server_options *options, struct settings *settings)
{
	if (options->log_level >= 0) {
		settings->log_level = (enum log_level)options->log_level;
	}
	for (unsigned i = 0; i < options->n_kms_cards; i++) {
		put(settings->cards[i], sizeof(settings->cards[i]), options->kms_cards[i]);
	}
	settings->n_cards = options->n_kms_cards ? options->n_kms_cards : settings->n_cards;
	put(settings->font, sizeof(settings->font), options->font);
	put(settings->renderer, sizeof(settings->renderer), options->renderer);
	put_chord(settings->attention_key, sizeof(settings->attention_key), options->attention_key);
	put_chord(settings->switch_key, sizeof(settings->switch_key), options->switch_key);
	for (unsigned i = 0; i < options->n_bind_input; i++) {
		put(settings->bind_input[i], sizeof(settings->bind_input[i]),
		    options->bind_input[i]);
	}
	settings->n_bind_input = options->n_bind_input ? options->n_bind_input :
							 settings->n_bind_input;
}

struct settings *options_load_settings(const struct server_options *options, FILE *errors)
{
	struct settings *settings = settings_load(options->config, errors);
	const char *state_dir = getenv("STATE_DIRECTORY"), *other;

	if (!settings) {
		return NULL;
	}
	apply(options, settings);
	if (!settings->state_dir[0]) {
		put(settings->state_dir, sizeof(settings->state_dir), state_dir);
	}
	if (settings_chord_clash(settings, &other)) {
		write_clash(settings, errors);
		free(settings);
		errno = EINVAL;
		return NULL;
	}
	return settings;
}
