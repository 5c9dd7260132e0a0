/* SPDX-License-Identifier: MIT */
/* Requests to vitrine-command, whatever bytes they are, and the commands that the configuration may have for them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/command_line.h"
#include "helpers/command/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_line(const struct command_line *line)
{
	must(line->n > 0 && line->n <= COMMAND_LINE_WORDS && !line->argv[line->n]);
	must(line->argv[0][0] == '/');
	for (unsigned i = 0; i < line->n; i++) {
		const char *word = line->argv[i];

		must(word >= line->bytes && word + strlen(word) < line->bytes + sizeof(line->bytes));
	}
}

/* A request, and behind it a command's text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size < sizeof(struct command_request) ? size : sizeof(struct command_request);
	struct command_request request = {.guest = "work"};
	struct command_line line;
	char why[COMMAND_TEXT_SIZE], *text;

	must(COMMAND_TEXT_SIZE >= COMMAND_LINE_WHY_SIZE);
	if (command_request_parse(data, n, &request, why) == 0) {
		must(n == sizeof(request) && guest_name_valid(request.guest) &&
		     request.guest[0] != '-');
		must(request.verb >= COMMAND_START && request.verb < COMMAND_VERBS);
	}
	text = calloc(1, size - n + 1);
	if (!text) {
		return 0;
	}
	if (size > n) {
		memcpy(text, data + n, size - n);
	}
	if (command_line_split(text, request.guest, &line, why) == 0) {
		check_line(&line);
	} else {
		must(strlen(why) > 0);
	}
	free(text);
	return 0;
}
