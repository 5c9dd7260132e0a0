/* SPDX-License-Identifier: MIT */
/* Small things that every process uses. */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

/*
 * For memory whose size the host's operator or the program itself decides: aborts when there is none.
 * What a guest influences is taken from fixed arrays or with plain calloc, whose failure is an answer.
 */
void *xcalloc(size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);

/* Closes *fd if it is one and sets it to -1. Keeps errno. */
void close_fd(int *fd);

/*
 * Strict decimal: only digits, at least one, no sign, no blanks, at most max. Leading zeros are fine.
 * Returns 0, -EINVAL or -ERANGE; *out is written on success only.
 */
MUST_USE int parse_uint(const char *s, size_t len, uint64_t max, uint64_t *out);

/* True for 1 to 32 printable ASCII characters without blanks, '/', '=' and quotes: what a guest may be called. */
bool guest_name_valid(const char *name);

/* A sealed memfd (no shrink, grow or write) holding a copy of data. Returns the fd or -errno. */
MUST_USE int memfd_create_sealed(const char *name, const void *data, size_t size);

/*
 * Checks that fd is a memfd of exactly size bytes that can neither shrink nor be written any more, and
 * copies it to out. Returns 0, -EINVAL when it is anything else, or -errno.
 */
MUST_USE int memfd_read_sealed(int fd, void *out, size_t size);

/* How many descriptors this process has open; 0 where that can't be read. */
unsigned count_fds(void);

#endif
