/* SPDX-License-Identifier: MIT */
/* Input under layouts: turned and scaled monitors, several guests on one, kiosks, places that come and go. */
#include <math.h>

#include "tests/input_bench.h"

static struct layout layout; /* of the test that runs */

static struct layout_output *monitor_entry(unsigned i)
{
	struct layout_output *output = &layout.outputs[layout.n_outputs++];

	snprintf(output->name, sizeof(output->name), "M-%u", i);
	return output;
}

static void bind(struct layout_output *output, const char *guest, double x, double w)
{
	struct layout_region *region = &output->regions[output->n_regions++];

	*region = (struct layout_region){.shows = LAYOUT_GUEST, .x = x, .w = w, .h = 1};
	snprintf(region->guest, sizeof(region->guest), "%s", guest);
}

/* As layouts.c puts one in force. */
static void take(void)
{
	assert_int_equal(scene_set_layout(bench->server.scene, &layout), 0);
	input_outputs_changed(bench->server.input);
	turn();
	memset(&layout, 0, sizeof(layout));
}

/* A point of the panel, in its own pixels. */
static void touch_panel(unsigned i, double x, double y)
{
	const struct output_device *device = &bench->monitors[i].base;
	struct seat *seat = input_seat(bench->server.input);

	seat_motion_absolute(seat, MOUSE, (int)i, x / device->width, y / device->height, 0);
}

static void a_turned_panel_is_touched_where_it_shows(void **state)
{
	struct rect dst;

	monitor_entry(0)->transform = TRANSFORM_90;
	take();
	frames(3);
	dst = bench->a->heads[0]->dst;
	assert_true(dst.x == 80 && dst.w == 320 && dst.y == 212);
	forget_log();
	/* Upright u, v lies at v, 479 - u of this panel. */
	touch_panel(0, dst.y + 20.5, 480 - (dst.x + 10.5));
	assert_log("a:in0@10.5,20.5 ");
	monitor_entry(0)->transform = TRANSFORM_FLIPPED_180;
	take();
	frames(3);
	dst = bench->a->heads[0]->dst;
	forget_log();
	touch_panel(0, dst.x + 10.5, 480 - (dst.y + 20.5));
	assert_log("a:in0@10.5,20.5 ");
}

static void a_scaled_monitor_moves_the_pointer_as_far(void **state)
{
	struct seat *seat = input_seat(bench->server.input);
	struct rect dst;

	monitor_entry(0)->scale = 2;
	take();
	frames(3);
	dst = bench->a->heads[0]->dst;
	touch_panel(0, dst.x + 10, dst.y + 20);
	forget_log();
	/* One of the pointer's pixels is two of the panel's; the picture is one to one. */
	seat_motion(seat, MOUSE, 5, 3, 0);
	assert_log("a:to20,26 ");
}

static void split_screens_have_one_keyboard(void **state)
{
	struct layout_output *output = monitor_entry(0);
	struct scene_head *head;

	bind(output, "a", 0, 0.5);
	bind(output, "b", 0.5, 0.5);
	take();
	frames(3);
	assert_null(shown_on(0));
	assert_ptr_equal(owner(), bench->a);
	forget_log();
	head = bench->b->heads[0];
	assert_ptr_equal(head->output, repaint_output(bench->server.repaint, 0));
	/* b's half is b's picture: pointer and contacts there are its own, the keyboard is not. */
	touch_panel(0, head->dst.x + 1, head->dst.y + 1);
	seat_touch_down(input_seat(bench->server.input), MOUSE, 0, 0, (head->dst.x + 1) / 640.0,
			(head->dst.y + 1) / 480.0, 0);
	tap(KEY_B);
	assert_log("b:in0@1.05263,1.05263 b:down a:48+ a:48- ");
	/* The switch waits for a flip, though its mark is there all the time. */
	chord(KEY_TAB);
	assert_null(owner());
	tap(KEY_A);
	frames(1);
	assert_ptr_equal(owner(), bench->b);
	forget_log();
	tap(KEY_A);
	assert_log("b:30+ b:30- ");
}

static void who_has_no_place_is_never_switched_to(void **state)
{
	struct scene_guest *c = guest_add("c", 1);
	struct layout_output *first, *second;

	first = monitor_entry(0);
	second = monitor_entry(1);
	bind(first, "a", 0, 1);
	bind(second, "c", 0, 1);
	take();
	frames(3);
	assert_ptr_equal(owner(), bench->a);
	chord(KEY_TAB);
	frames(2);
	assert_ptr_equal(owner(), c);
	chord(KEY_TAB);
	frames(2);
	assert_ptr_equal(owner(), bench->a); /* not b */
	/* A layout without a place for the owner: another one is in front. */
	bind(monitor_entry(0), "b", 0, 1);
	bind(monitor_entry(1), "c", 0, 1);
	take();
	frames(3);
	assert_true(owner() == bench->b || owner() == c);
	assert_true(scene_output_shows_guest(
		repaint_output(bench->server.repaint, owner() == c ? 1 : 0), owner()));
}

static void kiosks_have_one_way_in(void **state)
{
	strcpy(layout.reachable[0], "b");
	layout.n_reachable = 1;
	key(KEY_A, true);
	forget_log();
	take();
	/* At once, with what it held released. */
	assert_log("a:30- [-] ");
	key(KEY_A, false);
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	for (unsigned i = 0; i < 5; i++) {
		chord(KEY_TAB);
		frames(1);
		assert_ptr_equal(owner(), bench->b);
	}
	chord(KEY_DELETE);
	frames(1);
	assert_null(owner());
	tap(KEY_ESC);
	frames(3);
	assert_ptr_equal(owner(), bench->b);
	/* Nobody that may have it is there: nobody has it. */
	guest_remove(bench->b);
	frames(3);
	assert_null(owner());
	tap(KEY_A);
	chord(KEY_TAB);
	frames(3);
	assert_null(owner());
}

static void mirrors_are_touched_and_not_strayed_to(void **state)
{
	struct seat *seat = input_seat(bench->server.input);

	/* Right of the one that it mirrors. */
	monitor_entry(0);
	strcpy(monitor_entry(1)->mirror_of, "M-0");
	take();
	frames(3);
	assert_true(scene_output_shows_guest(repaint_output(bench->server.repaint, 1), bench->a));
	forget_log();
	seat_touch_down(seat, MOUSE, 1, 0, 0.5, 0.5, 0);
	assert_log("a:down ");
	seat_touch_up(seat, MOUSE, 0, 0);
	touch_panel(0, 600, 300);
	seat_motion(seat, MOUSE, 1000, 0, 0);
	forget_log();
	/* Still on the first: a step back is over its edge, not over the mirror's. */
	seat_motion(seat, MOUSE, -160, 0, 0);
	assert_non_null(strstr(bench->log, "a:in0@319"));
}

/* The view under a point of the pointer's space, and the point in pixels of its monitor. NULL: the host's. */
static const struct scene_view *view_at(double *x, double *y)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct scene_output *output = repaint_output(bench->server.repaint, i);
		const struct scene_view *views;
		unsigned n;

		views = scene_output_views(output, &n);
		if (!rect_contains(&output->layout, *x, *y)) {
			continue;
		}
		*x = (*x - output->layout.x) * output->scale;
		*y = (*y - output->layout.y) * output->scale;
		for (unsigned k = 0; k < n; k++) {
			if (views[k].head && rect_contains(&views[k].dst, *x, *y)) {
				return &views[k];
			}
		}
	}
	return NULL;
}

/* From a guest's own monitor over one that is turned, twice as dense, and shows tiles of both. */
static void one_straight_line_over_all_that_is_shown(void **state)
{
	struct seat *seat = input_seat(bench->server.input);
	unsigned seen_a = 0, seen_b = 0, tiles = 0;
	double x, y, px, py;

	bind(monitor_entry(0), "a", 0, 1);
	monitor_entry(1)->transform = TRANSFORM_90;
	layout.outputs[1].scale = 2;
	layout.outputs[1].n_regions = 1;
	layout.outputs[1].regions[0] =
		(struct layout_region){.shows = LAYOUT_MOSAIC, .w = 1, .h = 1};
	take();
	frames(3);
	touch_panel(0, 300, 100);
	seat_pointer_position(seat, &x, &y);
	for (unsigned i = 0; i < 560; i++) {
		const struct scene_view *view;

		forget_log();
		seat_motion(seat, MOUSE, 1, 0.375, 0);
		seat_pointer_position(seat, &px, &py);
		x += 1;
		y += 0.375;
		/* Not a pixel is lost or won at the edge. */
		assert_true(fabs(px - x) < 0.01 && fabs(py - y) < 0.01);
		view = view_at(&px, &py);
		assert_ptr_equal(bench->told.head, view ? view->head : NULL);
		if (!view) {
			continue;
		}
		px = (px - view->dst.x) * view->head->width / view->dst.w;
		py = (py - view->dst.y) * view->head->height / view->dst.h;
		assert_true(fabs(bench->told.x - px) < 0.01 && fabs(bench->told.y - py) < 0.01);
		seen_a += view->head == bench->a->heads[0];
		seen_b += view->head == bench->b->heads[0];
		tiles += view->is_copy;
	}
	assert_true(seen_a > 80 && seen_b > 100 && tiles > 100);
}

/* The one monitor of a layout goes and comes back: guest and input with it. */
static void places_come_back_with_their_monitor(void **state)
{
	bind(monitor_entry(1), "b", 0, 1);
	take();
	frames(3);
	assert_ptr_equal(shown_on(1), bench->b);
	monitor_unplug(1);
	turn();
	assert_false(bench->b->heads[0]->visible);
	frames(2);
	assert_ptr_equal(owner(), bench->a);
	monitor_plug(1, 640, 480);
	frames(3);
	assert_ptr_equal(shown_on(1), bench->b);
	monitor_unplug(1);
	monitor_unplug(0);
	turn();
	assert_null(owner());
	assert_ptr_equal(scene_front(bench->server.scene), bench->a);
	tap(KEY_A);
	monitor_plug(0, 640, 480);
	frames(3);
	assert_ptr_equal(owner(), bench->a);
}

#define JOIN_TEST(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOIN_TEST(a_turned_panel_is_touched_where_it_shows),
		JOIN_TEST(a_scaled_monitor_moves_the_pointer_as_far),
		JOIN_TEST(split_screens_have_one_keyboard),
		JOIN_TEST(who_has_no_place_is_never_switched_to),
		JOIN_TEST(kiosks_have_one_way_in),
		JOIN_TEST(mirrors_are_touched_and_not_strayed_to),
		JOIN_TEST(one_straight_line_over_all_that_is_shown),
		JOIN_TEST(places_come_back_with_their_monitor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
