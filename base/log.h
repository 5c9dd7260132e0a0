/* SPDX-License-Identifier: MIT */
/*
 * Lines to standard error, one per event, that say who is at fault. A line that a guest can cause
 * goes through log_guest() with that guest's limiter, so that no guest can fill a disk.
 * Never log key codes or text that a user typed.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Who must act on the line. */
enum log_party {
	LOG_US,    /* a bug of ours, or plain information about us */
	LOG_HOST,  /* the kernel, a device, the hypervisor, a library */
	LOG_ADMIN, /* configuration, options, permissions */
};

/* Token bucket: bursts of LOG_BURST lines, one more each second; what was withheld is counted. */
struct log_limit {
	uint64_t refill_ns;
	uint32_t tokens;
	uint32_t withheld;
};

void log_init(const char *program, enum log_level level);
/* "error", "warn", "info" or "debug"; returns 0 or -EINVAL. */
MUST_USE int log_level_parse(const char *name, enum log_level *out);

void log_msg(enum log_level level, enum log_party party, const char *fmt, ...) PRINTF(3, 4);
/* Blames the guest by name. guest must be a valid guest name, limit may be NULL for lines it can't cause. */
void log_guest(enum log_level level, const char *guest, struct log_limit *limit, const char *fmt,
	       ...) PRINTF(4, 5);

#define log_error(party, ...) log_msg(LOG_LEVEL_ERROR, party, __VA_ARGS__)
#define log_warn(party, ...) log_msg(LOG_LEVEL_WARN, party, __VA_ARGS__)
#define log_info(party, ...) log_msg(LOG_LEVEL_INFO, party, __VA_ARGS__)
#define log_debug(party, ...) log_msg(LOG_LEVEL_DEBUG, party, __VA_ARGS__)

#endif
