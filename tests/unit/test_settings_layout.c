/* SPDX-License-Identifier: MIT */
/* The configuration's layouts, and the shipped examples. */
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

#include "config/schema.h"
#include "config/settings.h"

#define EXAMPLES "config/examples/"

static char *errors; /* of the last load */

static struct settings *load_file(const char *path)
{
	size_t size;
	FILE *out;
	struct settings *settings;

	free(errors);
	errors = NULL;
	out = open_memstream(&errors, &size);
	assert_non_null(out);
	settings = settings_load(path, out);
	assert_int_equal(fclose(out), 0);
	return settings;
}

static struct settings *load_text(const char *text)
{
	char path[] = "/tmp/vitrine-test-XXXXXX";
	int fd = mkstemp(path);
	struct settings *settings;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
	settings = load_file(path);
	assert_int_equal(unlink(path), 0);
	return settings;
}

static struct settings *load_good(const char *text)
{
	struct settings *settings = load_text(text);

	if (!settings) {
		fail_msg("%s", errors);
	}
	return settings;
}

static int teardown(void **state)
{
	free(errors);
	errors = NULL;
	return 0;
}

/* One mistake, which ends with this. */
static void expect_mistake(const char *text, const char *mistake)
{
	char *expected = xasprintf("%s\n", mistake);
	struct settings *settings = load_text(text);

	assert_null(settings);
	if (strlen(errors) < strlen(expected) ||
	    strcmp(errors + strlen(errors) - strlen(expected), expected) != 0 ||
	    strchr(errors, '\n') != errors + strlen(errors) - 1) {
		fail_msg("expected %s, got %s", expected, errors);
	}
	free(expected);
}

static const struct layout_output *output_of(const struct settings *settings,
					     const char *layout_name, const char *name)
{
	const struct layout *layout = settings_layout(settings, layout_name);

	assert_non_null(layout);
	for (unsigned i = 0; i < layout->n_outputs; i++) {
		if (strcmp(layout->outputs[i].name, name) == 0) {
			return &layout->outputs[i];
		}
	}
	fail_msg("no output %s in %s", name, layout_name);
	return NULL;
}

/* In words: what, where in percent, how. */
static void expect_region(const struct layout_output *output, unsigned i, const char *expected)
{
	static const char *const shows[] = {"front", "guest", "mosaic", "nothing"};
	static const char *const fits[] = {"centre", "integer", "scale"};
	const struct layout_region *r = &output->regions[i];
	char text[160];

	assert_true(i < output->n_regions);
	snprintf(text, sizeof(text), "%s %s %d at %g %g %g %g %s", shows[r->shows], r->guest,
		 r->head, r->x * 100, r->y * 100, r->w * 100, r->h * 100, fits[r->fit]);
	assert_string_equal(text, expected);
}

/* ---- what monitors show ---- */

static void one_line_says_what_a_monitor_shows(void **state)
{
	struct settings *settings = load_good("[layout a output A]\nshows = guest work head 1\n"
					      "[layout a output B]\nfit = integer\nshows = front\n"
					      "[layout a output C]\nshows = mosaic\n"
					      "[layout a output D]\nshows = nothing\n"
					      "[layout a output E]\nshows = front head 2\n"
					      "[layout a output F]\n");

	expect_region(output_of(settings, "a", "A"), 0, "guest work 1 at 0 0 100 100 centre");
	expect_region(output_of(settings, "a", "B"), 0, "front  -1 at 0 0 100 100 integer");
	expect_region(output_of(settings, "a", "C"), 0, "mosaic  0 at 0 0 100 100 centre");
	expect_region(output_of(settings, "a", "D"), 0, "nothing  0 at 0 0 100 100 centre");
	expect_region(output_of(settings, "a", "E"), 0, "front  2 at 0 0 100 100 centre");
	assert_int_equal(output_of(settings, "a", "F")->n_regions, 0);
	assert_int_equal(settings->n_layouts, 1);
	free(settings);
}

static void parts_are_equal_and_meet(void **state)
{
	struct settings *settings = load_good(
		"[layout a output A]\ncolumns = guest work | front | mosaic\nfit = scale\n"
		"[layout a output B]\nrows = guest a|b | nothing\n");
	const struct layout_output *a = output_of(settings, "a", "A"),
				   *b = output_of(settings, "a", "B");

	assert_int_equal(a->n_regions, 3);
	expect_region(a, 0, "guest work 0 at 0 0 33.3333 100 scale");
	expect_region(a, 1, "front  -1 at 33.3333 0 33.3333 100 scale");
	expect_region(a, 2, "mosaic  0 at 66.6667 0 33.3333 100 scale");
	assert_true(a->regions[0].x + a->regions[0].w == a->regions[1].x);
	assert_true(a->regions[2].x + a->regions[2].w == 1);
	assert_int_equal(b->n_regions, 2);
	expect_region(b, 0, "guest a|b 0 at 0 0 100 50 centre");
	expect_region(b, 1, "nothing  0 at 0 50 100 50 centre");
	free(settings);
}

static void regions_are_placed(void **state)
{
	struct settings *settings = load_good(
		"[layout a region A 2]\narea = bottom half\nshows = mosaic\n"
		"[layout a region A 1]\narea = 0 0 33.5 50\nfit = integer\n"
		"[layout a region A 3]\narea = top-right quarter\n"
		"[layout a output A]\nfit = scale\ntransform = flipped-90\n");
	const struct layout_output *a = output_of(settings, "a", "A");

	assert_int_equal(a->n_regions, 3);
	assert_int_equal(a->transform, TRANSFORM_FLIPPED_90);
	/* The part's own line goes over the monitor's. */
	expect_region(a, 0, "front  -1 at 0 0 33.5 50 integer");
	expect_region(a, 1, "mosaic  0 at 0 50 100 50 scale");
	expect_region(a, 2, "front  -1 at 50 0 50 50 scale");
	free(settings);
}

static void a_drop_in_can_show_something_else(void **state)
{
	char dir[] = "/tmp/vitrine-test-XXXXXX", *path, *folder, *drop_in;
	struct settings *settings;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/v.conf", dir);
	folder = xasprintf("%s.d", path);
	drop_in = xasprintf("%s/a.conf", folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	file = fopen(path, "we");
	fputs("[layout a output A]\ncolumns = front | mosaic\nscale = 2\n", file);
	fclose(file);
	file = fopen(drop_in, "we");
	fputs("[layout a output A]\nshows = nothing\n", file);
	fclose(file);
	assert_int_equal(chmod(path, 0644) | chmod(drop_in, 0644), 0);
	settings = load_file(path);
	assert_non_null(settings);
	assert_int_equal(output_of(settings, "a", "A")->n_regions, 1);
	expect_region(output_of(settings, "a", "A"), 0, "nothing  0 at 0 0 100 100 centre");
	assert_true(output_of(settings, "a", "A")->scale == 2);
	free(settings);
	unlink(drop_in);
	rmdir(folder);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	free(path);
	free(folder);
	free(drop_in);
}

/* ---- how they stand ---- */

static void monitors_are_placed(void **state)
{
	struct settings *settings = load_good(
		"[layout a output A]\nplace = 100,-50\nmode = 1920x1080@59.94\n"
		"[layout a output B]\nplace = above A\ntransform = 270\n"
		"[layout a output C]\nscale = 1.25\nmode = 800x600\n"
		"[layout a output D]\nmirror = A\n"
		"[layout a output E]\noff = yes\n");
	const struct layout_output *o = output_of(settings, "a", "A");

	assert_true(o->place.has_position && o->place.x == 100 && o->place.y == -50);
	assert_true(o->width == 1920 && o->height == 1080 && o->refresh_mhz == 59940);
	o = output_of(settings, "a", "B");
	assert_false(o->place.has_position);
	assert_int_equal(o->place.side, LAYOUT_ABOVE);
	assert_string_equal(o->place.beside, "A");
	assert_int_equal(o->transform, TRANSFORM_270);
	o = output_of(settings, "a", "C");
	assert_true(o->scale == 1.25 && o->width == 800 && o->refresh_mhz == 0);
	assert_false(o->place.has_position);
	assert_int_equal(o->place.side, LAYOUT_AUTO);
	assert_string_equal(output_of(settings, "a", "D")->mirror_of, "A");
	assert_true(output_of(settings, "a", "E")->is_off);
	free(settings);
}

static void edges_and_guests_own_monitors(void **state)
{
	struct settings *settings = load_good(
		"[layout a output A]\nwalls = left,bottom\nresistance = 40\n"
		"[layout a output B]\nwalls = none\n"
		"[layout a external desk]\nguest = games\nplace = right-of B\nsize = 2560x1440\n");
	const struct layout_output *o = output_of(settings, "a", "A");
	const struct layout_external *external = &settings_layout(settings, "a")->externals[0];

	assert_int_equal(o->walls, LAYOUT_WALL_LEFT | LAYOUT_WALL_BOTTOM);
	assert_int_equal(o->resistance, 40);
	assert_int_equal(output_of(settings, "a", "B")->walls, 0);
	assert_int_equal(settings_layout(settings, "a")->n_externals, 1);
	assert_string_equal(external->label, "desk");
	assert_string_equal(external->guest, "games");
	assert_true(external->width == 2560 && external->height == 1440);
	assert_int_equal(external->place.side, LAYOUT_RIGHT_OF);
	assert_string_equal(external->place.beside, "B");
	free(settings);
	assert_null(load_text("[layout a external desk]\nsize = 10x10\n"));
	assert_non_null(strstr(errors, "[layout a]: desk: it needs the name of the guest"));
	assert_null(load_text("[layout a external desk]\nguest = games\n"));
	assert_non_null(strstr(errors, "[layout a]: desk: it needs a size"));
	assert_null(load_text("[layout a output A]\n"
			      "[layout a external A]\nguest = games\nsize = 10x10\n"));
	assert_non_null(strstr(errors, "[layout a]: A: a guest's own monitor needs a name"));
	assert_null(load_text("[layout a external desk]\nguest = games\nsize = 10x10\n"
			      "[layout a external other]\nguest = games\nsize = 10x10\n"));
	assert_non_null(strstr(errors, "[layout a]: other: games has one already"));
	assert_null(load_text("[layout a external desk]\nguest = games\nsize = 10\n"));
	assert_non_null(strstr(errors, "size: 10 is not WIDTHxHEIGHT"));
}

static void wrong_values_say_what_is_right(void **state)
{
	static const struct {
		const char *line, *mistake;
	} cases[] = {
		{"shows = gest work",
		 "gest is none of front, guest, mosaic, nothing; did you mean guest?"},
		{"shows =", "nothing at all is not what to show"},
		{"shows = guest", "guest is not guest and a guest's name"},
		{"shows = guest work haed 1", "haed is not head N, with N from 0 to 15"},
		{"shows = guest work head 16", "head is not head N, with N from 0 to 15"},
		{"shows = guest work head", "head is not head N, with N from 0 to 15"},
		{"shows = mosaic head 1", "head is not the end of the line, where it should be"},
		{"shows = front | mosaic",
		 "front | mosaic is not one thing; columns and rows take several"},
		{"columns = front | | front", "nothing at all is not what to show"},
		{"columns = front |", "nothing at all is not what to show"},
		{"place = rigth-of B",
		 "rigth-of is none of auto, right-of, left-of, above, below; did you mean right-of?"},
		{"place = above",
		 "above is not auto, X,Y or right-of, left-of, above or below a CONNECTOR"},
		{"place = above B C", "above B C is not auto, X,Y or a side and a CONNECTOR"},
		{"place = 1,x",
		 "1,x is not auto, X,Y or right-of, left-of, above or below a CONNECTOR"},
		{"walls = none left", "none is none of left, right, top, bottom"},
		{"walls = , ,", ", , is not none, or left, right, top and bottom"},
		{"walls = lefft", "lefft is none of left, right, top, bottom; did you mean left?"},
		{"resistance = 10001", "10001 is no number from 0 to 10000"},
		{"mode = 1920", "1920 is not auto, or WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ"},
		{"mode = 1920x", "1920x is not auto, or WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ"},
		{"mode = 1920x1080@",
		 "1920x1080@ is not auto, or WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ"},
		{"mode = 1920x1080@0",
		 "1920x1080@0 is not auto, or WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ"},
		{"mode = 0x0", "0x0 is not auto, or WIDTHxHEIGHT or WIDTHxHEIGHT@HERTZ"},
		{"scale = 0.4", "0.4 is not a number from 0.5 to 4"},
		{"scale = 4.001", "4.001 is not a number from 0.5 to 4"},
		{"scale = 1.0001", "1.0001 is not a number from 0.5 to 4"},
		{"scale = 1e0", "1e0 is not a number from 0.5 to 4"},
		{"scale = 1.", "1. is not a number from 0.5 to 4"},
		{"scale = nan", "nan is not a number from 0.5 to 4"},
		{"mark = sme", "sme is none of full, none; did you mean none?"},
		{"transform = 91",
		 "91 is none of normal, 90, 180, 270, flipped, flipped-90, flipped-180, flipped-270; did you mean 90?"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = xasprintf("[layout a output A]\n%s\n", cases[i].line);

		expect_mistake(text, cases[i].mistake);
		free(text);
	}
}

static void areas_lie_on_the_monitor(void **state)
{
	static const char *const wrong[] = {"left third",  "0 0 100",  "0 0 0 100", "50 0 51 100",
					    "0 0 100 101", "-1 0 5 5", "left",      ""};

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		char *text = xasprintf("[layout a region A 1]\narea = %s\n", wrong[i]);
		struct settings *settings = load_text(text);

		assert_null(settings);
		assert_non_null(strstr(errors, ":2: [layout a region A 1] area: "));
		free(text);
	}
}

/* What must fit together in a layout, said with the line at which the layout begins. */
static void layouts_must_make_sense(void **state)
{
	expect_mistake("[layout a region A 2]\narea = left half\n",
		       ":1: [layout a region A 1]: it needs an area");
	expect_mistake(
		"[layout a region A 1]\narea = left half\n[layout a region A 2]\narea = all\n",
		":1: [layout a]: A: regions 1 and 2 overlap");
	expect_mistake(
		"[layout a output A]\nshows = front\n[layout a region A 1]\narea = all\n",
		":3: [layout a region A 1]: its monitor says already what it shows, by shows, columns or rows");
	expect_mistake("[layout a output A]\nshows = front\ncolumns = front\n",
		       ":3: [layout a output A] columns: said already in line 2 (as shows)");
	expect_mistake(
		"[server]\n[layout a output A]\nshows = front\nmark = none\n",
		":2: [layout a]: A: only a monitor whose one region shows one named guest can go without its mark");
	expect_mistake("[layout a output A]\nmirror = A\n", ":1: [layout a]: A: mirrors itself");
	free(load_good("[layout a output A]\nshows = guest work\nmark = none\n"));
}

static void reachable_guests_are_named(void **state)
{
	struct settings *settings = load_good("[layout a]\nreachable =  work\tweb \n[layout b]\n");

	assert_int_equal(settings_layout(settings, "a")->n_reachable, 2);
	assert_string_equal(settings_layout(settings, "a")->reachable[0], "work");
	assert_string_equal(settings_layout(settings, "a")->reachable[1], "web");
	assert_int_equal(settings_layout(settings, "b")->n_reachable, 0);
	free(settings);
	expect_mistake("[layout a]\nreachable = a/b\n", "a/b is not a guest's name");
	expect_mistake("[layout a]\nreachable = 1 2 3 4 5 6 7 8 9\n", "more than 8 guests");
	/* Nobody reachable would be everybody. */
	expect_mistake("[layout a]\nreachable =\n", "no guest at all");
}

/* ---- the shipped examples ---- */

static char *example_text(const char *name)
{
	char *path = xasprintf("%s%s", EXAMPLES, name), *text = xcalloc(1, 65536);
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	free(path);
	return text;
}

static void all_examples_are_good(void **state)
{
	static const char *const names[] = {"desk.conf", "split.conf", "video-wall.conf",
					    "kiosk.conf", "head-unit.conf"};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		char *text = example_text(names[i]);

		free(load_good(text));
		free(text);
	}
}

/* A # and then no blank. */
static void uncomment(char *text, const char *end)
{
	for (char *at = text; at && at < end; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (at[0] == '#' && at[1] != ' ' && at[1] != '\n') {
			at[0] = ' ';
		}
	}
}

static bool names_key(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len) {
		bool begins = at[-1] == '#' || at[-1] == '\n' || strncmp(at - 2, "# ", 2) == 0;

		if (begins && strncmp(at + len, " =", 2) == 0) {
			return true;
		}
	}
	return false;
}

static void the_desk_shows_all_defaults(void **state)
{
	char *text = example_text("desk.conf");
	struct settings *standard = settings_default(), *loaded;

	for (unsigned i = 0; i < schema_n_sections; i++) {
		const struct schema_section *section = &schema_sections[i];

		for (unsigned j = 0;
		     section->object <= SCHEMA_GUEST_DEFAULTS && j < section->n_keys; j++) {
			if (!names_key(text, section->keys[j].name)) {
				fail_msg("desk.conf has no %s", section->keys[j].name);
			}
		}
	}
	uncomment(text, strstr(text, "# From here on examples"));
	loaded = load_good(text);
	assert_memory_equal(loaded, standard, sizeof(*loaded));
	free(loaded);
	/* What stands below are examples, which work, too. */
	uncomment(text, text + strlen(text));
	loaded = load_good(text);
	assert_int_equal(loaded->n_layouts, 2);
	free(loaded);
	free(standard);
	free(text);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_line_says_what_a_monitor_shows),
		TEST(parts_are_equal_and_meet),
		TEST(regions_are_placed),
		TEST(a_drop_in_can_show_something_else),
		TEST(monitors_are_placed),
		TEST(edges_and_guests_own_monitors),
		TEST(wrong_values_say_what_is_right),
		TEST(areas_lie_on_the_monitor),
		TEST(layouts_must_make_sense),
		TEST(reachable_guests_are_named),
		TEST(all_examples_are_good),
		TEST(the_desk_shows_all_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
