/* SPDX-License-Identifier: MIT */
/* What the files of the lock share: lock.c (when it is locked, and what follows from that), lock_prompt.c (our own prompt). */
#ifndef TRUSTED_LOCK_PRIV_H
#define TRUSTED_LOCK_PRIV_H

#include "compositor/server.h"
#include "compositor/trusted/auth_link.h"
#include "compositor/trusted/auth_view.h"
#include "compositor/trusted/trusted.h"
#include "hid/seat/lock.h"

struct lock {
	struct server *server;
	struct seat_lock state;
	struct clock_timer *idle;   /* [lock] after= */
	struct clock_timer *prompt; /* the next moment at which the prompt does something by itself */
	struct auth_link *link;     /* of the running attempt; NULL: none */
	struct auth_view view;
	char fault[PANEL_TEXT_SIZE]; /* why no password can be checked; "": it can, or is not known */
	char says[PANEL_TEXT_SIZE]; /* of the last attempt */
	uint64_t retry_ns;          /* not before, after a fault */
	uint64_t typed_ns;          /* when the last key came into the attempt; 0: none did */
	struct scene_output *over;  /* where the pointer is; NULL: nowhere */
	double x, y;
};

/* ---- lock.c ---- */
/* The helper said yes. */
void lock_open(struct lock *lock);
/* For the server after this one. */
void lock_remember(struct lock *lock);

/* ---- lock_prompt.c ---- */
/* Locked, and ours to end: asks for the password on all monitors. */
void lock_prompt_show(struct lock *lock);
/* Open, or a client's to end. */
void lock_prompt_end(struct lock *lock);
void lock_prompt_timeout(struct lock *lock, uint64_t now_ns);

#endif
