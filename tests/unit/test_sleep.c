/* SPDX-License-Identifier: MIT */
/* A sleep is told from a clock that was set, and from clocks that are read one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/session/sleep.h"

static void each_sleep_is_seen_once(void **state)
{
	struct sleep_watch watch = {0};
	const uint64_t s = NSEC_PER_SEC;

	/* It had slept for an hour before we came. */
	assert_true(sleep_watch_look(&watch, 3700 * s, 100 * s));
	assert_false(sleep_watch_look(&watch, 3800 * s, 200 * s));
	/* Somebody set the wall clock: these two do not care. */
	assert_false(sleep_watch_look(&watch, 3801 * s, 201 * s));
	assert_true(sleep_watch_look(&watch, 3803 * s, 202 * s));
	assert_false(sleep_watch_look(&watch, 3804 * s, 203 * s));
}

static void a_moment_between_the_clocks_is_no_sleep(void **state)
{
	struct sleep_watch watch = {0};

	assert_false(sleep_watch_look(&watch, NSEC_PER_SEC, NSEC_PER_SEC + 50 * NSEC_PER_MSEC));
	assert_false(
		sleep_watch_look(&watch, 2 * NSEC_PER_SEC + 20 * NSEC_PER_MSEC, 2 * NSEC_PER_SEC));
	assert_false(
		sleep_watch_look(&watch, 3 * NSEC_PER_SEC + 90 * NSEC_PER_MSEC, 3 * NSEC_PER_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sleep_is_seen_once),
		cmocka_unit_test(a_moment_between_the_clocks_is_no_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
