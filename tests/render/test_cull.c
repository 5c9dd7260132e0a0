/* SPDX-License-Identifier: MIT */
/* What is seen of layers, against asking each pixel; and that pieces stay few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compositor/render/cull.h"
#include "tests/scene_fixture.h"

#define WIDTH 97
#define HEIGHT 61
#define LAYERS 12
#define MARGIN 8

struct seen {
	const struct layer *layers;
	unsigned at[HEIGHT][WIDTH]; /* index + 2; 1: nothing; 0: not told */
	unsigned pieces;
};

static uint32_t random_state = 11;

static int roll(int sides)
{
	return (int)(test_random(&random_state) % (unsigned)sides);
}

static void handle_seen(void *data, unsigned index, const pixman_box32_t *box)
{
	struct seen *seen = data;

	assert_true(box->x1 < box->x2 && box->y1 < box->y2);
	seen->pieces++;
	for (int y = box->y1; y < box->y2; y++) {
		for (int x = box->x1; x < box->x2; x++) {
			/* Each point once. */
			assert_int_equal(seen->at[y][x], 0);
			seen->at[y][x] = index + 2;
		}
	}
}

static unsigned topmost(const struct layer *layers, unsigned n, int x, int y)
{
	for (unsigned i = n; i-- > 0;) {
		bool is_hole = layers[i].kind == LAYER_FRAME &&
			       rect_contains(&layers[i].frame.hole, x, y);

		if (rect_contains(&layers[i].dst, x, y) && !is_hole) {
			return i + 2;
		}
	}
	return 1;
}

/* Also outside of the picture, empty, and with holes that are not inside. */
static struct layer roll_layer(void)
{
	struct layer layer = {.kind = roll(3) ? LAYER_SOLID : LAYER_FRAME};

	layer.dst = (struct rect){roll(WIDTH) - MARGIN, roll(HEIGHT) - MARGIN, roll(60), roll(40)};
	if (layer.kind == LAYER_FRAME) {
		layer.frame.hole = (struct rect){layer.dst.x + roll(12) - 4,
						 layer.dst.y + roll(12) - 4, roll(50), roll(30)};
	}
	return layer;
}

static void the_topmost_layer_of_each_point_is_told_once(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		struct layer layers[LAYERS];
		struct seen seen = {.layers = layers};
		const struct cull cull = {layers, handle_seen, &seen};
		struct target target = {.width = WIDTH, .height = HEIGHT};
		pixman_region32_t damage;
		uint64_t pixels;

		for (unsigned i = 0; i < LAYERS; i++) {
			layers[i] = roll_layer();
		}
		pixman_region32_init_rect(&damage, roll(50) - 20, roll(40) - 20,
					  1 + (unsigned)roll(120), 1 + (unsigned)roll(80));
		pixman_region32_union_rect(&damage, &damage, roll(WIDTH), roll(HEIGHT), 30, 30);
		pixels = cull_damage(&cull, LAYERS, &target, &damage);
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < WIDTH; x++) {
				pixman_box32_t box;
				bool is_damaged = pixman_region32_contains_point(&damage, x, y,
										 &box);

				assert_int_equal(seen.at[y][x],
						 is_damaged ? topmost(layers, LAYERS, x, y) : 0);
				pixels -= is_damaged;
			}
		}
		assert_int_equal(pixels, 0);
		pixman_region32_fini(&damage);
	}
}

static void handle_piece(void *data, unsigned index, const pixman_box32_t *box)
{
	++*(unsigned *)data;
}

/* 64 guests side by side, each in a frame: not many more pieces than there are things to see. */
static void a_mosaic_is_few_pieces(void **state)
{
	struct layer layers[1 + 2 * 64];
	unsigned n = 0, pieces = 0;
	const struct cull cull = {layers, handle_piece, &pieces};
	const pixman_box32_t all = {0, 0, 1920, 1080};

	(void)state;
	layers[n++] = (struct layer){.kind = LAYER_SOLID, .dst = {0, 0, 1920, 1080}};
	for (int i = 0; i < 64; i++) {
		struct rect around = {i % 8 * 240 + 5, i / 8 * 135 + 5, 230, 125};
		struct rect hole = {around.x + 8, around.y + 8, around.w - 16, around.h - 16};

		layers[n++] = (struct layer){.kind = LAYER_BUFFER, .dst = hole};
		layers[n++] = (struct layer){.kind = LAYER_FRAME, .dst = around, .frame = {0, hole}};
	}
	cull_box(&cull, n, &all);
	assert_in_range(pieces, 64 * 5 + 1, 64 * 5 + 64 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_topmost_layer_of_each_point_is_told_once),
		cmocka_unit_test(a_mosaic_is_few_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
