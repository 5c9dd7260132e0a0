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
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1}, PERIOD, 0);
	focus_shown(&focus, 0, &a, NULL, 1);
	expect("grant A ");
}

static void input_waits_for_the_last_output(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 0x5}, PERIOD, 1000);
	assert_true(focus.deadline_ns == 1000 + 3ull * PERIOD);
	focus_shown(&focus, 0, &a, NULL, 2000);
	focus_shown(&focus, 1, &a, NULL, 2000);
	focus_shown(&focus, 2, NULL, NULL, 2000);
	focus_shown(&focus, 2, &b, NULL, 2000);
	expect("");
	focus_shown(&focus, 2, &a, NULL, 3000);
	expect("grant A ");
	assert_ptr_equal(focus.owner, &a);
	assert_true(focus.deadline_ns == UINT64_MAX);
}

static void nobody_has_it_meanwhile(void **state)
{
	give_to_a();
	focus_request(&focus, &b, &(struct focus_outputs){.marks = 3}, PERIOD, 100);
	expect("grant - ");
	focus_shown(&focus, 0, &b, NULL, 200);
	assert_null(focus.owner);
	focus_shown(&focus, 1, &b, NULL, 300);
	expect("grant B ");
}

static void an_output_that_turns_back_is_waited_for_again(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 3}, PERIOD, 0);
	focus_shown(&focus, 0, &a, NULL, 1);
	focus_shown(&focus, 0, &b, NULL, 2);
	focus_shown(&focus, 1, &a, NULL, 3);
	expect("");
	focus_shown(&focus, 0, &a, NULL, 4);
	expect("grant A ");
}

static void the_same_owner_asked_again_waits_too(void **state)
{
	give_to_a();
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 2}, PERIOD, 10);
	expect("grant - ");
	focus_shown(&focus, 1, &a, NULL, 20);
	expect("grant A ");
}

static void frames_after_a_grant_change_nothing(void **state)
{
	give_to_a();
	focus_shown(&focus, 0, &b, NULL, 10);
	focus_shown(&focus, 1, NULL, NULL, 10);
	focus_timeout(&focus, UINT64_MAX);
	expect("");
	assert_ptr_equal(focus.owner, &a);
}

static void late_frames_show_a_card_until_they_come(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1}, PERIOD, 0);
	focus_timeout(&focus, 3ull * PERIOD - 1);
	expect("");
	focus_timeout(&focus, 3ull * PERIOD);
	expect("late A ");
	assert_true(focus.deadline_ns == UINT64_MAX);
	focus_timeout(&focus, 4ull * PERIOD);
	expect("");
	focus_shown(&focus, 0, &a, NULL, 5ull * PERIOD);
	expect("late - grant A ");
}

static void a_new_request_replaces_the_old_one(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1}, PERIOD, 0);
	focus_timeout(&focus, 3ull * PERIOD);
	expect("late A ");
	focus_request(&focus, &b, &(struct focus_outputs){.marks = 2}, PERIOD, 4ull * PERIOD);
	expect("late - ");
	assert_true(focus.deadline_ns == 7ull * PERIOD);
	focus_shown(&focus, 0, &a, NULL, 4ull * PERIOD + 1);
	focus_shown(&focus, 1, &a, NULL, 4ull * PERIOD + 1);
	expect("");
	focus_shown(&focus, 1, &b, NULL, 4ull * PERIOD + 2);
	expect("grant B ");
}

static void a_request_for_nobody_is_done_at_once(void **state)
{
	give_to_a();
	focus_request(&focus, NULL, &(struct focus_outputs){.marks = 3}, PERIOD, 0);
	expect("grant - ");
	assert_true(focus.deadline_ns == UINT64_MAX);
	focus_shown(&focus, 0, NULL, NULL, 1);
	focus_shown(&focus, 0, &a, NULL, 1);
	expect("");
}

static void what_is_shown_nowhere_gets_nothing(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 0}, PERIOD, 0);
	focus_shown(&focus, 3, &b, NULL, 1);
	focus_shown(&focus, 3, NULL, NULL, 1);
	expect("");
	focus_shown(&focus, 3, &a, NULL, 2);
	expect("grant A ");
}

static void an_output_that_is_gone_is_not_waited_for(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 3}, PERIOD, 0);
	focus_shown(&focus, 0, &a, NULL, 1);
	focus_output_gone(&focus, 1);
	expect("grant A ");
}

static void the_last_output_gone_grants_nothing(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1}, PERIOD, 0);
	focus_output_gone(&focus, 0);
	expect("");
	assert_null(focus.owner);
	focus_shown(&focus, 4, &a, NULL, 1);
	expect("grant A ");
}

static void the_output_that_showed_it_gone_first(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 3}, PERIOD, 0);
	focus_shown(&focus, 0, &a, NULL, 1);
	focus_output_gone(&focus, 0);
	expect("");
	focus_output_gone(&focus, 1);
	expect("");
}

static void a_guest_that_goes_takes_its_request_along(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1}, PERIOD, 0);
	focus_timeout(&focus, 3ull * PERIOD);
	expect("late A ");
	focus_guest_gone(&focus, &b);
	expect("");
	focus_guest_gone(&focus, &a);
	expect("late - ");
	focus_shown(&focus, 0, &a, NULL, 1);
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
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1}, PERIOD, 0);
	focus_shown(&focus, 32, &a, NULL, 1);
	focus_output_gone(&focus, 32);
	expect("");
	assert_int_equal(focus.waiting, 1);
}

static void every_output_names_the_owner_first(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1, .names = 7}, PERIOD, 0);
	focus_shown(&focus, 0, &a, &b, 1);
	focus_shown(&focus, 1, &b, &a, 1);
	focus_shown(&focus, 2, NULL, &a, 1);
	expect("");
	/* It showed the mark already, and names it at last. */
	focus_shown(&focus, 0, &a, &a, 2);
	expect("grant A ");
}

static void a_name_that_goes_again_is_waited_for(void **state)
{
	focus_request(&focus, &a, &(struct focus_outputs){.marks = 1, .names = 3}, PERIOD, 0);
	focus_shown(&focus, 1, NULL, &a, 1);
	focus_shown(&focus, 1, NULL, &b, 2);
	focus_shown(&focus, 0, &a, &a, 3);
	expect("");
	focus_output_gone(&focus, 1);
	expect("grant A ");
}

static void a_picture_elsewhere_needs_a_name_here(void **state)
{
	const struct focus_outputs none = {.is_elsewhere = true};
	const struct focus_outputs two = {.names = 3, .is_elsewhere = true};

	focus_request(&focus, &a, &none, PERIOD, 0);
	focus_shown(&focus, 0, &b, &b, 1);
	expect("");
	assert_null(focus.owner);
	focus_request(&focus, &a, &two, PERIOD, 2);
	focus_shown(&focus, 0, &b, &a, 3);
	focus_shown(&focus, 1, &b, &b, 3);
	expect("");
	focus_shown(&focus, 1, NULL, &a, 4);
	expect("grant A ");
	/* The last monitor of ours that said so goes: nobody would know. */
	focus_request(&focus, &b, &two, PERIOD, 5);
	expect("grant - ");
	focus_output_gone(&focus, 0);
	focus_output_gone(&focus, 1);
	expect("");
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
		focus_test(every_output_names_the_owner_first),
		focus_test(a_name_that_goes_again_is_waited_for),
		focus_test(a_picture_elsewhere_needs_a_name_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
