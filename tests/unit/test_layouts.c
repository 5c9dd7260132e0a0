/* SPDX-License-Identifier: MIT */
/* Which layout is in force: by name, by the key, and for each set of monitors, over restarts. */
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

#include "compositor/layout_memory.h"
#include "compositor/server.h"
#include "config/settings.h"

#define MONITORS 3

struct monitor {
	struct output_device base;
	bool plugged, refuses, ignores;
	unsigned asked; /* for a mode */
	int width, height, refresh_mhz;
};

static struct {
	struct server server;
	struct settings *settings;
	struct monitor monitors[MONITORS];
	unsigned signals;
} world;

/* ---- what stands in for the rest ---- */

struct output_device *repaint_device(struct repaint *repaint, unsigned number)
{
	return number < MONITORS && world.monitors[number].plugged ? &world.monitors[number].base :
								     NULL;
}

void input_outputs_changed(struct input *input)
{
}

static void hear(struct control *control, const char *name, const char *guest, const char *detail)
{
	assert_string_equal(name, "LayoutChanged");
	assert_string_equal(detail, scene_layout(world.server.scene)->name);
	world.signals++;
}

static int monitor_set_mode(struct output_device *device, int width, int height, int refresh_mhz)
{
	struct monitor *monitor = device->data;

	monitor->asked++;
	monitor->width = width;
	monitor->height = height;
	monitor->refresh_mhz = refresh_mhz;
	return monitor->refuses ? -ENOENT : 0;
}

static const struct scene_events no_events;
static const struct output_device_ops monitor_ops = {.set_mode = monitor_set_mode};

/* ---- the world ---- */

static char *directory(void)
{
	static char path[] = "/tmp/test-layouts-XXXXXX";
	static bool is_made;

	if (!is_made) {
		assert_non_null(mkdtemp(path));
		is_made = true;
	}
	return path;
}

static char *file_path(const char *name)
{
	return xasprintf("%s/%s", directory(), name);
}

static void turn(void)
{
	while (sd_event_run(world.server.event, 0) > 0) {
	}
}

static void plug(unsigned i, const char *serial)
{
	struct monitor *monitor = &world.monitors[i];

	*monitor = (struct monitor){
		.base = {.ops = &monitor_ops,
			 .width = 1024,
			 .height = 768,
			 .refresh_mhz = 60000,
			 .data = monitor},
		.plugged = true,
	};
	snprintf(monitor->base.name, sizeof(monitor->base.name), "M-%u", i);
	snprintf(monitor->base.identity.serial, sizeof(monitor->base.identity.serial), "%s", serial);
	layouts_monitors_changed(world.server.layouts);
}

static void unplug(unsigned i)
{
	world.monitors[i].plugged = false;
	layouts_monitors_changed(world.server.layouts);
}

static struct layout *layout_add(const char *name)
{
	struct layout *layout = &world.settings->layouts[world.settings->n_layouts++];

	snprintf(layout->name, sizeof(layout->name), "%s", name);
	return layout;
}

static void server_start(void)
{
	assert_true(sd_event_new(&world.server.event) >= 0);
	world.server.tell = hear;
	world.server.scene = scene_create(&no_events, NULL);
	assert_int_equal(layouts_create(&world.server.layouts, &world.server), 0);
}

static void server_stop(void)
{
	layouts_destroy(world.server.layouts);
	scene_destroy(world.server.scene);
	sd_event_unref(world.server.event);
}

static int setup(void **state)
{
	char *path = file_path("layouts");

	log_init("test_layouts", LOG_LEVEL_ERROR);
	unlink(path);
	free(path);
	memset(&world, 0, sizeof(world));
	world.settings = settings_default();
	world.server.settings = world.settings;
	world.settings->n_layouts = 0;
	snprintf(world.settings->state_dir, sizeof(world.settings->state_dir), "%s", directory());
	layout_add("desk");
	layout_add("film");
	layout_add("wall");
	server_start();
	return 0;
}

static int teardown(void **state)
{
	server_stop();
	free(world.settings);
	return 0;
}

static void server_restart(void)
{
	server_stop();
	server_start();
	layouts_monitors_changed(world.server.layouts);
	turn();
}

static void assert_current(const char *name)
{
	assert_string_equal(layouts_current(world.server.layouts), name);
	assert_string_equal(scene_layout(world.server.scene)->name, name);
}

static void file_write(const char *text)
{
	char *path = file_path("layouts");
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	free(path);
}

/* ---- tests ---- */

static void names_and_the_next_one(void **state)
{
	struct layouts *layouts = world.server.layouts;

	plug(0, "a");
	turn();
	assert_current("desk");
	assert_int_equal(layouts_switch(layouts, NULL), 0);
	assert_current("film");
	assert_int_equal(layouts_switch(layouts, NULL), 0);
	assert_int_equal(layouts_switch(layouts, NULL), 0);
	assert_current("desk");
	assert_int_equal(layouts_switch(layouts, "wall"), 0);
	assert_current("wall");
	assert_int_equal(layouts_switch(layouts, "Wall"), -ENOENT);
	assert_current("wall");
	assert_int_equal(world.signals, 5); /* with the one of the start */
	assert_int_equal(layouts_switch(layouts, "wall"), 0);
	assert_int_equal(world.signals, 5);
}

static void each_set_of_monitors_has_its_own(void **state)
{
	struct layouts *layouts = world.server.layouts;

	plug(0, "a");
	plug(1, "b");
	turn();
	assert_int_equal(layouts_switch(layouts, "wall"), 0);
	unplug(1);
	turn();
	assert_current("desk"); /* nothing is remembered for one monitor */
	assert_int_equal(layouts_switch(layouts, "film"), 0);
	plug(1, "b");
	turn();
	assert_current("wall");
	/* Another monitor on the same connector is another set. */
	unplug(1);
	plug(1, "c");
	turn();
	assert_current("desk");
	unplug(1);
	turn();
	assert_current("film");
	/* No monitor at all changes nothing. */
	unplug(0);
	turn();
	assert_current("film");
	plug(0, "a");
	turn();
	assert_current("film");
	/* A server that starts again knows all that. */
	server_restart();
	assert_current("film");
	plug(1, "b");
	turn();
	assert_current("wall");
}

static void a_layout_to_start_with_goes_first(void **state)
{
	plug(0, "a");
	turn();
	assert_int_equal(layouts_switch(world.server.layouts, "wall"), 0);
	strcpy(world.settings->start_layout, "film");
	server_restart();
	assert_current("film");
	plug(1, "b");
	turn();
	unplug(1);
	turn();
	assert_current("wall"); /* later, what was chosen counts */
}

static void reloads_keep_the_name(void **state)
{
	plug(0, "a");
	turn();
	assert_int_equal(layouts_switch(world.server.layouts, "wall"), 0);
	world.settings->layouts[2].n_outputs = 1;
	strcpy(world.settings->layouts[2].outputs[0].name, "M-7");
	layouts_reload(world.server.layouts);
	assert_current("wall");
	assert_int_equal(scene_layout(world.server.scene)->n_outputs, 1);
	/* It is gone: another one is in force. */
	strcpy(world.settings->layouts[2].name, "other");
	layouts_reload(world.server.layouts);
	assert_current("desk");
}

static void foreign_files_are_left_alone(void **state)
{
	static const char *const files[] = {
		"",
		"wall\tM-0/M/M/a\n",
		"vitrine layouts 1\nwall\tM-0///a",                  /* no end */
		"vitrine layouts 1\nwall M-0///a\n",                 /* no tab */
		"vitrine layouts 1\n\tM-0///a\n",                    /* no name */
		"vitrine layouts 1\nwall\t\n",                       /* no monitors */
		"vitrine layouts 1\nwall\tM-0///a\n\n",              /* an empty line */
		"vitrine layouts 1\nwall\tM-0/\x01//a\n",            /* control characters */
		"vitrine layouts 1\nwall\tM-0///a\tmore\n",          /* a second tab */
		"vitrine layouts 1\nwall\tM-0///a\nfilm\tM-0///a\n", /* twice */
		"vitrine layouts 1\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\tM-0///a\n",
		"vitrine layouts 2\nwall\tM-0///a\n",
		"vitrine layouts 1\nnosuch\tM-0///a\n", /* fine, but no such layout is left */
	};

	plug(0, "a");
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
		file_write(files[i]);
		server_restart();
		assert_current("desk");
	}
	/* The very same, as it should be. */
	file_write("vitrine layouts 1\nfilm\tM-1///a\nwall\tM-0///a\n");
	server_restart();
	assert_current("wall");
	/* One that is chosen now takes the place of what could not be read. */
	file_write(files[1]);
	server_restart();
	assert_int_equal(layouts_switch(world.server.layouts, "film"), 0);
	server_restart();
	assert_current("film");
}

static void only_the_file_is_left(void **state)
{
	char *path = file_path("layouts"), *begun = file_path("layouts.new");
	struct stat st;

	plug(0, "a");
	turn();
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(layouts_switch(world.server.layouts, NULL), 0);
	}
	server_restart(); /* waits for the writer */
	assert_current("film");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(begun, &st), -1);
	free(path);
	free(begun);
}

static void keys_hold_no_line_of_a_monitors(void **state)
{
	const struct output_device a = {.name = "A", .identity = {.make = "x\nfilm\tB"}};
	const struct output_device b = {.name = "B",
					.identity = {.model = "m;A", .serial = "/\x7f"}};
	const struct output_device *both[] = {&b, &a}, *turned[] = {&a, &b};
	char key[MONITORS_KEY_SIZE], other[MONITORS_KEY_SIZE];

	monitors_key(both, 2, key);
	assert_string_equal(key, "A/x_film_B//;B//m_A/__");
	monitors_key(turned, 2, other);
	assert_string_equal(key, other);
	monitors_key(NULL, 0, key);
	assert_string_equal(key, "");
}

static void many_sets_forget_the_oldest(void **state)
{
	struct layout_memory *memory = layout_memory_create("");
	char key[16];

	for (unsigned i = 0; i < 65; i++) {
		snprintf(key, sizeof(key), "set %u", i);
		layout_memory_set(memory, key, "film");
	}
	assert_null(layout_memory_find(memory, "set 0"));
	assert_string_equal(layout_memory_find(memory, "set 1"), "film");
	layout_memory_set(memory, "set 1", "wall");
	layout_memory_set(memory, "one more", "wall");
	assert_string_equal(layout_memory_find(memory, "set 1"), "wall");
	assert_null(layout_memory_find(memory, "set 2"));
	layout_memory_destroy(memory);
}

static struct layout_output *ask_mode(struct layout *layout, int width, int height, int mhz)
{
	struct layout_output *output = &layout->outputs[layout->n_outputs++];

	strcpy(output->name, "M-0");
	output->width = width;
	output->height = height;
	output->refresh_mhz = mhz;
	return output;
}

static void modes_are_asked_for_with_measure(void **state)
{
	struct layouts *layouts = world.server.layouts;
	struct monitor *monitor = &world.monitors[0];

	ask_mode(&world.settings->layouts[1], 1920, 1080, 60000);
	plug(0, "a");
	turn();
	assert_int_equal(monitor->asked, 0); /* its own choice is what it has */
	assert_int_equal(layouts_switch(layouts, "film"), 0);
	assert_true(monitor->asked == 1 && monitor->width == 1920 && monitor->refresh_mhz == 60000);
	/* It has it, near enough. */
	monitor->base.width = 1920;
	monitor->base.height = 1080;
	monitor->base.refresh_mhz = 59940;
	layouts_monitors_changed(layouts);
	turn();
	assert_int_equal(monitor->asked, 1);
	/* Its own choice again, once. */
	assert_int_equal(layouts_switch(layouts, "desk"), 0);
	assert_true(monitor->asked == 2 && monitor->width == 0);
	layouts_monitors_changed(layouts);
	turn();
	assert_int_equal(monitor->asked, 2);
	/* One that comes back from being unplugged is asked anew. */
	assert_int_equal(layouts_switch(layouts, "film"), 0);
	assert_int_equal(monitor->asked, 2); /* still in that mode */
	plug(0, "a");
	turn();
	assert_int_equal(monitor->asked, 1);
}

static void modes_that_never_come_are_given_up(void **state)
{
	struct monitor *monitor = &world.monitors[0];

	ask_mode(&world.settings->layouts[1], 1920, 1080, 0);
	plug(0, "a");
	turn();
	assert_int_equal(layouts_switch(world.server.layouts, "film"), 0);
	for (unsigned i = 0; i < 10; i++) {
		layouts_monitors_changed(world.server.layouts);
		turn();
	}
	assert_int_equal(monitor->asked, 2);
	monitor->refuses = true;
	assert_int_equal(layouts_switch(world.server.layouts, "desk"), 0);
	monitor->asked = 0;
	assert_int_equal(layouts_switch(world.server.layouts, "film"), 0);
	for (unsigned i = 0; i < 10; i++) {
		layouts_monitors_changed(world.server.layouts);
		turn();
	}
	assert_int_equal(monitor->asked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_the_next_one),
		TEST(each_set_of_monitors_has_its_own),
		TEST(a_layout_to_start_with_goes_first),
		TEST(reloads_keep_the_name),
		TEST(foreign_files_are_left_alone),
		TEST(only_the_file_is_left),
		TEST(keys_hold_no_line_of_a_monitors),
		TEST(many_sets_forget_the_oldest),
		TEST(modes_are_asked_for_with_measure),
		TEST(modes_that_never_come_are_given_up),
	};
	int ret = cmocka_run_group_tests(tests, NULL, NULL);
	char *path = file_path("layouts");

	unlink(path);
	free(path);
	rmdir(directory());
	return ret;
}
