/* SPDX-License-Identifier: MIT */
/* xen/map.c with a memfd in place of gntdev: each page of it begins with its own number. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "xen/map.h"

#define FILE_PAGES 64u

static int numbered_memfd(void)
{
	int fd = memfd_create("map", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)FILE_PAGES * XEN_PAGE_SIZE), 0);
	for (uint32_t page = 0; page < FILE_PAGES; page++) {
		assert_int_equal(pwrite(fd, &page, sizeof(page), (off_t)page * XEN_PAGE_SIZE),
				 sizeof(page));
	}
	return fd;
}

static bool fd_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* True when the address belongs to no mapping of this process. */
static bool unmapped(const void *addr)
{
	unsigned char resident;

	return mincore((void *)addr, XEN_PAGE_SIZE, &resident) < 0 && errno == ENOMEM;
}

static uint32_t number_at(const struct xen_map *map, uint32_t page)
{
	uint32_t number;

	memcpy(&number, (char *)map->addr + (size_t)page * XEN_PAGE_SIZE, sizeof(number));
	return number;
}

static const struct xen_segment three[] = {
	{.offset = 5 * XEN_PAGE_SIZE, .pages = 2},
	{.offset = 0, .pages = 1},
	{.offset = 40 * XEN_PAGE_SIZE, .pages = 3},
};

static void test_steps_follow_segments(void **state)
{
	const uint32_t expected[] = {5, 6, 0, 40, 41, 42};
	struct xen_map map;

	assert_int_equal(xen_map_init(&map, numbered_memfd(), three, 3, 6, false), 0);
	assert_int_equal(xen_map_step(&map), 1);
	assert_int_equal(map.pages_mapped, 2);
	assert_int_equal(xen_map_step(&map), 1);
	assert_int_equal(xen_map_step(&map), 0);
	assert_int_equal(xen_map_step(&map), 0);
	assert_int_equal(map.pages_mapped, 6);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(number_at(&map, i), expected[i]);
	}
	xen_map_finish(&map);
}

static void test_writable_reaches_the_file(void **state)
{
	int fd = numbered_memfd();
	int other = dup(fd);
	struct xen_map map;
	uint32_t seen = 0;

	assert_int_equal(xen_map_init(&map, fd, three, 1, 2, true), 0);
	assert_int_equal(xen_map_step(&map), 0);
	memcpy((char *)map.addr + XEN_PAGE_SIZE, &(uint32_t){0xabcd}, sizeof(uint32_t));
	assert_int_equal(pread(other, &seen, sizeof(seen), 6 * XEN_PAGE_SIZE), sizeof(seen));
	assert_int_equal(seen, 0xabcd);
	xen_map_finish(&map);
	close(other);
}

static void test_unstep_gives_all_addresses_back(void **state)
{
	struct xen_map map;
	char *addr;

	assert_int_equal(xen_map_init(&map, numbered_memfd(), three, 3, 6, false), 0);
	addr = map.addr;
	assert_int_equal(xen_map_step(&map), 1);
	assert_int_equal(xen_map_step(&map), 1);
	assert_int_equal(xen_map_unstep(&map), 1);
	/* Page 5 was reserved and never mapped, page 2 was just unmapped, page 1 still holds its number. */
	assert_true(unmapped(addr + 5 * XEN_PAGE_SIZE));
	assert_true(unmapped(addr + 2 * XEN_PAGE_SIZE));
	assert_int_equal(number_at(&map, 1), 6);
	assert_int_equal(xen_map_unstep(&map), 0);
	assert_true(unmapped(addr));
	assert_int_equal(xen_map_unstep(&map), 0);
	xen_map_finish(&map);
}

static void test_finish_closes_and_is_harmless_twice(void **state)
{
	struct xen_map map;
	struct xen_map zeroed = {.fd = -1};
	int fd = numbered_memfd();
	char *addr;

	assert_int_equal(xen_map_init(&map, fd, three, 3, 6, false), 0);
	addr = map.addr;
	assert_int_equal(xen_map_step(&map), 1);
	xen_map_finish(&map);
	assert_false(fd_open(fd));
	assert_true(unmapped(addr));
	assert_true(unmapped(addr + 5 * XEN_PAGE_SIZE));
	xen_map_finish(&map);
	xen_map_finish(&zeroed);
	assert_true(fd_open(STDERR_FILENO));
}

static void expect_refused(const struct xen_segment *segments, uint32_t n, uint32_t pages)
{
	int fd = numbered_memfd();
	struct xen_map map;

	assert_int_equal(xen_map_init(&map, fd, segments, n, pages, false), -EINVAL);
	assert_false(fd_open(fd));
	xen_map_finish(&map);
}

static void test_bad_lists_are_refused(void **state)
{
	struct xen_segment many[XEN_MAX_SEGMENTS + 1];
	struct xen_segment empty[] = {{.pages = 1}, {.pages = 0}};
	struct xen_segment wraps[] = {{.pages = 2}, {.pages = UINT32_MAX}};
	struct xen_segment large[] = {{.pages = XEN_SEGMENT_PAGES + 1}};

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = (struct xen_segment){.offset = i * XEN_PAGE_SIZE, .pages = 1};
	}
	expect_refused(many, 0, 0);
	expect_refused(many, ARRAY_SIZE(many), ARRAY_SIZE(many));
	expect_refused(many, 3, 4);
	expect_refused(many, 3, 2);
	expect_refused(empty, 2, 1);
	expect_refused(wraps, 2, 1);
	expect_refused(large, 1, XEN_SEGMENT_PAGES + 1);
}

/* What the loopback hands out for a grant that was never made. */
static void test_unaligned_segment_fails_the_step(void **state)
{
	struct xen_segment segments[] = {{.offset = 0, .pages = 1}, {.offset = 1, .pages = 1}};
	struct xen_map map;
	char *addr;

	assert_int_equal(xen_map_init(&map, numbered_memfd(), segments, 2, 2, false), 0);
	addr = map.addr;
	assert_int_equal(xen_map_step(&map), 1);
	assert_int_equal(xen_map_step(&map), -EINVAL);
	assert_int_equal(xen_map_step(&map), -EINVAL);
	assert_int_equal(map.pages_mapped, 1);
	xen_map_finish(&map);
	assert_true(unmapped(addr));
	assert_true(unmapped(addr + XEN_PAGE_SIZE));
}

/* The file itself refuses, as gntdev does for a bad reference: here, writing through a read-only descriptor. */
static void test_refused_mmap_leaves_no_mapping_behind(void **state)
{
	int fd = numbered_memfd();
	char path[64];
	struct xen_map map;
	char *addr;
	int readonly;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readonly = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(readonly >= 0);
	close(fd);
	assert_int_equal(xen_map_init(&map, readonly, three, 3, 6, true), 0);
	addr = map.addr;
	assert_int_equal(xen_map_step(&map), -EACCES);
	assert_int_equal(map.pages_mapped, 0);
	xen_map_finish(&map);
	assert_true(unmapped(addr + 5 * XEN_PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_follow_segments),
		cmocka_unit_test(test_writable_reaches_the_file),
		cmocka_unit_test(test_unstep_gives_all_addresses_back),
		cmocka_unit_test(test_finish_closes_and_is_harmless_twice),
		cmocka_unit_test(test_bad_lists_are_refused),
		cmocka_unit_test(test_unaligned_segment_fails_the_step),
		cmocka_unit_test(test_refused_mmap_leaves_no_mapping_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
