/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "helpers/command/command.h"

/* Zero from the end of the name on: nothing is said that is not looked at. */
static bool is_padded(const char *untrusted_name, size_t size)
{
	size_t end = strnlen(untrusted_name, size);

	for (size_t i = end; i < size; i++) {
		if (untrusted_name[i]) {
			return false;
		}
	}
	return end < size;
}

int command_request_parse(const void *untrusted_bytes, size_t n, struct command_request *out,
			  char *why)
{
	struct command_request untrusted;
	const char *wrong = NULL;

	if (n != sizeof(untrusted)) {
		snprintf(why, COMMAND_TEXT_SIZE, "a request has another size");
		return -EINVAL;
	}
	memcpy(&untrusted, untrusted_bytes, sizeof(untrusted));
	if (untrusted.version != COMMAND_VERSION) {
		wrong = "another version";
	} else if (untrusted.verb < COMMAND_START || untrusted.verb >= COMMAND_VERBS) {
		wrong = "no such verb";
	} else if (!is_padded(untrusted.guest, sizeof(untrusted.guest)) ||
		   !guest_name_valid(untrusted.guest) || untrusted.guest[0] == '-') {
		wrong = "no guest is called so";
	}
	if (wrong) {
		snprintf(why, COMMAND_TEXT_SIZE, "%s", wrong);
		return -EINVAL;
	}
	*out = untrusted;
	return 0;
}
