/* SPDX-License-Identifier: MIT */
/* For cmocka tests: leaves the test and tells the runner why; include after cmocka.h. */
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

#include <stdio.h>

#define SKIP_TEST(...)                        \
	do {                                  \
		printf("SKIP: " __VA_ARGS__); \
		printf("\n");                 \
		fflush(stdout);               \
		skip();                       \
	} while (0)

#endif
