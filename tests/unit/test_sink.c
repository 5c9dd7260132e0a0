/* SPDX-License-Identifier: MIT */
/*
 * The kbdif sink, against a guest that reads its ring when and as it likes and remembers what is
 * down.
 */
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hid/kbdif/kbdif.h"
#include "hid/kbdif/sink.h"

#define CONTACTS 10

struct guest {
	_Alignas(4096) struct kbdif_page page;
	bool keys[KEY_CNT];
	bool contacts[CONTACTS];
	int contact_x[CONTACTS], contact_y[CONTACTS];
	unsigned n_downs;
	unsigned touched; /* since the last SYN */
	int x, y;
	int rel_x, rel_y, wheel;
	unsigned n_events, n_motions; /* n_motions: positions and motions */
	bool is_clicked_at[1024];     /* BTN_LEFT went down when the pointer was at this x */
	int ctrl_wheel;               /* notches while the control key was down */
	unsigned n_keys;
	uint32_t order[512];
};

static struct guest guests[SINK_MAX_DEVICES];
static struct sink *sink;

static void guest_touch(struct guest *g, const struct kbdif_mtouch *e)
{
	unsigned id = e->contact_id;

	if (e->event_type == KBDIF_TOUCH_SYN) {
		g->touched = 0;
		return;
	}
	assert_true(id < CONTACTS);
	g->touched++;
	g->n_downs += e->event_type == KBDIF_TOUCH_DOWN;
	/* Only what is up goes down, only what is down moves or goes up. */
	assert_int_equal(g->contacts[id], e->event_type != KBDIF_TOUCH_DOWN);
	g->contacts[id] = e->event_type != KBDIF_TOUCH_UP;
	if (g->contacts[id]) {
		g->contact_x[id] = e->abs_x;
		g->contact_y[id] = e->abs_y;
	}
}

/* What an event does not use is 0: anything else was in the worker's memory. */
static void guest_look_behind(const union kbdif_event *e)
{
	size_t used = e->type == KBDIF_KEY ? 8 : 16;

	for (size_t i = used; i < sizeof(*e); i++) {
		assert_int_equal(e->bytes[i], 0);
	}
}

static void guest_take(struct guest *g, const union kbdif_event *e)
{
	g->n_events++;
	guest_look_behind(e);
	switch (e->type) {
	case KBDIF_KEY:
		assert_true(g->keys[e->key.keycode] != (e->key.pressed != 0));
		g->keys[e->key.keycode] = e->key.pressed;
		if (e->key.pressed && e->key.keycode == BTN_LEFT) {
			g->is_clicked_at[g->x] = true;
		}
		if (e->key.pressed) {
			g->order[g->n_keys++ % 512] = e->key.keycode;
		}
		break;
	case KBDIF_POS:
		g->n_motions++;
		g->ctrl_wheel += g->keys[KEY_LEFTCTRL] ? e->pos.rel_z : 0;
		g->x = e->pos.abs_x;
		g->y = e->pos.abs_y;
		g->wheel += e->pos.rel_z;
		break;
	case KBDIF_MOTION:
		g->n_motions++;
		g->rel_x += e->motion.rel_x;
		g->rel_y += e->motion.rel_y;
		g->wheel += e->motion.rel_z;
		break;
	case KBDIF_MTOUCH:
		guest_touch(g, &e->mtouch);
		break;
	default:
		fail_msg("an event that kbdif does not have");
	}
}

static unsigned guest_read(struct guest *g, unsigned max)
{
	unsigned n = 0;

	for (; n < max && g->page.in_cons != g->page.in_prod; n++) {
		guest_take(g, &g->page.in[g->page.in_cons++ % KBDIF_IN_EVENTS]);
	}
	assert_true(g->page.in_prod - g->page.in_cons <= KBDIF_IN_EVENTS);
	return n;
}

static void read_all(void)
{
	unsigned n;

	sink_pointer_frame(sink);
	do {
		n = 0;
		sink_flush(sink);
		for (int i = 0; i < SINK_MAX_DEVICES; i++) {
			n += guest_read(&guests[i], UINT32_MAX);
		}
	} while (n > 0);
}

static uint32_t dice(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

static void add(int i, struct sink_features features, bool attach)
{
	assert_int_equal(sink_add(sink, &features, &guests[i].page, attach), i);
}

static const struct sink_features tablet = {
	.keyboard = true, .pointer = true, .absolute = true, .width = 800, .height = 600};
static const struct sink_features mouse = {.keyboard = true, .pointer = true};
static const struct sink_features panel = {
	.touch = true, .touch_width = 800, .touch_height = 600, .touch_contacts = CONTACTS};

static int start(void **state)
{
	memset(guests, 0, sizeof(guests));
	sink = sink_create();
	return 0;
}

static int stop(void **state)
{
	sink_destroy(sink);
	return 0;
}

static void keys_go_where_keyboard_and_pointer_are(void **state)
{
	add(0, panel, false);
	add(1, (struct sink_features){.keyboard = true}, false);
	add(2, mouse, false);
	sink_key(sink, KEY_A, true);
	read_all();
	assert_true(guests[2].keys[KEY_A]);
	assert_int_equal(guests[0].n_events + guests[1].n_events, 0);
}

static void no_key_without_a_device_that_survives_it(void **state)
{
	add(0, panel, false);
	add(1, (struct sink_features){.pointer = true, .absolute = true, .width = 8, .height = 8},
	    false);
	sink_key(sink, KEY_A, true);
	sink_key(sink, BTN_LEFT, true);
	assert_int_equal(sink_flush(sink), 0);
}

static void motion_goes_to_each_in_its_way(void **state)
{
	add(0, mouse, false);
	add(1, tablet, false);
	sink_position(sink, 400, 300, 800, 600);
	sink_pointer_frame(sink);
	sink_relative(sink, 3, -2);
	sink_pointer_frame(sink);
	read_all();
	assert_int_equal(guests[1].x, 400);
	assert_int_equal(guests[1].y, 300);
	assert_int_equal(guests[0].rel_x, 3);
	assert_int_equal(guests[0].rel_y, -2);
	assert_int_equal(guests[0].n_events + guests[1].n_events, 2);
}

/* Two rings have no order between them. */
static void a_button_goes_with_what_moved_the_pointer(void **state)
{
	add(0, mouse, false);
	add(1, tablet, false);
	sink_relative(sink, 3, -2);
	sink_key(sink, BTN_LEFT, true);
	read_all();
	assert_true(guests[0].keys[BTN_LEFT]);
	sink_position(sink, 400, 300, 800, 600);
	sink_key(sink, BTN_RIGHT, true);
	sink_wheel(sink, 120);
	read_all();
	assert_true(guests[1].keys[BTN_RIGHT]);
	assert_int_equal(guests[1].wheel, 1);
	/* Each goes up where it went down. */
	sink_key(sink, BTN_LEFT, false);
	sink_key(sink, BTN_RIGHT, false);
	read_all();
	assert_false(guests[0].keys[BTN_LEFT] || guests[1].keys[BTN_RIGHT]);
}

/* One movement of a hand, told as a motion and as the place where it leads to. */
static void one_movement_is_told_once(void **state)
{
	add(0, mouse, false);
	add(1, tablet, false);
	sink_relative(sink, 3, -2);
	sink_position(sink, 400, 300, 800, 600);
	sink_pointer_frame(sink);
	sink_position(sink, 401, 300, 800, 600);
	sink_relative(sink, 1, 0);
	sink_key(sink, BTN_LEFT, true);
	read_all();
	assert_int_equal(guests[0].n_events, 0);
	assert_int_equal(guests[1].n_motions, 2);
	/* Without a device for positions the motion is all there is. */
	sink_remove(sink, 1);
	sink_relative(sink, 3, -2);
	sink_position(sink, 404, 298, 800, 600);
	read_all();
	assert_int_equal(guests[0].rel_x, 3);
	assert_int_equal(guests[0].rel_y, -2);
}

static void what_the_devices_take_is_known(void **state)
{
	assert_int_equal(sink_pointer_kinds(sink), 0);
	add(0, panel, false);
	assert_int_equal(sink_pointer_kinds(sink), 0);
	add(1, mouse, false);
	assert_int_equal(sink_pointer_kinds(sink), SINK_RELATIVE);
	add(2, tablet, false);
	assert_int_equal(sink_pointer_kinds(sink), SINK_RELATIVE | SINK_ABSOLUTE);
	sink_remove(sink, 1);
	assert_int_equal(sink_pointer_kinds(sink), SINK_ABSOLUTE);
}

static void raw_positions_span_the_raw_range(void **state)
{
	struct sink_features raw = tablet;

	raw.raw = true;
	add(0, raw, false);
	sink_position(sink, 1919, 0, 1920, 1080);
	read_all();
	assert_in_range(guests[0].x, KBDIF_RAW_MAX * 1919 / 1920, KBDIF_RAW_MAX);
	assert_in_range(guests[0].y, 0, KBDIF_RAW_MAX / 1080);
}

static void slow_motion_and_fine_wheels_add_up(void **state)
{
	add(0, mouse, false);
	for (int i = 0; i < 1000; i++) {
		sink_relative(sink, 0.25, -0.125);
		sink_wheel(sink, 15);
		read_all();
	}
	sink_wheel(sink, -360);
	read_all();
	assert_int_equal(guests[0].rel_x, 250);
	assert_int_equal(guests[0].rel_y, -125);
	assert_int_equal(guests[0].wheel, 125 - 3);
}

/* Whatever the wheel does, the guest's distance is the hand's, but for what is no whole notch. */
static void a_wheel_loses_no_distance(void **state)
{
	uint32_t seed = 1;
	int turned = 0;

	add(0, mouse, false);
	for (int i = 0; i < 10000; i++) {
		int v120 = (int)dice(&seed, 481) - 240;

		sink_wheel(sink, v120);
		turned += v120;
		read_all();
		assert_in_range(abs(turned - 120 * guests[0].wheel), 0, 119);
	}
	assert_true(guests[0].n_motions > 1000);
}

/* A wheel between two detents: half a notch to and fro is no notch. */
static void a_wheel_that_trembles_tells_nothing(void **state)
{
	add(0, mouse, false);
	for (int i = 0; i < 1000; i++) {
		sink_wheel(sink, i % 2 ? -60 : 60);
	}
	read_all();
	assert_int_equal(guests[0].n_events, 0);
}

/* ---- merging ---- */

#define MOTIONS_FIT 35 /* unread ones that a guest may have before it counts as one that lags */

static void with_room_every_motion_passes(void **state)
{
	unsigned n = 0;

	add(0, tablet, false);
	add(1, mouse, false);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < MOTIONS_FIT; i++) {
			sink_position(sink, round, i, 800, 600);
			sink_pointer_frame(sink);
			sink_relative(sink, 1, 0);
			sink_pointer_frame(sink);
		}
		n += MOTIONS_FIT;
		/* Also when no mark came in between. */
		if (round % 2) {
			sink_flush(sink);
		}
		read_all();
		assert_int_equal(guests[0].n_motions, n);
		assert_int_equal(guests[1].n_motions, n);
	}
	assert_int_equal(guests[1].rel_x, n);
}

/* 1,000 motions that nobody reads, and then a key: it is in the ring at once. */
static void a_key_does_not_wait_behind_motion(void **state)
{
	struct kbdif_page *page = &guests[0].page;

	add(0, tablet, false);
	for (int i = 0; i < 1000; i++) {
		sink_position(sink, i % 800, 1, 800, 600);
		sink_flush(sink);
	}
	assert_int_equal(page->in_prod, MOTIONS_FIT);
	sink_key(sink, KEY_A, true);
	assert_int_equal(sink_flush(sink), 1);
	assert_int_equal(page->in_prod, MOTIONS_FIT + 1);
	assert_int_equal(page->in[MOTIONS_FIT].type, KBDIF_KEY);
	/* A click takes along where it is, and that is all that goes before it. */
	sink_key(sink, BTN_LEFT, true);
	assert_int_equal(sink_flush(sink), 1);
	assert_int_equal(page->in_prod, MOTIONS_FIT + 3);
	assert_int_equal(page->in[MOTIONS_FIT + 1].type, KBDIF_POS);
	assert_int_equal(page->in[MOTIONS_FIT + 1].pos.abs_x, 999 % 800);
	assert_int_equal(page->in[MOTIONS_FIT + 2].key.keycode, BTN_LEFT);
	read_all();
	assert_int_equal(guests[0].x, 999 % 800);
}

/* A guest that reads nothing for a while still has each click where it was made. */
static void clicks_stay_where_they_were_made(void **state)
{
	add(0, tablet, false);
	for (int click = 0; click < 60; click++) {
		for (int i = 0; i < 20; i++) {
			sink_position(sink, 13 * click + i % 13, 5, 800, 600);
		}
		sink_position(sink, 13 * click + 7, 5, 800, 600);
		sink_key(sink, BTN_LEFT, true);
		sink_key(sink, BTN_LEFT, false);
		sink_flush(sink);
	}
	sink_position(sink, 1, 1, 800, 600);
	read_all();
	for (int x = 0; x < 13 * 60; x++) {
		assert_int_equal(guests[0].is_clicked_at[x], x % 13 == 7);
	}
	assert_int_equal(guests[0].x, 1);
}

static void the_wheel_keeps_its_place_among_keys(void **state)
{
	add(0, tablet, false);
	for (int i = 0; i < 1000; i++) {
		sink_position(sink, i % 800, 1, 800, 600);
		sink_flush(sink);
	}
	sink_wheel(sink, 120);
	sink_key(sink, KEY_LEFTCTRL, true);
	sink_wheel(sink, 240);
	sink_key(sink, KEY_LEFTCTRL, false);
	sink_wheel(sink, 480);
	read_all();
	assert_int_equal(guests[0].wheel, 7);
	assert_int_equal(guests[0].ctrl_wheel, 2);
}

static void a_finger_ends_where_it_was_lifted(void **state)
{
	struct sink_features both = tablet;

	both.touch = true;
	both.touch_width = 800;
	both.touch_height = 600;
	both.touch_contacts = CONTACTS;
	add(0, both, false);
	sink_touch_down(sink, 1, 5, 5, 800, 600);
	sink_touch_frame(sink);
	for (int i = 0; i < 1000; i++) {
		sink_touch_motion(sink, 1, i % 800, 5, 800, 600);
		sink_touch_frame(sink);
		sink_flush(sink);
	}
	sink_touch_up(sink, 1);
	sink_touch_frame(sink);
	read_all();
	assert_false(guests[0].contacts[0]);
	assert_int_equal(guests[0].contact_x[0], 199);
}

/* A cursor that is put away before the pointer leaves. */
static void the_last_place_passes_when_the_pointer_leaves(void **state)
{
	add(0, tablet, false);
	for (int i = 0; i < 1000; i++) {
		sink_position(sink, i % 800, 1, 800, 600);
		sink_flush(sink);
	}
	sink_position(sink, 799, 599, 800, 600);
	sink_release_buttons(sink);
	read_all();
	assert_int_equal(guests[0].x, 799);
	assert_int_equal(guests[0].y, 599);
}

static void a_guest_that_sleeps_gets_its_keys_in_order(void **state)
{
	unsigned n = 0;

	add(0, tablet, false);
	/* More than the ring holds, with motion in between that must not push them out. */
	for (uint32_t i = 0; i < 100; i++) {
		sink_key(sink, KEY_1 + i % 10, true);
		sink_key(sink, KEY_1 + i % 10, false);
		sink_position(sink, i, i, 800, 600);
		sink_flush(sink);
	}
	read_all();
	for (; n < guests[0].n_keys; n++) {
		assert_int_equal(guests[0].order[n], KEY_1 + n % 10);
	}
	assert_int_equal(n, 100);
	assert_int_equal(guests[0].x, 99);
}

static void a_click_is_where_the_pointer_was(void **state)
{
	add(0, tablet, false);
	/* Until no motion is queued any more. */
	for (int i = 0; i < 300; i++) {
		sink_position(sink, i, 0, 800, 600);
		sink_flush(sink);
	}
	sink_key(sink, BTN_LEFT, true);
	while (!guests[0].keys[BTN_LEFT]) {
		sink_flush(sink);
		assert_int_equal(guest_read(&guests[0], 1), 1);
	}
	assert_int_equal(guests[0].x, 299);
}

static void ten_fingers_have_ten_slots(void **state)
{
	add(0, tablet, false);
	add(1, panel, false);
	for (int i = 0; i < 12; i++) {
		sink_touch_down(sink, 1000 + 7 * i, 50 * i, i, 800, 600);
	}
	sink_touch_frame(sink);
	read_all();
	for (int i = 0; i < CONTACTS; i++) {
		assert_true(guests[1].contacts[i]);
		assert_int_equal(guests[1].contact_x[i], 50 * i);
	}
	assert_int_equal(guests[1].touched, 0);
	sink_touch_up(sink, 1000 + 7 * 3);
	sink_touch_up(sink, 1000 + 7 * 11); /* had no slot */
	sink_touch_down(sink, 1, 9, 9, 800, 600);
	sink_touch_frame(sink);
	read_all();
	assert_int_equal(guests[1].contact_x[3], 9);
}

/*
 * The queue behind the ring is full when a finger is lifted and put down again: the guest must see
 * both.
 */
static void a_new_touch_is_not_the_old_one(void **state)
{
	struct sink_features both = tablet;

	both.touch = true;
	both.touch_width = 800;
	both.touch_height = 600;
	both.touch_contacts = CONTACTS;
	add(0, both, false);
	sink_touch_down(sink, 1, 5, 5, 800, 600);
	sink_touch_frame(sink);
	for (unsigned i = 0; i < 1000; i++) {
		sink_key(sink, KEY_A, i % 2 == 0);
	}
	sink_touch_up(sink, 1);
	sink_touch_frame(sink);
	sink_touch_down(sink, 1, 9, 5, 800, 600);
	sink_touch_frame(sink);
	assert_int_equal(guests[0].n_downs, 0);
	read_all();
	assert_int_equal(guests[0].n_downs, 2);
	assert_int_equal(guests[0].contact_x[0], 9);
	assert_int_equal(guests[0].touched, 0);
}

static void a_taken_over_guest_holds_nothing(void **state)
{
	/* What a worker that died had pressed. */
	guests[0].keys[KEY_LEFTCTRL] = guests[0].keys[BTN_RIGHT] = true;
	guests[0].page.in_prod = guests[0].page.in_cons = 1000;
	add(0, tablet, true);
	for (int turn = 0; turn < 100; turn++) {
		sink_flush(sink);
		/* This guest knows that a release of what is up means nothing. */
		for (; guests[0].page.in_cons != guests[0].page.in_prod; guests[0].page.in_cons++) {
			union kbdif_event *e =
				&guests[0].page.in[guests[0].page.in_cons % KBDIF_IN_EVENTS];

			assert_int_equal(e->type, KBDIF_KEY);
			assert_int_equal(e->key.pressed, 0);
			guests[0].keys[e->key.keycode] = false;
		}
	}
	assert_false(guests[0].keys[KEY_LEFTCTRL]);
	assert_false(guests[0].keys[BTN_RIGHT]);
	sink_key(sink, KEY_B, true);
	read_all();
	assert_true(guests[0].keys[KEY_B]);
}

static void a_consumer_that_lies_gets_nothing(void **state)
{
	add(0, tablet, false);
	guests[0].page.in_cons = 1000;
	for (uint32_t i = 0; i < 10000; i++) {
		sink_key(sink, 1 + i % 200, i / 200 % 2 == 0);
		assert_int_equal(sink_flush(sink), 0);
	}
	assert_int_equal(guests[0].page.in_prod, 0);
}

/* ---- random histories ---- */

static void random_event(uint32_t *seed)
{
	double x = dice(seed, 800), y = dice(seed, 600);
	int32_t touch = (int32_t)dice(seed, 14);

	switch (dice(seed, 10)) {
	case 0:
	case 1:
		sink_key(sink, dice(seed, 120), dice(seed, 2));
		break;
	case 2:
		sink_key(sink, BTN_LEFT + dice(seed, 3), dice(seed, 2));
		break;
	case 3:
		sink_position(sink, x, y, 800, 600);
		break;
	case 4:
		sink_relative(sink, x - 400, y - 300);
		break;
	case 5:
		sink_touch_down(sink, touch, x, y, 800, 600);
		break;
	case 6:
		sink_touch_motion(sink, touch, x, y, 800, 600);
		break;
	case 7:
		sink_touch_up(sink, touch);
		break;
	case 8:
		sink_pointer_frame(sink);
		break;
	default:
		sink_touch_frame(sink);
	}
}

static void assert_nothing_held(uint32_t seed)
{
	for (int i = 0; i < SINK_MAX_DEVICES; i++) {
		for (unsigned code = 0; code < KEY_CNT; code++) {
			if (guests[i].keys[code]) {
				fail_msg("history %u: key 0x%x is stuck", seed, code);
			}
		}
		for (unsigned c = 0; c < CONTACTS; c++) {
			if (guests[i].contacts[c]) {
				fail_msg("history %u: contact %u is stuck", seed, c);
			}
		}
		assert_int_equal(guests[i].touched, 0);
	}
}

static void play(uint32_t history)
{
	uint32_t seed = history;
	unsigned laziness = 1 + dice(&seed, 60);

	add(0, tablet, false);
	add(1, panel, false);
	add(2, mouse, false);
	for (int i = 0; i < 3000; i++) {
		random_event(&seed);
		if (dice(&seed, 5) == 0) {
			sink_flush(sink);
		}
		if (dice(&seed, laziness) == 0) {
			guest_read(&guests[dice(&seed, 3)], dice(&seed, 60));
		}
	}
	sink_release_keys(sink);
	sink_release_buttons(sink);
	sink_release_touches(sink);
	read_all();
	assert_nothing_held(history);
}

static void nothing_sticks_in_any_history(void **state)
{
	unsigned events = 0;

	for (uint32_t history = 0; history < 100; history++) {
		start(NULL);
		play(history);
		events += guests[0].n_events + guests[1].n_events + guests[2].n_events;
		stop(NULL);
	}
	assert_true(events > 50000);
}

static __attribute__((noinline)) void dirty_stack(void)
{
	volatile uint8_t dirt[8192];

	for (size_t i = 0; i < sizeof(dirt); i++) {
		dirt[i] = 0xa5;
	}
}

static void an_event_holds_nothing_of_the_worker(void **state)
{
	struct sink_features touch = {
		.touch = true, .touch_width = 64, .touch_height = 64, .touch_contacts = CONTACTS};
	struct sink_features relative = {.keyboard = true, .pointer = true};

	add(0, relative, false);
	add(1, touch, false);
	dirty_stack();
	sink_key(sink, KEY_A, true);
	dirty_stack();
	sink_relative(sink, 3, 4);
	sink_pointer_frame(sink);
	dirty_stack();
	sink_touch_down(sink, 7, 1, 2, 64, 64);
	dirty_stack();
	sink_touch_frame(sink);
	dirty_stack();
	read_all();
	assert_int_equal(guests[0].n_events, 2);
	assert_int_equal(guests[1].n_events, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_go_where_keyboard_and_pointer_are, start, stop),
		cmocka_unit_test_setup_teardown(no_key_without_a_device_that_survives_it, start,
						stop),
		cmocka_unit_test_setup_teardown(motion_goes_to_each_in_its_way, start, stop),
		cmocka_unit_test_setup_teardown(a_button_goes_with_what_moved_the_pointer, start,
						stop),
		cmocka_unit_test_setup_teardown(one_movement_is_told_once, start, stop),
		cmocka_unit_test_setup_teardown(what_the_devices_take_is_known, start, stop),
		cmocka_unit_test_setup_teardown(a_wheel_loses_no_distance, start, stop),
		cmocka_unit_test_setup_teardown(a_wheel_that_trembles_tells_nothing, start, stop),
		cmocka_unit_test_setup_teardown(with_room_every_motion_passes, start, stop),
		cmocka_unit_test_setup_teardown(a_key_does_not_wait_behind_motion, start, stop),
		cmocka_unit_test_setup_teardown(clicks_stay_where_they_were_made, start, stop),
		cmocka_unit_test_setup_teardown(the_wheel_keeps_its_place_among_keys, start, stop),
		cmocka_unit_test_setup_teardown(a_finger_ends_where_it_was_lifted, start, stop),
		cmocka_unit_test_setup_teardown(the_last_place_passes_when_the_pointer_leaves,
						start, stop),
		cmocka_unit_test_setup_teardown(raw_positions_span_the_raw_range, start, stop),
		cmocka_unit_test_setup_teardown(slow_motion_and_fine_wheels_add_up, start, stop),
		cmocka_unit_test_setup_teardown(a_guest_that_sleeps_gets_its_keys_in_order, start,
						stop),
		cmocka_unit_test_setup_teardown(a_click_is_where_the_pointer_was, start, stop),
		cmocka_unit_test_setup_teardown(ten_fingers_have_ten_slots, start, stop),
		cmocka_unit_test_setup_teardown(a_new_touch_is_not_the_old_one, start, stop),
		cmocka_unit_test_setup_teardown(a_taken_over_guest_holds_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_consumer_that_lies_gets_nothing, start, stop),
		cmocka_unit_test(nothing_sticks_in_any_history),
		cmocka_unit_test_setup_teardown(an_event_holds_nothing_of_the_worker, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
