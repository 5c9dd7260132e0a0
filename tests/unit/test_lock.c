/* SPDX-License-Identifier: MIT */
/* The lock's state machine: who can open it, and how long a wrong password holds up the next one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hid/seat/lock.h"
#include "tests/scene_fixture.h"

#define SEC NSEC_PER_SEC

static void lock_closed(struct seat_lock *lock, enum seat_lock_owner owner)
{
	seat_lock_init(lock);
	assert_true(seat_lock_request(lock, owner));
	assert_true(seat_lock_is_locked(lock));
	assert_int_equal(lock->state, SEAT_LOCK_CLOSING);
	assert_true(seat_lock_dark(lock));
	assert_int_equal(lock->state, SEAT_LOCK_CLOSED);
}

/* ---- opening ---- */

static void the_running_attempts_yes_opens(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_PROMPT);
	assert_true(seat_lock_begin(&lock, 7, SEC));
	seat_lock_typed(&lock);
	assert_true(seat_lock_right(&lock, 7));
	assert_false(seat_lock_is_locked(&lock));
}

static void no_other_yes_does(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_PROMPT);
	seat_lock_typed(&lock);
	assert_false(seat_lock_right(&lock, 0));
	assert_false(seat_lock_right(&lock, 7)); /* never begun */
	assert_true(seat_lock_begin(&lock, 7, SEC));
	assert_false(seat_lock_right(&lock, 7)); /* nobody typed */
	seat_lock_typed(&lock);
	assert_false(seat_lock_right(&lock, 8));
	assert_false(seat_lock_ended(&lock, 7, SEC));
	assert_false(seat_lock_right(&lock, 7)); /* given up */
	assert_true(seat_lock_begin(&lock, 9, SEC));
	seat_lock_typed(&lock);
	assert_false(seat_lock_right(&lock, 7)); /* late, of the one before */
	assert_true(seat_lock_wrong(&lock, 9, 0, SEC));
	assert_false(seat_lock_right(&lock, 9)); /* has been answered */
	assert_true(seat_lock_is_locked(&lock));
}

static void a_clients_lock_is_the_clients_to_end(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_CLIENT);
	assert_false(seat_lock_begin(&lock, 7, SEC));
	assert_false(seat_lock_right(&lock, 7));
	assert_false(seat_lock_request(&lock, SEAT_LOCK_PROMPT));
	assert_true(seat_lock_client_unlocks(&lock));
	assert_false(seat_lock_is_locked(&lock));
	assert_false(seat_lock_client_unlocks(&lock));
}

static void ours_is_no_clients_to_end(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_PROMPT);
	assert_false(seat_lock_client_unlocks(&lock));
	assert_false(seat_lock_request(&lock, SEAT_LOCK_CLIENT));
	assert_false(seat_lock_client_unlocks(&lock));
	assert_false(seat_lock_client_gone(&lock));
	assert_true(seat_lock_is_locked(&lock));
}

/* Its successor can take it over, and our prompt ends it, too. */
static void a_client_that_died_leaves_it_locked(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_CLIENT);
	assert_true(seat_lock_client_gone(&lock));
	assert_false(seat_lock_client_unlocks(&lock));
	assert_true(seat_lock_begin(&lock, 7, SEC));
	seat_lock_typed(&lock);
	assert_true(seat_lock_request(&lock, SEAT_LOCK_CLIENT));
	assert_false(seat_lock_right(&lock, 7));
	assert_true(seat_lock_client_gone(&lock));
	assert_true(seat_lock_begin(&lock, 8, SEC));
	seat_lock_typed(&lock);
	seat_lock_checking(&lock, 8, true);
	/* Not in the middle of a check, which would not count then. */
	assert_false(seat_lock_request(&lock, SEAT_LOCK_CLIENT));
	assert_true(seat_lock_right(&lock, 8));
	assert_false(seat_lock_is_locked(&lock));
	/* The next lock is ours, whoever had the last. */
	assert_true(seat_lock_request(&lock, SEAT_LOCK_PROMPT));
	assert_false(seat_lock_request(&lock, SEAT_LOCK_CLIENT));
}

/* ---- the delay ---- */

static void wrong_passwords_take_longer_and_longer(void **state)
{
	static const unsigned seconds[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	uint64_t now = 5 * SEC, nonce = 1;
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_PROMPT);
	for (unsigned i = 0; i < ARRAY_SIZE(seconds); i++) {
		assert_true(seat_lock_begin(&lock, nonce, now));
		seat_lock_typed(&lock);
		assert_true(seat_lock_wrong(&lock, nonce++, 0, now));
		assert_false(seat_lock_begin(&lock, nonce, now + seconds[i] * SEC - 1));
		now += seconds[i] * SEC;
	}
	assert_true(seat_lock_begin(&lock, nonce, now));
	seat_lock_typed(&lock);
	assert_true(seat_lock_right(&lock, nonce));
	assert_true(seat_lock_request(&lock, SEAT_LOCK_PROMPT));
	assert_true(seat_lock_begin(&lock, ++nonce, now));
	seat_lock_wrong(&lock, nonce, 0, now);
	assert_true(seat_lock_begin(&lock, ++nonce, now + SEC));
}

static void the_helper_can_ask_for_more_time_but_not_for_ever(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_PROMPT);
	assert_true(seat_lock_begin(&lock, 1, 0));
	assert_true(seat_lock_wrong(&lock, 1, 10 * SEC, 0));
	assert_false(seat_lock_begin(&lock, 2, 10 * SEC - 1));
	assert_true(seat_lock_begin(&lock, 2, 10 * SEC));
	assert_true(seat_lock_wrong(&lock, 2, UINT64_MAX, 10 * SEC));
	assert_true(seat_lock_begin(&lock, 3, 70 * SEC));
}

static void a_check_that_is_cut_off_counts(void **state)
{
	struct seat_lock lock;

	(void)state;
	lock_closed(&lock, SEAT_LOCK_PROMPT);
	assert_true(seat_lock_begin(&lock, 1, 0));
	seat_lock_typed(&lock);
	seat_lock_checking(&lock, 2, true); /* of none that is running */
	assert_false(seat_lock_ended(&lock, 1, 0));
	assert_true(seat_lock_begin(&lock, 3, 0));
	seat_lock_typed(&lock);
	seat_lock_checking(&lock, 3, true);
	assert_true(seat_lock_ended(&lock, 3, 0));
	assert_int_equal(lock.wrong, 1);
	assert_false(seat_lock_begin(&lock, 4, SEC - 1));
}

static void a_restart_keeps_lock_and_delay(void **state)
{
	struct seat_lock lock;

	(void)state;
	seat_lock_init(&lock);
	seat_lock_restore(&lock, false, 5, 100 * SEC);
	assert_true(seat_lock_is_locked(&lock));
	assert_false(seat_lock_request(&lock, SEAT_LOCK_CLIENT));
	assert_false(seat_lock_begin(&lock, 1, 116 * SEC - 1));
	assert_true(seat_lock_begin(&lock, 1, 116 * SEC));
	assert_true(seat_lock_wrong(&lock, 1, 0, 116 * SEC));
	assert_int_equal(lock.wrong, 6);
	seat_lock_init(&lock);
	seat_lock_restore(&lock, true, 0, 0);
	assert_false(seat_lock_client_unlocks(&lock));
	assert_true(seat_lock_request(&lock, SEAT_LOCK_CLIENT));
}

/* ---- histories ---- */

/* An attacker with every call at hand, but the helper's yes to what is running and typed into. */
static void step(struct seat_lock *lock, uint32_t *seed, uint64_t *now, uint64_t *nonces)
{
	uint64_t nonce = lock->attempt && test_random(seed) % 2 ? lock->attempt :
								  test_random(seed) % (*nonces + 2);

	switch (test_random(seed) % 12) {
	case 0:
		seat_lock_request(lock, test_random(seed) % 2 ? SEAT_LOCK_CLIENT : SEAT_LOCK_PROMPT);
		break;
	case 1:
		seat_lock_client_gone(lock);
		break;
	case 2:
		seat_lock_dark(lock);
		break;
	case 3:
	case 4:
		seat_lock_begin(lock, ++*nonces, *now);
		break;
	case 5:
		seat_lock_typed(lock);
		break;
	case 6:
		seat_lock_checking(lock, nonce, test_random(seed) % 2);
		break;
	case 7:
		seat_lock_ended(lock, nonce, *now);
		break;
	case 8:
		seat_lock_wrong(lock, nonce, test_random(seed), *now);
		break;
	case 9:
		if (nonce != lock->attempt || !lock->is_typed) {
			seat_lock_right(lock, nonce);
		}
		break;
	case 10:
		if (lock->owner != SEAT_LOCK_CLIENT) {
			seat_lock_client_unlocks(lock);
		}
		break;
	case 11:
		*now += test_random(seed) % 4 ? test_random(seed) : 20 * SEC;
		break;
	}
}

static void nothing_else_opens_it_or_hurries_it(void **state)
{
	uint32_t seed = 20260101;

	(void)state;
	for (unsigned history = 0; history < 200; history++) {
		uint64_t now = 0, nonces = 0, began = 0;
		struct seat_lock lock;

		seat_lock_init(&lock);
		seat_lock_request(&lock, history % 3 ? SEAT_LOCK_PROMPT : SEAT_LOCK_CLIENT);
		for (unsigned i = 0; i < 2000; i++) {
			struct seat_lock was = lock;

			step(&lock, &seed, &now, &nonces);
			assert_true(seat_lock_is_locked(&lock));
			assert_true(lock.wrong >= was.wrong);
			assert_true(lock.not_before_ns >= was.not_before_ns);
			if (lock.attempt != was.attempt && lock.attempt) {
				assert_true(now >= was.not_before_ns);
				assert_true(lock.owner == SEAT_LOCK_PROMPT);
				began++;
			}
			if (was.is_checking && !lock.attempt) {
				assert_true(lock.wrong > was.wrong);
			}
			if (history % 3) {
				assert_int_equal(lock.owner, SEAT_LOCK_PROMPT);
			}
		}
		assert_true(began > 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_running_attempts_yes_opens),
		cmocka_unit_test(no_other_yes_does),
		cmocka_unit_test(a_clients_lock_is_the_clients_to_end),
		cmocka_unit_test(ours_is_no_clients_to_end),
		cmocka_unit_test(a_client_that_died_leaves_it_locked),
		cmocka_unit_test(wrong_passwords_take_longer_and_longer),
		cmocka_unit_test(the_helper_can_ask_for_more_time_but_not_for_ever),
		cmocka_unit_test(a_check_that_is_cut_off_counts),
		cmocka_unit_test(a_restart_keeps_lock_and_delay),
		cmocka_unit_test(nothing_else_opens_it_or_hurries_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
