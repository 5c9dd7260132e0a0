/* SPDX-License-Identifier: MIT */
/* The host's own cursor, whom strips name as the keyboard's owner, and the host's words beside that. */
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
	struct scene_output *outputs[2]; /* A at 0,0; B to the right of it, twice as dense */
	struct scene_guest *a, *b;
};

static const struct scene_events events = {0};

static int setup(void **state)
{
	struct layout layout = {.name = "two", .n_outputs = 2};
	struct world *world = xcalloc(1, sizeof(*world));

	*state = world;
	strcpy(layout.outputs[0].name, "A");
	strcpy(layout.outputs[1].name, "B");
	layout.outputs[1].scale = 2;
	world->scene = scene_create(&events, world);
	assert_int_equal(scene_set_layout(world->scene, &layout), 0);
	world->outputs[0] = scene_output_add(world->scene, "A", WIDTH, HEIGHT, 60000, NULL);
	world->outputs[1] = scene_output_add(world->scene, "B", WIDTH, HEIGHT, 60000, NULL);
	world->a = scene_guest_add(world->scene, "a", NULL);
	world->b = scene_guest_add(world->scene, "b", NULL);
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	if (world->a) {
		scene_guest_remove(world->a);
	}
	scene_guest_remove(world->b);
	scene_output_remove(world->outputs[0]);
	scene_output_remove(world->outputs[1]);
	scene_destroy(world->scene);
	free(world);
	return 0;
}

/* False: nothing to draw. */
static bool draw(struct scene_output *output, struct frame *frame)
{
	bool is_due = scene_output_latch(output, 1, frame);

	if (is_due) {
		scene_output_committed(output, true);
	}
	return is_due;
}

static void flip(struct scene_output *output)
{
	scene_output_presented(output, &(struct presented){.time_ns = 1});
}

static void show_all(struct world *world)
{
	struct frame frame;

	for (unsigned i = 0; i < 2; i++) {
		if (draw(world->outputs[i], &frame)) {
			flip(world->outputs[i]);
		}
		frame_finish(&frame);
	}
}

static const struct layer *layer_of(struct scene_output *output, enum layer_kind kind,
				    bool *is_topmost)
{
	struct frame frame;
	const struct layer *found = NULL;

	scene_output_picture(output, &frame);
	for (unsigned i = 0; i < frame.n_layers; i++) {
		if (frame.layers[i].kind == kind) {
			found = &frame.layers[i];
			*is_topmost = i + 1 == frame.n_layers;
		}
	}
	frame_finish(&frame);
	return found;
}

static void the_cursor_is_on_one_output_above_all(void **state)
{
	struct world *world = *state;
	const struct layer *cursor;
	bool is_topmost = false;

	assert_null(layer_of(world->outputs[0], LAYER_CURSOR, &is_topmost));
	/* Its picture hangs over the edge: it is cut off, not continued. */
	scene_set_cursor(world->scene, true, WIDTH - 10.5, 2);
	cursor = layer_of(world->outputs[0], LAYER_CURSOR, &is_topmost);
	assert_non_null(cursor);
	assert_true(is_topmost);
	assert_int_equal(cursor->dst.x, WIDTH - 11);
	assert_int_equal(cursor->dst.y, 2);
	assert_int_equal(cursor->dst.w, 11);
	assert_int_equal(cursor->picture.src.w, 11);
	assert_null(layer_of(world->outputs[1], LAYER_CURSOR, &is_topmost));
	/* One of the pointer's pixels is two of this one's. */
	scene_set_cursor(world->scene, true, WIDTH + 10, 20);
	cursor = layer_of(world->outputs[1], LAYER_CURSOR, &is_topmost);
	assert_non_null(cursor);
	assert_int_equal(cursor->dst.x, 20);
	assert_int_equal(cursor->dst.y, 40);
	assert_null(layer_of(world->outputs[0], LAYER_CURSOR, &is_topmost));
	scene_output_set_power(world->outputs[1], false);
	assert_null(layer_of(world->outputs[1], LAYER_CURSOR, &is_topmost));
	scene_output_set_power(world->outputs[1], true);
	scene_set_cursor(world->scene, false, 0, 0);
	assert_null(layer_of(world->outputs[1], LAYER_CURSOR, &is_topmost));
}

static uint32_t pixel(const struct layer *cursor, int x, int y)
{
	const struct buffer *buffer = cursor->picture.buffer;
	uint32_t value;

	memcpy(&value, buffer->pixels + (ptrdiff_t)y * buffer->stride + (ptrdiff_t)x * 4, 4);
	return value;
}

static void the_cursor_is_a_premultiplied_arrow(void **state)
{
	struct world *world = *state;
	const struct layer *cursor;
	unsigned black = 0, white = 0;
	bool is_topmost;

	scene_set_cursor(world->scene, true, 10, 10);
	cursor = layer_of(world->outputs[0], LAYER_CURSOR, &is_topmost);
	assert_int_equal(cursor->dst.w, cursor->picture.src.w);
	for (int y = 0; y < cursor->dst.h; y++) {
		for (int x = 0; x < cursor->dst.w; x++) {
			uint32_t value = pixel(cursor, x, y), alpha = value >> 24;

			assert_true((value & 255) <= alpha && (value >> 8 & 255) <= alpha &&
				    (value >> 16 & 255) <= alpha);
			black += value == 0xff000000;
			white += value == 0xffffffff;
		}
	}
	assert_true(black > 30 && white > 15);
	assert_int_equal(pixel(cursor, 40, 40), 0);
	/* Its tip is what points. */
	assert_true(pixel(cursor, 0, 1) >> 24 || pixel(cursor, 1, 1) >> 24);
}

static void a_moving_cursor_damages_only_its_places(void **state)
{
	struct world *world = *state;
	struct frame frame;

	scene_set_cursor(world->scene, true, 10, 30);
	show_all(world);
	show_all(world);
	scene_set_cursor(world->scene, true, 10, 30);
	assert_false(draw(world->outputs[0], &frame));
	frame_finish(&frame);
	scene_set_cursor(world->scene, true, 100, 60);
	assert_true(draw(world->outputs[0], &frame));
	assert_true(pixman_region32_contains_point(&frame.damage, 10, 30, NULL));
	assert_true(pixman_region32_contains_point(&frame.damage, 100, 60, NULL));
	assert_false(pixman_region32_contains_point(&frame.damage, 90, 35, NULL));
	assert_false(pixman_region32_contains_point(&frame.damage, 300, 60, NULL));
	frame_finish(&frame);
	flip(world->outputs[0]);
	assert_false(draw(world->outputs[1], &frame));
	frame_finish(&frame);
	/* To the other one: gone here, drawn there. */
	scene_set_cursor(world->scene, true, WIDTH + 10, 20);
	assert_true(draw(world->outputs[0], &frame));
	assert_true(pixman_region32_contains_point(&frame.damage, 100, 60, NULL));
	frame_finish(&frame);
	assert_true(draw(world->outputs[1], &frame));
	frame_finish(&frame);
}

static void strips_name_the_keyboard_from_their_flip_on(void **state)
{
	struct world *world = *state;
	struct frame frame;

	show_all(world);
	scene_set_keyboard(world->scene, world->a);
	assert_null(scene_output_names_keyboard(world->outputs[0]));
	assert_true(draw(world->outputs[0], &frame));
	frame_finish(&frame);
	assert_null(scene_output_names_keyboard(world->outputs[0]));
	/* What is said after the drawing is not in that frame. */
	scene_set_keyboard(world->scene, world->b);
	flip(world->outputs[0]);
	assert_ptr_equal(scene_output_names_keyboard(world->outputs[0]), world->a);
	assert_null(scene_output_names_keyboard(world->outputs[1]));
	show_all(world);
	assert_ptr_equal(scene_output_names_keyboard(world->outputs[0]), world->b);
	assert_ptr_equal(scene_output_names_keyboard(world->outputs[1]), world->b);
	/* Off: nothing is on the glass. */
	scene_output_lost(world->outputs[1]);
	assert_null(scene_output_names_keyboard(world->outputs[1]));
	assert_false(scene_output_has_strip(world->outputs[1]));
}

static void a_guest_that_is_gone_is_named_by_nobody(void **state)
{
	struct world *world = *state;

	scene_set_keyboard(world->scene, world->a);
	show_all(world);
	assert_ptr_equal(scene_output_names_keyboard(world->outputs[0]), world->a);
	scene_guest_remove(world->a);
	world->a = NULL;
	assert_null(scene_output_names_keyboard(world->outputs[0]));
}

static void a_monitor_without_marks_has_no_strip(void **state)
{
	struct layout layout = {.name = "bound", .n_outputs = 1};
	struct world *world = *state;

	strcpy(layout.outputs[0].name, "A");
	layout.outputs[0].is_unmarked = true;
	layout.outputs[0].n_regions = 1;
	layout.outputs[0].regions[0] =
		(struct layout_region){.shows = LAYOUT_GUEST, .w = 1, .h = 1, .guest = "a"};
	assert_non_null(scene_head_add(world->a, 0, WIDTH, HEIGHT, NULL));
	assert_int_equal(scene_set_layout(world->scene, &layout), 0);
	scene_set_keyboard(world->scene, world->b);
	show_all(world);
	assert_false(scene_output_has_strip(world->outputs[0]));
	assert_null(scene_output_names_keyboard(world->outputs[0]));
	assert_true(scene_output_has_strip(world->outputs[1]));
	/* The guest goes: what is there now is the host's, with its strip. */
	scene_head_remove(world->a->heads[0]);
	show_all(world);
	assert_true(scene_output_has_strip(world->outputs[0]));
	assert_ptr_equal(scene_output_names_keyboard(world->outputs[0]), world->b);
}

static void the_note_is_in_every_strip(void **state)
{
	struct world *world = *state;
	struct frame frame;
	bool is_topmost;

	show_all(world);
	scene_set_strip_note(world->scene, "pointer caught");
	for (unsigned i = 0; i < 2; i++) {
		const struct layer *strip = layer_of(world->outputs[i], LAYER_STRIP, &is_topmost);

		assert_string_equal(strip->strip.note, "pointer caught");
		assert_true(draw(world->outputs[i], &frame));
		assert_int_equal(pixman_region32_extents(&frame.damage)->y2,
				 i ? 2 * STRIP_HEIGHT : STRIP_HEIGHT);
		frame_finish(&frame);
		flip(world->outputs[i]);
	}
	scene_set_strip_note(world->scene, "pointer caught");
	assert_false(draw(world->outputs[0], &frame));
	frame_finish(&frame);
	scene_set_strip_note(world->scene, "");
	assert_null(layer_of(world->outputs[0], LAYER_STRIP, &is_topmost)->strip.note);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(the_cursor_is_on_one_output_above_all),
		SCENE_TEST(the_cursor_is_a_premultiplied_arrow),
		SCENE_TEST(a_moving_cursor_damages_only_its_places),
		SCENE_TEST(strips_name_the_keyboard_from_their_flip_on),
		SCENE_TEST(a_guest_that_is_gone_is_named_by_nobody),
		SCENE_TEST(a_monitor_without_marks_has_no_strip),
		SCENE_TEST(the_note_is_in_every_strip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
