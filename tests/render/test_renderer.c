/* SPDX-License-Identifier: MIT */
/* What a renderer draws, how often, and that it keeps to the damage. */
#include <stdio.h>

#include "tests/render/compare.h"
#include "tests/render/rig.h"

/* ---- against reference pictures; no text, which differs from one font version to the next ---- */

static void patterns_and_pictures_look_as_ever(void **state)
{
	static const uint32_t colours[] = {0xe69f00, 0x56b4e9, 0x009e73, 0x0072b2};
	struct target target = rig_target(160, 128, 0);
	struct test_buffer *buffer = test_buffer_create(64, 48, TEST_XR24, 0);
	struct mark marks[MARK_PATTERNS];
	struct layer layers[1 + 2 * MARK_PATTERNS];
	unsigned n = 0;

	(void)state;
	rig_gradient(buffer);
	layers[n++] = rig_solid(0, 0, 160, 128, 0x181818);
	for (unsigned i = 0; i < MARK_PATTERNS; i++) {
		struct rect hole = {8 + (int)(i % 2) * 80, 8 + (int)(i / 2) * 64, 64, 48};
		struct rect around = {hole.x - 8, hole.y - 8, 80, 64};

		marks[i] = (struct mark){.name = "m", .colour = colours[i], .pattern = i};
		layers[n++] = rig_picture(buffer, rig_whole(buffer), hole);
		layers[n++] = (struct layer){.kind = LAYER_FRAME,
					     .dst = around,
					     .frame = {&marks[i], hole}};
	}
	rig_draw_all(rig_renderer, &target, layers, n, NULL);
	compare_with_reference("frames", &target, 0);
	free(target.pixels);
	buffer_drop(&buffer->base);
}

static void scaled_pictures_look_as_ever(void **state)
{
	struct target target = rig_target(120, 100, 0);
	struct test_buffer *buffer = test_buffer_create(200, 150, TEST_XR24, 0);
	struct layer layers[] = {
		rig_solid(0, 0, 120, 100, 0x181818),
		rig_picture(buffer, rig_whole(buffer), (struct rect){3, 5, 97, 73}),
		rig_picture(buffer, (struct rect){100, 70, 9, 7}, (struct rect){80, 60, 36, 35}),
	};

	(void)state;
	rig_gradient(buffer);
	rig_draw_all(rig_renderer, &target, layers, ARRAY_SIZE(layers), NULL);
	compare_with_reference("scaled", &target, rig_tolerance);
	free(target.pixels);
	buffer_drop(&buffer->base);
}

/* ---- formats, sizes, strides ---- */

struct format_case {
	uint32_t format;
	uint32_t red, green, blue; /* one pixel of each */
};

static const struct format_case formats[] = {
	{TEST_FOURCC('X', 'R', '2', '4'), 0xff0000, 0x00ff00, 0x0000ff},
	{TEST_FOURCC('A', 'R', '2', '4'), 0x00ff0000, 0x0000ff00,
	 0x7f0000ff}, /* alpha means nothing */
	{TEST_FOURCC('R', 'G', '2', '4'), 0xff0000, 0x00ff00, 0x0000ff},
	{TEST_FOURCC('R', 'G', '1', '6'), 0xf800, 0x07e0, 0x001f},
	{TEST_FOURCC('X', 'R', '1', '5'), 0x7c00, 0x03e0, 0x001f},
	{TEST_FOURCC('A', 'R', '1', '5'), 0x7c00, 0x03e0, 0x801f},
	{TEST_FOURCC('X', 'R', '1', '2'), 0x0f00, 0x00f0, 0x000f},
	{TEST_FOURCC('A', 'R', '1', '2'), 0x0f00, 0xf0f0, 0x000f},
};

static void put_pixel(struct test_buffer *buffer, int x, int y, uint32_t pixel)
{
	unsigned bytes = pixel_format_find(buffer->base.format)->bytes_per_pixel;
	uint8_t *at = buffer->bytes + (size_t)y * (size_t)buffer->base.stride + (size_t)x * bytes;

	for (unsigned i = 0; i < bytes; i++) {
		at[i] = (uint8_t)(pixel >> 8 * i);
	}
}

static void format_check(const struct format_case *c, int width, int height, int stride)
{
	const uint32_t want[] = {0xff0000, 0x00ff00, 0x0000ff};
	const uint32_t pixels[] = {c->red, c->green, c->blue};
	struct test_buffer *buffer = test_buffer_create(width, height, c->format, stride);
	struct target target = rig_target(width + 3, height + 2, 0);
	struct layer layer = rig_picture(buffer, rig_whole(buffer),
					 (struct rect){1, 2, width, height});
	struct render_cost cost;
	int pixel_bytes = pixel_format_find(c->format)->bytes_per_pixel;

	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			put_pixel(buffer, x, y, pixels[(x + y) % 3]);
		}
	}
	rig_draw_all(rig_renderer, &target, &layer, 1, &cost);
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			assert_int_equal(rig_get(&target, x + 1, y + 2), want[(x + y) % 3]);
		}
	}
	assert_int_equal(rig_get(&target, 0, 0), 0); /* under no layer: dark */
	assert_int_equal(cost.bytes_read, width * height * pixel_bytes);
	free(target.pixels);
	buffer_drop(&buffer->base);
}

static void formats_and_odd_sizes_are_exact(void **state)
{
	static const int widths[] = {1, 2, 3, 7, 16, 33};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++) {
		int bytes = pixel_format_find(formats[i].format)->bytes_per_pixel;

		for (unsigned w = 0; w < ARRAY_SIZE(widths); w++) {
			for (int extra = 0; extra < 5; extra++) {
				format_check(&formats[i], widths[w], 5, widths[w] * bytes + extra);
			}
		}
	}
}

/*
 * The sanitizer build sees reads past the buffer; here: not even colours from outside src get in.
 */
static void scaling_reads_nothing_outside_the_source(void **state)
{
	static const int extras[] = {0, 2};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(formats) * ARRAY_SIZE(extras); i++) {
		const struct format_case *c = &formats[i / ARRAY_SIZE(extras)];
		int stride = 41 * pixel_format_find(c->format)->bytes_per_pixel;
		struct test_buffer *buffer;
		struct target target = rig_target(60, 60, 0);
		struct layer layer;

		stride = (stride + 3) / 4 * 4 + extras[i % ARRAY_SIZE(extras)];
		buffer = test_buffer_create(41, 37, c->format, stride);
		for (int y = 0; y < 37; y++) {
			for (int x = 0; x < 41; x++) {
				bool inside = x >= 5 && x < 26 && y >= 7 && y < 30;

				put_pixel(buffer, x, y, inside ? c->green : c->red);
			}
		}
		layer = rig_picture(buffer, (struct rect){5, 7, 21, 23},
				    (struct rect){2, 3, 13, 50});
		rig_draw_all(rig_renderer, &target, &layer, 1, NULL);
		for (int y = 3; y < 53; y++) {
			for (int x = 2; x < 15; x++) {
				assert_int_equal(rig_get(&target, x, y), 0x00ff00);
			}
		}
		/* The last row and column of a buffer that ends right there. */
		layer = rig_picture(buffer, (struct rect){20, 20, 21, 17},
				    (struct rect){0, 0, 59, 7});
		rig_draw_all(rig_renderer, &target, &layer, 1, NULL);
		assert_int_equal(rig_get(&target, 58, 6), 0xff0000);
		free(target.pixels);
		buffer_drop(&buffer->base);
	}
}

/* ---- damage ---- */

static void only_damage_is_touched(void **state)
{
	static const int strides[] = {0, 100 * 4 + 36};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(strides); i++) {
		struct target target = rig_target(100, 80, strides[i]);
		struct test_buffer *buffer = test_buffer_create(150, 120, TEST_XR24, 0);
		struct mark mark = {.name = "work", .colour = 0xd55e00, .pattern = MARK_CHECKS};
		struct layer layers[] = {
			rig_solid(0, 0, 100, 80, 0x181818),
			rig_picture(buffer, rig_whole(buffer), (struct rect){8, 32, 84, 40}),
			{.kind = LAYER_FRAME,
			 .dst = {0, 24, 100, 56},
			 .frame = {&mark, {8, 32, 84, 40}}},
			{.kind = LAYER_STRIP, .dst = {0, 0, 100, 24}, .strip = {&mark, NULL}},
		};
		pixman_box32_t boxes[] = {{3, 3, 20, 9}, {50, 20, 60, 50}, {95, 70, 200, 300}};
		pixman_region32_t damage;
		struct render_cost cost;
		unsigned touched = 0;

		pixman_region32_init_rects(&damage, boxes, ARRAY_SIZE(boxes));
		renderer_draw(rig_renderer, &target, layers, ARRAY_SIZE(layers), &damage, &cost);
		for (int y = 0; y < 80; y++) {
			for (int x = 0; x < 100; x++) {
				pixman_box32_t unused;

				if (pixman_region32_contains_point(&damage, x, y, &unused)) {
					assert_false(rig_is_untouched(&target, x, y));
					touched++;
				} else {
					assert_true(rig_is_untouched(&target, x, y));
				}
			}
		}
		assert_int_equal(cost.bytes_written, touched * 4);
		for (int b = 0; b < RIG_GUARD; b++) {
			assert_int_equal(target.pixels[target.stride * 80 + b], RIG_POISON);
		}
		pixman_region32_fini(&damage);
		free(target.pixels);
		buffer_drop(&buffer->base);
	}
}

/*
 * Lies about damage: drawn in pieces is drawn as in one go, and what the damage leaves out stays
 * old.
 */
static void pieces_join_without_a_seam(void **state)
{
	struct target once = rig_target(120, 100, 0), pieces = rig_target(120, 100, 0);
	struct test_buffer *buffer = test_buffer_create(333, 217, TEST_XR24, 0);
	struct layer layers[] = {
		rig_solid(0, 0, 120, 100, 0x181818),
		rig_picture(buffer, (struct rect){11, 13, 301, 201}, (struct rect){5, 7, 109, 83}),
	};
	struct render_cost cost;

	(void)state;
	rig_gradient(buffer);
	rig_draw_all(rig_renderer, &once, layers, ARRAY_SIZE(layers), NULL);
	for (int y = 0; y < 100; y += 17) {
		for (int x = 0; x < 120; x += 23) {
			pixman_region32_t damage;

			pixman_region32_init_rect(&damage, x, y, 23, 17);
			renderer_draw(rig_renderer, &pieces, layers, ARRAY_SIZE(layers), &damage,
				      &cost);
			pixman_region32_fini(&damage);
		}
	}
	rig_assert_same(&pieces, &once, rig_tolerance);
	free(once.pixels);
	free(pieces.pixels);
	buffer_drop(&buffer->base);
}

static void hidden_pixels_are_not_read(void **state)
{
	struct target target = rig_target(100, 80, 0);
	struct test_buffer *low = test_buffer_create(100, 80, TEST_XR24, 0);
	struct test_buffer *high = test_buffer_create(60, 40, TEST_XR24, 0);
	struct layer layers[] = {
		rig_solid(0, 0, 100, 80, 0x181818),
		rig_picture(low, rig_whole(low), (struct rect){0, 0, 100, 80}),
		rig_picture(high, rig_whole(high), (struct rect){10, 10, 60, 40}),
	};
	struct card card = {.lines = {"locked"}, .n_lines = 1};
	struct layer covered[] = {layers[1],
				  {.kind = LAYER_CARD, .dst = {0, 0, 100, 80}, .card = &card}};
	struct render_cost cost;

	(void)state;
	rig_draw_all(rig_renderer, &target, layers, ARRAY_SIZE(layers), &cost);
	assert_int_equal(cost.bytes_written, 100 * 80 * 4);
	assert_int_equal(cost.bytes_read, 100 * 80 * 4);
	rig_draw_all(rig_renderer, &target, covered, ARRAY_SIZE(covered), &cost);
	assert_int_equal(cost.bytes_read, 0);
	assert_int_equal(cost.bytes_written, 100 * 80 * 4);
	free(target.pixels);
	buffer_drop(&low->base);
	buffer_drop(&high->base);
}

/* ---- strip and cards: text is there, belongs to its owner, and stays inside ---- */

static unsigned pixels_of(const struct target *target, struct rect r, uint32_t colour)
{
	unsigned n = 0;

	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++) {
			n += rig_get(target, x, y) == colour;
		}
	}
	return n;
}

static void strips_name_owner_and_keyboard(void **state)
{
	struct mark work = {.name = "work", .colour = 0xe69f00, .pattern = MARK_STRIPES};
	struct mark web = {.name = "web", .colour = 0x0072b2, .pattern = MARK_DOTS};
	struct target a = rig_target(640, 24, 0), b = rig_target(640, 24, 0);
	struct layer layer = {.kind = LAYER_STRIP, .dst = {0, 0, 640, 24}, .strip = {&work, &web}};

	(void)state;
	rig_draw_all(rig_renderer, &a, &layer, 1, NULL);
	assert_true(pixels_of(&a, (struct rect){0, 0, 320, 24}, work.colour) > 3000);
	assert_int_equal(pixels_of(&a, (struct rect){0, 0, 320, 24}, web.colour), 0);
	assert_true(pixels_of(&a, (struct rect){480, 0, 160, 24}, web.colour) > 1000);
	assert_true(pixels_of(&a, (struct rect){80, 0, 80, 24}, 0x000000) >
		    20); /* ink of the name */
	/* Another name of the same colour and pattern is another strip. */
	snprintf(work.name, sizeof(work.name), "wark");
	rig_draw_all(rig_renderer, &b, &layer, 1, NULL);
	assert_memory_not_equal(a.pixels, b.pixels, 640 * 24 * 4);
	snprintf(work.name, sizeof(work.name), "work");
	rig_draw_all(rig_renderer, &b, &layer, 1, NULL);
	assert_memory_equal(a.pixels, b.pixels, 640 * 24 * 4);
	/* Longest names, narrow monitors: nothing is written outside. */
	memset(work.name, 'W', 32);
	memset(web.name, 'W', 32);
	for (int width = 1; width < 400; width += 13) {
		struct target narrow = rig_target(width, 24, 0);

		layer.dst.w = width;
		rig_draw_all(rig_renderer, &narrow, &layer, 1, NULL);
		for (int i = 0; i < RIG_GUARD; i++) {
			assert_int_equal(narrow.pixels[width * 4 * 24 + i], RIG_POISON);
		}
		free(narrow.pixels);
	}
	free(a.pixels);
	free(b.pixels);
}

static void cards_show_any_text(void **state)
{
	struct target target = rig_target(300, 100, 0);
	struct card card = {.lines = {"text \xc3\xa9\x01", "more"}, .n_lines = 2};
	struct layer layer = {.kind = LAYER_CARD, .dst = {0, 0, 300, 100}, .card = &card};

	(void)state;
	rig_draw_all(rig_renderer, &target, &layer, 1, NULL);
	assert_true(pixels_of(&target, (struct rect){0, 0, 300, 100}, 0xe8e8e8) > 20);
	assert_int_equal(pixels_of(&target, (struct rect){0, 0, 300, 100}, 0xa5a5a5), 0);
	free(target.pixels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_and_pictures_look_as_ever),
		cmocka_unit_test(scaled_pictures_look_as_ever),
		cmocka_unit_test(formats_and_odd_sizes_are_exact),
		cmocka_unit_test(scaling_reads_nothing_outside_the_source),
		cmocka_unit_test(only_damage_is_touched),
		cmocka_unit_test(pieces_join_without_a_seam),
		cmocka_unit_test(hidden_pixels_are_not_read),
		cmocka_unit_test(strips_name_owner_and_keyboard),
		cmocka_unit_test(cards_show_any_text),
	};

	return rig_run(tests);
}
