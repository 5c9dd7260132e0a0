/* SPDX-License-Identifier: MIT */
/* What a guest draws into where there is no card. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compositor/output/headless/headless_memory.h"

static void test_blank_and_shared(void **state)
{
	static const uint32_t sizes[][2] = {{1, 1}, {64, 32}, {321, 123}, {1366, 768}};

	for (unsigned i = 0; i < 4; i++) {
		uint32_t width = sizes[i][0], height = sizes[i][1];
		struct output_memory memory;
		uint64_t bytes = (uint64_t)width * height * 4;

		assert_int_equal(headless_memory_create(NULL, width, height, &memory), 0);
		/* As displif wants it: no gap between rows, whole pages. */
		assert_int_equal(memory.stride, width * 4);
		assert_true(memory.size >= bytes && memory.size < bytes + 4096);
		assert_int_equal(memory.size % 4096, 0);
		for (uint64_t at = 0; at < memory.size; at++) {
			assert_int_equal(memory.pixels[at], 0);
		}
		assert_int_equal(pwrite(memory.fd, "drawn", 5, (off_t)memory.size - 5), 5);
		assert_memory_equal(memory.pixels + memory.size - 5, "drawn", 5);
		/* Whoever is given the fd cannot take the memory away from under the server. */
		assert_int_equal(ftruncate(memory.fd, 0), -1);
		assert_int_equal(ftruncate(memory.fd, (off_t)memory.size + 4096), -1);
		headless_memory_destroy(NULL, &memory);
		close(memory.fd);
	}
}

static void test_sizes_that_are_none(void **state)
{
	static const uint32_t sizes[][2] = {{0, 1}, {1, 0}, {16385, 1}, {1, 16385}, {UINT32_MAX, 2}};
	struct output_memory memory = {.fd = -1};

	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(headless_memory_create(NULL, sizes[i][0], sizes[i][1], &memory),
				 -EINVAL);
	}
	assert_int_equal(memory.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blank_and_shared),
		cmocka_unit_test(test_sizes_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
