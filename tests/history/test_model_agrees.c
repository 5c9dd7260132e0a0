/* SPDX-License-Identifier: MIT */
/*
 * The steps that spin checks (tests/model/steps.inc) against the state machines that they stand for: random histories drive
 * both, and after each call they must be in the same state. HISTORY_SEED chooses another history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include <cmocka.h>

#include "hid/seat/focus.h"
#include "hid/seat/lock.h"

#define STEPS 400000u
#define GUESTS 3u
#define OUTPUTS 2u
#define NOBODY GUESTS
#define OPEN SEAT_LOCK_OPEN
#define CLOSING SEAT_LOCK_CLOSING
#define CLOSED SEAT_LOCK_CLOSED

/* ---- the model: what spin reads, as C ---- */

static unsigned focus_owner, focus_target, asked_marks, asked_names, focus_waiting;
static bool focus_pending, focus_armed, focus_late, asked_elsewhere, has_keyboard[GUESTS + 1];
static enum seat_lock_state lock_state;
static bool attempt_runs, attempt_typed, attempt_checks;
static uint64_t attempt;

#define STEP0(name)            \
	static void name(void) \
	{
#define STEP1(name, a)               \
	static void name(uint64_t a) \
	{
#define STEP2(name, a, b)                        \
	static void name(uint64_t a, uint64_t b) \
	{
#define STEP3(name, a, b, c)                                 \
	static void name(uint64_t a, uint64_t b, uint64_t c) \
	{
#define ENDSTEP }
#define WHEN(condition) if (condition) {
#define OTHERWISE \
	}         \
	else      \
	{
#define END }
#define ENDWHEN }
#define ASKED_ELSEWHERE asked_elsewhere

#include "tests/model/steps.inc"

/* ---- the code ---- */

struct seat_guest {
	char unused;
};

static struct seat_guest guests[GUESTS];
static struct seat_guest *told; /* whom the last grant was for */
static bool is_late;
static uint64_t random_state, time_ns;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 20) % n);
}

static struct seat_guest *guest_of(unsigned number)
{
	return number < GUESTS ? &guests[number] : NULL;
}

static void on_grant(void *data, struct seat_guest *guest)
{
	/* Releases come before anything else: nobody else has it. */
	assert_true(!guest || !told);
	told = guest;
}

static void on_late(void *data, struct seat_guest *guest)
{
	is_late = guest != NULL;
}

static const struct focus_events events = {.grant = on_grant, .late = on_late};

static void focus_agrees(const struct focus *focus)
{
	assert_ptr_equal(focus->owner, guest_of(focus_owner));
	assert_ptr_equal(focus->target, guest_of(focus_target));
	assert_ptr_equal(told, guest_of(focus_owner));
	assert_int_equal(focus->is_pending, focus_pending);
	assert_int_equal(focus->asked.marks, asked_marks);
	assert_int_equal(focus->asked.names, asked_names);
	assert_int_equal(focus->waiting, focus_waiting);
	assert_int_equal(focus->deadline_ns != UINT64_MAX, focus_armed);
	assert_int_equal(is_late, focus_late);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_int_equal(has_keyboard[i], told == &guests[i]);
	}
}

static void step_focus(struct focus *focus)
{
	unsigned at = below(OUTPUTS), who = below(GUESTS + 1), other = below(GUESTS + 1);
	struct focus_outputs outputs = {.marks = below(4), .names = below(4)};

	switch (below(10)) {
	case 0:
	case 1:
		outputs.is_elsewhere = below(4) == 0;
		focus_request(focus, guest_of(who), &outputs, 1000, time_ns);
		asked_elsewhere = outputs.is_elsewhere;
		focus_ask(who, outputs.marks, outputs.names);
		break;
	case 2:
		focus_output_gone(focus, at);
		focus_unplug(at);
		break;
	case 3:
		focus_guest_gone(focus, guest_of(who));
		if (who != NOBODY) {
			focus_gone(who);
		}
		break;
	case 4:
		time_ns += 10000;
		focus_timeout(focus, time_ns);
		focus_expire();
		break;
	default:
		focus_shown(focus, at, guest_of(who), guest_of(other), time_ns);
		focus_flip(at, who, other);
		break;
	}
	focus_agrees(focus);
}

static void lock_agrees(const struct seat_lock *lock)
{
	assert_int_equal(lock->state, lock_state);
	assert_int_equal(lock->attempt != 0, attempt_runs);
	assert_true(!attempt_runs || lock->attempt == attempt);
	assert_int_equal(lock->is_typed, attempt_typed);
	assert_int_equal(lock->is_checking, attempt_checks);
}

static void step_attempt(struct seat_lock *lock, uint64_t number)
{
	switch (below(4)) {
	case 0:
		assert_int_equal(seat_lock_right(lock, number),
				 lock_state != OPEN && attempt_runs && attempt == number &&
					 attempt_typed);
		attempt_right(number);
		break;
	case 1:
		(void)seat_lock_wrong(lock, number, 0, time_ns);
		attempt_fail(number);
		break;
	case 2:
		(void)seat_lock_ended(lock, number, time_ns);
		attempt_fail(number);
		break;
	default:
		seat_lock_checking(lock, number, true);
		attempt_check(number, 1);
		break;
	}
}

static void step_lock(struct seat_lock *lock, uint64_t *last)
{
	switch (below(10)) {
	case 0:
		(void)seat_lock_request(lock, SEAT_LOCK_PROMPT);
		lock_ask();
		break;
	case 1:
		(void)seat_lock_dark(lock);
		lock_dark();
		break;
	case 2:
	case 3:
	case 4:
		/* The model knows of no delay. */
		time_ns += SEAT_LOCK_MAX_DELAY_NS;
		attempt_begin(*last + 1);
		*last += seat_lock_begin(lock, *last + 1, time_ns);
		break;
	case 5:
	case 6:
	case 7:
		seat_lock_typed(lock);
		attempt_type();
		break;
	default:
		step_attempt(lock, *last - MIN(*last, below(3)));
		break;
	}
	lock_agrees(lock);
}

static int setup(void **state)
{
	const char *text = getenv("HISTORY_SEED");

	if (getrandom(&random_state, sizeof(random_state), 0) != sizeof(random_state)) {
		random_state = 1;
	}
	random_state = (text ? strtoull(text, NULL, 0) : random_state) | 1;
	print_message("HISTORY_SEED=%llu\n", (unsigned long long)random_state);
	return 0;
}

static unsigned steps(void)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");

	return STEPS / (slowdown ? (unsigned)strtoul(slowdown, NULL, 0) : 1);
}

static void the_model_of_focus_is_the_code(void **state)
{
	unsigned granted = 0;
	struct focus focus;

	focus_init(&focus, &events, NULL);
	focus_owner = NOBODY;
	focus_target = NOBODY;
	for (unsigned i = 0; i < steps(); i++) {
		step_focus(&focus);
		granted += focus.owner != NULL;
	}
	assert_true(granted > steps() / 50);
}

static void the_model_of_the_lock_is_the_code(void **state)
{
	struct seat_lock lock;
	uint64_t last = 0;
	unsigned open = 0;

	seat_lock_init(&lock);
	lock_state = OPEN;
	for (unsigned i = 0; i < steps(); i++) {
		step_lock(&lock, &last);
		open += lock.state == OPEN;
	}
	/* Now and then, and not always. */
	assert_in_range(open, steps() / 200, steps() / 10 * 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_model_of_focus_is_the_code, setup),
		cmocka_unit_test_setup(the_model_of_the_lock_is_the_code, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
