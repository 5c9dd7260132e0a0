/* SPDX-License-Identifier: MIT */
/* The host's overlay: above everybody's pixels, and nobody's to click on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/scene_fixture.h"

#define WIDTH 400
#define HEIGHT 300

struct world {
	struct scene *scene;
	struct scene_output *outputs[2];
	struct scene_guest *guests[2];
	struct scene_head *heads[2];
	struct test_buffer *buffers[2];
};

static const struct scene_events events = {0};

/* Instruments on a monitor without marks, out of reach of cards; the other guest has the second monitor. */
static struct layout head_unit(void)
{
	struct layout layout = {
		.name = "drive",
		.n_outputs = 1,
		.reachable = {"media"},
		.n_reachable = 1,
		.outputs[0] =
			{
				.name = "A",
				.is_unmarked = true,
				.n_regions = 1,
				.regions[0] =
					{.shows = LAYOUT_GUEST, .w = 1, .h = 1, .guest = "cluster"},
			},
	};

	return layout;
}

static void show_frame(struct scene_output *output, struct frame *frame)
{
	const struct presented how = {.time_ns = 1};

	assert_true(scene_output_latch(output, 1, frame));
	scene_output_committed(output, true);
	scene_output_presented(output, &how);
}

static void show_all(struct world *world)
{
	struct frame frame;

	for (unsigned i = 0; i < 2; i++) {
		show_frame(world->outputs[i], &frame);
		frame_finish(&frame);
	}
}

static int setup(void **state)
{
	static const char *const names[] = {"cluster", "media"}, *const monitors[] = {"A", "B"};
	struct world *world = xcalloc(1, sizeof(*world));
	struct layout layout = head_unit();

	*state = world;
	world->scene = scene_create(&events, world);
	assert_int_equal(scene_set_layout(world->scene, &layout), 0);
	for (unsigned i = 0; i < 2; i++) {
		world->outputs[i] = scene_output_add(world->scene, monitors[i], WIDTH, HEIGHT,
						     60000, NULL);
		world->guests[i] = scene_guest_add(world->scene, names[i], NULL);
		world->heads[i] = scene_head_add(world->guests[i], 0, WIDTH, HEIGHT, NULL);
		world->buffers[i] = test_buffer_create(WIDTH, HEIGHT, TEST_XR24, 0);
	}
	scene_set_front(world->scene, world->guests[1]);
	for (unsigned i = 0; i < 2; i++) {
		test_commit(world->heads[i], world->buffers[i], 0);
	}
	show_all(world);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < 2; i++) {
		scene_head_remove(world->heads[i]);
		buffer_drop(&world->buffers[i]->base);
		scene_guest_remove(world->guests[i]);
		scene_output_remove(world->outputs[i]);
	}
	scene_destroy(world->scene);
	free(world);
	return 0;
}

static const struct layer *layer_of(const struct frame *frame, enum layer_kind kind, unsigned *index)
{
	for (unsigned i = 0; i < frame->n_layers; i++) {
		if (frame->layers[i].kind == kind) {
			*index = i;
			return &frame->layers[i];
		}
	}
	return NULL;
}

static void assert_over_picture(struct scene_output *output)
{
	unsigned at = 0, picture_at = 0;
	const struct layer *notice, *picture;
	struct frame frame;

	show_frame(output, &frame);
	notice = layer_of(&frame, LAYER_CARD, &at);
	picture = layer_of(&frame, LAYER_BUFFER, &picture_at);
	assert_non_null(notice);
	assert_non_null(picture);
	assert_true(at > picture_at);
	assert_string_equal(notice->card->lines[0], "Door open");
	assert_int_equal(notice->dst.y + notice->dst.h, HEIGHT);
	assert_int_equal(notice->dst.w, WIDTH);
	assert_true(notice->dst.h > 0 && notice->dst.h <= HEIGHT / 4);
	/* Nothing else was damaged. */
	assert_int_equal(pixman_region32_extents(&frame.damage)->y1, notice->dst.y);
	frame_finish(&frame);
}

static void it_is_above_instruments_and_guests(void **state)
{
	struct world *world = *state;

	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_over_picture(world->outputs[i]);
		/* The guests' marks are not the worse for it. */
		assert_ptr_equal(scene_output_shows(world->outputs[i]), world->guests[i]);
	}
}

static void it_stays_above_the_hosts_card(void **state)
{
	const struct card card = {.lines = {"attention"}, .n_lines = 1};
	struct world *world = *state;
	struct frame frame;

	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	scene_set_card(world->scene, &card);
	show_frame(world->outputs[1], &frame);
	assert_int_equal(frame.layers[frame.n_layers - 2].kind, LAYER_CARD);
	assert_string_equal(frame.layers[frame.n_layers - 2].card->lines[0], "Door open");
	frame_finish(&frame);
	scene_set_card(world->scene, NULL);
}

static void nobody_is_under_it(void **state)
{
	struct world *world = *state;
	double x, y;

	assert_ptr_equal(scene_pick(world->outputs[0], 200, HEIGHT - 2, &x, &y), world->heads[0]);
	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	assert_null(scene_pick(world->outputs[0], 200, HEIGHT - 2, &x, &y));
	assert_ptr_equal(scene_pick(world->outputs[0], 200, 100, &x, &y), world->heads[0]);
	assert_int_equal(scene_set_notice(world->scene, ""), 0);
	assert_ptr_equal(scene_pick(world->outputs[0], 200, HEIGHT - 2, &x, &y), world->heads[0]);
}

static void it_goes(void **state)
{
	struct world *world = *state;
	struct frame frame;
	unsigned at;

	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	show_all(world);
	assert_int_equal(scene_set_notice(world->scene, ""), 0);
	show_frame(world->outputs[0], &frame);
	assert_null(layer_of(&frame, LAYER_CARD, &at));
	assert_int_equal(pixman_region32_extents(&frame.damage)->y2, HEIGHT);
	frame_finish(&frame);
}

static void dark_is_dark(void **state)
{
	struct world *world = *state;
	struct frame frame;
	unsigned at;

	scene_output_set_power(world->outputs[0], false);
	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	assert_true(scene_output_latch(world->outputs[0], 1, &frame));
	assert_null(layer_of(&frame, LAYER_CARD, &at));
	frame_finish(&frame);
	scene_output_committed(world->outputs[0], true);
}

static void texts_that_are_none(void **state)
{
	struct world *world = *state;
	char longest[CARD_LINE_SIZE + 1];

	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	memset(longest, 'x', sizeof(longest));
	longest[CARD_LINE_SIZE] = '\0';
	assert_int_equal(scene_set_notice(world->scene, longest), -EINVAL);
	assert_int_equal(scene_set_notice(world->scene, "two\nlines"), -EINVAL);
	assert_int_equal(scene_set_notice(world->scene, "\x7f"), -EINVAL);
	assert_int_equal(scene_set_notice(world->scene, "t\xc3\xbcr"), -EINVAL);
	assert_string_equal(scene_notice(world->scene), "Door open");
	longest[CARD_LINE_SIZE - 1] = '\0';
	assert_int_equal(scene_set_notice(world->scene, longest), 0);
	assert_string_equal(scene_notice(world->scene), longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_above_instruments_and_guests, setup, teardown),
		cmocka_unit_test_setup_teardown(it_stays_above_the_hosts_card, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_is_under_it, setup, teardown),
		cmocka_unit_test_setup_teardown(it_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(dark_is_dark, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_that_are_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
