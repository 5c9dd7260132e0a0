/* SPDX-License-Identifier: MIT */
/* A passphrase that a program of the host's asks for: straight from the keys into its descriptor. */
#ifndef HELPERS_AUTH_ASK_H
#define HELPERS_AUTH_ASK_H

struct session;

/* One question, whose end it tells. */
void ask_run(struct session *session);

#endif
