/* SPDX-License-Identifier: MIT */
#include "hid/seat/lock.h"

#include <string.h>

void seat_lock_init(struct seat_lock *lock)
{
	memset(lock, 0, sizeof(*lock));
}

/* ---- the delay ---- */

static uint64_t delay_of(unsigned wrong)
{
	return wrong > 6 ? SEAT_LOCK_MAX_DELAY_NS :
	       wrong > 0 ? (UINT64_C(1) << (wrong - 1)) * NSEC_PER_SEC :
			   0;
}

static void delay_set(struct seat_lock *lock, uint64_t least_ns, uint64_t now_ns)
{
	uint64_t delay_ns = MAX(delay_of(lock->wrong), MIN(least_ns, SEAT_LOCK_MAX_DELAY_NS));

	lock->not_before_ns = MAX(lock->not_before_ns, now_ns + delay_ns);
}

/* ---- locked and not ---- */

static void attempt_clear(struct seat_lock *lock)
{
	lock->attempt = 0;
	lock->is_typed = false;
	lock->is_checking = false;
}

static void lock_open(struct seat_lock *lock)
{
	attempt_clear(lock);
	lock->state = SEAT_LOCK_OPEN;
	lock->owner = SEAT_LOCK_PROMPT;
	lock->is_clients = false;
}

void seat_lock_restore(struct seat_lock *lock, bool is_clients, unsigned wrong, uint64_t now_ns)
{
	lock->state = SEAT_LOCK_CLOSING;
	/* The client was of the server before this one. */
	lock->owner = SEAT_LOCK_PROMPT;
	lock->is_clients = is_clients;
	lock->wrong = wrong;
	delay_set(lock, 0, now_ns);
}

bool seat_lock_request(struct seat_lock *lock, enum seat_lock_owner owner)
{
	if (lock->state == SEAT_LOCK_OPEN) {
		lock->state = SEAT_LOCK_CLOSING;
		lock->owner = owner;
		lock->is_clients = owner == SEAT_LOCK_CLIENT;
		return true;
	}
	/* Ours are never a client's to end; a client's lock whose client is gone is another client's to take. */
	if (owner == SEAT_LOCK_CLIENT && lock->owner == SEAT_LOCK_PROMPT && lock->is_clients &&
	    !lock->is_checking) {
		attempt_clear(lock);
		lock->owner = owner;
		return true;
	}
	return false;
}

bool seat_lock_dark(struct seat_lock *lock)
{
	if (lock->state != SEAT_LOCK_CLOSING) {
		return false;
	}
	lock->state = SEAT_LOCK_CLOSED;
	return true;
}

static bool has_client(const struct seat_lock *lock)
{
	return seat_lock_is_locked(lock) && lock->owner == SEAT_LOCK_CLIENT;
}

bool seat_lock_client_unlocks(struct seat_lock *lock)
{
	if (!has_client(lock)) {
		return false;
	}
	lock_open(lock);
	return true;
}

bool seat_lock_client_gone(struct seat_lock *lock)
{
	if (!has_client(lock)) {
		return false;
	}
	lock->owner = SEAT_LOCK_PROMPT;
	return true;
}

/* ---- attempts ---- */

static bool is_running(const struct seat_lock *lock, uint64_t nonce)
{
	return seat_lock_is_locked(lock) && lock->owner == SEAT_LOCK_PROMPT && nonce != 0 &&
	       lock->attempt == nonce;
}

bool seat_lock_begin(struct seat_lock *lock, uint64_t nonce, uint64_t now_ns)
{
	if (!seat_lock_is_locked(lock) || lock->owner != SEAT_LOCK_PROMPT || lock->attempt ||
	    nonce == 0 || now_ns < lock->not_before_ns) {
		return false;
	}
	attempt_clear(lock);
	lock->attempt = nonce;
	return true;
}

void seat_lock_typed(struct seat_lock *lock)
{
	lock->is_typed = lock->attempt != 0;
}

void seat_lock_checking(struct seat_lock *lock, uint64_t nonce, bool is_checking)
{
	if (is_running(lock, nonce)) {
		lock->is_checking = is_checking;
	}
}

bool seat_lock_right(struct seat_lock *lock, uint64_t nonce)
{
	if (!is_running(lock, nonce) || !lock->is_typed) {
		return false;
	}
	lock->wrong = 0;
	lock_open(lock);
	return true;
}

bool seat_lock_wrong(struct seat_lock *lock, uint64_t nonce, uint64_t least_ns, uint64_t now_ns)
{
	if (!is_running(lock, nonce)) {
		return false;
	}
	attempt_clear(lock);
	lock->wrong += lock->wrong < UINT32_MAX;
	delay_set(lock, least_ns, now_ns);
	return true;
}

bool seat_lock_ended(struct seat_lock *lock, uint64_t nonce, uint64_t now_ns)
{
	if (!is_running(lock, nonce)) {
		return false;
	}
	if (lock->is_checking) {
		return seat_lock_wrong(lock, nonce, 0, now_ns);
	}
	attempt_clear(lock);
	return false;
}
