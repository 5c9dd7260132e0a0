/* SPDX-License-Identifier: MIT */
/* The pointer's way over outputs of any size and place: over shared edges, gaps and corners, along walls, against resistance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>

#include "tests/unit/seat_world.h"

#define NEAR 0.01 /* the last point of an output is a bit before its edge */

static struct world world;
static struct seat *seat;

static int setup(void **state)
{
	const struct seat_chord none = {0};

	world_init(&world, 0);
	seat = seat_create(&world_sink, &world_policy_space, &world, &none, &none);
	return 0;
}

static int teardown(void **state)
{
	seat_destroy(seat);
	return 0;
}

static void put_output(unsigned i, double x, double y, double w, double h)
{
	world.exists[i] = true;
	world.rects[i] = (struct world_rect){x, y, w, h};
}

/* As an absolute device does. */
static void put_pointer(unsigned output, double x, double y)
{
	const struct world_rect *at = &world.rects[output];

	seat_motion_absolute(seat, 0, (int)output, (x - at->x) / at->w, (y - at->y) / at->h, 0);
}

static void move(double dx, double dy)
{
	seat_motion(seat, 0, dx, dy, 0);
	world_take_log(&world);
}

static void assert_at(double x, double y)
{
	double at_x, at_y;

	seat_pointer_position(seat, &at_x, &at_y);
	if (fabs(at_x - x) > NEAR || fabs(at_y - y) > NEAR) {
		fail_msg("the pointer is at %g,%g and should be at %g,%g", at_x, at_y, x, y);
	}
}

static void two_of_different_size_are_one_desktop(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, -50, 300, 200);
	put_pointer(0, 90, 40);
	move(20, 10);
	assert_at(110, 50);
	move(-30, 5);
	assert_at(80, 55);
	/* A pixel of motion is one of the layout, on either side and over the edge. */
	for (int i = 0; i < 60; i++) {
		move(1, -0.5);
	}
	assert_at(140, 25);
	for (int i = 0; i < 60; i++) {
		move(-1, 0.5);
	}
	assert_at(80, 55);
}

static void where_nothing_is_behind_an_edge_it_slides(void **state)
{
	put_output(0, 0, 0, 100, 200);
	put_output(1, 100, 100, 100, 100);
	put_pointer(0, 90, 10);
	move(50, 20);
	assert_at(100, 30);
	/* Along the edge down to where the other begins, and over. */
	move(10, 60);
	assert_at(100, 90);
	move(10, 20);
	assert_at(100, 110);
	move(10, 0);
	assert_at(110, 110);
	/* Back up it ends at that one's top. */
	move(0, -50);
	assert_at(110, 100);
	move(-20, -50);
	assert_at(90, 100);
}

static void a_gap_is_no_distance(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 150, 0, 100, 100);
	put_pointer(0, 95, 50);
	move(10, 0);
	assert_at(155, 50);
	move(-10, 0);
	assert_at(95, 50);
	/* The nearest is next. */
	put_output(2, 120, 0, 10, 100);
	move(7, 0);
	assert_at(122, 50);
}

static void a_corner_is_a_way(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, 100, 100, 100);
	put_pointer(0, 90, 90);
	move(30, 30);
	assert_at(120, 120);
	move(-30, -30);
	assert_at(90, 90);
	/* Pushed into the corner in steps. */
	move(30, 5);
	assert_at(100, 95);
	move(5, 30);
	assert_at(100, 100 - NEAR / 2);
	move(5, 5);
	assert_at(105, 105);
}

static void a_narrow_output_is_flown_over(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, 0, 10, 100);
	put_output(2, 110, 0, 100, 100);
	put_pointer(0, 50, 50);
	move(100, 20);
	assert_at(150, 70);
	/* But not one that is a wall. */
	world.resistance[2][1] = INFINITY;
	move(-100, -20);
	assert_at(110, 50);
	world.resistance[2][1] = 0;
	world.resistance[1][0] = INFINITY;
	move(-100, 0);
	assert_at(100, 50);
}

/* As fast as a mouse may be, along any line: never on the other side of a wall, never off the outputs. */
static void nothing_goes_through_a_wall(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, 0, 100, 100);
	put_output(2, 200, 0, 100, 100);
	put_output(3, 0, 100, 100, 100);
	world.resistance[0][1] = INFINITY;
	for (int angle = 0; angle < 360; angle++) {
		for (int power = 0; power < 8; power++) {
			double x, y, reach = pow(7, power);

			put_pointer(0, 50, 50);
			move(reach * cos(angle * 0.0175), reach * sin(angle * 0.0175));
			seat_pointer_position(seat, &x, &y);
			assert_true(x >= 0 && x < 100 && y >= 0 && y < 200);
		}
	}
}

static void an_edge_resists_a_while(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, 0, 100, 100);
	world.resistance[0][1] = 30;
	put_pointer(0, 90, 50);
	move(20, 5); /* 10 to the edge, 10 against it */
	assert_at(100, 55);
	move(10, 5);
	assert_at(100, 60);
	/* The last 10 and what is more than that. */
	move(15, 0);
	assert_at(105, 60);
	/* There is none the other way. */
	move(-10, 0);
	assert_at(95, 60);
}

static void a_push_is_forgotten_on_the_way_back(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, 0, 100, 100);
	world.resistance[0][1] = 30;
	put_pointer(0, 99, 50);
	move(26, 0);
	assert_at(100, 50);
	move(-20, 0);
	assert_at(80, 50);
	move(20, 0);
	/* 5 of the 25 were left. */
	move(24, 0);
	assert_at(100, 50);
	move(3, 0);
	assert_true(seat_pointer_owner(seat) == seat_host);
	assert_at(102, 50);
	/* And altogether when an absolute device puts the pointer elsewhere. */
	put_pointer(0, 99, 50);
	move(26, 0);
	put_pointer(0, 99, 50);
	move(26, 0);
	assert_at(100, 50);
}

static void a_way_ends_with_its_output(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_output(1, 100, 0, 100, 100);
	put_pointer(1, 150, 50);
	world.exists[1] = false;
	seat_layout_changed(seat);
	assert_at(100, 50);
	move(10, 0);
	assert_at(100, 50);
	world.exists[0] = false;
	seat_layout_changed(seat);
	move(-10, 0);
	assert_at(100, 50);
	/* Nobody has said yet that there is one again. */
	put_output(2, 500, 0, 100, 100);
	move(10, 5);
	assert_at(510, 55);
}

/* What a mouse cannot have done, it has not done. */
static void nonsense_moves_nothing(void **state)
{
	put_output(0, 0, 0, 100, 100);
	put_pointer(0, 50, 50);
	move((double)NAN, 1);
	move(1, (double)INFINITY);
	assert_at(50, 50);
	move(1e300, 1e300);
	assert_at(100, 100);
	move(-1e300, 0);
	assert_at(0, 100);
}

#define walk_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		walk_test(two_of_different_size_are_one_desktop),
		walk_test(where_nothing_is_behind_an_edge_it_slides),
		walk_test(a_gap_is_no_distance),
		walk_test(a_corner_is_a_way),
		walk_test(a_narrow_output_is_flown_over),
		walk_test(nothing_goes_through_a_wall),
		walk_test(an_edge_resists_a_while),
		walk_test(a_push_is_forgotten_on_the_way_back),
		walk_test(a_way_ends_with_its_output),
		walk_test(nonsense_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
