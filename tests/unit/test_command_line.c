/* SPDX-License-Identifier: MIT */
/* Commands of the configuration: how they are split, and that nothing in them expands; requests for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/command_line.h"
#include "config/settings.h"
#include "helpers/command/command.h"

/* The words, each in brackets; or what is wrong. */
static void expect(const char *text, const char *guest, const char *expected)
{
	struct command_line line;
	char words[COMMAND_LINE_BYTES + 3 * COMMAND_LINE_WORDS + 1] = "";
	char why[COMMAND_LINE_WHY_SIZE];

	if (command_line_split(text, guest, &line, why) < 0) {
		assert_string_equal(why, expected);
		return;
	}
	assert_null(line.argv[line.n]);
	for (unsigned i = 0; i < line.n; i++) {
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "[%s]", line.argv[i]);
	}
	assert_string_equal(words, expected);
}

static void words_and_quotes(void **state)
{
	expect("/usr/sbin/xl create /etc/xen/work.cfg", "work",
	       "[/usr/sbin/xl][create][/etc/xen/work.cfg]");
	expect("  /bin/a\tb  c ", "g", "[/bin/a][b][c]");
	expect("/bin/a 'b c' \"d e\" f\\ g", "g", "[/bin/a][b c][d e][f g]");
	expect("/bin/a '' \"\" x''y", "g", "[/bin/a][][][xy]");
	expect("/bin/a 'b\\c' \"b\\\"c\" 'd\"e'", "g", "[/bin/a][b\\c][b\"c][d\"e]");
	expect("'/bin/with blank' x", "g", "[/bin/with blank][x]");
}

static void the_guests_name_is_one_argument(void **state)
{
	expect("/bin/xl create /etc/xen/%n.cfg", "w", "[/bin/xl][create][/etc/xen/w.cfg]");
	expect("/bin/xl %n '%n' \"%n\" 100%%", "a&b|c*$x",
	       "[/bin/xl][a&b|c*$x][a&b|c*$x][a&b|c*$x][100%]");
	/* A name that looks like a parameter is not looked at again. */
	expect("/bin/xl %n", "%n%x\\", "[/bin/xl][%n%x\\]");
}

static void nothing_expands(void **state)
{
	expect("/bin/a $HOME *.c ~ `id` $(id) ; | & > x # y", "g",
	       "[/bin/a][$HOME][*.c][~][`id`][$(id)][;][|][&][>][x][#][y]");
}

static void mistakes_are_told(void **state)
{
	char many[COMMAND_LINE_WORDS * 2 + 16] = "/bin/a";

	expect("", "g", "it is empty");
	expect("   ", "g", "it is empty");
	expect("xl create", "g", "the program is a path that begins with a slash");
	expect("'' /bin/a", "g", "the program is a path that begins with a slash");
	expect("/bin/a 'b", "g", "a quote has no end");
	expect("/bin/a \"b", "g", "a quote has no end");
	expect("/bin/a \"b\\", "g", "it ends with a backslash");
	expect("/bin/a b\\", "g", "it ends with a backslash");
	expect("/bin/a %s", "g", "after % there is n, for the guest's name, or another %");
	expect("/bin/a 50%", "g", "after % there is n, for the guest's name, or another %");
	expect("/bin/a b\x01", "g", "it has a character that cannot be printed");
	for (unsigned i = 0; i < COMMAND_LINE_WORDS; i++) {
		strcat(many, " b");
	}
	expect(many, "g", "it has too many words");
}

static void it_never_grows_past_its_room(void **state)
{
	char text[256] = "/", guest[33];

	memset(guest, 'g', 32);
	guest[32] = '\0';
	while (strlen(text) < sizeof(text) - 3) {
		strcat(text, "%n");
	}
	expect(text, guest, "its words are too long");
}

static const char *mistakes_of(const char *text)
{
	static char words[512];
	FILE *errors = fmemopen(words, sizeof(words), "w");
	struct settings *settings = settings_parse("FILE", text, strlen(text), errors);

	fclose(errors);
	free(settings);
	return settings ? "" : words;
}

static void the_configuration_is_checked(void **state)
{
	assert_string_equal(mistakes_of("[guest a]\nstart = /bin/a %n\nstop=/bin/b 'x y'\n"), "");
	assert_string_equal(
		mistakes_of("[guest a]\nstart = xl create\n"),
		"FILE:2: [guest a] start: the program is a path that begins with a slash\n");
	assert_string_equal(mistakes_of("[guest a]\nreboot = /bin/a 'b\n"),
			    "FILE:2: [guest a] reboot: a quote has no end\n");
}

static struct command_request good(void)
{
	return (struct command_request){COMMAND_VERSION, COMMAND_STOP, "work"};
}

static int parse(const struct command_request *request, size_t n)
{
	struct command_request out;
	char why[COMMAND_TEXT_SIZE] = "";
	int ret = command_request_parse(request, n, &out, why);

	assert_true(ret == 0 || why[0]);
	if (ret == 0) {
		assert_memory_equal(&out, request, sizeof(out));
	}
	return ret;
}

static void requests_are_exactly_that(void **state)
{
	static const char *const bad_names[] = {"",    "-h",   "a b",  "a/b", "a=b",
						"a'b", "a\"b", "a\nb", "\x80"};
	struct command_request request = good();

	assert_int_equal(parse(&request, sizeof(request)), 0);
	assert_true(parse(&request, sizeof(request) - 1) < 0);
	assert_true(parse(&request, sizeof(request) + 1) < 0);
	assert_true(parse(&request, 0) < 0);
	request.version++;
	assert_true(parse(&request, sizeof(request)) < 0);
	for (uint32_t verb = 0; verb < 6; verb++) {
		request = good();
		request.verb = verb;
		assert_int_equal(parse(&request, sizeof(request)) == 0,
				 verb >= COMMAND_START && verb <= COMMAND_REBOOT);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(bad_names); i++) {
		request = good();
		memset(request.guest, 0, sizeof(request.guest));
		strcpy(request.guest, bad_names[i]);
		assert_true(parse(&request, sizeof(request)) < 0);
	}
	request = good();
	request.guest[10] = 'x';
	assert_true(parse(&request, sizeof(request)) < 0);
	memset(request.guest, 'a', sizeof(request.guest));
	assert_true(parse(&request, sizeof(request)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_quotes),
		cmocka_unit_test(the_guests_name_is_one_argument),
		cmocka_unit_test(nothing_expands),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(it_never_grows_past_its_room),
		cmocka_unit_test(the_configuration_is_checked),
		cmocka_unit_test(requests_are_exactly_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
