/* SPDX-License-Identifier: MIT */
/* What a monitor says of itself, and what one may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "compositor/output/kms/edid.h"
#include "compositor/wayland/edid.h"

#define BLOCK 128
#define FIRST_TEXT 72 /* the second descriptor */

static void sum(uint8_t *edid)
{
	uint8_t total = 0;

	for (unsigned i = 0; i < BLOCK - 1; i++) {
		total = (uint8_t)(total + edid[i]);
	}
	edid[BLOCK - 1] = (uint8_t)-total;
}

static void describe(uint8_t *edid, unsigned at, uint8_t tag, const char *text)
{
	memset(edid + at, 0, 5);
	edid[at + 3] = tag;
	memset(edid + at + 5, ' ', 13);
	for (unsigned i = 0; text[i]; i++) {
		edid[at + 5 + i] = (uint8_t)text[i];
	}
}

/* A laptop's panel as one may write it down from its data sheet. */
static void panel(uint8_t edid[BLOCK])
{
	static const uint8_t start[] = {
		0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, /* header */
		0x10, 0xac,                                     /* DEL: 4, 5, 12 */
		0x34, 0x12,                                     /* product 0x1234 */
		0x78, 0x56, 0x34, 0x12,                         /* serial 0x12345678 */
		0x01, 0x20, 0x01, 0x04, 0xa5, 52,   29,         /* 520 x 290 mm */
	};

	memset(edid, 0, BLOCK);
	memcpy(edid, start, sizeof(start));
	edid[54] = 1; /* a timing */
	describe(edid, FIRST_TEXT, 0xfc, "DELL U2413\n");
	describe(edid, FIRST_TEXT + 18, 0xff, "ABC 123\n");
	sum(edid);
}

static void a_monitor_says_who_it_is(void **state)
{
	struct output_identity who;
	uint8_t edid[BLOCK];

	panel(edid);
	assert_int_equal(edid_parse(edid, BLOCK, &who), 0);
	assert_string_equal(who.make, "DEL");
	assert_string_equal(who.model, "DELL U2413");
	assert_string_equal(who.serial, "ABC 123");
	assert_int_equal(who.width_mm, 520);
	assert_int_equal(who.height_mm, 290);
}

static void numbers_stand_in_for_texts(void **state)
{
	struct output_identity who;
	uint8_t edid[BLOCK];

	panel(edid);
	memset(edid + FIRST_TEXT, 1, 36);
	edid[22] = 0; /* an aspect ratio, not a size */
	sum(edid);
	assert_int_equal(edid_parse(edid, BLOCK, &who), 0);
	assert_string_equal(who.model, "0x1234");
	assert_string_equal(who.serial, "0x12345678");
	assert_int_equal(who.width_mm, 0);
	assert_int_equal(who.height_mm, 0);
}

static void texts_are_printable_whatever_is_sent(void **state)
{
	struct output_identity who;
	uint8_t edid[BLOCK];

	panel(edid);
	describe(edid, FIRST_TEXT, 0xfc, "  \x1b[31mX\x7f\xff y  \n");
	describe(edid, FIRST_TEXT + 18, 0xff, "1234567890123"); /* no end */
	edid[8] = 0xff;                                         /* no letters */
	sum(edid);
	assert_int_equal(edid_parse(edid, BLOCK, &who), 0);
	assert_string_equal(who.model, "[31mX y");
	assert_string_equal(who.serial, "1234567890123");
	assert_string_equal(who.make, "");
}

static void what_is_no_edid_says_nothing(void **state)
{
	struct output_identity who;
	uint8_t edid[BLOCK];

	for (unsigned i = 0; i < BLOCK; i++) {
		panel(edid);
		edid[i] ^= 0x40;
		memset(&who, 0xff, sizeof(who));
		assert_int_equal(edid_parse(edid, BLOCK, &who), -EINVAL);
		assert_int_equal(who.model[0] | who.serial[0] | who.make[0] | who.width_mm, 0);
	}
	panel(edid);
	for (size_t size = 0; size < BLOCK; size++) {
		assert_int_equal(edid_parse(edid, size, &who), -EINVAL);
	}
}

/* What guests are told is read like what a monitor tells. */
static void our_own_is_understood(void **state)
{
	struct output_identity who;
	uint8_t edid[EDID_SIZE];

	edid_build(edid, 1920, 1080, 60000, "work");
	assert_int_equal(edid_parse(edid, sizeof(edid), &who), 0);
	assert_string_equal(who.model, "work");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_monitor_says_who_it_is),
		cmocka_unit_test(numbers_stand_in_for_texts),
		cmocka_unit_test(texts_are_printable_whatever_is_sent),
		cmocka_unit_test(what_is_no_edid_says_nothing),
		cmocka_unit_test(our_own_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
