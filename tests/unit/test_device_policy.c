/* SPDX-License-Identifier: MIT */
/* What the administrator says of devices: which section is about which, and which guests a device may reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/settings.h"
#include "hid/devices/match.h"
#include "hid/devices/roster.h"
#include "hid/seat/seat.h"

static const struct device_identity keyboard = {
	.name = "Acme Keys",
	.path = "/sys/devices/pci0000:00/usb1/1-2/input/input7/event7",
	.phys = "usb-0000:00:14.0-2/input0",
	.vendor = 0x046d,
	.product = 0xc31c,
};

static struct settings *parse(const char *text)
{
	char *errors = NULL;
	size_t size;
	FILE *out = open_memstream(&errors, &size);
	struct settings *settings;

	assert_non_null(out);
	settings = settings_parse("v.conf", text, strlen(text), out);
	assert_int_equal(fclose(out), 0);
	if (!settings) {
		fail_msg("%s", errors);
	}
	free(errors);
	return settings;
}

/* Whether this device may reach this guest under these lines. */
static bool allows(const char *text, const struct device_identity *identity, const char *guest)
{
	struct settings *settings = parse(text);
	struct roster *roster = roster_create(settings->devices, settings->n_devices);
	int number = roster_add(roster, identity);
	bool answer;

	assert_true(number >= 0);
	answer = roster_allows(roster, (unsigned)number, guest);
	roster_destroy(roster);
	free(settings);
	return answer;
}

static void nothing_said_allows_all(void **state)
{
	assert_true(allows("", &keyboard, "vault"));
	assert_true(allows("[device Other Keys]\nguests = work\n", &keyboard, "vault"));
}

static void only_and_never(void **state)
{
	static const char *const only = "[device Acme Keys]\nguests = work web\n";
	static const char *const never = "[device Acme Keys]\nnot-guests = vault\n";

	assert_true(allows(only, &keyboard, "work"));
	assert_true(allows(only, &keyboard, "web"));
	assert_false(allows(only, &keyboard, "vault"));
	assert_false(allows(only, &keyboard, "wor"));
	assert_false(allows(only, &keyboard, "work2"));
	assert_false(allows(never, &keyboard, "vault"));
	assert_true(allows(never, &keyboard, "work"));
	assert_false(allows("[device Acme Keys]\nguests = vault\nnot-guests = vault\n", &keyboard,
			    "vault"));
	assert_false(allows("[device Acme Keys]\ndisabled = yes\n", &keyboard, "work"));
}

/* No section, however special, takes back what another one forbids. */
static void all_that_match_must_allow(void **state)
{
	static const char *const text = "[device any]\nname = *\nnot-guests = vault\n"
					"[device desk]\npath = *usb-0000:00:14.0-2*\nspeed = 0.5\n";

	assert_false(allows(text, &keyboard, "vault"));
	assert_true(allows(text, &keyboard, "work"));
}

/* What a device calls itself opens nothing: where it is plugged in does. */
static void reserved_guests_take_no_other(void **state)
{
	static const char *const text = "[device vault keys]\npath = *usb-0000:00:14.0-2/*\n"
					"reserves = vault safe\n"
					"[device pads]\nname = *Pad*\nnot-guests = vault\n";
	struct device_identity liar = keyboard, pad = keyboard;
	struct settings *settings = parse(text);
	struct roster *roster = roster_create(settings->devices, settings->n_devices);

	liar.phys = "usb-0000:00:14.0-20/input0";
	pad.name = "Acme Pad";
	assert_true(allows(text, &keyboard, "vault"));
	assert_true(allows(text, &keyboard, "work"));
	assert_false(allows(text, &liar, "vault"));
	assert_false(allows(text, &liar, "safe"));
	assert_true(allows(text, &liar, "work"));
	/* Reserved is not allowed: the other section still says never. */
	assert_false(allows(text, &pad, "vault"));
	assert_true(allows(text, &pad, "safe"));
	/* What has no name at all is nobody's. */
	assert_false(roster_allows(roster, 9, "vault"));
	assert_true(roster_allows(roster, 9, "work"));
	roster_destroy(roster);
	free(settings);
}

static void recognised_by_what_is_said(void **state)
{
	static const char *const ids[] = {"046d:c31c", "46D:C31C"};

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		char text[80];

		snprintf(text, sizeof(text), "[device x]\nid = %s\nguests = work\n", ids[i]);
		assert_false(allows(text, &keyboard, "vault"));
	}
	assert_true(allows("[device x]\nid = 046d:c31d\nguests = work\n", &keyboard, "vault"));
	assert_false(allows("[device x]\npath = *1-2*\nguests = work\n", &keyboard, "vault"));
	assert_false(allows("[device x]\nname = Acme*\nguests = work\n", &keyboard, "vault"));
	/* All that are said must be so. */
	assert_true(
		allows("[device x]\nname = Acme*\nid = 1:1\nguests = work\n", &keyboard, "vault"));
	/* The section's name is a word for people then. */
	assert_true(allows("[device Acme Keys]\nid = 1:1\nguests = work\n", &keyboard, "vault"));
}

static void names_hold_any_byte(void **state)
{
	const struct device_identity strange = {.name = "a]b=\x01\xff c  "};
	const struct device_identity blank = {.name = "Two  blanks = inside  "};

	assert_false(allows("[device x]\nname = a?b=?? c*\nguests = work\n", &strange, "vault"));
	assert_false(allows("[device Two  blanks = inside]\nguests = work\n", &blank, "vault"));
	assert_true(allows("[device Two blanks = inside]\nguests = work\n", &blank, "vault"));
}

static void the_most_special_section_counts(void **state)
{
	struct settings *settings = parse("[device by name]\nname = *\noutput = A\n"
					  "[device by id]\nid = 046d:c31c\noutput = B\n"
					  "[device by path]\npath = *1-2*\noutput = C\n"
					  "[device by path too]\npath = *\noutput = D\n");
	struct roster *roster = roster_create(settings->devices, settings->n_devices);
	unsigned number = (unsigned)roster_add(roster, &keyboard);

	assert_string_equal(roster_policy(roster, number)->output, "C");
	roster_set_policies(roster, settings->devices, 2);
	assert_string_equal(roster_policy(roster, number)->output, "B");
	roster_set_policies(roster, settings->devices, 1);
	assert_string_equal(roster_policy(roster, number)->output, "A");
	roster_set_policies(roster, NULL, 0);
	assert_null(roster_policy(roster, number));
	roster_destroy(roster);
	free(settings);
}

static void numbers_come_and_go(void **state)
{
	struct roster *roster = roster_create(NULL, 0);

	for (int i = 0; i < SEAT_MAX_DEVICES; i++) {
		assert_int_equal(roster_add(roster, &keyboard), i);
	}
	assert_true(roster_add(roster, &keyboard) < 0);
	roster_remove(roster, 5);
	assert_null(roster_name(roster, 5));
	assert_null(roster_sane(roster, 5));
	assert_int_equal(roster_add(roster, &keyboard), 5);
	assert_null(roster_name(roster, SEAT_MAX_DEVICES));
	assert_true(roster_allows(roster, SEAT_MAX_DEVICES, "work"));
	roster_destroy(roster);
}

/* A device's name cannot forge a line of a report or of the log. */
static void reports_are_printable(void **state)
{
	const struct device_identity liar = {.name = "x\ninput.0.codes 9\x1b[2J"};
	struct roster *roster = roster_create(NULL, 0);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(roster_add(roster, &liar), 0);
	roster_report(roster, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "input.0.name x?input.0.codes 9?[2J\n");
	free(text);
	roster_destroy(roster);
}

/* ---- whose surface is whose panel ---- */

static const struct devices_output panels[] = {
	{"HDMI-A-1", 530, 300},
	{"eDP-1", 294, 166},
	{"DP-2", 344, 194},
};

static int matched(double width_mm, double height_mm, bool is_plugged, unsigned n)
{
	const struct match_screen screen = {width_mm, height_mm, is_plugged};
	const char *why = NULL;
	int found = match_output(&screen, panels, n, &why);

	assert_non_null(why);
	return found;
}

static void screens_find_their_monitor(void **state)
{
	assert_int_equal(matched(0, 0, false, 3), 1);
	/* What hangs on a cable is no part of the lid, whatever else is built in. */
	assert_int_equal(matched(0, 0, true, 3), -1);
	assert_int_equal(matched(340, 190, true, 3), 2);
	/* A twentieth and no more. */
	assert_int_equal(matched(344 * 1.049, 194 * 0.951, true, 3), 2);
	assert_int_equal(matched(344 * 1.055, 194, true, 3), -1);
	assert_int_equal(matched(344, 194 * 1.055, true, 3), -1);
	/* The only one there is. */
	assert_int_equal(matched(100, 100, true, 1), 0);
	assert_int_equal(matched(100, 100, true, 0), -1);
}

static void equal_monitors_are_no_answer(void **state)
{
	const struct devices_output twins[] = {{"DP-1", 344, 194}, {"DP-2", 344, 194}};
	const struct devices_output unknown[] = {{"DP-1", 0, 0}, {"DP-2", 0, 0}};
	const struct match_screen screen = {344, 194, true}, nothing = {0, 0, true};
	const char *why;

	assert_int_equal(match_output(&screen, twins, 2, &why), -1);
	/* Not known on both sides is not the same. */
	assert_int_equal(match_output(&nothing, unknown, 2, &why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_allows_all),
		cmocka_unit_test(only_and_never),
		cmocka_unit_test(all_that_match_must_allow),
		cmocka_unit_test(reserved_guests_take_no_other),
		cmocka_unit_test(recognised_by_what_is_said),
		cmocka_unit_test(names_hold_any_byte),
		cmocka_unit_test(the_most_special_section_counts),
		cmocka_unit_test(numbers_come_and_go),
		cmocka_unit_test(reports_are_printable),
		cmocka_unit_test(screens_find_their_monitor),
		cmocka_unit_test(equal_monitors_are_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
