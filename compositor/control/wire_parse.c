/* SPDX-License-Identifier: MIT */
#include "compositor/control/wire_parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BEGIN "BEGIN"
#define BEGIN_SIZE (sizeof(BEGIN) - 1)

/* A line that only begins like it could end the authentication for one reader and not for the other. */
static int line_end(struct wire *wire)
{
	size_t size = wire->in_line - 1;

	wire->in_line = 0;
	if (size < BEGIN_SIZE || memcmp(wire->line, BEGIN, BEGIN_SIZE) != 0) {
		return 0;
	}
	if (size != BEGIN_SIZE) {
		return -EPROTO;
	}
	wire->phase = WIRE_MESSAGES;
	return 0;
}

static int auth_take(struct wire *wire, char c)
{
	if (++wire->auth > WIRE_AUTH_MAX) {
		return -EMSGSIZE;
	}
	if (c == '\n' && wire->last == '\r') {
		wire->last = c;
		return line_end(wire);
	}
	if (wire->in_line < sizeof(wire->line)) {
		wire->line[wire->in_line] = c;
	}
	wire->in_line++;
	wire->last = c;
	return 0;
}

static uint32_t number(const uint8_t *bytes, bool is_big)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		value = value << 8 | bytes[is_big ? i : 3 - i];
	}
	return value;
}

static int header_take(struct wire *wire, uint8_t byte)
{
	uint32_t untrusted_body, untrusted_fields;
	bool is_big = wire->header[0] == 'B';

	wire->header[wire->have++] = byte;
	if (wire->have < WIRE_HEADER) {
		return 0;
	}
	wire->have = 0;
	if ((wire->header[0] != 'l' && !is_big) || wire->header[3] != 1) {
		return -EPROTO;
	}
	untrusted_body = number(wire->header + 4, is_big);
	untrusted_fields = number(wire->header + 12, is_big);
	if (untrusted_body > WIRE_MESSAGE_MAX || untrusted_fields > WIRE_MESSAGE_MAX ||
	    untrusted_body + untrusted_fields > WIRE_MESSAGE_MAX - WIRE_HEADER - 8) {
		return -EMSGSIZE;
	}
	/* The fields are padded to eight bytes. */
	wire->left = ((untrusted_fields + 7) & ~7u) + untrusted_body;
	return 0;
}

static int byte_take(struct wire *wire, uint8_t byte)
{
	switch (wire->phase) {
	case WIRE_NUL:
		wire->phase = WIRE_AUTH;
		return byte == 0 ? 0 : -EPROTO;
	case WIRE_AUTH:
		return auth_take(wire, (char)byte);
	case WIRE_MESSAGES:
		break;
	}
	if (wire->left > 0) {
		wire->left--;
		return 0;
	}
	return header_take(wire, byte);
}

ssize_t wire_take(struct wire *wire, const uint8_t *untrusted_bytes, size_t size)
{
	enum wire_phase phase = wire->phase;

	for (size_t i = 0; i < size; i++) {
		int ret = byte_take(wire, untrusted_bytes[i]);

		if (ret < 0) {
			return ret;
		}
		if (wire->phase == WIRE_MESSAGES && phase != WIRE_MESSAGES) {
			return (ssize_t)i + 1;
		}
	}
	return (ssize_t)size;
}
