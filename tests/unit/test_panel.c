/* SPDX-License-Identifier: MIT */
/* The host's panel in the scene: above everybody, nobody's to click through, and known by what is on the glass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/scene/panel.h"
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

static bool is_due(struct scene_output *output)
{
	struct frame frame;
	bool due = scene_output_latch(output, 1, &frame);

	frame_finish(&frame);
	scene_output_committed(output, false);
	return due;
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

static struct panel some_panel(unsigned items)
{
	struct panel panel = {.n_rows = items + 2};

	panel.rows[0].kind = PANEL_TITLE;
	panel.rows[1].kind = PANEL_RULE;
	for (unsigned i = 2; i < panel.n_rows; i++) {
		panel.rows[i].kind = PANEL_ITEM;
		panel.rows[i].id = 100 + i;
		snprintf(panel.rows[i].text, PANEL_TEXT_SIZE, "item %u", i);
	}
	return panel;
}

/* The one layer of this kind; how many lie above it. */
static const struct layer *only_layer(const struct frame *frame, enum layer_kind kind,
				      unsigned *above)
{
	const struct layer *found = NULL;

	for (unsigned i = 0; i < frame->n_layers; i++) {
		if (frame->layers[i].kind == kind) {
			assert_null(found);
			found = &frame->layers[i];
			*above = frame->n_layers - 1 - i;
		}
	}
	assert_non_null(found);
	return found;
}

static void it_is_above_all_but_the_strip(void **state)
{
	struct world *world = *state;
	struct scene_output *output = world->outputs[1];
	const struct panel panel = some_panel(5);
	const struct card card = {.lines = {"late"}, .n_lines = 1};
	unsigned above_panel, above_strip;
	const struct layer *layer, *strip;
	struct frame frame;
	double x, y;

	assert_int_equal(scene_set_notice(world->scene, "Door open"), 0);
	scene_set_card(world->scene, &card);
	scene_set_panel(world->scene, &panel);
	show_frame(output, &frame);
	layer = only_layer(&frame, LAYER_PANEL, &above_panel);
	strip = only_layer(&frame, LAYER_STRIP, &above_strip);
	assert_int_equal(above_panel, above_strip + 1);
	assert_int_equal(above_strip, 0);
	assert_true(layer->dst.y >= strip->dst.h && layer->dst.y + layer->dst.h <= HEIGHT);
	assert_true(layer->dst.w > 0 && layer->dst.x >= 0 && layer->dst.x + layer->dst.w <= WIDTH);
	frame_finish(&frame);
	assert_null(scene_pick(output, 5, HEIGHT / 2.0, &x, &y));
	assert_false(scene_output_shows_card(output));
	/* Who can have input is covered and named no longer. */
	assert_null(scene_output_shows(output));
	scene_set_card(world->scene, NULL);
	scene_set_panel(world->scene, NULL);
	show_all(world);
	assert_ptr_equal(scene_output_shows(output), world->guests[1]);
	assert_ptr_equal(scene_pick(output, 200, 150, &x, &y), world->heads[1]);
}

/* Instruments stay while there is another monitor for the panel; when there is none it covers them, below a strip. */
static void it_is_beside_instruments(void **state)
{
	struct world *world = *state;
	const struct panel panel = some_panel(5);
	unsigned above_panel, above_strip;
	struct frame frame;
	double x, y;

	scene_set_panel(world->scene, &panel);
	show_frame(world->outputs[0], &frame);
	assert_int_equal(frame.layers[frame.n_layers - 1].kind, LAYER_BUFFER);
	frame_finish(&frame);
	assert_ptr_equal(scene_output_shows(world->outputs[0]), world->guests[0]);
	assert_null(scene_pick(world->outputs[0], 5, HEIGHT / 2.0, &x, &y));
	scene_output_set_power(world->outputs[1], false);
	show_frame(world->outputs[0], &frame);
	only_layer(&frame, LAYER_PANEL, &above_panel);
	only_layer(&frame, LAYER_STRIP, &above_strip);
	assert_int_equal(above_panel, above_strip + 1);
	for (unsigned i = 0; i < frame.n_layers; i++) {
		assert_int_not_equal(frame.layers[i].kind, LAYER_BUFFER);
	}
	frame_finish(&frame);
	assert_null(scene_output_shows(world->outputs[0]));
	scene_set_panel(world->scene, NULL);
}

/* Of a monitor that instruments share, it takes the other part. */
static void it_shares_with_instruments(void **state)
{
	struct world *world = *state;
	const struct panel panel = some_panel(5);
	struct layout layout = head_unit();
	struct layout_output *output = &layout.outputs[0];
	unsigned above;
	struct frame frame;

	output->is_unmarked = false;
	output->n_regions = 2;
	output->regions[0].w = 0.5;
	output->regions[1] =
		(struct layout_region){.shows = LAYOUT_FRONT, .x = 0.5, .w = 0.5, .h = 1};
	assert_int_equal(scene_set_layout(world->scene, &layout), 0);
	scene_set_panel(world->scene, &panel);
	show_frame(world->outputs[0], &frame);
	assert_true(only_layer(&frame, LAYER_PANEL, &above)->dst.x >= WIDTH / 2);
	frame_finish(&frame);
	assert_ptr_equal(scene_output_shows(world->outputs[0]), world->guests[0]);
	scene_set_panel(world->scene, NULL);
}

static void only_what_differs_is_drawn_again(void **state)
{
	struct world *world = *state;
	struct scene_output *output = world->outputs[1];
	enum panel_row_kind kinds[PANEL_ROWS];
	struct panel panel = some_panel(6);
	const pixman_box32_t *damaged;
	struct rect row, box;
	struct frame frame;
	unsigned above;

	scene_set_panel(world->scene, &panel);
	show_all(world);
	scene_set_panel(world->scene, &panel);
	assert_false(is_due(output));
	panel.rows[4].is_selected = true;
	scene_set_panel(world->scene, &panel);
	show_frame(output, &frame);
	box = only_layer(&frame, LAYER_PANEL, &above)->dst;
	row = panel_row_rect(kinds, panel_kinds(&panel, kinds), 4, &box);
	damaged = pixman_region32_extents(&frame.damage);
	assert_int_equal(damaged->y1, box.y + row.y);
	assert_int_equal(damaged->y2, box.y + row.y + row.h);
	frame_finish(&frame);
	/* A row less: what was there is covered, too. */
	panel.n_rows--;
	scene_set_panel(world->scene, &panel);
	show_frame(output, &frame);
	damaged = pixman_region32_extents(&frame.damage);
	assert_true(damaged->y1 <= box.y && damaged->y2 >= box.y + box.h);
	frame_finish(&frame);
	scene_set_panel(world->scene, NULL);
	assert_true(is_due(output));
}

static void rows_mean_what_the_glass_shows(void **state)
{
	struct world *world = *state;
	struct scene_output *output = world->outputs[1];
	enum panel_row_kind kinds[PANEL_ROWS];
	struct panel panel = some_panel(4);
	struct rect row, box;
	struct frame frame;
	unsigned above;
	double x = 0, y = 0;

	scene_set_panel(world->scene, &panel);
	assert_int_equal(scene_panel_row(output, WIDTH / 2.0, HEIGHT / 2.0), -1);
	show_frame(output, &frame);
	box = only_layer(&frame, LAYER_PANEL, &above)->dst;
	frame_finish(&frame);
	for (unsigned i = 0; i < panel.n_rows; i++) {
		row = panel_row_rect(kinds, panel_kinds(&panel, kinds), i, &box);
		x = box.x + row.x + row.w / 2.0;
		y = box.y + row.y + row.h / 2.0;
		assert_int_equal(scene_panel_row(output, x, y), i < 2 ? -1 : (int)i);
		assert_int_equal(scene_panel_id(output, x, y), i < 2 ? 0 : 100 + i);
		assert_int_equal(scene_panel_row(output, box.x - 1, y), -1);
	}
	/* Other items in the same places: a click before the flip is on what was there. */
	panel.rows[5].id = 7;
	scene_set_panel(world->scene, &panel);
	assert_int_equal(scene_panel_id(output, x, y), 105);
	show_frame(output, &frame);
	frame_finish(&frame);
	assert_int_equal(scene_panel_id(output, x, y), 7);
	scene_set_panel(world->scene, NULL);
	assert_int_equal(scene_panel_id(output, x, y), 7);
	show_frame(output, &frame);
	frame_finish(&frame);
	assert_int_equal(scene_panel_id(output, x, y), 0);
}

static void it_is_on_monitors_that_come_later(void **state)
{
	struct world *world = *state;
	const struct panel panel = some_panel(3);
	struct scene_output *late;
	struct frame frame;
	unsigned above;

	scene_set_panel(world->scene, &panel);
	show_all(world);
	late = scene_output_add(world->scene, "C", 200, 90, 60000, NULL);
	show_frame(late, &frame);
	/* Before anything else is seen there, and inside of it however small it is. */
	assert_true(only_layer(&frame, LAYER_PANEL, &above)->dst.h <= 66);
	assert_int_equal(above, 1);
	frame_finish(&frame);
	scene_output_set_power(late, false);
	show_frame(late, &frame);
	assert_int_equal(frame.n_layers, 1);
	frame_finish(&frame);
	scene_output_remove(late);
	scene_set_panel(world->scene, NULL);
}

#define PANEL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PANEL_TEST(it_is_above_all_but_the_strip),
		PANEL_TEST(it_is_beside_instruments),
		PANEL_TEST(it_shares_with_instruments),
		PANEL_TEST(only_what_differs_is_drawn_again),
		PANEL_TEST(rows_mean_what_the_glass_shows),
		PANEL_TEST(it_is_on_monitors_that_come_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
