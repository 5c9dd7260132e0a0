/* SPDX-License-Identifier: MIT */
/* Input goes to whom the glass shows, and to nobody before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hid/seat/focus.h"

#define PERIOD 10000000u

struct seat_guest {
	char letter;
};

static struct seat_guest a = {'A'}, b = {'B'};
static struct focus focus;
static char log_text[256];

static void note(const char *what, const struct seat_guest *guest)
{
	size_t used = strlen(log_text);

	snprintf(log_text + used, sizeof(log_text) - used, "%s %c ", what,
		 guest ? guest->letter : '-');
}

static void on_grant(void *data, struct seat_guest *guest)
{
	note("grant", guest);
}

static void on_late(void *data, struct seat_guest *guest)
{
	note("late", guest);
}

static const struct focus_events events = {.grant = on_grant, .late = on_late};

static int setup(void **state)
{
	log_text[0] = '\0';
	focus_init(&focus, &events, NULL);
	return 0;
}

static void expect(const char *text)
{
	assert_string_equal(log_text, text);
	log_text[0] = '\0';
}

/* A has the input on outputs 0 and 1. */
static void give_to_a(void)
{
	focus_request(&focus, &a, 1, PERIOD, 0);
	focus_shown(&focus, 0, &a, 1);
	expect("grant A ");
}

static void input_waits_for_the_last_output(void **state)
{
	focus_request(&focus, &a, 0x5, PERIOD, 1000);
	assert_true(focus.deadline_ns == 1000 + 3ull * PERIOD);
	focus_shown(&focus, 0, &a, 2000);
	focus_shown(&focus, 1, &a, 2000);
	focus_shown(&focus, 2, NULL, 2000);
	focus_shown(&focus, 2, &b, 2000);
	expect("");
	focus_shown(&focus, 2, &a, 3000);
	expect("grant A ");
	assert_ptr_equal(focus.owner, &a);
	assert_true(focus.deadline_ns == UINT64_MAX);
}

static void nobody_has_it_meanwhile(void **state)
{
	give_to_a();
	focus_request(&focus, &b, 3, PERIOD, 100);
	expect("grant - ");
	focus_shown(&focus, 0, &b, 200);
	assert_null(focus.owner);
	focus_shown(&focus, 1, &b, 300);
	expect("grant B ");
}

static void an_output_that_turns_back_is_waited_for_again(void **state)
{
	focus_request(&focus, &a, 3, PERIOD, 0);
	focus_shown(&focus, 0, &a, 1);
	focus_shown(&focus, 0, &b, 2);
	focus_shown(&focus, 1, &a, 3);
	expect("");
	focus_shown(&focus, 0, &a, 4);
	expect("grant A ");
}

static void the_same_owner_asked_again_waits_too(void **state)
{
	give_to_a();
	focus_request(&focus, &a, 2, PERIOD, 10);
	expect("grant - ");
	focus_shown(&focus, 1, &a, 20);
	expect("grant A ");
}

static void frames_after_a_grant_change_nothing(void **state)
{
	give_to_a();
	focus_shown(&focus, 0, &b, 10);
	focus_shown(&focus, 1, NULL, 10);
	focus_timeout(&focus, UINT64_MAX);
	expect("");
	assert_ptr_equal(focus.owner, &a);
}

static void late_frames_show_a_card_until_they_come(void **state)
{
	focus_request(&focus, &a, 1, PERIOD, 0);
	focus_timeout(&focus, 3ull * PERIOD - 1);
	expect("");
	focus_timeout(&focus, 3ull * PERIOD);
	expect("late A ");
	assert_true(focus.deadline_ns == UINT64_MAX);
	focus_timeout(&focus, 4ull * PERIOD);
	expect("");
	focus_shown(&focus, 0, &a, 5ull * PERIOD);
	expect("late - grant A ");
}

static void a_new_request_replaces_the_old_one(void **state)
{
	focus_request(&focus, &a, 1, PERIOD, 0);
	focus_timeout(&focus, 3ull * PERIOD);
	expect("late A ");
	focus_request(&focus, &b, 2, PERIOD, 4ull * PERIOD);
	expect("late - ");
	assert_true(focus.deadline_ns == 7ull * PERIOD);
	focus_shown(&focus, 0, &a, 4ull * PERIOD + 1);
	focus_shown(&focus, 1, &a, 4ull * PERIOD + 1);
	expect("");
	focus_shown(&focus, 1, &b, 4ull * PERIOD + 2);
	expect("grant B ");
}

static void a_request_for_nobody_is_done_at_once(void **state)
{
	give_to_a();
	focus_request(&focus, NULL, 3, PERIOD, 0);
	expect("grant - ");
	assert_true(focus.deadline_ns == UINT64_MAX);
	focus_shown(&focus, 0, NULL, 1);
	focus_shown(&focus, 0, &a, 1);
	expect("");
}

static void what_is_shown_nowhere_gets_nothing(void **state)
{
	focus_request(&focus, &a, 0, PERIOD, 0);
	focus_shown(&focus, 3, &b, 1);
	focus_shown(&focus, 3, NULL, 1);
	expect("");
	focus_shown(&focus, 3, &a, 2);
	expect("grant A ");
}

static void an_output_that_is_gone_is_not_waited_for(void **state)
{
	focus_request(&focus, &a, 3, PERIOD, 0);
	focus_shown(&focus, 0, &a, 1);
	focus_output_gone(&focus, 1);
	expect("grant A ");
}

static void the_last_output_gone_grants_nothing(void **state)
{
	focus_request(&focus, &a, 1, PERIOD, 0);
	focus_output_gone(&focus, 0);
	expect("");
	assert_null(focus.owner);
	focus_shown(&focus, 4, &a, 1);
	expect("grant A ");
}

static void the_output_that_showed_it_gone_first(void **state)
{
	focus_request(&focus, &a, 3, PERIOD, 0);
	focus_shown(&focus, 0, &a, 1);
	focus_output_gone(&focus, 0);
	expect("");
	focus_output_gone(&focus, 1);
	expect("");
}

static void a_guest_that_goes_takes_its_request_along(void **state)
{
	focus_request(&focus, &a, 1, PERIOD, 0);
	focus_timeout(&focus, 3ull * PERIOD);
	expect("late A ");
	focus_guest_gone(&focus, &b);
	expect("");
	focus_guest_gone(&focus, &a);
	expect("late - ");
	focus_shown(&focus, 0, &a, 1);
	expect("");
	assert_null(focus.target);
}

static void an_owner_that_goes_leaves_nobody(void **state)
{
	give_to_a();
	focus_guest_gone(&focus, &a);
	expect("grant - ");
	assert_null(focus.owner);
}

static void outputs_beyond_the_last_are_nothing(void **state)
{
	focus_request(&focus, &a, 1, PERIOD, 0);
	focus_shown(&focus, 32, &a, 1);
	focus_output_gone(&focus, 32);
	expect("");
	assert_int_equal(focus.waiting, 1);
}

#define focus_test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		focus_test(input_waits_for_the_last_output),
		focus_test(nobody_has_it_meanwhile),
		focus_test(an_output_that_turns_back_is_waited_for_again),
		focus_test(the_same_owner_asked_again_waits_too),
		focus_test(frames_after_a_grant_change_nothing),
		focus_test(late_frames_show_a_card_until_they_come),
		focus_test(a_new_request_replaces_the_old_one),
		focus_test(a_request_for_nobody_is_done_at_once),
		focus_test(what_is_shown_nowhere_gets_nothing),
		focus_test(an_output_that_is_gone_is_not_waited_for),
		focus_test(the_last_output_gone_grants_nothing),
		focus_test(the_output_that_showed_it_gone_first),
		focus_test(a_guest_that_goes_takes_its_request_along),
		focus_test(an_owner_that_goes_leaves_nobody),
		focus_test(outputs_beyond_the_last_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
