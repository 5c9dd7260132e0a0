/* SPDX-License-Identifier: MIT */
#include "config/command_line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct splitter {
	const char *at;
	const char *guest;
	struct command_line *out;
	size_t used;
	const char *wrong; /* NULL: nothing is, so far */
};

static void put(struct splitter *splitter, char c)
{
	if (splitter->used == COMMAND_LINE_BYTES) {
		splitter->wrong = "its words are too long";
		return;
	}
	splitter->out->bytes[splitter->used++] = c;
}

/* After a percent sign. */
static void put_parameter(struct splitter *splitter)
{
	char which = *splitter->at;

	if (which == '%') {
		put(splitter, '%');
	} else if (which == 'n') {
		for (const char *c = splitter->guest; *c; c++) {
			put(splitter, *c);
		}
	} else {
		splitter->wrong = "after % there is n, for the guest's name, or another %";
		return;
	}
	splitter->at++;
}

static void put_next(struct splitter *splitter, char quote)
{
	char c = *splitter->at++;

	if ((unsigned char)c < ' ' || c == 0x7f) {
		splitter->wrong = "it has a character that cannot be printed";
	} else if (c == '%') {
		put_parameter(splitter);
	} else if (c == '\\' && quote != '\'') {
		if (!*splitter->at) {
			splitter->wrong = "it ends with a backslash";
			return;
		}
		put(splitter, *splitter->at++);
	} else {
		put(splitter, c);
	}
}

static void take_quoted(struct splitter *splitter)
{
	char quote = *splitter->at++;

	while (!splitter->wrong && *splitter->at != quote) {
		if (!*splitter->at) {
			splitter->wrong = "a quote has no end";
			return;
		}
		put_next(splitter, quote);
	}
	splitter->at++;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void take_word(struct splitter *splitter)
{
	struct command_line *out = splitter->out;

	if (out->n == COMMAND_LINE_WORDS) {
		splitter->wrong = "it has too many words";
		return;
	}
	out->argv[out->n++] = &out->bytes[splitter->used];
	while (!splitter->wrong && *splitter->at && !is_blank(*splitter->at)) {
		if (*splitter->at == '\'' || *splitter->at == '"') {
			take_quoted(splitter);
		} else {
			put_next(splitter, '\0');
		}
	}
	put(splitter, '\0');
}

int command_line_split(const char *text, const char *guest, struct command_line *out, char *why)
{
	struct splitter splitter = {.at = text, .guest = guest, .out = out};

	memset(out, 0, sizeof(*out));
	while (!splitter.wrong) {
		while (is_blank(*splitter.at)) {
			splitter.at++;
		}
		if (!*splitter.at) {
			break;
		}
		take_word(&splitter);
	}
	if (!splitter.wrong && out->n == 0) {
		splitter.wrong = "it is empty";
	} else if (!splitter.wrong && out->argv[0][0] != '/') {
		splitter.wrong = "the program is a path that begins with a slash";
	}
	if (splitter.wrong) {
		snprintf(why, COMMAND_LINE_WHY_SIZE, "%s", splitter.wrong);
		return -EINVAL;
	}
	return 0;
}
