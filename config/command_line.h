/* SPDX-License-Identifier: MIT */
/* The commands of the configuration: words as a shell splits them, but no shell, and nothing that expands. */
#ifndef CONFIG_COMMAND_LINE_H
#define CONFIG_COMMAND_LINE_H

#include "base/util.h"

#define COMMAND_LINE_WORDS 32
#define COMMAND_LINE_BYTES 1024 /* of all words together */
#define COMMAND_LINE_WHY_SIZE 100

struct command_line {
	char *argv[COMMAND_LINE_WORDS + 1]; /* into bytes; ends with NULL */
	unsigned n;
	char bytes[COMMAND_LINE_BYTES];
};

/*
 * Words are separated by blanks; '...' takes everything as it is, "..." and what has no quotes take a backslash before a
 * character as that character. %n, quoted or not, is the guest's name and never splits a word; %% is a percent sign. The
 * first word is a path from the root. -EINVAL with why in COMMAND_LINE_WHY_SIZE bytes. out must not be moved.
 */
MUST_USE int command_line_split(const char *text, const char *guest, struct command_line *out,
				char *why);

#endif
