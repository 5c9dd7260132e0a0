/* SPDX-License-Identifier: MIT */
#include "compositor/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build-config.h"

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
	options->kms_device = value;
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

static int set_bind_input(struct server_options *options, const char *value)
{
	const char *equals = strrchr(value, '=');

	if (options->devices.n_bindings == DEVICES_MAX_BINDINGS || !equals || equals == value ||
	    !equals[1]) {
		return -EINVAL;
	}
	options->devices.bindings[options->devices.n_bindings++] = value;
	return 0;
}

static int set_switch_key(struct server_options *options, const char *value)
{
	return seat_chord_parse(value, &options->switch_key);
}

static int set_attention_key(struct server_options *options, const char *value)
{
	return seat_chord_parse(value, &options->attention);
}

static int set_font(struct server_options *options, const char *value)
{
	options->font = value;
	return 0;
}

static int set_log_level(struct server_options *options, const char *value)
{
	return log_level_parse(value, &options->log_level);
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

static const struct option table[] = {
	{"kms", "DEVICE", true, "show on the monitors of this card (default: the first usable one)",
	 set_kms},
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
	{"log-level", "LEVEL", false, "error, warn, info or debug (default: info)", set_log_level},
	{"test-input", NULL, false,
	 "take scripted input on DIR/test-input.sock; with --headless only", set_test_input},
	{"help", NULL, false, "this text", show_help},
	{"version", NULL, false, "print the version", show_version},
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

/* Insertions, deletions and changes from one name to the other. Names here are shorter than 32. */
static unsigned distance(const char *a, size_t a_len, const char *b)
{
	unsigned row[33], b_len = (unsigned)MIN(strlen(b), 32u);

	for (unsigned j = 0; j <= b_len; j++) {
		row[j] = j;
	}
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

/* NULL: nothing resembles it. */
static const char *nearest(const char *name, size_t len)
{
	const char *best = NULL;
	unsigned best_distance = 4;

	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		unsigned d = distance(name, len, table[i].name);

		if (d < best_distance) {
			best_distance = d;
			best = table[i].name;
		}
	}
	return best;
}

static void complain_unknown(const char *argument, const char *name, size_t len)
{
	const char *near = nearest(name, len);

	if (near) {
		fprintf(stderr, "vitrined: unknown option %s; did you mean --%s?\n", argument, near);
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

static void set_defaults(struct server_options *options)
{
	*options = (struct server_options){.runtime_dir = "/run/vitrine",
					   .log_level = LOG_LEVEL_INFO};
	if (seat_chord_parse("ctrl+alt+tab", &options->switch_key) < 0 ||
	    seat_chord_parse("ctrl+alt+delete", &options->attention) < 0) {
		abort(); /* both are valid chords */
	}
}

static bool chords_differ(const struct server_options *options)
{
	return options->attention.key != options->switch_key.key;
}

enum options_result options_parse(int argc, char **argv, struct server_options *options)
{
	set_defaults(options);
	for (int i = 1; i < argc; i++) {
		enum options_result result = parse_one(argv[i], options);

		if (result != OPTIONS_RUN) {
			return result;
		}
	}
	if (!!options->headless + !!options->kms_device + !!options->nested > 1) {
		fprintf(stderr, "vitrined: --headless, --nested and --kms exclude each other\n");
		return OPTIONS_WRONG;
	}
	if (options->test_input && !options->headless) {
		fprintf(stderr,
			"vitrined: --test-input is for --headless only: real monitors get real input\n");
		return OPTIONS_WRONG;
	}
	if (!chords_differ(options)) {
		fprintf(stderr,
			"vitrined: --attention-key and --switch-key need different last keys\n");
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}
