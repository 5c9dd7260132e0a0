/* SPDX-License-Identifier: MIT */
/* Power, idleness, backlight and telling monitors apart, on a virtual clock, with monitors that note what is done to them. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compositor/server.h"
#include "config/settings.h"
#include "tests/scene_fixture.h"

#define WIDTH 320
#define HEIGHT 240
#define PERIOD_NS (NSEC_PER_SEC / 60)

/* ---- what the frame loop calls of input.c ---- */

void input_output_presented(struct input *input, struct scene_output *output, uint64_t now_ns)
{
}

void input_outputs_changed(struct input *input)
{
}

void layouts_monitors_changed(struct layouts *layouts)
{
}

void lock_output_presented(struct lock *lock, struct scene_output *output)
{
}

void lock_outputs_changed(struct lock *lock)
{
}

/* ---- monitors ---- */

struct fake {
	struct output_device device;
	struct world *world;
	uint32_t pixels[WIDTH * HEIGHT];
	struct clock_timer *vblank;
	bool is_on, is_away;
	unsigned switches; /* of its power */
	unsigned commits;
	int error; /* of the next switch */
};

struct world {
	struct server server;
	struct session *session;
	struct fake fakes[2];
	struct scene_guest *guest;
	struct scene_head *head;
	unsigned placed;
};

static struct fake *fake_of(struct output_device *device)
{
	return (struct fake *)device;
}

static int fake_acquire(struct output_device *device, struct target *target)
{
	struct fake *fake = fake_of(device);

	if (!fake->is_on || fake->is_away) {
		return -EACCES;
	}
	*target = (struct target){.pixels = (uint8_t *)fake->pixels,
				  .width = WIDTH,
				  .height = HEIGHT,
				  .stride = WIDTH * 4};
	return 0;
}

static int fake_commit(struct output_device *device, const struct output_frame *frame)
{
	struct fake *fake = fake_of(device);

	assert_true(fake->is_on);
	fake->commits++;
	clock_timer_arm(fake->vblank, clock_now(fake->world->server.clock) + PERIOD_NS);
	return 0;
}

static void fake_cancel(struct output_device *device)
{
}

static int fake_set_power(struct output_device *device, bool on)
{
	struct fake *fake = fake_of(device);

	if (fake->error) {
		return fake->error;
	}
	fake->switches++;
	fake->is_on = on;
	clock_timer_disarm(fake->vblank);
	if (on) {
		repaint_output_listener.damaged(fake->world->server.repaint, device);
	}
	return 0;
}

static int fake_set_backlight(struct output_device *device, double level)
{
	device->backlight = level;
	return 0;
}

/* The first one is a laptop's panel. */
static const struct output_device_ops fake_ops[2] = {
	{.acquire = fake_acquire,
	 .commit = fake_commit,
	 .cancel = fake_cancel,
	 .set_power = fake_set_power,
	 .set_backlight = fake_set_backlight},
	{.acquire = fake_acquire,
	 .commit = fake_commit,
	 .cancel = fake_cancel,
	 .set_power = fake_set_power},
};

static void handle_vblank(void *data, uint64_t now_ns)
{
	struct fake *fake = data;

	repaint_output_listener.flipped(fake->world->server.repaint, &fake->device, now_ns);
}

static void plug(struct world *world, unsigned i)
{
	struct fake *fake = &world->fakes[i];

	fake->world = world;
	fake->is_on = true;
	fake->commits = 0;
	fake->device = (struct output_device){.ops = &fake_ops[i],
					      .width = WIDTH,
					      .height = HEIGHT,
					      .refresh_mhz = 60000,
					      .backlight = 0.8};
	snprintf(fake->device.name, sizeof(fake->device.name), "FAKE-%u", i + 1);
	fake->vblank = clock_timer_create(world->server.clock, PRIORITY_FRAME, handle_vblank, fake);
	repaint_output_listener.added(world->server.repaint, &fake->device);
}

static void unplug(struct world *world, unsigned i)
{
	repaint_output_listener.removed(world->server.repaint, &world->fakes[i].device);
	clock_timer_destroy(world->fakes[i].vblank);
}

/* ---- the world ---- */

static void handle_wanted(void *data, struct scene_output *output)
{
	struct world *world = data;

	repaint_schedule(world->server.repaint, output);
}

static void handle_placed(void *data, struct scene_head *head)
{
	struct world *world = data;

	world->placed++;
}

static const struct scene_events events = {.frame_wanted = handle_wanted,
					   .head_placed = handle_placed};

static void pass(struct world *world, double seconds)
{
	clock_virtual_advance(world->server.clock,
			      clock_now(world->server.clock) + (uint64_t)(seconds * 1e9));
}

static bool activity(struct world *world)
{
	return monitors_activity(world->server.monitors, clock_now(world->server.clock));
}

static void show_picture(struct world *world)
{
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct head_commit commit = {.buffer = &buffer->base, .src = {0, 0, 100, 80}, .token = 1};

	memset(buffer->bytes, 0xab, buffer->size);
	scene_head_commit(world->head, &commit);
	buffer_drop(&buffer->base);
}

static int setup(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));
	struct server *server = &world->server;

	server->settings = settings_default();
	server->settings->idle =
		(struct settings_idle){.dim_s = 60, .off_s = 120, .dim_percent = 25};
	server->clock = clock_virtual_create(NSEC_PER_SEC);
	server->scene = scene_create(&events, world);
	assert_int_equal(renderer_pixman_create(&server->renderer, NULL), 0);
	assert_int_equal(repaint_create(&server->repaint, server), 0);
	plug(world, 0);
	plug(world, 1);
	assert_int_equal(monitors_create(&server->monitors, server), 0);
	world->guest = scene_guest_add(server->scene, "work", NULL);
	world->head = scene_head_add(world->guest, 0, 100, 80, NULL);
	scene_set_front(server->scene, world->guest);
	show_picture(world);
	pass(world, 0.5);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	struct server *server = &world->server;

	scene_head_remove(world->head);
	scene_guest_remove(world->guest);
	monitors_destroy(server->monitors);
	server->monitors = NULL;
	for (unsigned i = 0; i < 2; i++) {
		if (repaint_output_number(server->repaint, world->fakes[i].device.name) >= 0) {
			unplug(world, i);
		}
	}
	repaint_destroy(server->repaint);
	scene_destroy(server->scene);
	renderer_destroy(server->renderer);
	clock_destroy(server->clock);
	free(server->settings);
	free(world);
	return 0;
}

static bool has_picture(const struct fake *fake)
{
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
		if ((fake->pixels[i] & 0xffffff) == 0xababab) {
			return true;
		}
	}
	return false;
}

/* ---- idleness ---- */

static void idle_monitors_dim_then_go_off_and_come_back(void **state)
{
	struct world *world = *state;
	struct fake *panel = &world->fakes[0];

	assert_true(has_picture(panel));
	assert_true(world->head->visible);
	pass(world, 59);
	assert_float_equal(panel->device.backlight, 0.8, 1e-5);
	pass(world, 1);
	assert_float_equal(panel->device.backlight, 0.2, 1e-5);
	assert_true(panel->is_on);
	assert_true(world->head->visible);
	pass(world, 60);
	assert_false(panel->is_on);
	assert_false(world->fakes[1].is_on);
	assert_false(monitors_is_on(world->server.monitors, "FAKE-1"));
	/* A guest is told that nobody sees it. */
	assert_false(world->head->visible);
	memset(panel->pixels, 0, sizeof(panel->pixels));
	pass(world, 1000);
	assert_false(panel->is_on);
	assert_true(activity(world));
	assert_true(panel->is_on && world->fakes[1].is_on);
	assert_float_equal(panel->device.backlight, 0.8, 1e-5);
	assert_true(world->head->visible);
	show_picture(world);
	pass(world, 0.5);
	assert_true(has_picture(panel));
	assert_false(activity(world));
}

static void activity_puts_it_off(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < 10; i++) {
		pass(world, 55);
		assert_false(activity(world));
		assert_float_equal(world->fakes[0].device.backlight, 0.8, 1e-5);
	}
	/* While dimmed the event is as good as any other. */
	pass(world, 61);
	assert_float_equal(world->fakes[0].device.backlight, 0.2, 1e-5);
	assert_false(activity(world));
	assert_float_equal(world->fakes[0].device.backlight, 0.8, 1e-5);
	assert_int_equal(world->fakes[0].switches, 0);
}

static void zero_means_never(void **state)
{
	struct world *world = *state;

	world->server.settings->idle = (struct settings_idle){.dim_percent = 25};
	monitors_reload(world->server.monitors);
	pass(world, 100000);
	assert_true(world->fakes[0].is_on);
	assert_float_equal(world->fakes[0].device.backlight, 0.8, 1e-5);
	/* Off without dimming first; what has passed already counts. */
	world->server.settings->idle.off_s = 30;
	monitors_reload(world->server.monitors);
	assert_false(world->fakes[0].is_on);
}

static void inhibition_holds_it_off(void **state)
{
	struct world *world = *state;
	struct monitors *monitors = world->server.monitors;
	const struct fake *panel = &world->fakes[0];

	pass(world, 50);
	monitors_inhibit(monitors, true);
	pass(world, 1000);
	assert_int_equal(monitors_idle_since(monitors), UINT64_MAX);
	assert_float_equal(panel->device.backlight, 0.8, 1e-5);
	/* A reload is no way around it. */
	monitors_reload(monitors);
	assert_true(panel->is_on);
	monitors_inhibit(monitors, false);
	assert_int_equal(monitors_idle_since(monitors), clock_now(world->server.clock));
	pass(world, 59);
	assert_float_equal(panel->device.backlight, 0.8, 1e-5);
	pass(world, 1);
	assert_float_equal(panel->device.backlight, 0.2, 1e-5);
	/* What has begun stays, and gets no deeper. */
	monitors_inhibit(monitors, true);
	pass(world, 1000);
	monitors_reload(monitors);
	assert_float_equal(panel->device.backlight, 0.2, 1e-5);
	assert_true(panel->is_on);
	monitors_inhibit(monitors, false);
	assert_false(panel->is_on);
	monitors_inhibit(monitors, true);
	assert_false(panel->is_on);
	assert_true(activity(world));
	assert_true(panel->is_on);
	pass(world, 1000);
	assert_true(panel->is_on);
	/* By command they go off all the same. */
	assert_int_equal(monitors_set_power(monitors, NULL, false), 0);
	assert_false(panel->is_on);
}

static void count_changed(void *data, uint64_t now_ns)
{
	unsigned *n = data;

	(*n)++;
}

static void listeners_hear_of_activity(void **state)
{
	struct world *world = *state;
	struct monitors *monitors = world->server.monitors;
	unsigned n = 0;
	struct idle_listener listener = {.changed = count_changed, .data = &n};

	monitors_listen(monitors, &listener);
	activity(world);
	assert_int_equal(n, 1);
	assert_int_equal(monitors_idle_since(monitors), clock_now(world->server.clock));
	monitors_inhibit(monitors, true);
	pass(world, 10);
	assert_int_equal(n, 1);
	monitors_inhibit(monitors, false);
	assert_int_equal(n, 2);
	list_remove(&listener.link);
	activity(world);
	assert_int_equal(n, 2);
}

static void one_that_comes_while_all_are_off_stays_off(void **state)
{
	struct world *world = *state;

	unplug(world, 1);
	pass(world, 121);
	assert_false(world->fakes[0].is_on);
	plug(world, 1);
	assert_false(world->fakes[1].is_on);
	assert_int_equal(world->fakes[1].commits, 0);
	activity(world);
	assert_true(world->fakes[1].is_on);
	pass(world, 0.5);
	assert_true(world->fakes[1].commits > 0);
}

/* ---- by command ---- */

static void off_by_command_stays_off_and_is_remembered(void **state)
{
	struct world *world = *state;
	struct monitors *monitors = world->server.monitors;

	assert_int_equal(monitors_set_power(monitors, "FAKE-3", false), -ENOENT);
	assert_int_equal(monitors_set_power(monitors, "FAKE-1", false), 0);
	assert_false(world->fakes[0].is_on);
	assert_true(world->fakes[1].is_on);
	assert_false(activity(world));
	assert_false(world->fakes[0].is_on);
	unplug(world, 0);
	plug(world, 0);
	assert_false(world->fakes[0].is_on);
	/* All: and those that are on already stay so. */
	assert_int_equal(monitors_set_power(monitors, NULL, true), 0);
	assert_true(world->fakes[0].is_on);
	assert_int_equal(world->fakes[1].switches, 0);
}

/* Nobody could wake them otherwise but by a command, which nobody can see being typed. */
static void all_off_by_command_come_back_by_a_touch(void **state)
{
	struct world *world = *state;

	assert_int_equal(monitors_set_power(world->server.monitors, "FAKE-2", false), 0);
	assert_int_equal(monitors_set_power(world->server.monitors, NULL, false), 0);
	assert_false(world->fakes[0].is_on);
	assert_false(world->head->visible);
	/* The key that ended the command. */
	pass(world, 0.2);
	assert_false(activity(world));
	assert_false(world->fakes[0].is_on);
	pass(world, 1000);
	assert_false(world->fakes[0].is_on);
	assert_true(activity(world));
	assert_true(world->fakes[0].is_on);
	assert_false(world->fakes[1].is_on);
	/* By command at once. */
	assert_int_equal(monitors_set_power(world->server.monitors, NULL, false), 0);
	assert_int_equal(monitors_set_power(world->server.monitors, NULL, true), 0);
	assert_true(world->fakes[0].is_on && world->fakes[1].is_on);
}

static void one_that_cannot_be_switched_off_is_on(void **state)
{
	struct world *world = *state;

	world->fakes[0].error = -EIO;
	assert_int_equal(monitors_set_power(world->server.monitors, "FAKE-1", false), -EIO);
	assert_true(monitors_is_on(world->server.monitors, "FAKE-1"));
	assert_true(world->head->visible);
	world->fakes[0].error = 0;
	/* No later event brings back what failed. */
	activity(world);
	monitors_changed(world->server.monitors);
	assert_true(world->fakes[0].is_on);
}

static bool report_has(struct world *world, const char *line)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool found;

	assert_non_null(out);
	repaint_report(world->server.repaint, out);
	fclose(out);
	found = strstr(text, line) != NULL;
	free(text);
	return found;
}

/* The flip that was due when the power went is not told: frames come again all the same, and none is taken for lost. */
static void a_flip_that_was_due_does_not_hold_up_the_way_back(void **state)
{
	struct world *world = *state;
	struct fake *panel = &world->fakes[0];
	unsigned commits = panel->commits;

	show_picture(world);
	while (panel->commits == commits) {
		pass(world, 0.001);
	}
	assert_int_equal(monitors_set_power(world->server.monitors, "FAKE-1", false), 0);
	pass(world, 5);
	assert_true(report_has(world, "output.FAKE-1.lost 0\n"));
	commits = panel->commits;
	assert_int_equal(monitors_set_power(world->server.monitors, "FAKE-1", true), 0);
	pass(world, 0.05);
	assert_true(panel->commits > commits);
}

/* What was on the glass when it went off is free at once, for its guest to draw into. */
static void buffers_are_free_when_it_is_dark(void **state)
{
	struct world *world = *state;
	struct test_buffer *buffer = test_buffer_create(100, 80, TEST_XR24, 0);
	struct head_commit commit = {.buffer = &buffer->base, .src = {0, 0, 100, 80}, .token = 2};

	scene_head_commit(world->head, &commit);
	pass(world, 0.5);
	assert_true(buffer->base.locks > 0);
	assert_int_equal(monitors_set_power(world->server.monitors, NULL, false), 0);
	assert_int_equal(buffer->base.locks, 0);
	assert_int_equal(buffer->releases, 1);
	/* And nobody is taken for shown. */
	assert_null(scene_output_shows(repaint_output(world->server.repaint, 0)));
	buffer_drop(&buffer->base);
}

/* ---- backlight ---- */

static void backlight_goes_by_steps_and_keeps_its_bounds(void **state)
{
	struct world *world = *state;
	struct monitors *monitors = world->server.monitors;
	double *level = &world->fakes[0].device.backlight;

	monitors_step_backlight(monitors, 1);
	assert_float_equal(*level, 0.9, 1e-5);
	monitors_step_backlight(monitors, 1);
	monitors_step_backlight(monitors, 1);
	assert_float_equal(*level, 1, 1e-5);
	for (unsigned i = 0; i < 20; i++) {
		monitors_step_backlight(monitors, -1);
	}
	assert_true(*level > 0.01);
	/* A command may. */
	assert_int_equal(monitors_set_backlight(monitors, "FAKE-1", 0), 0);
	assert_float_equal(*level, 0, 1e-5);
	assert_int_equal(monitors_set_backlight(monitors, "FAKE-1", 1.1), -EINVAL);
	assert_int_equal(monitors_set_backlight(monitors, "FAKE-1", NAN), -EINVAL);
	assert_int_equal(monitors_set_backlight(monitors, "FAKE-2", 0.5), -EOPNOTSUPP);
	assert_int_equal(monitors_set_backlight(monitors, "FAKE-3", 0.5), -ENOENT);
	assert_int_equal(monitors_set_backlight(monitors, NULL, 0.5), 0);
	assert_float_equal(*level, 0.5, 1e-5);
	/* Dimming is a share of what was asked for, and not what is remembered. */
	pass(world, 61);
	assert_float_equal(*level, 0.125, 1e-5);
	activity(world);
	assert_float_equal(*level, 0.5, 1e-5);
}

/* ---- which is which ---- */

static void monitors_tell_their_numbers_for_a_while(void **state)
{
	struct world *world = *state;
	static uint32_t before[2][WIDTH * HEIGHT];

	pass(world, 0.2);
	for (unsigned i = 0; i < 2; i++) {
		memcpy(before[i], world->fakes[i].pixels, sizeof(before[i]));
	}
	monitors_identify(world->server.monitors);
	pass(world, 2.9);
	for (unsigned i = 0; i < 2; i++) {
		assert_memory_not_equal(before[i], world->fakes[i].pixels, sizeof(before[i]));
		/* The strip is above it. */
		assert_memory_equal(before[i], world->fakes[i].pixels, WIDTH * 4 * STRIP_HEIGHT);
	}
	assert_memory_not_equal(world->fakes[0].pixels, world->fakes[1].pixels,
				sizeof(world->fakes[0].pixels));
	pass(world, 0.2);
	for (unsigned i = 0; i < 2; i++) {
		assert_memory_equal(before[i], world->fakes[i].pixels, sizeof(before[i]));
	}
}

/* One stroke of 1 is to be seen, and the right half of an 8 that 1 is. */
static void the_number_is_large(void **state)
{
	struct world *world = *state;
	unsigned white = 0;

	monitors_identify(world->server.monitors);
	pass(world, 0.5);
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
		white += (world->fakes[0].pixels[i] & 0xffffff) == 0xffffff;
	}
	/* Two segments of 4 by 1 strokes of 6 pixels, which share a square. */
	assert_true(white >= 7 * 36);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(idle_monitors_dim_then_go_off_and_come_back),
		TEST(activity_puts_it_off),
		TEST(zero_means_never),
		TEST(inhibition_holds_it_off),
		TEST(listeners_hear_of_activity),
		TEST(one_that_comes_while_all_are_off_stays_off),
		TEST(off_by_command_stays_off_and_is_remembered),
		TEST(all_off_by_command_come_back_by_a_touch),
		TEST(one_that_cannot_be_switched_off_is_on),
		TEST(a_flip_that_was_due_does_not_hold_up_the_way_back),
		TEST(buffers_are_free_when_it_is_dark),
		TEST(backlight_goes_by_steps_and_keeps_its_bounds),
		TEST(monitors_tell_their_numbers_for_a_while),
		TEST(the_number_is_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
