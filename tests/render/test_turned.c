/* SPDX-License-Identifier: MIT */
/*
 * Turned and scaled monitors. A frame that is drawn for a turned panel is compared with the upright one, turned here by
 * nothing but mirroring and turning by a quarter, which is what the names of the transforms mean.
 */
#include <stdio.h>

#include "tests/render/compare.h"
#include "tests/render/rig.h"

#define WIDTH 213 /* of the upright picture: no multiple of anything */
#define HEIGHT 157

/* ---- turning, pixel by pixel ---- */

static void put(struct target *target, int x, int y, uint32_t pixel)
{
	memcpy(target->pixels + (size_t)y * (size_t)target->stride + (size_t)x * 4, &pixel, 4);
}

/* Both replace the picture. */
static void mirror(struct target *picture)
{
	struct target out = rig_target(picture->width, picture->height, 0);

	for (int y = 0; y < out.height; y++) {
		for (int x = 0; x < out.width; x++) {
			put(&out, x, y, rig_get(picture, picture->width - 1 - x, y));
		}
	}
	free(picture->pixels);
	*picture = out;
}

/* By a quarter, anticlockwise: what was at the right is at the top. */
static void turn(struct target *picture)
{
	struct target out = rig_target(picture->height, picture->width, 0);

	for (int y = 0; y < out.height; y++) {
		for (int x = 0; x < out.width; x++) {
			put(&out, x, y, rig_get(picture, picture->width - 1 - y, x));
		}
	}
	free(picture->pixels);
	*picture = out;
}

static struct target turned(const struct target *upright, enum transform transform)
{
	struct target picture = rig_target(upright->width, upright->height, upright->stride);

	memcpy(picture.pixels, upright->pixels, (size_t)upright->stride * (size_t)upright->height);
	if (transform >= TRANSFORM_FLIPPED) {
		mirror(&picture);
	}
	for (int quarters = transform % 4; quarters > 0; quarters--) {
		turn(&picture);
	}
	return picture;
}

/* ---- a frame with everything in it ---- */

struct world {
	struct test_buffer *plain, *large, *small, *small_depth, *cursor;
	struct mark work, web;
	struct card card;
	struct layer layers[12];
	unsigned n_layers;
};

static void cursor_fill(struct test_buffer *buffer)
{
	for (int y = 0; y < buffer->base.height; y++) {
		for (int x = 0; x < buffer->base.width; x++) {
			uint32_t alpha = (uint32_t)(x * 255 / (buffer->base.width - 1));

			/* Premultiplied: no channel above alpha. */
			test_buffer_set(buffer, x, y, alpha << 24 | alpha << 16 | alpha / 2 << 8);
		}
	}
}

static int at(int length, double scale)
{
	return (int)(length * scale + 0.5);
}

static void world_create(struct world *world, double scale)
{
	int strip = at(STRIP_HEIGHT, scale), frame = at(FRAME_WIDTH, scale);
	struct rect hole = {frame, strip + frame, 70, 41};

	*world = (struct world){
		.plain = test_buffer_create(70, 41, TEST_XR24, 0),
		.large = test_buffer_create(150, 90, TEST_XR24, 0),
		.small = test_buffer_create(13, 9, TEST_XR24, 0),
		.small_depth = test_buffer_create(50, 30, TEST_FOURCC('R', 'G', '1', '6'), 0),
		.cursor = test_buffer_create(70, 66, TEST_FOURCC('A', 'R', '2', '4'), 0),
		.work = {"work", 0xe69f00, MARK_STRIPES},
		.web = {"web", 0x0072b2, MARK_DOTS},
		.card = {.lines = {"no picture"}, .n_lines = 1},
	};
	rig_gradient(world->plain);
	rig_gradient(world->large);
	rig_gradient(world->small);
	rig_gradient(world->cursor);
	cursor_fill(world->cursor);
	for (size_t i = 0; i < world->small_depth->size; i++) {
		world->small_depth->bytes[i] = (uint8_t)(i * 7);
	}
	world->layers[0] = rig_solid(0, 0, WIDTH, HEIGHT - 7, 0x181818);
	world->layers[1] = rig_picture(world->plain, rig_whole(world->plain), hole);
	world->layers[2] = (struct layer){.kind = LAYER_FRAME,
					  .dst = {hole.x - frame, hole.y - frame,
						  hole.w + 2 * frame, hole.h + 2 * frame},
					  .frame = {&world->work, hole}};
	world->layers[3] = rig_picture(world->large, (struct rect){3, 5, 141, 80},
				       (struct rect){110, 60, 97, 50});
	world->layers[4] = rig_picture(world->small, rig_whole(world->small),
				       (struct rect){90, 112, 39, 18});
	world->layers[5] = rig_picture(world->small_depth, rig_whole(world->small_depth),
				       (struct rect){5, 110, 50, 30});
	world->layers[6] = rig_picture(world->small_depth, rig_whole(world->small_depth),
				       (struct rect){140, 115, 67, 31});
	world->layers[7] =
		(struct layer){.kind = LAYER_CARD, .dst = {60, 130, 75, 20}, .card = &world->card};
	world->layers[8] = (struct layer){.kind = LAYER_STRIP,
					  .dst = {0, 0, WIDTH, strip},
					  .strip = {&world->work, &world->web}};
	world->layers[9] = rig_picture(world->cursor, rig_whole(world->cursor),
				       (struct rect){60, 50, 70, 66});
	world->layers[9].kind = LAYER_CURSOR;
	world->layers[10] = rig_picture(world->cursor, (struct rect){20, 10, 20, 20},
					(struct rect){100, 90, 20, 20});
	world->layers[10].kind = LAYER_CURSOR;
	world->n_layers = 11;
}

static void world_destroy(struct world *world)
{
	buffer_drop(&world->plain->base);
	buffer_drop(&world->large->base);
	buffer_drop(&world->small->base);
	buffer_drop(&world->small_depth->base);
	buffer_drop(&world->cursor->base);
}

static struct target panel_create(enum transform transform, double scale)
{
	bool swaps = transform_swaps(transform);
	struct target panel = rig_target(swaps ? HEIGHT : WIDTH, swaps ? WIDTH : HEIGHT,
					 (WIDTH + 11) * 4);

	panel.transform = transform;
	panel.scale = scale;
	return panel;
}

static const double scales[] = {0.5, 1, 1.5, 2};

static void turned_panels_show_the_upright_picture(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ARRAY_SIZE(scales); s++) {
		struct world world;
		struct target upright = panel_create(TRANSFORM_NORMAL, scales[s]);
		struct render_cost upright_cost;

		world_create(&world, scales[s]);
		rig_draw_all(rig_renderer, &upright, world.layers, world.n_layers, &upright_cost);
		for (unsigned t = 0; t < TRANSFORMS; t++) {
			struct target panel = panel_create(t, scales[s]);
			struct target want = turned(&upright, t);
			struct render_cost cost;

			rig_draw_all(rig_renderer, &panel, world.layers, world.n_layers, &cost);
			rig_assert_same(&panel, &want, rig_tolerance);
			rig_assert_guard(&panel);
			assert_int_equal(cost.bytes_written, upright_cost.bytes_written);
			assert_int_equal(cost.bytes_written, WIDTH * HEIGHT * 4);
			free(panel.pixels);
			free(want.pixels);
		}
		free(upright.pixels);
		world_destroy(&world);
	}
}

/* Outside of the damage nothing is touched; inside, pieces are what one go gives. */
static void turned_damage_is_drawn_and_nothing_else(void **state)
{
	pixman_box32_t boxes[] = {{3, 3, 20, 9},     {50, 20, 60, 50},  {95, 70, 500, 300},
				  {60, 50, 61, 117}, {10, 60, 90, 130}, {-4, 130, 1, 140}};

	(void)state;
	for (unsigned t = 0; t < TRANSFORMS; t++) {
		struct world world;
		struct target upright = panel_create(TRANSFORM_NORMAL, 1.5);
		struct target part = panel_create(TRANSFORM_NORMAL, 1.5);
		struct target panel = panel_create(t, 1.5), want;
		pixman_region32_t damage;

		world_create(&world, 1.5);
		rig_draw_all(rig_renderer, &upright, world.layers, world.n_layers, NULL);
		pixman_region32_init_rects(&damage, boxes, ARRAY_SIZE(boxes));
		for (int y = 0; y < HEIGHT; y++) {
			for (int x = 0; x < WIDTH; x++) {
				pixman_box32_t unused;

				if (pixman_region32_contains_point(&damage, x, y, &unused)) {
					put(&part, x, y, rig_get(&upright, x, y));
				}
			}
		}
		want = turned(&part, t);
		rig_draw(rig_renderer, &panel, world.layers, world.n_layers, &damage, NULL);
		rig_assert_same(&panel, &want, rig_tolerance);
		rig_assert_guard(&panel);
		pixman_region32_fini(&damage);
		free(upright.pixels);
		free(part.pixels);
		free(panel.pixels);
		free(want.pixels);
		world_destroy(&world);
	}
}

/* ---- scale ---- */

static unsigned ink_in(const struct target *target, struct rect in, uint32_t colour)
{
	unsigned n = 0;

	for (int y = in.y; y < in.y + in.h; y++) {
		for (int x = in.x; x < in.x + in.w; x++) {
			n += rig_get(target, x, y) == colour;
		}
	}
	return n;
}

/* Text is as much larger as the monitor's scale says, by its area, and keeps to its strip. */
static void text_grows_with_the_scale(void **state)
{
	static const double all[] = {0.5, 0.75, 1.25, 1.5, 2, 3, 4};
	struct mark work = {.name = "work", .colour = 0xffffff, .pattern = MARK_SOLID};
	unsigned normal = 0;

	(void)state;
	for (unsigned i = 0; i <= ARRAY_SIZE(all); i++) {
		double scale = i ? all[i - 1] : 1, ratio;
		int height = at(STRIP_HEIGHT, scale), width = at(800, scale);
		struct target target = rig_target(width, height, 0);
		struct layer layer = {.kind = LAYER_STRIP,
				      .dst = {0, 0, width, height},
				      .strip = {&work, NULL}};
		struct rect name = {0, 0, width / 2, height};
		unsigned ink;

		target.scale = scale;
		rig_draw_all(rig_renderer, &target, &layer, 1, NULL);
		rig_assert_guard(&target);
		ink = (unsigned)(name.w * name.h) - ink_in(&target, name, 0xffffff);
		normal = i ? normal : ink;
		ratio = ink / (normal * scale * scale);
		/* Smoothed edges count, too, and are as wide at any scale. */
		assert_true(ratio > 0.7 && ratio < 1.7);
		free(target.pixels);
	}
}

static void patterns_at_each_scale_look_as_ever(void **state)
{
	static const uint32_t colours[] = {0xe69f00, 0x56b4e9, 0x009e73, 0x0072b2};
	struct target target = rig_target(160, 128, 0);
	struct mark marks[MARK_PATTERNS];
	char name[32];

	(void)state;
	for (unsigned s = 0; s < ARRAY_SIZE(scales); s++) {
		struct layer layers[MARK_PATTERNS];

		for (unsigned i = 0; i < MARK_PATTERNS; i++) {
			marks[i] = (struct mark){.name = "m", .colour = colours[i], .pattern = i};
			layers[i] = (struct layer){.kind = LAYER_FRAME,
						   .dst = {(int)(i % 2) * 80, (int)(i / 2) * 64, 80,
							   64},
						   .frame = {&marks[i], {0}}};
		}
		target.scale = scales[s];
		rig_draw_all(rig_renderer, &target, layers, ARRAY_SIZE(layers), NULL);
		snprintf(name, sizeof(name), "patterns-%d", (int)(scales[s] * 100));
		compare_with_reference(name, &target, 0);
	}
	free(target.pixels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turned_panels_show_the_upright_picture),
		cmocka_unit_test(turned_damage_is_drawn_and_nothing_else),
		cmocka_unit_test(text_grows_with_the_scale),
		cmocka_unit_test(patterns_at_each_scale_look_as_ever),
	};

	return rig_run(tests);
}
