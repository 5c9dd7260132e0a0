/* SPDX-License-Identifier: MIT */
/*
 * A locked scene, through the real frame loop and with both renderers: no pixel of a guest's colour on any monitor from the
 * first frame on, planes, mirrors, mosaics, kept and unmarked views and late monitors included.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/scene/scene_priv.h"
#include "config/settings.h"
#include "tests/skip.h"
#include "tests/frame_bench.h"

#define GUESTS 3
#define MONITORS 4
#define SPEC "800x600@60+overlay+overlay+memory,640x480@60+memory,400x300@75,320x240@60"
#define STEADY 80 /* frames until what is steady is on a plane */

/* Nothing of the host's is of these colours: guests' pixels and marks. */
static const uint32_t colours[GUESTS] = {0xc03010, 0x10c030, 0x3010c0};

struct desk {
	struct bench bench;
	struct settings settings;
	struct scene_head *heads[GUESTS];
	struct test_buffer *buffers[GUESTS][2];
	unsigned flips;
};

static void desk_init(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	bench_init(&desk->bench, SPEC);
	desk->settings.use_planes = true;
	desk->bench.server.settings = &desk->settings;
	for (unsigned i = 0; i < GUESTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "guest%u", i);
		desk->heads[i] = add_guest(&desk->bench, name);
		scene_guest_set_colour(desk->heads[i]->guest, colours[i]);
		for (unsigned k = 0; k < 2; k++) {
			desk->buffers[i][k] = test_buffer_create(640, 480, TEST_XR24, 0);
			test_buffer_fill(desk->buffers[i][k], colours[i]);
		}
	}
}

static void desk_finish(struct desk *desk)
{
	bench_finish(&desk->bench);
	for (unsigned i = 0; i < GUESTS; i++) {
		for (unsigned k = 0; k < 2; k++) {
			assert_int_equal(desk->buffers[i][k]->base.locks, 0);
			buffer_drop(&desk->buffers[i][k]->base);
		}
	}
}

static void guests_flip(struct desk *desk)
{
	desk->flips++;
	for (unsigned i = 0; i < GUESTS; i++) {
		test_commit(desk->heads[i], desk->buffers[i][desk->flips % 2], desk->flips);
	}
}

static void desk_run(struct desk *desk, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++) {
		guests_flip(desk);
		run_for(&desk->bench, HZ_60_NS);
	}
}

/* How many pixels of the picture are of a guest, its mark included. */
static unsigned guest_pixels(const struct target *picture)
{
	unsigned found = 0;

	for (int y = 0; y < picture->height; y++) {
		const uint8_t *row = picture->pixels + (size_t)y * (size_t)picture->stride;

		for (int x = 0; x < picture->width; x++) {
			uint32_t pixel;

			memcpy(&pixel, row + (size_t)x * 4, 4);
			for (unsigned i = 0; i < GUESTS; i++) {
				found += (pixel & 0xffffff) == colours[i];
			}
		}
	}
	return found;
}

static unsigned pixels_on_glass(struct desk *desk, unsigned i)
{
	struct target picture;

	headless_device_picture(repaint_device(desk->bench.server.repaint, i), &picture);
	return guest_pixels(&picture);
}

static bool all_dark(struct desk *desk)
{
	bool dark = true;

	for (unsigned i = 0; i < MONITORS; i++) {
		const struct scene_output *output = repaint_output(desk->bench.server.repaint, i);

		dark = dark && (!output || scene_output_is_dark(output));
	}
	return dark;
}

/* What the frame loop says is dark has no pixel of a guest's on its glass; all of it is within two periods. */
static void assert_dark_soon(struct desk *desk)
{
	for (unsigned step = 0; step < 20 && !all_dark(desk); step++) {
		run_for(&desk->bench, HZ_60_NS / 8);
		for (unsigned i = 0; i < MONITORS; i++) {
			const struct scene_output *output =
				repaint_output(desk->bench.server.repaint, i);

			if (output && scene_output_is_dark(output)) {
				assert_int_equal(pixels_on_glass(desk, i), 0);
			}
		}
	}
	assert_true(all_dark(desk));
}

static void assert_stays_dark(struct desk *desk)
{
	for (unsigned n = 0; n < 40; n++) {
		guests_flip(desk);
		run_for(&desk->bench, HZ_60_NS / 2);
		assert_true(all_dark(desk));
		for (unsigned i = 0; i < MONITORS; i++) {
			if (repaint_output(desk->bench.server.repaint, i)) {
				assert_int_equal(pixels_on_glass(desk, i), 0);
			}
		}
	}
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_false(desk->heads[i]->visible);
		assert_int_equal(desk->buffers[i][0]->base.locks, 0);
		assert_int_equal(desk->buffers[i][1]->base.locks, 0);
	}
}

/* ---- layouts of which each shows guests in another way ---- */

static struct layout_output *output_of(struct layout *layout, const char *name)
{
	struct layout_output *output = &layout->outputs[layout->n_outputs++];

	snprintf(output->name, sizeof(output->name), "%s", name);
	output->n_regions = 1;
	output->regions[0] = (struct layout_region){.w = 1, .h = 1, .head = -1};
	return output;
}

static void bind_to(struct layout_output *output, const char *guest)
{
	output->regions[0].shows = LAYOUT_GUEST;
	output->regions[0].head = 0;
	snprintf(output->regions[0].guest, sizeof(output->regions[0].guest), "%s", guest);
}

/* An unmarked monitor of a guest that no card covers, a mosaic, a mirror, and the guest in front. */
static void show_all_ways(struct desk *desk)
{
	struct layout *layout = xcalloc(1, sizeof(*layout));
	struct layout_output *output;

	snprintf(layout->name, sizeof(layout->name), "ways");
	snprintf(layout->reachable[layout->n_reachable++], sizeof(layout->reachable[0]), "guest0");
	snprintf(layout->reachable[layout->n_reachable++], sizeof(layout->reachable[0]), "guest1");
	output_of(layout, "HEADLESS-1");
	output = output_of(layout, "HEADLESS-2");
	output->is_unmarked = true;
	bind_to(output, "guest2");
	output_of(layout, "HEADLESS-3")->regions[0].shows = LAYOUT_MOSAIC;
	output = output_of(layout, "HEADLESS-4");
	output->n_regions = 0;
	snprintf(output->mirror_of, sizeof(output->mirror_of), "HEADLESS-1");
	assert_int_equal(scene_set_layout(desk->bench.server.scene, layout), 0);
	scene_set_front(desk->bench.server.scene, desk->heads[0]->guest);
	free(layout);
}

static void use_renderer(struct desk *desk, struct renderer *renderer)
{
	renderer_destroy(desk->bench.server.renderer);
	desk->bench.server.renderer = renderer;
}

static void lock_in_all_ways(struct desk *desk)
{
	struct scene *scene = desk->bench.server.scene;

	show_all_ways(desk);
	assert_int_equal(scene_set_notice(scene, "guest0 has mail"), 0);
	desk_run(desk, STEADY);
	for (unsigned i = 0; i < MONITORS; i++) {
		assert_true(pixels_on_glass(desk, i) > 100);
		assert_false(scene_output_is_dark(repaint_output(desk->bench.server.repaint, i)));
	}
	scene_set_locked(scene, true);
	assert_true(scene_is_locked(scene));
	assert_dark_soon(desk);
	assert_stays_dark(desk);
	scene_set_locked(scene, false);
	desk_run(desk, 3);
	for (unsigned i = 0; i < MONITORS; i++) {
		assert_true(pixels_on_glass(desk, i) > 100);
	}
}

static void no_pixel_of_a_guest_in_any_way(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	lock_in_all_ways(&desk);
	desk_finish(&desk);
}

static bool is_valgrind(void)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");

	return slowdown && atoi(slowdown) > 10;
}

static void nor_with_the_other_renderer(void **state)
{
	struct renderer *renderer;
	struct desk desk;

	(void)state;
	if (is_valgrind()) {
		SKIP_TEST("GLES2: what drivers compile at run time is not for valgrind");
	}
	if (renderer_gles2_create(&renderer, NULL, NULL) < 0) {
		SKIP_TEST("no GLES2 on this machine");
	}
	desk_init(&desk);
	use_renderer(&desk, renderer);
	lock_in_all_ways(&desk);
	desk_finish(&desk);
}

/* A guest's frame that was on its way when the lock came is counted as seen until the next one. */
static void a_frame_under_way_is_not_dark(void **state)
{
	struct scene_output *output;
	struct desk desk;

	(void)state;
	desk_init(&desk);
	desk_run(&desk, 3);
	output = repaint_output(desk.bench.server.repaint, 0);
	scene_set_locked(desk.bench.server.scene, true);
	assert_dark_soon(&desk);
	scene_set_locked(desk.bench.server.scene, false);
	guests_flip(&desk);
	while (!scene_output_in_flight(output)) {
		run_for(&desk.bench, HZ_60_NS / 16);
	}
	/* The glass is dark still. */
	assert_int_equal(pixels_on_glass(&desk, 0), 0);
	scene_set_locked(desk.bench.server.scene, true);
	assert_false(scene_output_is_dark(output));
	assert_dark_soon(&desk);
	desk_finish(&desk);
}

/* It has shown nothing so far, and will. */
static void nor_is_the_first_frame_of_a_new_monitor(void **state)
{
	struct scene_output *output;
	struct desk desk;

	(void)state;
	desk_init(&desk);
	desk_run(&desk, 3);
	assert_int_equal(headless_backend_plug(desk.bench.server.backend, 1, false), 0);
	desk_run(&desk, 3);
	assert_null(repaint_output(desk.bench.server.repaint, 0));
	assert_int_equal(headless_backend_plug(desk.bench.server.backend, 1, true), 0);
	output = repaint_output(desk.bench.server.repaint, 0);
	assert_non_null(output);
	assert_true(scene_output_is_dark(output));
	while (!scene_output_in_flight(output)) {
		run_for(&desk.bench, HZ_60_NS / 16);
	}
	scene_set_locked(desk.bench.server.scene, true);
	assert_false(scene_output_is_dark(output));
	assert_dark_soon(&desk);
	desk_finish(&desk);
}

static void monitors_that_come_later_are_dark_from_the_first_frame(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	desk_run(&desk, 3);
	scene_set_locked(desk.bench.server.scene, true);
	assert_dark_soon(&desk);
	assert_int_equal(headless_backend_plug(desk.bench.server.backend, 1, false), 0);
	assert_int_equal(headless_backend_plug(desk.bench.server.backend, 1, true), 0);
	/* Also in the moments before its first frame. */
	assert_true(all_dark(&desk));
	assert_stays_dark(&desk);
	desk_finish(&desk);
}

/* A guest that starts, and one that is brought to the front, are as dark as the others. */
static void guests_that_come_later_are_dark(void **state)
{
	struct scene_head *late;
	struct desk desk;

	(void)state;
	desk_init(&desk);
	desk_run(&desk, 3);
	scene_set_locked(desk.bench.server.scene, true);
	assert_dark_soon(&desk);
	late = add_guest(&desk.bench, "late");
	scene_guest_set_colour(late->guest, colours[0]);
	test_commit(late, desk.buffers[0][0], 77);
	assert_false(late->visible);
	assert_stays_dark(&desk);
	desk_finish(&desk);
}

static void a_monitor_that_is_off_is_dark(void **state)
{
	struct scene_output *output;
	struct desk desk;

	(void)state;
	desk_init(&desk);
	desk_run(&desk, 3);
	output = repaint_output(desk.bench.server.repaint, 0);
	assert_false(scene_output_is_dark(output));
	scene_output_set_power(output, false);
	repaint_output_away(desk.bench.server.repaint, 0);
	assert_true(scene_output_is_dark(output));
	scene_set_locked(desk.bench.server.scene, true);
	scene_output_set_power(output, true);
	repaint_output_listener.damaged(desk.bench.server.repaint,
					repaint_device(desk.bench.server.repaint, 0));
	desk_run(&desk, 3);
	assert_int_equal(pixels_on_glass(&desk, 0), 0);
	desk_finish(&desk);
}

/* A trusted client's picture is below the strip, there only while locked, and held as long as a frame shows it. */
static void covers_are_shown_while_locked(void **state)
{
	struct test_buffer *cover = test_buffer_create(80, 60, TEST_XR24, 0);
	struct cover whole = {.n_parts = 1};
	struct scene_output *output;
	struct desk desk;

	(void)state;
	desk_init(&desk);
	test_buffer_fill(cover, 0x445566);
	output = repaint_output(desk.bench.server.repaint, 0);
	whole.parts[0] = (struct cover_part){
		.buffer = &cover->base,
		.src = {0, 0, 80, 60},
		.dst = scene_output_cover_area(output),
	};
	scene_output_set_cover(output, &whole);
	desk_run(&desk, 3);
	assert_int_not_equal(pixel_at(&desk.bench, 0, 400, 300), 0x445566);
	scene_set_locked(desk.bench.server.scene, true);
	desk_run(&desk, 3);
	assert_int_equal(pixel_at(&desk.bench, 0, 400, 300), 0x445566);
	assert_int_equal(pixel_at(&desk.bench, 0, 799, 599), 0x445566);
	assert_int_not_equal(pixel_at(&desk.bench, 0, 400, 2), 0x445566);
	scene_output_set_cover(output, NULL);
	assert_int_equal(cover->releases, 0);
	desk_run(&desk, 3);
	assert_int_equal(pixel_at(&desk.bench, 0, 400, 300), 0x000000);
	assert_int_equal(cover->releases, 1);
	scene_output_set_cover(output, &whole);
	desk_run(&desk, 2);
	buffer_drop(&cover->base);
	desk_finish(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_pixel_of_a_guest_in_any_way),
		cmocka_unit_test(nor_with_the_other_renderer),
		cmocka_unit_test(a_frame_under_way_is_not_dark),
		cmocka_unit_test(nor_is_the_first_frame_of_a_new_monitor),
		cmocka_unit_test(monitors_that_come_later_are_dark_from_the_first_frame),
		cmocka_unit_test(guests_that_come_later_are_dark),
		cmocka_unit_test(a_monitor_that_is_off_is_dark),
		cmocka_unit_test(covers_are_shown_while_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
