/* SPDX-License-Identifier: MIT */
/* vitrinectl: asks and tells a running vitrined. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/control.h"
#include "base/nearest.h"
#include "build-config.h"
#include "tools/vitrinectl/command.h"

struct option {
	const char *name;
	const char *value; /* NULL: takes none */
	const char *help;
};

static const struct option options_table[] = {
	{"json", NULL, "one JSON document on standard output"},
	{"runtime-dir", "DIR", "where vitrined's sockets are (default: " DEFAULT_RUNTIME_DIR ")"},
	{"socket", "PATH", "its control socket itself"},
	{"system", NULL, "ask over the system bus"},
	{"once", NULL, "top: one table over one second"},
	{"lock", NULL, "run: as the lock screen"},
	{"tty", NULL, "ask: also where everybody can read it, on a terminal"},
	{"help", NULL, "this text, or that of the command"},
	{"version", NULL, "print the version"},
};

/* ---- help ---- */

static void help_options(void)
{
	char left[32];

	for (unsigned i = 0; i < ARRAY_SIZE(options_table); i++) {
		const struct option *option = &options_table[i];

		snprintf(left, sizeof(left), "--%s%s%s", option->name, option->value ? "=" : "",
			 option->value ? option->value : "");
		printf("  %-20s %s\n", left, option->help);
	}
}

static int help_all(void)
{
	char left[64];

	printf("usage: vitrinectl [OPTION]... COMMAND [ARGUMENT]...\nAsks and tells the display server.\n\n");
	for (unsigned i = 0; i < n_commands; i++) {
		if (commands[i].help) {
			snprintf(left, sizeof(left), "%s %s", commands[i].name,
				 commands[i].arguments);
			printf("  %-28s %s\n", left, commands[i].help);
		}
	}
	printf("\n");
	help_options();
	printf("\nExit status: 0 done, 1 refused, 2 a wrong command line, 3 no vitrined there.\n");
	return EXIT_DONE;
}

static int help_command(const struct command *command)
{
	printf("usage: vitrinectl %s %s\n%s.\n", command->name, command->arguments, command->help);
	if (*command->more) {
		printf("\n%s\n", command->more);
	}
	return EXIT_DONE;
}

/* ---- the command line ---- */

static int complain_unknown(const char *what, const char *name, const char *prefix,
			    const struct nearest *nearest)
{
	if (nearest->best) {
		fprintf(stderr, "vitrinectl: unknown %s %s%s; did you mean %s%s?\n", what, prefix,
			name, prefix, nearest->best);
	} else {
		fprintf(stderr, "vitrinectl: unknown %s %s%s; vitrinectl --help lists them\n", what,
			prefix, name);
	}
	return EXIT_USAGE;
}

static int option_unknown(const char *name, size_t len)
{
	struct nearest nearest;
	char *word = strndup(name, len);
	int ret;

	nearest_init(&nearest, name, len);
	for (unsigned i = 0; i < ARRAY_SIZE(options_table); i++) {
		nearest_offer(&nearest, options_table[i].name);
	}
	ret = complain_unknown("option", word ? word : name, "--", &nearest);
	free(word);
	return ret;
}

static int command_unknown(const char *name)
{
	struct nearest nearest;

	nearest_init(&nearest, name, strlen(name));
	for (unsigned i = 0; i < n_commands; i++) {
		if (commands[i].help) {
			nearest_offer(&nearest, commands[i].name);
		}
	}
	return complain_unknown("command", name, "", &nearest);
}

static void option_set(struct control_options *options, const char *name, const char *value)
{
	if (strcmp(name, "json") == 0) {
		options->is_json = true;
	} else if (strcmp(name, "once") == 0) {
		options->is_once = true;
	} else if (strcmp(name, "lock") == 0) {
		options->is_lock = true;
	} else if (strcmp(name, "tty") == 0) {
		options->is_tty = true;
	} else if (strcmp(name, "system") == 0) {
		options->is_system = true;
	} else if (strcmp(name, "help") == 0) {
		options->is_help = true;
	} else if (strcmp(name, "socket") == 0) {
		options->socket = value;
	} else if (strcmp(name, "runtime-dir") == 0) {
		options->runtime_dir = value;
	} else if (strcmp(name, "version") == 0) {
		printf("vitrinectl %s\n", VITRINE_VERSION);
		exit(EXIT_DONE);
	}
}

/* *next: the word behind, which may be the value. Returns the words that were used, 0: wrong. */
static int option_parse(struct control_options *options, const char *word, const char *next)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(options_table); i++) {
		const struct option *option = &options_table[i];
		bool takes_next = option->value && !value;

		if (strlen(option->name) != len || memcmp(option->name, name, len) != 0) {
			continue;
		}
		if (value && !option->value) {
			fprintf(stderr, "vitrinectl: --%s takes no value\n", option->name);
			return 0;
		}
		if (takes_next && !next) {
			fprintf(stderr, "vitrinectl: --%s needs a value: --%s=%s\n", option->name,
				option->name, option->value);
			return 0;
		}
		option_set(options, option->name, value ? value : next);
		return takes_next ? 2 : 1;
	}
	option_unknown(name, len);
	return 0;
}

/* Options may stand anywhere; words is filled with the others. "--" ends them; what is to be completed has none. */
static bool words_split(struct control_options *options, int argc, char **argv, const char **words)
{
	bool is_over = false;

	for (int i = 1; i < argc;) {
		int used = 1;

		if (!is_over && strcmp(argv[i], "--") == 0) {
			is_over = true;
		} else if (!is_over && strncmp(argv[i], "--", 2) == 0) {
			used = option_parse(options, argv[i], argv[i + 1]);
		} else {
			words[options->n_words++] = argv[i];
		}
		if (used == 0) {
			return false;
		}
		i += used;
	}
	options->words = words;
	return true;
}

/* ---- running ---- */

static int bus_open(struct context *context)
{
	const struct control_options *options = context->options;
	char *path;
	int ret;

	if (options->is_system) {
		return bus_open_system(&context->bus);
	}
	path = options->socket ?
		       xstrdup(options->socket) :
		       xasprintf("%s/%s",
				 options->runtime_dir ? options->runtime_dir : DEFAULT_RUNTIME_DIR,
				 CONTROL_SOCKET);
	ret = bus_open_socket(&context->bus, path);
	free(path);
	return ret;
}

static int unreachable(struct context *context)
{
	const char *hint = context->options->is_system || context->options->socket ||
					   context->options->runtime_dir ?
				   "" :
				   " (is it running? --runtime-dir names another place)";

	if (context->options->is_json) {
		report_failure(context);
	} else {
		fprintf(stderr, "vitrinectl: no vitrined: %s%s\n", context->bus.why, hint);
	}
	return EXIT_UNREACHABLE;
}

static int command_run(const struct command *command, const struct control_options *options)
{
	struct context context = {
		.options = options,
		.args = options->words + 1,
		.n_args = options->n_words - 1,
	};
	int ret;

	if (context.n_args < command->min_args || context.n_args > command->max_args) {
		fprintf(stderr, "vitrinectl: usage: vitrinectl %s %s\n", command->name,
			command->arguments);
		return EXIT_USAGE;
	}
	if (!command->is_local && bus_open(&context) < 0) {
		ret = unreachable(&context);
	} else {
		ret = command->run(&context);
	}
	bus_close(&context.bus);
	return ret;
}

int main(int argc, char **argv)
{
	struct control_options options = {0};
	const char **words = xcalloc((size_t)argc + 1, sizeof(*words));
	const struct command *command;
	int ret = EXIT_USAGE;

	if (!words_split(&options, argc, argv, words)) {
		goto out;
	}
	if (options.n_words == 0) {
		if (options.is_help) {
			ret = help_all();
		} else {
			fprintf(stderr, "vitrinectl: no command; vitrinectl --help lists them\n");
		}
		goto out;
	}
	command = command_find(words[0]);
	if (!command) {
		ret = command_unknown(words[0]);
	} else if (options.is_help) {
		ret = help_command(command);
	} else {
		ret = command_run(command, &options);
	}
out:
	free(words);
	return ret;
}
