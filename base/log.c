/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_BURST 10
#define LOG_LINE 512

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *log_program = "vitrine";
static enum log_level log_threshold = LOG_LEVEL_INFO;

void log_init(const char *program, enum log_level level)
{
	log_program = program;
	log_threshold = level;
}

int log_level_parse(const char *name, enum log_level *out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Control bytes could forge lines of their own or drive a terminal. */
static void make_printable(char *line)
{
	for (; *line; line++) {
		if (*line < ' ' || *line > '~') {
			*line = '?';
		}
	}
}

static void PRINTF(3, 0)
	write_line(enum log_level level, const char *party, const char *fmt, va_list args)
{
	char text[LOG_LINE];

	vsnprintf(text, sizeof(text), fmt, args);
	make_printable(text);
	fprintf(stderr, "%s: %s: %s: %s\n", log_program, level_names[level], party, text);
}

void log_msg(enum log_level level, enum log_party party, const char *fmt, ...)
{
	static const char *const parties[] = {
		[LOG_US] = "vitrine",
		[LOG_HOST] = "host",
		[LOG_ADMIN] = "admin",
	};
	va_list args;

	if (level > log_threshold) {
		return;
	}
	va_start(args, fmt);
	write_line(level, parties[party], fmt, args);
	va_end(args);
}

static bool limit_allows(struct log_limit *limit)
{
	uint64_t now = now_ns();

	if (limit->refill_ns == 0) {
		limit->tokens = LOG_BURST;
		limit->refill_ns = now;
	}
	while (limit->tokens < LOG_BURST && now - limit->refill_ns >= NSEC_PER_SEC) {
		limit->tokens++;
		limit->refill_ns += NSEC_PER_SEC;
	}
	if (limit->tokens == LOG_BURST) {
		limit->refill_ns = now;
	}
	if (limit->tokens == 0) {
		limit->withheld++;
		return false;
	}
	limit->tokens--;
	return true;
}

void log_guest(enum log_level level, const char *guest, struct log_limit *limit, const char *fmt,
	       ...)
{
	char party[64];
	va_list args;

	if (level > log_threshold || (limit && !limit_allows(limit))) {
		return;
	}
	snprintf(party, sizeof(party), "guest %s", guest);
	if (limit && limit->withheld > 0) {
		fprintf(stderr, "%s: %s: %s: %u more lines were withheld\n", log_program,
			level_names[level], party, limit->withheld);
		limit->withheld = 0;
	}
	va_start(args, fmt);
	write_line(level, party, fmt, args);
	va_end(args);
}
