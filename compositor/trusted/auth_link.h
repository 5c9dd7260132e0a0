/* SPDX-License-Identifier: MIT */
/* A connection to vitrine-auth: one attempt, or one question. Key codes pass through it and stay nowhere. */
#ifndef TRUSTED_AUTH_LINK_H
#define TRUSTED_AUTH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "helpers/auth/auth.h"

struct auth_link;
struct server;

struct auth_link_ops {
	/* Checked: of this attempt, of a known type, its text printable. May close the link. */
	void (*answer)(void *data, const struct auth_answer *answer);
	/* The helper has ended, or talks nonsense. Close the link. */
	void (*gone)(void *data);
};

/*
 * The helper's socket takes a connection now, or -errno: -EACCES when whoever listens is neither root nor ourselves. Says
 * nothing of what the helper can do.
 */
MUST_USE int auth_link_probe(const struct server *server);
/* fd: AUTH_ASK, where the passphrase goes; it stays the caller's. 0 or -errno, as auth_link_probe. */
MUST_USE int auth_link_open(struct auth_link **out, struct server *server, enum auth_mode mode,
			    int fd, const struct auth_link_ops *ops, void *data);
/* Tells nobody. May be NULL. */
void auth_link_close(struct auth_link *link);
/* What the helper is too slow to take is lost, as a key would be that was pressed too late. */
void auth_link_send(struct auth_link *link, enum auth_request_type type, uint32_t value);
uint64_t auth_link_nonce(const struct auth_link *link);

#endif
