/* SPDX-License-Identifier: MIT */
/*
 * What a frame costs when nothing is new: no memory is allocated, nobody is asked, no pixel is touched. Allocations are
 * counted by standing before the C library's; a sanitizer stands there itself, so its builds leave the counting out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compositor/server.h"
#include "tests/frame_bench.h"
#include "tests/scene_fixture.h"

#define WARM_UP 100
#define FRAMES 600

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAN_COUNT 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define CAN_COUNT 0
#endif
#endif
#ifndef CAN_COUNT
#define CAN_COUNT 1
#endif

static unsigned long allocations;

#if CAN_COUNT
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

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

void *realloc(void *memory, size_t size)
{
	allocations++;
	return __libc_realloc(memory, size);
}
#endif

static void skip_uncounted(void)
{
	if (!CAN_COUNT) {
		print_message("SKIP: a sanitizer stands before the allocator\n");
		skip();
	}
}

/* One full-screen guest, flipping at the monitor's rate from two buffers. */
static void flip(struct bench *bench, struct scene_head *head, struct test_buffer *const *buffers,
		 unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		test_commit(head, buffers[i % 2], 0);
		run_for(bench, HZ_60_NS);
	}
}

static uint64_t moved(const struct scene_output *output)
{
	return output->bytes_read + output->bytes_written + output->bytes_compared;
}

struct cost {
	unsigned long allocations;
	uint64_t bytes, tests, frames;
};

/* Of FRAMES frames, after as many as it takes to get there. */
static struct cost measure(const char *spec)
{
	struct test_buffer *buffers[2];
	struct scene_output *output;
	struct output_device *device;
	struct scene_head *head;
	struct bench bench;
	struct cost cost;

	bench_init(&bench, spec);
	output = repaint_output(bench.server.repaint, 0);
	device = repaint_device(bench.server.repaint, 0);
	head = add_guest(&bench, "work");
	for (unsigned i = 0; i < 2; i++) {
		buffers[i] = test_buffer_create(784, 560, TEST_XR24, 0);
	}
	flip(&bench, head, buffers, WARM_UP);
	cost = (struct cost){0, moved(output), headless_device_tests(device), output->frames};
	allocations = 0;
	flip(&bench, head, buffers, FRAMES);
	cost.allocations = allocations;
	cost.bytes = moved(output) - cost.bytes;
	cost.tests = headless_device_tests(device) - cost.tests;
	cost.frames = output->frames - cost.frames;
	bench_finish(&bench);
	buffer_drop(&buffers[0]->base);
	buffer_drop(&buffers[1]->base);
	return cost;
}

static void a_frame_on_a_plane_costs_nothing(void **state)
{
	struct cost cost;

	(void)state;
	skip_uncounted();
	cost = measure("800x600@60+overlay+memory");
	assert_int_equal(cost.frames, FRAMES);
	assert_int_equal(cost.bytes, 0);
	assert_int_equal(cost.tests, 0);
	assert_int_equal(cost.allocations, 0);
}

/* The measure is a measure: the same guest, drawn, moves its pixels once in and once out. */
static void a_drawn_frame_costs_its_pixels(void **state)
{
	struct cost cost;
	void *volatile memory;

	(void)state;
	skip_uncounted();
	cost = measure("800x600@60");
	assert_int_equal(cost.frames, FRAMES);
	assert_int_equal(cost.bytes, 2 * FRAMES * 784 * 560 * 4ull);
	allocations = 0;
	memory = malloc(1);
	free(memory);
	assert_int_equal(allocations, 1);
	print_message("allocations in %d drawn frames: %lu\n", FRAMES, cost.allocations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_on_a_plane_costs_nothing),
		cmocka_unit_test(a_drawn_frame_costs_its_pixels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
