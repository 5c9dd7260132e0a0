/* SPDX-License-Identifier: MIT */
/*
 * Drawing a whole 1920x1080 frame, in units of memcpy of as many bytes as the monitor's frame has, in the same run.
 * Pairs are taken in turn and the best of each counts: what else the machine does makes both slower, never faster.
 */
#include <stdio.h>
#include <string.h>

#include "compositor/render/render.h"
#include "tests/scene_fixture.h"

#define WIDTH 1920
#define HEIGHT 1080
#define ROUNDS 40
#define TEST_RG16 TEST_FOURCC('R', 'G', '1', '6')

struct picture_case {
	const char *name;
	int width, height; /* of the guest's buffer */
	uint32_t format;
};

static const struct picture_case cases[] = {
	{"xr24", WIDTH, HEIGHT, TEST_XR24},
	{"rgb565", WIDTH, HEIGHT, TEST_RG16},
	{"scaled_down", 2560, 1440, TEST_XR24},
	{"scaled_up", 1280, 720, TEST_XR24},
};

static uint64_t time_draw(struct renderer *renderer, const struct target *target,
			  const struct buffer *buffer, const pixman_region32_t *damage)
{
	struct layer layer = {.kind = LAYER_BUFFER, .dst = {0, 0, WIDTH, HEIGHT}};
	struct render_cost cost;
	uint64_t start_ns = now_ns();

	layer.picture.buffer = buffer;
	layer.picture.src = (struct rect){0, 0, buffer->width, buffer->height};
	renderer_draw(renderer, target, &layer, 1, damage, &cost);
	return now_ns() - start_ns;
}

static uint64_t time_copy(uint8_t *to, const uint8_t *from, size_t size)
{
	uint64_t start_ns = now_ns();

	memcpy(to, from, size);
	/* Somebody might look at it. */
	__asm__ volatile("" : : "r"(to) : "memory");
	return now_ns() - start_ns;
}

static void noise_fill(struct test_buffer *buffer)
{
	uint32_t state = 1;

	for (size_t i = 0; i < buffer->size; i++) {
		buffer->bytes[i] = (uint8_t)test_random(&state);
	}
}

static void measure(struct renderer *renderer, const struct picture_case *what)
{
	struct test_buffer *buffer = test_buffer_create(what->width, what->height, what->format, 0);
	struct test_buffer *plain = test_buffer_create(WIDTH, HEIGHT, TEST_XR24, 0);
	struct test_buffer *screen = test_buffer_create(WIDTH, HEIGHT, TEST_XR24, 0);
	struct target target = {
		.pixels = screen->bytes, .width = WIDTH, .height = HEIGHT, .stride = WIDTH * 4};
	uint64_t draw_ns = UINT64_MAX, copy_ns = UINT64_MAX;
	pixman_region32_t damage;

	noise_fill(buffer);
	noise_fill(plain);
	pixman_region32_init_rect(&damage, 0, 0, WIDTH, HEIGHT);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t draw = time_draw(renderer, &target, &buffer->base, &damage);
		uint64_t copy = time_copy(screen->bytes, plain->bytes, screen->size);

		draw_ns = MIN(draw_ns, draw);
		copy_ns = MIN(copy_ns, copy);
	}
	printf("%s %.2f\n", what->name, (double)draw_ns / (double)copy_ns);
	pixman_region32_fini(&damage);
	buffer_drop(&buffer->base);
	buffer_drop(&plain->base);
	buffer_drop(&screen->base);
}

int main(void)
{
	struct renderer *renderer;

	if (renderer_pixman_create(&renderer, NULL) < 0) {
		fputs("bench_draw: no renderer: is there a font?\n", stderr);
		return 1;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		measure(renderer, &cases[i]);
	}
	renderer_destroy(renderer);
	return 0;
}
