/* SPDX-License-Identifier: MIT */
/*
 * Where messages begin and end in what a client of the control socket sends, so that one that is larger than any call
 * of ours ends the client before the bus library makes room for it. Pure. Follows the D-Bus specification,
 * "Authentication Protocol" and "Message Format".
 */
#ifndef CONTROL_WIRE_PARSE_H
#define CONTROL_WIRE_PARSE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

#define WIRE_HEADER 16u
/* The longest call is a layout's name; introspection and properties are no longer. */
#define WIRE_MESSAGE_MAX 8192u
#define WIRE_AUTH_MAX 1024u

enum wire_phase {
	WIRE_NUL, /* the byte that comes before all */
	WIRE_AUTH,
	WIRE_MESSAGES,
};

/* All zero: a connection that begins. */
struct wire {
	enum wire_phase phase;
	uint32_t auth; /* bytes of the authentication so far */
	char line[6];  /* its line's beginning */
	uint32_t in_line;
	char last;
	uint8_t header[WIRE_HEADER]; /* of the message under way */
	uint32_t have;               /* bytes of header */
	uint32_t left;               /* bytes of the message after the header */
};

/*
 * Takes the next bytes, at most up to the end of the authentication. How many that were; -EPROTO: this is not D-Bus;
 * -EMSGSIZE: longer than anything that is answered. After an error the connection is to be closed.
 */
MUST_USE ssize_t wire_take(struct wire *wire, const uint8_t *untrusted_bytes, size_t size);

#endif
