/* SPDX-License-Identifier: MIT */
/*
 * Completion: the shells hand over the words of the line so far, behind "--", and offer what is printed. Never an error:
 * without a server there are no names. A file name is the shell's to find: ":file" asks for that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/control.h"
#include "tools/vitrinectl/command.h"

static void offer(const char *name, const char *begun)
{
	if (strncmp(name, begun, strlen(begun)) == 0) {
		printf("%s\n", name);
	}
}

static void offer_names(struct bus *bus, const char *method, const char *begun)
{
	struct value *list = bus_get(bus, method);

	for (size_t i = 0; list && i < list->n_items; i++) {
		const struct value *item = &list->items[i];

		offer(item->kind == VALUE_STRING ? item->string : value_string(item, "name"), begun);
	}
	value_destroy(list);
}

static void offer_commands(const char *begun)
{
	for (unsigned i = 0; i < n_commands; i++) {
		if (commands[i].help) {
			offer(commands[i].name, begun);
		}
	}
}

static void offer_options(const char *begun)
{
	static const char *const names[] = {"--json", "--runtime-dir=", "--socket=", "--system",
					    "--once", "--help",         "--version"};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		offer(names[i], begun);
	}
}

/* Options on the line say where to ask. */
static int server_open(struct bus *bus, const char *const *words, int n_words)
{
	const char *directory = "/run/vitrine";
	char *path;
	int ret;

	for (int i = 0; i < n_words; i++) {
		if (strncmp(words[i], "--socket=", 9) == 0) {
			return bus_open_socket(bus, words[i] + 9);
		}
		if (strncmp(words[i], "--runtime-dir=", 14) == 0) {
			directory = words[i] + 14;
		}
	}
	path = xasprintf("%s/%s", directory, CONTROL_SOCKET);
	ret = bus_open_socket(bus, path);
	free(path);
	return ret;
}

static void offer_argument(struct context *context, enum argument_kind kind, const char *begun)
{
	struct bus *bus = &context->bus;

	if (kind == ARGUMENT_FILE) {
		printf(":file\n");
	}
	if (kind == ARGUMENT_VERB) {
		offer("start", begun);
		offer("stop", begun);
		offer("reboot", begun);
	}
	if (kind == ARGUMENT_NONE || kind == ARGUMENT_FILE || kind == ARGUMENT_LEVEL ||
	    kind == ARGUMENT_VERB || server_open(bus, context->args, context->n_args) < 0) {
		return;
	}
	if (kind == ARGUMENT_MONITOR) {
		offer_names(bus, "ListMonitors", begun);
	} else if (kind == ARGUMENT_GUEST) {
		offer_names(bus, "ListGuests", begun);
	} else {
		offer_names(bus, "ListLayouts", begun);
		offer("next", begun);
	}
}

static void offer_arguments(struct context *context, const struct command *command, int n,
			    const char *begun)
{
	if (n >= (int)ARRAY_SIZE(command->kinds) || n >= command->max_args) {
		return;
	}
	offer_argument(context, command->kinds[n], begun);
	/* The first may be left out: then the second stands in its place. */
	if (n == 0 && command->min_args == 1 && command->kinds[1] == ARGUMENT_FILE) {
		printf(":file\n");
	}
}

int run_complete(struct context *context)
{
	const char *begun = context->n_args ? context->args[context->n_args - 1] : "";
	const struct command *command = NULL;
	int n_words = 0;

	for (int i = 0; i + 1 < context->n_args; i++) {
		if (strncmp(context->args[i], "--", 2) == 0) {
			continue;
		}
		if (n_words++ == 0) {
			command = command_find(context->args[i]);
		}
	}
	if (strncmp(begun, "-", 1) == 0) {
		offer_options(begun);
	} else if (n_words == 0) {
		offer_commands(begun);
	} else if (command) {
		offer_arguments(context, command, n_words - 1, begun);
	}
	return EXIT_DONE;
}
