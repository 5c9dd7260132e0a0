/* SPDX-License-Identifier: MIT */
/* One connection of the display server's: what it asks, and reading a line of secret text from the keys that it hands over. */
#ifndef HELPERS_AUTH_SESSION_H
#define HELPERS_AUTH_SESSION_H

#include <stdbool.h>

#include "helpers/auth/auth.h"
#include "helpers/auth/keys.h"
#include "helpers/auth/secret.h"

struct session {
	int fd;
	uint64_t nonce;
	enum auth_mode mode;
	int target; /* AUTH_ASK: where the passphrase goes; else -1 */
	struct keys *keys;
	struct secret secret;
	bool is_checking;
};

/* Waits for the greeting. 0 or -errno; then session_finish is not needed. */
MUST_USE int session_init(struct session *session, int fd, const struct settings *settings);
/* Once the server has closed its end, or is slow to. The descriptor stays the caller's. */
void session_finish(struct session *session);
/*
 * Asks for a line, until it is submitted: it is in session->secret then. -ECANCELED: Escape, in the mode AUTH_ASK;
 * -ECONNRESET: the server is gone; -EPROTO: it talks nonsense.
 */
MUST_USE int session_read(struct session *session, const char *prompt);
/* What cannot be sent finds out about the server's end at the next read. */
void session_say(struct session *session, enum auth_answer_type type, uint32_t value,
		 const char *text);

#endif
