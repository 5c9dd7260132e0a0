/* SPDX-License-Identifier: MIT */
/* Contacts: each belongs to whose picture its first touch is on, and ends with anything that ends it. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/seat_world.h"

static struct seat_guest a = {.letter = 'A'}, b = {.letter = 'B'};
static struct seat_head a0 = {&a, 0}, a1 = {&a, 1}, b0 = {&b, 0};
static struct world world;
static struct seat *seat;

/* Outputs 0 and 1 show A's heads, 2 shows B's. */
static int setup(void **state)
{
	const struct seat_chord none = {0};

	world_init(&world, 3);
	world.shown[0] = &a0;
	world.shown[1] = &a1;
	world.shown[2] = &b0;
	seat = seat_create(&world_sink, &world_space, &world, &none, &none);
	return 0;
}

static int teardown(void **state)
{
	seat_destroy(seat);
	return 0;
}

#define expect(text) assert_string_equal(world_take_log(&world), text)

static void contacts_are_held_by_their_head(void **state)
{
	seat_touch_down(seat, 0, 0, 5, 0.5, 0.5, 0);
	seat_touch_down(seat, 1, 1, 5, 0.25, 0.5, 0);
	seat_touch_frame(seat, 0);
	/* Groups are those of a device. */
	expect("A:touch 0 on 0 80,80 A:. A:touch 1 on 1 30,80 A:. ");
	/* Clamped to the head that it began on, wherever it goes. */
	seat_touch_motion(seat, 0, 0, 5, 1, 0, 0);
	seat_touch_motion(seat, 1, 2, 5, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 at 159,0 A:. A:touch 1 at 159,80 A:. ");
	seat_touch_up(seat, 0, 5, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 up A:. ");
	seat_touch_cancel(seat, 1);
	expect("A:touch 1 up A:. ");
}

static void a_slot_that_is_touched_twice_is_lifted_first(void **state)
{
	seat_touch_down(seat, 0, 0, 3, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, 0, 3, 0.25, 0.5, 0);
	seat_touch_up(seat, 0, 3, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 on 0 80,80 A:touch 0 up A:touch 0 on 0 30,80 A:touch 0 up A:. ");
}

static void a_contact_is_whose_its_first_touch_is(void **state)
{
	seat_touch_down(seat, 0, 2, 0, 0.5, 0.5, 0);   /* on B */
	seat_touch_down(seat, 0, 0, 1, 0.05, 0.05, 0); /* on the host's ground */
	seat_touch_frame(seat, 0);
	expect("B:touch 0 on 0 80,80 H:touch 1 5,5 B:. H:. ");
	seat_touch_motion(seat, 0, 0, 0, 0.5, 0.5, 0); /* over A now */
	seat_touch_motion(seat, 0, 0, 1, 0.5, 0.5, 0);
	seat_touch_frame(seat, 0);
	expect("B:touch 0 at 0,80 H:touch 1 at 50,50 B:. H:. ");
	seat_touch_up(seat, 0, 0, 0);
	seat_touch_up(seat, 0, 1, 0);
	seat_touch_frame(seat, 0);
	expect("B:touch 0 up H:touch 1 up B:. H:. ");
}

static void contacts_end_at_the_limit(void **state)
{
	for (int i = 0; i < SEAT_MAX_CONTACTS; i++) {
		seat_touch_down(seat, 0, 0, i, 0.5, 0.5, 0);
	}
	world_take_log(&world);
	seat_touch_down(seat, 0, 0, SEAT_MAX_CONTACTS, 0.5, 0.5, 0);
	seat_touch_up(seat, 0, SEAT_MAX_CONTACTS, 0);
	expect("");
	seat_touch_up(seat, 0, 7, 0);
	seat_touch_down(seat, 0, 0, 99, 0.5, 0.5, 0);
	expect("A:touch 7 up A:touch 7 on 0 80,80 ");
}

/* Touches of devices, outputs and places that there are not. */
static void nonsense_touches_nothing(void **state)
{
	const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		seat_touch_down(seat, 0, 0, 0, bad[i], 0.5, 0);
		seat_touch_down(seat, 0, 0, 0, 0.5, bad[i], 0);
	}
	seat_touch_down(seat, 0, 3, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, INT_MAX, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, SEAT_MAX_DEVICES, 0, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, UINT32_MAX, 0, 0, 0.5, 0.5, 0);
	seat_touch_cancel(seat, UINT32_MAX);
	seat_touch_frame(seat, UINT32_MAX);
	expect("");
	/* A slot may have any number; a place outside is at the edge. */
	seat_touch_down(seat, 0, 0, INT_MIN, 0.5, 0.5, 0);
	seat_touch_motion(seat, 0, 0, INT_MIN, (double)NAN, 0.5, 0);
	seat_touch_motion(seat, 0, 0, INT_MIN, 1e300, -1e300, 0);
	seat_touch_up(seat, 0, INT_MIN, 0);
	seat_touch_frame(seat, 0);
	expect("A:touch 0 on 0 80,80 A:touch 0 at 159,0 A:touch 0 up A:. ");
}

/* Two of one touchscreen's contacts at once, and one that is on an output when that goes. */
static void an_output_goes_with_its_contacts(void **state)
{
	seat_touch_down(seat, 0, 1, 0, 0.5, 0.5, 0);
	seat_touch_down(seat, 0, 1, 1, 0.01, 0.5, 0);
	seat_touch_frame(seat, 0);
	world_take_log(&world);
	seat_forget_head(seat, &a1);
	expect("A:touch 0 up A:. ");
	world.shown[1] = NULL;
	world.exists[1] = false;
	seat_layout_changed(seat);
	world_take_log(&world);
	seat_touch_motion(seat, 0, 1, 0, 0.6, 0.5, 0);
	seat_touch_motion(seat, 0, 1, 1, 0.6, 0.5, 0);
	seat_touch_up(seat, 0, 0, 0);
	seat_touch_up(seat, 0, 1, 0);
	seat_touch_frame(seat, 0);
	expect("H:touch 1 up H:. ");
}

#define touch_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		touch_test(contacts_are_held_by_their_head),
		touch_test(a_slot_that_is_touched_twice_is_lifted_first),
		touch_test(a_contact_is_whose_its_first_touch_is),
		touch_test(contacts_end_at_the_limit),
		touch_test(nonsense_touches_nothing),
		touch_test(an_output_goes_with_its_contacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
