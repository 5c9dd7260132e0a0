/* SPDX-License-Identifier: MIT */
/*
 * The lock: a pure state machine. Whether the screen is locked, who may end that, and when the next password may be tried.
 *
 * What holds after every call:
 * - it opens by two ways only: the helper says yes to the attempt that is running, which somebody has typed into; or the client
 *   that locked, and is still there, says so;
 * - the time before which nothing is tried never comes nearer, but by being right. Nothing that comes, goes or is given up
 *   changes it; an attempt that ends while the password is checked counts as wrong.
 */
#ifndef HID_SEAT_LOCK_H
#define HID_SEAT_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/* Of the delay after wrong passwords: 1 s, 2 s, 4 s, ... */
#define SEAT_LOCK_MAX_DELAY_NS (60 * NSEC_PER_SEC)

enum seat_lock_state {
	SEAT_LOCK_OPEN,
	SEAT_LOCK_CLOSING, /* guests get nothing; not every monitor is dark yet */
	SEAT_LOCK_CLOSED,
};

enum seat_lock_owner {
	SEAT_LOCK_PROMPT, /* our own: the helper's yes ends it */
	SEAT_LOCK_CLIENT, /* a trusted client's */
};

struct seat_lock {
	enum seat_lock_state state;
	enum seat_lock_owner owner; /* who may end it */
	bool is_clients;        /* a client locked, there or not: another one may take it over */
	uint64_t attempt;       /* its nonce; 0: none is running */
	bool is_typed;          /* the attempt was given a key */
	bool is_checking;       /* the helper has the password and has not answered */
	unsigned wrong;         /* passwords since the last right one */
	uint64_t not_before_ns; /* of the next attempt */
};

void seat_lock_init(struct seat_lock *lock);
/* As the server before this one left it: locked, with so many wrong passwords, the last of them now. */
void seat_lock_restore(struct seat_lock *lock, bool is_clients, unsigned wrong, uint64_t now_ns);
/* False: it is another one's already, and stays so. Locked it is in any case. */
bool seat_lock_request(struct seat_lock *lock, enum seat_lock_owner owner);
static inline bool seat_lock_is_locked(const struct seat_lock *lock)
{
	return lock->state != SEAT_LOCK_OPEN;
}
/* Each monitor shows that it is locked. True: that ends the closing. */
bool seat_lock_dark(struct seat_lock *lock);

/* The client that locked. False: there is none, nothing happened. */
bool seat_lock_client_unlocks(struct seat_lock *lock);
bool seat_lock_client_gone(struct seat_lock *lock);

/* ---- attempts: what the helper is asked and answers. A nonce is never used twice; 0 is none ---- */

/* False: not locked, not ours to end, one is running, or it is too early. */
bool seat_lock_begin(struct seat_lock *lock, uint64_t nonce, uint64_t now_ns);
/* A key went into the running attempt. */
void seat_lock_typed(struct seat_lock *lock);
/* What the helper says is good for the running attempt alone: of another nonce, nothing happens. */
void seat_lock_checking(struct seat_lock *lock, uint64_t nonce, bool is_checking);
/* True: it is open. */
bool seat_lock_right(struct seat_lock *lock, uint64_t nonce);
/* least_ns: how long the helper wants to be left alone; more than the longest delay is not heard. True: it counted. */
bool seat_lock_wrong(struct seat_lock *lock, uint64_t nonce, uint64_t least_ns, uint64_t now_ns);
/* Given up, by us or by the helper, with no answer. True: it counted as a wrong one. */
bool seat_lock_ended(struct seat_lock *lock, uint64_t nonce, uint64_t now_ns);

#endif
