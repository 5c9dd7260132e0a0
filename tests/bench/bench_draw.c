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
	enum transform transform;
	bool is_framed; /* inside its frame, under the strip, as a guest is shown */
};

static const struct picture_case cases[] = {
	{"xr24", WIDTH, HEIGHT, TEST_XR24, TRANSFORM_NORMAL, false},
	{"framed", WIDTH - 2 * FRAME_WIDTH, HEIGHT - STRIP_HEIGHT - 2 * FRAME_WIDTH, TEST_XR24,
	 TRANSFORM_NORMAL, true},
	{"rgb565", WIDTH, HEIGHT, TEST_RG16, TRANSFORM_NORMAL, false},
	{"doubled", WIDTH / 2, HEIGHT / 2, TEST_XR24, TRANSFORM_NORMAL, false},
	{"scaled_down", 2560, 1440, TEST_XR24, TRANSFORM_NORMAL, false},
	{"scaled_up", 1280, 720, TEST_XR24, TRANSFORM_NORMAL, false},
	{"turned_90", HEIGHT, WIDTH, TEST_XR24, TRANSFORM_90, false},
	{"turned_180", WIDTH, HEIGHT, TEST_XR24, TRANSFORM_180, false},
	{"turned_scaled", 720, 1280, TEST_XR24, TRANSFORM_270, false},
};

struct picture_frame {
	struct mark mark;
	struct layer layers[3];
	unsigned n_layers;
};

static void frame_init(struct picture_frame *frame, const struct picture_case *what,
		       const struct buffer *buffer)
{
	bool swaps = transform_swaps(what->transform);
	struct rect dst = {0, 0, swaps ? HEIGHT : WIDTH, swaps ? WIDTH : HEIGHT}, all = dst;

	*frame = (struct picture_frame){.mark = {"work", 0xe69f00, MARK_STRIPES}, .n_layers = 1};
	if (what->is_framed) {
		dst = (struct rect){FRAME_WIDTH, STRIP_HEIGHT + FRAME_WIDTH, what->width,
				    what->height};
		all.y = STRIP_HEIGHT;
		all.h -= STRIP_HEIGHT;
		frame->layers[1] = (struct layer){.kind = LAYER_FRAME,
						  .dst = all,
						  .frame = {&frame->mark, dst}};
		frame->layers[2] = (struct layer){.kind = LAYER_STRIP,
						  .dst = {0, 0, WIDTH, STRIP_HEIGHT},
						  .strip = {.mark = &frame->mark}};
		frame->n_layers = 3;
	}
	frame->layers[0] = (struct layer){.kind = LAYER_BUFFER, .dst = dst};
	frame->layers[0].picture.buffer = buffer;
	frame->layers[0].picture.src = (struct rect){0, 0, buffer->width, buffer->height};
}

static uint64_t time_draw(struct renderer *renderer, const struct target *target,
			  const struct picture_frame *frame, const pixman_region32_t *damage)
{
	struct render_cost cost;
	uint64_t start_ns = now_ns();

	renderer_draw(renderer, target, frame->layers, frame->n_layers, damage, &cost);
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
	struct target target = {.pixels = screen->bytes,
				.width = WIDTH,
				.height = HEIGHT,
				.stride = WIDTH * 4,
				.transform = what->transform};
	struct picture_frame frame;
	uint64_t draw_ns = UINT64_MAX, copy_ns = UINT64_MAX;
	pixman_region32_t damage;

	noise_fill(buffer);
	noise_fill(plain);
	frame_init(&frame, what, &buffer->base);
	/* A square that has room for the upright picture either way; the renderer cuts it off. */
	pixman_region32_init_rect(&damage, 0, 0, WIDTH, WIDTH);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t draw = time_draw(renderer, &target, &frame, &damage);
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
