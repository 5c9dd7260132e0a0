/* SPDX-License-Identifier: MIT */
/* The configuration: files as people write them, right and wrong, and what comes of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/nearest.h"
#include "config/schema.h"
#include "config/settings.h"
#include "tests/skip.h"

struct bench {
	char dir[64], path[96], folder[96];
	char *errors; /* of the last load */
};

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	strcpy(bench->dir, "/tmp/vitrine-test-XXXXXX");
	if (!mkdtemp(bench->dir)) {
		return -1;
	}
	snprintf(bench->path, sizeof(bench->path), "%s/v.conf", bench->dir);
	snprintf(bench->folder, sizeof(bench->folder), "%s/v.conf.d", bench->dir);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	char *command = xasprintf("rm -rf %s", bench->dir);
	/* A directory of the test's own. */
	/* NOLINTNEXTLINE(cert-env33-c) */
	int ret = system(command);

	free(command);
	free(bench->errors);
	free(bench);
	return ret;
}

static void write_bytes(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void write_drop_in(struct bench *bench, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", bench->folder, name);

	assert_true(mkdir(bench->folder, 0755) == 0 || errno == EEXIST);
	write_bytes(path, text, strlen(text));
	free(path);
}

/* Of the files that are there. */
static struct settings *load(struct bench *bench)
{
	size_t size;
	FILE *errors;
	struct settings *settings;

	free(bench->errors);
	bench->errors = NULL;
	errors = open_memstream(&bench->errors, &size);
	assert_non_null(errors);
	settings = settings_load(bench->path, errors);
	assert_int_equal(fclose(errors), 0);
	/* Nothing is refused without a word, and nothing is complained of and taken. */
	assert_int_equal(settings == NULL, bench->errors[0] != '\0');
	return settings;
}

static struct settings *load_text(struct bench *bench, const char *text)
{
	write_bytes(bench->path, text, strlen(text));
	return load(bench);
}

static struct settings *load_good(struct bench *bench, const char *text)
{
	struct settings *settings = load_text(bench, text);

	if (!settings) {
		fail_msg("%s", bench->errors);
	}
	return settings;
}

/* Exactly these lines, FILE being what stands for the path. */
static void expect_mistakes(struct bench *bench, const char *expected)
{
	const char *at = bench->errors, *found;
	char text[8192] = "";

	while ((found = strstr(at, bench->path))) {
		strncat(text, at, (size_t)(found - at));
		strcat(text, "FILE");
		at = found + strlen(bench->path);
	}
	strcat(text, at);
	assert_string_equal(text, expected);
}

static void expect_refused(struct bench *bench, const char *text, const char *expected)
{
	assert_null(load_text(bench, text));
	assert_int_equal(errno, EINVAL);
	expect_mistakes(bench, expected);
}

/* ---- files ---- */

static void an_empty_file_says_nothing(void **state)
{
	struct settings *loaded = load_good(*state, ""), *standard = settings_default();

	assert_memory_equal(loaded, standard, sizeof(*loaded));
	assert_int_equal(loaded->n_layouts, 1);
	assert_string_equal(loaded->layouts[0].name, "default");
	assert_string_equal(loaded->attention_key, "ctrl+alt+delete");
	assert_string_equal(loaded->switch_key, "ctrl+alt+tab");
	assert_int_equal(loaded->guest_defaults.pace_hz, 10);
	assert_int_equal(loaded->guest_defaults.colour, -1);
	assert_true(loaded->use_planes);
	assert_false(loaded->guest_defaults.allow_be_alloc);
	free(loaded);
	free(standard);
}

static void a_named_file_must_be_there(void **state)
{
	struct bench *bench = *state;

	assert_null(load(bench));
	assert_int_equal(errno, ENOENT);
	expect_mistakes(bench, "FILE: No such file or directory\n");
}

static void drop_ins_go_over_it_in_order(void **state)
{
	struct bench *bench = *state;
	struct settings *settings;

	write_drop_in(bench, "20-b.conf", "[server]\nfont = second\n[input]\nbind = V=W\n");
	write_drop_in(bench, "10-a.conf", "[server]\nfont = first\nrenderer = pixman\n");
	write_drop_in(bench, "30-c.conf.bak", "nonsense");
	write_drop_in(bench, ".hidden.conf", "nonsense");
	settings = load_good(bench, "[server]\nfont = main\nlog-level = warn\n[input]\nbind = A=B\n"
				    "bind = C=D\nswitch-key = meta+a\n");
	assert_string_equal(settings->font, "second");
	assert_string_equal(settings->renderer, "pixman");
	assert_int_equal(settings->log_level, LOG_LEVEL_WARN);
	/* A list is replaced, not continued. */
	assert_int_equal(settings->n_bind_input, 1);
	assert_string_equal(settings->bind_input[0], "V=W");
	assert_string_equal(settings->switch_key, "meta+a");
	free(settings);
}

static void a_mistake_in_a_drop_in_has_its_name(void **state)
{
	struct bench *bench = *state;

	write_drop_in(bench, "a.conf", "[server]\n\nfnot = x\n");
	expect_refused(bench, "[sever]\n",
		       "FILE:1: [sever]: no such section; did you mean [server]?\n"
		       "FILE.d/a.conf:3: [server] fnot: no such key; did you mean font?\n");
}

static void what_others_can_write_is_refused(void **state)
{
	struct bench *bench = *state;
	static const char complaint[] =
		"can be written by others than its owner; not read (chmod go-w)\n";
	char expected[256];

	for (unsigned i = 0; i < 2; i++) {
		write_bytes(bench->path, "", 0);
		assert_int_equal(chmod(bench->path, i == 0 ? 0664 : 0646), 0);
		assert_null(load(bench));
		snprintf(expected, sizeof(expected), "FILE: %s", complaint);
		expect_mistakes(bench, expected);
	}
	write_bytes(bench->path, "", 0);
	write_drop_in(bench, "a.conf", "");
	assert_int_equal(chmod(bench->folder, 0777), 0);
	assert_null(load(bench));
	snprintf(expected, sizeof(expected), "FILE.d: %s", complaint);
	expect_mistakes(bench, expected);
	assert_int_equal(chmod(bench->folder, 0755), 0);
	free(load_good(bench, ""));
}

static void what_belongs_to_another_is_refused(void **state)
{
	struct bench *bench = *state;

	if (geteuid() != 0) {
		SKIP_TEST("only root can give a file to another user");
	}
	write_bytes(bench->path, "", 0);
	assert_int_equal(chown(bench->path, 12345, 0), 0);
	assert_null(load(bench));
	expect_mistakes(bench, "FILE: belongs to neither root nor the server's user; not read\n");
}

static void only_files_are_read(void **state)
{
	struct bench *bench = *state;

	/* Opening a pipe that nobody writes to would hang. */
	assert_int_equal(mkfifo(bench->path, 0600), 0);
	assert_null(load(bench));
	expect_mistakes(bench, "FILE: is no file\n");
	assert_int_equal(unlink(bench->path), 0);
	assert_int_equal(mkdir(bench->path, 0755), 0);
	assert_null(load(bench));
	expect_mistakes(bench, "FILE: is no file\n");
	assert_int_equal(rmdir(bench->path), 0);
	write_bytes(bench->path, "", 0);
	assert_int_equal(truncate(bench->path, (1 << 20) + 1), 0);
	assert_null(load(bench));
	expect_mistakes(bench, "FILE: is larger than a mebibyte; not read\n");
}

/* ---- lines ---- */

static void lines_are_read_as_they_are_meant(void **state)
{
	struct settings *settings = load_good(*state, "\xef\xbb\xbf[server] ; comment\n"
						      "  font\t=  A B;C ; comment\n"
						      "# comment\n;comment\n \t \n"
						      "[input]\n\tbind = a:b = c=D\n"
						      "[guest a;b]\ncolour = #0102aF");

	assert_string_equal(settings->font, "A B;C");
	assert_string_equal(settings->bind_input[0], "a:b = c=D");
	assert_int_equal(settings_guest(settings, "a;b")->colour, 0x0102af);
	free(settings);
}

static void all_mistakes_are_found(void **state)
{
	expect_refused(*state,
		       "font = x\n"
		       "[server]\n"
		       "font\n"
		       "= x\n"
		       "a:b = x\n"
		       "xyzzyx = 1\n"
		       "font = a\n"
		       "\n"
		       "font = b\n"
		       "[server\n"
		       "never = looked at\n"
		       "[server] x\n"
		       "[]\n"
		       "[guest a b c d e f]\n"
		       "[idel]\n"
		       "also = not looked at\n"
		       "[idle]\n"
		       "dim-to = 0\n",
		       "FILE:1: font stands before the first [SECTION]\n"
		       "FILE:3: neither [SECTION] nor KEY = VALUE: font\n"
		       "FILE:4: [server] a key has 1 to 49 characters, none of them a colon\n"
		       "FILE:5: [server] a key has 1 to 49 characters, none of them a colon\n"
		       "FILE:6: [server] xyzzyx: no such key; vitrine.conf(5) lists them\n"
		       "FILE:9: [server] font: said already in line 7 (as font)\n"
		       "FILE:10: a section's line is [NAME] and nothing else\n"
		       "FILE:12: a section's line is [NAME] and nothing else\n"
		       "FILE:13: a section's name has 1 to 49 characters\n"
		       "FILE:14: [guest a b c d e f]: no such section; vitrine.conf(5) lists them\n"
		       "FILE:15: [idel]: no such section; did you mean [idle]?\n"
		       "FILE:18: [idle] dim-to: 0 is no number from 1 to 100\n");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	struct bench *bench = *state;
	static const char nul[] = "[server]\nfont = a\0b\n";

	expect_refused(
		bench, "[server]\r\nfont = x\r\n",
		"FILE:1: the line ends in a carriage return; save the file with Unix line ends\n");
	expect_refused(bench, "[server]\nfont = a\x01\n",
		       "FILE:2: byte 0x01 in column 9 is no text\n");
	expect_refused(bench, "[ser\x7fver]\nfont = a\n",
		       "FILE:1: byte 0x7f in column 5 is no text\n");
	write_bytes(bench->path, nul, sizeof(nul) - 1);
	assert_null(load(bench));
	expect_mistakes(bench, "FILE:2: byte 0x00 in column 9 is no text\n");
}

/* inih would cut the line, or take its end for another one. */
static void long_lines_are_refused_not_cut(void **state)
{
	struct bench *bench = *state;
	char text[600], value[512];
	struct settings *settings;

	for (int len = 60; len < 300; len++) {
		memset(value, 'x', (size_t)len);
		memcpy(value + len - 2, "=Y", 3);
		snprintf(text, sizeof(text), "[input]\nbind = %s\n", value);
		settings = load_text(bench, text);
		if (settings) {
			assert_string_equal(settings->bind_input[0], value);
			assert_true(len < 160);
		} else {
			assert_true(len >= 160);
			assert_non_null(strstr(bench->errors, ":2: "));
			assert_ptr_equal(strchr(bench->errors, '\n'),
					 bench->errors + strlen(bench->errors) - 1);
		}
		free(settings);
	}
	assert_non_null(strstr(bench->errors, "the line is longer than "));
}

static void mistakes_have_an_end(void **state)
{
	struct bench *bench = *state;
	char text[200 * 4 + 1] = "";

	for (int i = 0; i < 200; i++) {
		strcat(text, "[]\n");
	}
	assert_null(load_text(bench, text));
	assert_non_null(strstr(bench->errors, ":100: "));
	assert_null(strstr(bench->errors, ":101: "));
	assert_non_null(strstr(bench->errors, "100 more mistakes\n"));
}

/* ---- values ---- */

struct value_case {
	const char *line;
	const char *mistake; /* NULL: fine */
};

static void values_are_checked(void **state)
{
	static const struct value_case cases[] = {
		{"[server]\nlog-level = loud", "loud is none of error, warn, info, debug"},
		{"[server]\nlog-level = Info",
		 "Info is none of error, warn, info, debug; did you mean info?"},
		{"[server]\nrenderer = gles",
		 "gles is none of auto, pixman, gles2; did you mean gles2?"},
		{"[server]\ncard = dri/card0", "dri/card0 is not an absolute path"},
		{"[server]\nplanes = true", "true is none of no, yes"},
		{"[server]\nplanes =", " is none of no, yes"},
		{"[server]\nplanes = no", NULL},
		{"[input]\nattention-key = none",
		 "none is not a chord: ctrl, alt, shift or meta and a key, joined by +, or "
		 "leftctrl+rightctrl"},
		{"[input]\nswitch-key = tab",
		 "tab is not a chord: ctrl, alt, shift or meta and a key, joined by +, or "
		 "leftctrl+rightctrl, or none"},
		{"[input]\nbind = A", "A is not DEVICE NAME=CONNECTOR"},
		{"[input]\nbind = =A", "=A is not DEVICE NAME=CONNECTOR"},
		{"[idle]\noff-after = 10",
		 "10 is not a time: a number with ms, s, min or h, or never"},
		{"[idle]\noff-after = 1500 ms",
		 "1500 ms is not a time: a number with ms, s, min or h, or never"},
		{"[idle]\noff-after = 25 h",
		 "25 h is not a time: a number with ms, s, min or h, or never"},
		{"[idle]\noff-after = 0 s",
		 "0 s is not a time: a number with ms, s, min or h, or never"},
		{"[idle]\noff-after = -1 s",
		 "-1 s is not a time: a number with ms, s, min or h, or never"},
		{"[idle]\noff-after = 24 h", NULL},
		{"[idle]\noff-after = 99999999999999999999 s",
		 "99999999999999999999 s is not a time: a number with ms, s, min or h, or never"},
		{"[guest]\nbe-alloc-bytes = 65 GiB",
		 "65 GiB is not a number of bytes, or with KiB, MiB or GiB"},
		{"[guest]\nbe-alloc-bytes = 64 GiB", NULL},
		{"[guest]\nbe-alloc-bytes = 1 MB",
		 "1 MB is not a number of bytes, or with KiB, MiB or GiB"},
		{"[guest]\ncolour = 00ff00", "00ff00 is not #RRGGBB or auto"},
		{"[guest]\ncolour = #00ff0", "#00ff0 is not #RRGGBB or auto"},
		{"[guest]\ncolour = #00ff0g", "#00ff0g is not #RRGGBB or auto"},
		{"[guest]\npace = 0", "0 is no number from 1 to 10"},
		{"[guest]\npace = 11", "11 is no number from 1 to 10"},
		{"[guest]\npace = 1", NULL},
	};
	struct bench *bench = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = xasprintf("%s\n", cases[i].line);
		struct settings *settings = load_text(bench, text);

		if (!cases[i].mistake) {
			assert_string_equal(bench->errors, "");
		} else {
			const char *what = strrchr(bench->errors, ']');

			what = what ? strstr(what, ": ") : NULL;
			assert_non_null(what);
			assert_memory_equal(what + 2, cases[i].mistake, strlen(cases[i].mistake));
			assert_string_equal(what + 2 + strlen(cases[i].mistake), "\n");
		}
		free(settings);
		free(text);
	}
}

static void values_arrive(void **state)
{
	struct settings *settings = load_good(
		*state, "[idle]\ndim-after = 2min\ndim-to = 100\noff-after = 1 h\n"
			"[guest work]\nfrozen-after = 1 s\nbe-alloc = yes\nbe-alloc-bytes = 3 KiB\n"
			"[server]\ncard = /a\ncard = /b\nincoherent-scanout = yes\n");
	const struct settings_guest *work = settings_guest(settings, "work");

	assert_int_equal(settings->idle.dim_s, 120);
	assert_int_equal(settings->idle.dim_percent, 100);
	assert_int_equal(settings->idle.off_s, 3600);
	assert_int_equal(work->frozen_ms, 1000);
	assert_true(work->allow_be_alloc);
	assert_int_equal(work->be_alloc_bytes, 3072);
	assert_int_equal(settings->n_cards, 2);
	assert_string_equal(settings->cards[1], "/b");
	assert_true(settings->allow_incoherent_scanout);
	free(settings);
}

static void lists_have_an_end(void **state)
{
	expect_refused(*state, "[server]\ncard = /1\ncard = /2\ncard = /3\ncard = /4\ncard = /5\n",
		       "FILE:6: [server] card: more than 4 of them\n");
}

static void guests_begin_with_the_defaults(void **state)
{
	struct bench *bench = *state;
	struct settings *settings;

	write_drop_in(bench, "a.conf", "[guest]\npace = 3\n");
	settings = load_good(
		bench, "[guest work]\ncolour = #000001\n[guest]\npace = 5\nfrozen-after = 2 s\n"
		       "[guest web]\nfrozen-after = never\n");
	assert_int_equal(settings_guest(settings, "work")->pace_hz, 3);
	assert_int_equal(settings_guest(settings, "work")->frozen_ms, 2000);
	assert_int_equal(settings_guest(settings, "work")->colour, 1);
	assert_int_equal(settings_guest(settings, "web")->frozen_ms, 0);
	assert_int_equal(settings_guest(settings, "web")->colour, -1);
	assert_ptr_equal(settings_guest(settings, "other"), &settings->guest_defaults);
	free(settings);
}

static void names_of_sections_are_checked(void **state)
{
	expect_refused(
		*state,
		"[guest a/b]\n"
		"[guest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n"
		"[layout a\"b]\n"
		"[layout a output 01234567890123456789012345678901]\n"
		"[layout a region A 0]\n"
		"[layout a region A 17]\n"
		"[layout a region A x]\n"
		"[layout a outptu A]\n"
		"[layuot a outptu A]\n",
		"FILE:1: [guest a/b]: a guest's name has at most 32 characters, no quotes, slashes and =\n"
		"FILE:2: [guest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]: a guest's name has at most 32 characters, no quotes, slashes and =\n"
		"FILE:3: [layout a\"b]: a layout's name has at most 32 characters, no quotes, slashes and =\n"
		"FILE:4: [layout a output 01234567890123456789012345678901]: a connector's name has at most 31 characters\n"
		"FILE:5: [layout a region A 0]: the number of a region is 1 to 16\n"
		"FILE:6: [layout a region A 17]: the number of a region is 1 to 16\n"
		"FILE:7: [layout a region A x]: the number of a region is 1 to 16\n"
		"FILE:8: [layout a outptu A]: no such section; did you mean [layout NAME output CONNECTOR]?\n"
		"FILE:9: [layuot a outptu A]: no such section; vitrine.conf(5) lists them\n");
}

static void too_many_of_anything_is_a_mistake(void **state)
{
	struct bench *bench = *state;
	char text[4096] = "", *end = text;

	for (int i = 0; i < 65; i++) {
		end += sprintf(end, "[guest g%d]\n", i);
	}
	for (int i = 0; i < 17; i++) {
		end += sprintf(end, "[layout l%d]\n", i);
	}
	for (int i = 0; i < 17; i++) {
		end += sprintf(end, "[layout l0 output o%d]\n", i);
	}
	expect_refused(bench, text,
		       "FILE:65: [guest g64]: too many guests: the limit is 64\n"
		       "FILE:82: [layout l16]: too many layouts: the limit is 16\n"
		       "FILE:99: [layout l0 output o16]: too many monitors: the limit is 16\n");
}

static void chords_differ(void **state)
{
	expect_refused(*state, "[input]\nlayout-key = ctrl+alt+tab\n",
		       "FILE:2: [input] layout-key: the same keys as switch-key\n");
	/* Attention takes no notice of further modifiers, so the key is its own. */
	expect_refused(*state, "[input]\nbrighter-key = meta+delete\n",
		       "FILE:2: [input] brighter-key: the same keys as attention-key\n");
	free(load_good(*state, "[input]\nlayout-key = ctrl+shift+tab\ndarker-key = none\n"
			       "brighter-key = none\n"));
}

static void the_first_layout_must_exist(void **state)
{
	expect_refused(*state, "[server]\nstart-layout = b\n[layout a]\n",
		       "FILE:2: [server] start-layout: there is no such layout\n");
	free(load_good(*state, "[server]\nstart-layout = a\n[layout a]\n"));
	free(load_good(*state, "[server]\nstart-layout = default\n"));
}

/* ---- what comes from the table ---- */

static void the_manual_has_every_key(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	settings_write_manual(out);
	fclose(out);
	for (unsigned i = 0; i < schema_n_sections; i++) {
		for (unsigned j = 0; j < schema_sections[i].n_keys; j++) {
			const struct schema_key *key = &schema_sections[i].keys[j];
			char name[64] = "\n.BI \"", *end = name + strlen(name);

			for (const char *c = key->name; *c; c++) {
				end += sprintf(end, *c == '-' ? "\\-" : "%c", *c);
			}
			assert_non_null(strstr(text, name));
			assert_true(key->help[strlen(key->help) - 1] == '.');
		}
	}
	free(text);
}

static void names_are_near_when_they_are_misspelt(void **state)
{
	struct nearest nearest;

	nearest_init(&nearest, "headles=8x8", 7);
	nearest_offer(&nearest, "help");
	nearest_offer(&nearest, "headless");
	assert_string_equal(nearest.best, "headless");
	nearest_init(&nearest, "xy", 2);
	nearest_offer(&nearest, "ab");
	assert_null(nearest.best);
	assert_int_equal(text_distance("kitten", 6, "sitting"), 3);
	assert_int_equal(text_distance("", 0, "abc"), 3);
	/* Of very long names only the beginning counts, and nothing is read past it. */
	assert_int_equal(text_distance("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 48,
				       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
			 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_file_says_nothing),
		TEST(a_named_file_must_be_there),
		TEST(drop_ins_go_over_it_in_order),
		TEST(a_mistake_in_a_drop_in_has_its_name),
		TEST(what_others_can_write_is_refused),
		TEST(what_belongs_to_another_is_refused),
		TEST(only_files_are_read),
		TEST(lines_are_read_as_they_are_meant),
		TEST(all_mistakes_are_found),
		TEST(bytes_that_are_no_text_are_refused),
		TEST(long_lines_are_refused_not_cut),
		TEST(mistakes_have_an_end),
		TEST(values_are_checked),
		TEST(values_arrive),
		TEST(lists_have_an_end),
		TEST(guests_begin_with_the_defaults),
		TEST(names_of_sections_are_checked),
		TEST(too_many_of_anything_is_a_mistake),
		TEST(chords_differ),
		TEST(the_first_layout_must_exist),
		TEST(the_manual_has_every_key),
		TEST(names_are_near_when_they_are_misspelt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
