/* SPDX-License-Identifier: MIT */
/* The one parser of what guests write into the store, and how often they may make us act. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pvdispl/broker/backoff.h"
#include "pvdispl/broker/xenstore_parse.h"

#define UNTOUCHED 0xdeadu

struct number_case {
	const char *text;
	uint32_t min, max;
	int64_t value; /* -1: refused */
};

static void numbers(void **state)
{
	static const struct number_case cases[] = {
		{"0", 0, 8, 0},
		{"8", 0, 8, 8},
		{"9", 0, 8, -1},
		{"1", 2, 8, -1},
		{"007", 0, 8, 7},
		{"4294967295", 0, UINT32_MAX, 4294967295},
		{"4294967296", 0, UINT32_MAX, -1},
		{"18446744073709551617", 0, UINT32_MAX, -1},
		{"", 0, 8, -1},
		{" 1", 0, 8, -1},
		{"1 ", 0, 8, -1},
		{"1\n", 0, 8, -1},
		{"+1", 0, 8, -1},
		{"-1", 0, UINT32_MAX, -1},
		{"0x1", 0, 8, -1},
		{"1.0", 0, 8, -1},
		{"\xd9\xa1", 0, 8, -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t out = UNTOUCHED;
		int ret = xenstore_parse_number(cases[i].text, strlen(cases[i].text), cases[i].min,
						cases[i].max, &out);

		if ((ret == 0) != (cases[i].value >= 0)) {
			fail_msg("\"%s\" returned %d", cases[i].text, ret);
		}
		assert_int_equal(out, ret == 0 ? (uint32_t)cases[i].value : UNTOUCHED);
	}
}

/* Values have a length: a 0 inside is a byte like any other, and the byte behind the end is not looked at. */
static void numbers_with_a_length(void **state)
{
	uint32_t out = UNTOUCHED;
	char zeros[XENSTORE_MAX_VALUE + 1];

	assert_int_equal(xenstore_parse_number("12345", 2, 0, 99, &out), 0);
	assert_int_equal(out, 12);
	assert_true(xenstore_parse_number("1\0002", 3, 0, 99, &out) < 0);
	assert_true(xenstore_parse_number("1", 0, 0, 99, &out) < 0);
	memset(zeros, '0', sizeof(zeros));
	assert_int_equal(xenstore_parse_number(zeros, XENSTORE_MAX_VALUE, 0, 99, &out), 0);
	assert_true(xenstore_parse_number(zeros, sizeof(zeros), 0, 99, &out) < 0);
}

static void one_number_has_one_name(void **state)
{
	uint32_t out;

	assert_int_equal(xenstore_parse_index("0", 1, 9, &out), 0);
	assert_int_equal(xenstore_parse_index("7", 1, 9, &out), 0);
	assert_int_equal(out, 7);
	assert_true(xenstore_parse_index("07", 2, 9, &out) < 0);
	assert_true(xenstore_parse_index("00", 2, 9, &out) < 0);
	assert_true(xenstore_parse_index("", 0, 9, &out) < 0);
}

static int parse_size(const char *text, struct pv_size *out)
{
	return xenstore_parse_size(text, strlen(text), out);
}

static void sizes(void **state)
{
	static const char *const bad[] = {
		"",           "x",          "1920",        "1920x",
		"x1080",      "0x1080",     "1920x0",      "16385x1",
		"1x16385",    "1920X1080",  "1920 x 1080", "1920x1080x1",
		"-1920x1080", "1920x1080;", "1920x1080\n", "99999999999999999999x1",
	};
	struct pv_size size = {UNTOUCHED, UNTOUCHED};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse_size(bad[i], &size) == 0) {
			fail_msg("\"%s\" was taken", bad[i]);
		}
		assert_int_equal(size.width, UNTOUCHED);
		assert_int_equal(size.height, UNTOUCHED);
	}
	assert_int_equal(parse_size("1920x1080", &size), 0);
	assert_int_equal(size.width, 1920);
	assert_int_equal(size.height, 1080);
	assert_int_equal(parse_size("16384x1", &size), 0);
	assert_int_equal(size.width, 16384);
}

static void layouts(void **state)
{
	static const char *const bad[] = {
		"", ";", "1x1;", ";1x1", "1x1;;1x1", "1x1;1x1;1x1;1x1;1x1", "1x1;1x0", "1x1,1x1",
	};
	struct pv_layout layout = {.n = UNTOUCHED};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (xenstore_parse_layout(bad[i], strlen(bad[i]), &layout) == 0) {
			fail_msg("\"%s\" was taken", bad[i]);
		}
		assert_int_equal(layout.n, UNTOUCHED);
	}
	assert_int_equal(xenstore_parse_layout("1024x768;800x600", 16, &layout), 0);
	assert_int_equal(layout.n, 2);
	assert_int_equal(layout.size[0].width, 1024);
	assert_int_equal(layout.size[1].height, 600);
	assert_int_equal(xenstore_parse_layout("1x1;2x2;3x3;4x4", 15, &layout), 0);
	assert_int_equal(layout.n, 4);
}

static bool frontend_taken(const char *path, uint32_t domid)
{
	return xenstore_parse_frontend(path, strlen(path), domid) == 0;
}

static void frontends_lie_below_their_domain(void **state)
{
	char path[XENSTORE_MAX_PATH + 2] = "/local/domain/5/";

	assert_true(frontend_taken("/local/domain/5/device/vdispl/0", 5));
	assert_false(frontend_taken("/local/domain/6/device/vdispl/0", 5));
	assert_false(frontend_taken("/local/domain/55/device/vdispl/0", 5));
	assert_false(frontend_taken("/local/domain/5", 5));
	assert_false(frontend_taken("/local/domain/5/", 5));
	assert_false(frontend_taken("/local/domain/5/device/", 5));
	assert_false(frontend_taken("/local/domain/5//device", 5));
	assert_false(frontend_taken("/local/domain/5/../6/device", 5));
	assert_false(frontend_taken("/local/domain/5/a b", 5));
	assert_false(frontend_taken("local/domain/5/device/vdispl/0", 5));
	assert_int_equal(xenstore_parse_frontend("/local/domain/5/a\0b", 19, 5) < 0, 1);
	memset(path + 16, 'a', XENSTORE_MAX_PATH - 16);
	assert_true(frontend_taken(path, 5));
	path[XENSTORE_MAX_PATH] = 'a';
	assert_false(frontend_taken(path, 5));
}

static void names(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *name;
	} cases[] = {
		{"work", 4, "work"},
		{"a b/c=d", 7, "a_b_c_d"},
		{"quo\"te'", 7, "quo_te_"},
		{"\x1b[2Jx\n", 6, "_[2Jx_"},
		{"w\xc3\xb6rk", 5, "w__rk"},
		{"a\0b", 3, "a_b"},
		{"", 0, "_"},
		{NULL, 0, "_"},
		{"0123456789012345678901234567890123456789", 40, "01234567890123456789012345678901"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[PV_NAME_SIZE];

		xenstore_make_name(cases[i].bytes, cases[i].len, name);
		assert_string_equal(name, cases[i].name);
		assert_true(guest_name_valid(name));
	}
}

static void extended_names(void **state)
{
	char name[PV_NAME_SIZE] = "work";

	xenstore_extend_name(name, 7);
	assert_string_equal(name, "work-7");
	xenstore_make_name("01234567890123456789012345678901", 32, name);
	xenstore_extend_name(name, 32751);
	assert_string_equal(name, "01234567890123456789012345-32751");
	assert_true(guest_name_valid(name));
}

/* ---- how often ---- */

#define MS NSEC_PER_MSEC

static void first_time_is_free(void **state)
{
	struct backoff backoff = {0};

	assert_true(backoff_due(&backoff, 0) <= 1000 * MS);
	backoff_take(&backoff, 0, 1000 * MS);
	/* Another party's first time, and then its second. */
	assert_true(backoff_due(&backoff, 0) <= 1000 * MS);
	backoff_take(&backoff, 0, 1001 * MS);
	assert_int_equal(backoff_due(&backoff, 1001 * MS), 1100 * MS);
}

/* Always as soon as it may: 100 ms, 200 ms, ... and never more than 10 s. */
static void doubles_up_to_ten_seconds(void **state)
{
	struct backoff backoff = {0};
	uint64_t now = 1000 * MS, last = 0, due;
	uint64_t wanted = 100 * MS;

	for (unsigned i = 0; i < 12; i++) {
		backoff_take(&backoff, last, now);
		last = now;
		due = backoff_due(&backoff, last);
		assert_int_equal(due - now, wanted);
		wanted = MIN(2 * wanted, 10000 * MS);
		now = due;
	}
}

static void parties_share_a_window(void **state)
{
	struct backoff backoff = {0};
	uint64_t due;

	backoff_take(&backoff, 0, 1000 * MS);
	backoff_take(&backoff, 0, 1010 * MS);
	due = backoff_due(&backoff, 1000 * MS);
	backoff_take(&backoff, 1000 * MS, due);
	/* The other acted in the window before: it may act in this one at once, and without making it longer. */
	assert_true(backoff_due(&backoff, 1010 * MS) <= due);
	backoff_take(&backoff, 1010 * MS, due);
	assert_int_equal(backoff_due(&backoff, due), due + 200 * MS);
}

static void peace_forgives(void **state)
{
	struct backoff backoff = {0};
	uint64_t now = 1000 * MS, last = 0;

	for (unsigned i = 0; i < 5; i++) {
		backoff_take(&backoff, last, now);
		last = now;
		now = backoff_due(&backoff, last);
	}
	now += 10001 * MS;
	backoff_take(&backoff, last, now);
	assert_int_equal(backoff_due(&backoff, now) - now, 100 * MS);
}

static void budgets(void **state)
{
	struct budget budget = {0};
	uint64_t now = 5000 * MS;

	assert_false(budget_take(&budget, 10, 11, now));
	for (unsigned i = 0; i < 10; i++) {
		assert_true(budget_take(&budget, 10, 1, now));
	}
	assert_false(budget_take(&budget, 10, 1, now));
	assert_false(budget_take(&budget, 10, 1, now + 99 * MS));
	assert_true(budget_take(&budget, 10, 1, now + 100 * MS));
	assert_false(budget_take(&budget, 10, 1, now + 100 * MS));
	/* Never more than a second's worth is saved up. */
	assert_false(budget_take(&budget, 10, 11, now + 3600 * NSEC_PER_SEC));
	assert_true(budget_take(&budget, 10, 10, now + 3600 * NSEC_PER_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_with_a_length),
		cmocka_unit_test(one_number_has_one_name),
		cmocka_unit_test(sizes),
		cmocka_unit_test(layouts),
		cmocka_unit_test(frontends_lie_below_their_domain),
		cmocka_unit_test(names),
		cmocka_unit_test(extended_names),
		cmocka_unit_test(first_time_is_free),
		cmocka_unit_test(doubles_up_to_ten_seconds),
		cmocka_unit_test(parties_share_a_window),
		cmocka_unit_test(peace_forgives),
		cmocka_unit_test(budgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
