/* SPDX-License-Identifier: MIT */
/*
 * Only what is damaged is drawn, and all that a guest draws comes to the glass, told or not: through
 * the real frame loop to simulated monitors with three buffers each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/frame_world.h"

#define MS NSEC_PER_MSEC
#define PERIOD (NSEC_PER_SEC / 60)
#define WIDTH 80
#define HEIGHT 64
#define PIXELS (WIDTH * HEIGHT)
#define SLOWEST (NSEC_PER_SEC / 4) /* how long an idle front buffer is not looked at */

struct stage {
	struct world world;
	struct monitor *monitor;
	struct scene_output *output;
	struct scene_head *head;
	struct test_buffer *buffer;
};

static void stage_start(struct stage *stage)
{
	const struct monitor_nature nature = {.cost_ns = {100000, 300000}, .wake_ns = 50000};
	struct scene_guest *guest;
	pixman_region32_t none;

	assert_int_equal(world_init(&stage->world, 11), 0);
	stage->monitor = world_plug(&stage->world, 0, &nature);
	stage->output = monitor_output(stage->monitor);
	guest = scene_guest_add(stage->world.server.scene, "work", NULL);
	stage->head = scene_head_add(guest, 0, WIDTH, HEIGHT, NULL);
	stage->buffer = test_buffer_create(WIDTH, HEIGHT, TEST_XR24, 0);
	scene_set_front(stage->world.server.scene, guest);
	pixman_region32_init(&none);
	/* Until no buffer of the monitor is new, nor lacks anything of the last one. */
	for (unsigned i = 0; i < 8; i++) {
		test_commit_damage(stage->head, stage->buffer, 1, i < 4 ? NULL : &none);
		world_run(&stage->world, 2 * PERIOD);
	}
	pixman_region32_fini(&none);
}

static void stage_end(struct stage *stage)
{
	world_finish(&stage->world);
	buffer_drop(&stage->buffer->base);
}

static uint32_t shown(const struct stage *stage, int x, int y)
{
	return monitor_pixel(stage->monitor, stage->head->dst.x + x, stage->head->dst.y + y);
}

static void flip(struct stage *stage, const pixman_region32_t *damage)
{
	test_commit_damage(stage->head, stage->buffer, 1, damage);
	world_run(&stage->world, 2 * PERIOD);
}

/* ---- damage that is told ---- */

static struct rect random_rect(struct world *world)
{
	struct rect rect = {.x = (int)world_random(world, 0, WIDTH - 1),
			    .y = (int)world_random(world, 0, HEIGHT - 1)};

	rect.w = (int)world_random(world, 1, 30);
	rect.h = (int)world_random(world, 1, 30);
	return rect;
}

static bool inside(const struct rect *rect, int x, int y)
{
	return x >= rect->x && x < rect->x + rect->w && y >= rect->y && y < rect->y + rect->h;
}

static void assert_glass(const struct stage *stage, const uint32_t *wanted)
{
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			assert_int_equal(shown(stage, x, y), wanted[y * WIDTH + x]);
		}
	}
}

/* Up to two rectangles, of which some lie half outside. last: for each pixel, the round that claimed it. */
static void claim(struct world *world, pixman_region32_t *claims, unsigned round, unsigned *last)
{
	for (uint64_t n = world_random(world, 0, 2); n > 0; n--) {
		struct rect rect = random_rect(world);

		pixman_region32_union_rect(claims, claims, rect.x, rect.y, (unsigned)rect.w,
					   (unsigned)rect.h);
		for (int i = 0; i < PIXELS; i++) {
			last[i] = inside(&rect, i % WIDTH, i / WIDTH) ? round : last[i];
		}
	}
}

/*
 * Each flip changes the whole picture and owns up to some rectangles. The glass changes there and
 * nowhere else: in what was claimed since the buffer that is drawn into was on the glass itself,
 * two flips ago.
 */
static void a_lie_changes_only_what_it_claims(void **state)
{
	static uint32_t wanted[3][PIXELS]; /* of each buffer of the monitor */
	static unsigned last[PIXELS];
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (unsigned round = 10; round < 500; round++) {
		uint32_t colour = round * 0x10305 & 0xffffff;
		pixman_region32_t claims;

		pixman_region32_init(&claims);
		claim(&stage.world, &claims, round, last);
		for (int i = 0; i < PIXELS; i++) {
			if (last[i] + 2 >= round) {
				wanted[round % 3][i] = colour;
			}
		}
		test_buffer_fill(stage.buffer, colour);
		flip(&stage, &claims);
		assert_glass(&stage, wanted[round % 3]);
		pixman_region32_fini(&claims);
	}
	stage_end(&stage);
}

/* Who lies and stops flipping is found out by the first look at its front buffer. */
static void a_lie_is_found_out_in_the_end(void **state)
{
	pixman_region32_t claimed;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	pixman_region32_init_rect(&claimed, 0, 0, 1, 1);
	test_buffer_fill(stage.buffer, 0xabcdef);
	flip(&stage, &claimed);
	assert_int_equal(shown(&stage, 0, 0), 0xabcdef);
	assert_int_equal(shown(&stage, 1, 0), 0);
	world_run(&stage.world, NSEC_PER_SEC / 2);
	assert_int_equal(shown(&stage, 1, 0), 0xabcdef);
	pixman_region32_fini(&claimed);
	stage_end(&stage);
}

/* ---- drawing that nobody tells of ---- */

/* The time from a change to the glass; it must come within limit_ns. */
static uint64_t change_and_wait(struct stage *stage, uint32_t colour, uint64_t limit_ns)
{
	uint64_t start_ns = world_now(&stage->world);

	test_buffer_set(stage->buffer, 40, 30, colour);
	while (shown(stage, 40, 30) != colour &&
	       world_now(&stage->world) < start_ns + 2 * limit_ns) {
		world_run(&stage->world, MS / 10);
	}
	return world_now(&stage->world) - start_ns;
}

/*
 * Letters typed at any time: within two looks at the rate that holds while nothing changes, and once
 * it changes, within two at the monitor's rate.
 */
static void typing_is_shown_within_two_looks(void **state)
{
	uint32_t colour = 1;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 50; i++) {
		uint64_t looks;

		world_run(&stage.world,
			  5 * NSEC_PER_SEC + world_random(&stage.world, 0, NSEC_PER_SEC));
		looks = stage.output->samples;
		assert_in_range(change_and_wait(&stage, ++colour, 2 * SLOWEST), 0, 2 * SLOWEST);
		assert_in_range(stage.output->samples - looks, 1, 2);
		assert_in_range(stage.output->sample_changed - looks, 1, 2);
		for (unsigned k = 0; k < 5; k++) {
			world_run(&stage.world, world_random(&stage.world, 0, PERIOD));
			assert_in_range(change_and_wait(&stage, ++colour, 2 * PERIOD), 0,
					2 * PERIOD);
		}
	}
	stage_end(&stage);
}

/* A guest that draws a film without flipping: comparing it is given up, and nothing else is lost. */
static void comparing_is_given_up_when_it_does_not_pay(void **state)
{
	uint64_t compared = 0, frames = 0;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (uint32_t i = 1; i <= 600; i++) {
		if (i == 301) {
			compared = stage.output->bytes_compared;
			frames = stage.output->frames;
		}
		test_buffer_fill(stage.buffer, i);
		world_run(&stage.world, PERIOD);
		if (i > 60) {
			assert_in_range(shown(&stage, 5, 5), i - 2, i);
		}
	}
	assert_in_range(stage.output->frames - frames, 296, 301);
	/* It is tried again, but seldom. */
	assert_in_range(stage.output->bytes_compared - compared, 1, 300 * PIXELS * 4 / 20);
	assert_true(stage.output->samples_blind > 200);
	/* The film ends: soon it is compared again, and nothing is drawn any more. */
	world_run(&stage.world, 3 * NSEC_PER_SEC);
	frames = stage.output->frames;
	compared = stage.output->bytes_compared;
	world_run(&stage.world, 10 * NSEC_PER_SEC);
	assert_int_equal(stage.output->frames, frames);
	assert_int_equal(stage.output->bytes_compared - compared, 40 * PIXELS * 4);
	stage_end(&stage);
}

/* A line that scrolls by at the bottom: comparing pays, however long it lasts. */
static void comparing_goes_on_while_it_pays(void **state)
{
	uint64_t written = 0;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	world_run(&stage.world, NSEC_PER_SEC);
	for (uint32_t i = 1; i <= 300; i++) {
		if (i == 60) {
			written = stage.output->bytes_written;
		}
		test_buffer_set(stage.buffer, 3, HEIGHT - 1, i);
		world_run(&stage.world, PERIOD);
	}
	assert_int_equal(stage.output->samples_blind, 0);
	assert_true(stage.output->bytes_written - written <= 242 * WIDTH * 16 * 4);
	stage_end(&stage);
}

/* A guest that flips slowly: each of its pictures is drawn once, not again because it was quiet. */
static void slow_flips_are_drawn_once(void **state)
{
	static const uint64_t rates_hz[] = {2, 3, 5, 8, 9, 12};

	(void)state;
	for (unsigned r = 0; r < ARRAY_SIZE(rates_hz); r++) {
		uint64_t frames = 0, read = 0;
		struct stage stage;

		stage_start(&stage);
		for (unsigned i = 0; i < 40; i++) {
			if (i == 5) {
				frames = stage.output->frames;
				read = stage.output->bytes_read;
			}
			test_buffer_fill(stage.buffer, i);
			test_commit(stage.head, stage.buffer, 1);
			world_run(&stage.world, NSEC_PER_SEC / rates_hz[r]);
		}
		assert_int_equal(stage.output->frames - frames, 35);
		assert_int_equal(stage.output->bytes_read - read, 35 * PIXELS * 4);
		/* It stops flipping and draws on. */
		test_buffer_set(stage.buffer, 40, 30, 0xfefefe);
		world_run(&stage.world, 3 * NSEC_PER_SEC / 2);
		assert_int_equal(shown(&stage, 40, 30), 0xfefefe);
		stage_end(&stage);
	}
}

/* ---- what is covered ---- */

/*
 * Everything is damaged: each pixel of the monitor is written once, though ground, picture, frame
 * and strip lie over one another, and the guest's are read once.
 */
static void nothing_is_drawn_under_what_is_opaque(void **state)
{
	struct card card = {.lines = {"attention"}, .n_lines = 1};
	uint64_t read, written, compared;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	world_run(&stage.world, 3 * NSEC_PER_SEC);
	read = stage.output->bytes_read;
	written = stage.output->bytes_written;
	scene_output_damage_all(stage.output);
	world_run(&stage.world, 2 * PERIOD);
	assert_int_equal(stage.output->bytes_read - read, PIXELS * 4);
	assert_int_equal(stage.output->bytes_written - written, WORLD_WIDTH * WORLD_HEIGHT * 4);
	/* Under the host's card, the guest draws and flips for nothing. */
	scene_set_card(stage.world.server.scene, &card);
	world_run(&stage.world, 5 * PERIOD);
	read = stage.output->bytes_read;
	for (unsigned i = 0; i < 60; i++) {
		test_buffer_fill(stage.buffer, i);
		test_commit(stage.head, stage.buffer, 1);
		world_run(&stage.world, PERIOD);
	}
	compared = stage.output->bytes_compared;
	world_run(&stage.world, NSEC_PER_SEC);
	assert_int_equal(stage.output->bytes_read, read);
	assert_int_equal(stage.output->bytes_compared, compared);
	stage_end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lie_changes_only_what_it_claims),
		cmocka_unit_test(a_lie_is_found_out_in_the_end),
		cmocka_unit_test(typing_is_shown_within_two_looks),
		cmocka_unit_test(comparing_is_given_up_when_it_does_not_pay),
		cmocka_unit_test(comparing_goes_on_while_it_pays),
		cmocka_unit_test(slow_flips_are_drawn_once),
		cmocka_unit_test(nothing_is_drawn_under_what_is_opaque),
	};

	log_init("test_damage", LOG_LEVEL_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
