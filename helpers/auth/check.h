/* SPDX-License-Identifier: MIT */
/* Whether a password is the configured user's: PAM is asked, and what it asks is asked of the person. */
#ifndef HELPERS_AUTH_CHECK_H
#define HELPERS_AUTH_CHECK_H

#include <stdint.h>

struct session;

struct check_options {
	const char *user;
	const char *service; /* of PAM */
	const char *confdir; /* where PAM finds that; NULL: where it always does */
	uint32_t delay_ms;   /* at least so long a wrong password is kept waiting */
};

/* One attempt, whose answer it sends. */
void check_run(struct session *session, const struct check_options *options);

#endif
