/* SPDX-License-Identifier: MIT */
/*
 * What the display server and vitrine-command say to each other on RUNTIME_DIR/command.sock (SOCK_SEQPACKET, one message
 * each, of fixed size, in the host's byte order). A connection is one command: a request, an answer whether it was
 * started, and, when it was, another one when it has ended. The request names a verb and a guest and nothing that could be
 * run: what is run is in the configuration, which the helper reads by itself.
 */
#ifndef HELPERS_COMMAND_COMMAND_H
#define HELPERS_COMMAND_COMMAND_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

#define COMMAND_SOCKET "command.sock"
#define COMMAND_VERSION 1u
#define COMMAND_TEXT_SIZE 100

enum command_verb {
	COMMAND_START = 1,
	COMMAND_STOP,
	COMMAND_REBOOT,
	COMMAND_VERBS, /* one more than the last */
};

struct command_request {
	uint32_t version;
	uint32_t verb;
	char guest[36]; /* ends with NUL, zero behind it */
};

enum command_answer_kind {
	COMMAND_STARTED = 1,
	COMMAND_REFUSED, /* text says why; the last answer */
	COMMAND_ENDED, /* value: its exit status, or 128 and the signal that ended it; the last answer */
	COMMAND_TIMEOUT, /* it was ended, as it took too long; the last answer */
};

struct command_answer {
	uint32_t kind;
	int32_t value;
	char text[COMMAND_TEXT_SIZE]; /* printable ASCII, ends with NUL */
};

static_assert(sizeof(struct command_request) == 44, "it is on the wire");
static_assert(sizeof(struct command_answer) == 108, "it is on the wire");

/* "start", "stop" or "reboot". */
static inline const char *command_verb_name(enum command_verb verb)
{
	return verb == COMMAND_START ? "start" : verb == COMMAND_STOP ? "stop" : "reboot";
}

/*
 * What came, n bytes: exactly one request, of this version, with a verb that there is and a guest's name that no program
 * could take for an option. 0, or -EINVAL with why, in COMMAND_TEXT_SIZE bytes.
 */
MUST_USE int command_request_parse(const void *untrusted_bytes, size_t n,
				   struct command_request *out, char *why);

#endif
