/* SPDX-License-Identifier: MIT */
/* A steady frame takes no memory: every allocation of this process is counted while the CPU renderer draws. */
#include <stdio.h>

#include "tests/render/rig.h"
#include "tests/skip.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_MALLOC true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_MALLOC true
#endif
#endif
#ifndef HAS_OWN_MALLOC
#define HAS_OWN_MALLOC false

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}
#else
static unsigned allocations;
#endif

#define WIDTH 640
#define HEIGHT 480

struct steady_case {
	enum transform transform;
	double scale;
	uint32_t format;
	int width, height; /* of the guest's picture */
	bool has_cursor;
};

static const struct steady_case cases[] = {
	{TRANSFORM_NORMAL, 1, TEST_XR24, 624, 440, false},
	{TRANSFORM_NORMAL, 1, TEST_XR24, 624, 440, true},
	{TRANSFORM_NORMAL, 1.5, TEST_XR24, 312, 220, true},
	{TRANSFORM_90, 1, TEST_XR24, 624, 440, true},
	{TRANSFORM_FLIPPED_180, 2, TEST_XR24, 800, 600, true},
	{TRANSFORM_NORMAL, 1, TEST_FOURCC('R', 'G', '1', '6'), 624, 440, false},
	{TRANSFORM_270, 1, TEST_FOURCC('R', 'G', '2', '4'), 555, 333, false},
};

static void draw_frames(const struct steady_case *c, unsigned n)
{
	bool swaps = transform_swaps(c->transform);
	struct target target = rig_target(swaps ? HEIGHT : WIDTH, swaps ? WIDTH : HEIGHT, 0);
	struct test_buffer *buffer = test_buffer_create(c->width, c->height, c->format, 0);
	struct test_buffer *cursor = test_buffer_create(32, 32, TEST_FOURCC('A', 'R', '2', '4'), 0);
	struct mark mark = {.name = "work", .colour = 0xe69f00, .pattern = MARK_STRIPES};
	struct rect hole = {8, 32, 624, 440};
	struct layer layers[] = {
		rig_solid(0, 0, WIDTH, HEIGHT, 0x181818),
		rig_picture(buffer, rig_whole(buffer), hole),
		{.kind = LAYER_FRAME, .dst = {0, 24, WIDTH, 456}, .frame = {&mark, hole}},
		{.kind = LAYER_STRIP, .dst = {0, 0, WIDTH, 24}, .strip = {&mark, &mark}},
		rig_picture(cursor, rig_whole(cursor), (struct rect){300, 200, 32, 32}),
	};
	pixman_box32_t boxes[] = {{3, 3, 20, 9}, {50, 20, 60, 300}, {95, 70, 500, 470}};
	pixman_region32_t damage;
	struct render_cost cost;

	layers[4].kind = LAYER_CURSOR;
	target.transform = c->transform;
	target.scale = c->scale;
	pixman_region32_init_rects(&damage, boxes, ARRAY_SIZE(boxes));
	/* What the host itself shows is drawn once and kept. */
	rig_draw_all(rig_renderer, &target, layers, c->has_cursor ? 5 : 4, NULL);
	allocations = 0;
	for (unsigned i = 0; i < n; i++) {
		renderer_draw(rig_renderer, &target, layers, c->has_cursor ? 5 : 4, &damage, &cost);
	}
	if (allocations) {
		fail_msg("%u allocations in %u frames of case %d", allocations, n, (int)(c - cases));
	}
	assert_true(cost.bytes_written > 0);
	pixman_region32_fini(&damage);
	free(target.pixels);
	buffer_drop(&buffer->base);
	buffer_drop(&cursor->base);
}

static void a_steady_frame_takes_no_memory(void **state)
{
	const char *slowdown = getenv("VITRINE_TEST_SLOWDOWN");

	(void)state;
	if (HAS_OWN_MALLOC || (slowdown && atoi(slowdown) > 10)) {
		SKIP_TEST("sanitizers and valgrind have a malloc of their own");
	}
	allocations = 0;
	free(xcalloc(1, 1));
	assert_int_equal(allocations, 1);
	assert_int_equal(renderer_pixman_create(&rig_renderer, NULL), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		draw_frames(&cases[i], 10);
	}
	renderer_destroy(rig_renderer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_steady_frame_takes_no_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
