/* SPDX-License-Identifier: MIT */
/*
 * The stream of Qubes' input proxy, version 1, as a 64-bit little-endian sender writes it: a hello, what the device can do
 * (caps_size bytes, which may end after any field or be longer than we know), then struct proxy_event without end. The
 * other way only struct proxy_event of EV_LED flow. Codes are those of linux/input-event-codes.h.
 */
#ifndef PROXY_WIRE_H
#define PROXY_WIRE_H

#include <stdint.h>

#define PROXY_VERSION 1u
#define PROXY_NAME_SIZE 128
#define PROXY_KEY_WORDS 12 /* of 64 keys */
#define PROXY_AXES 64

struct proxy_hello {
	uint32_t version;
	uint32_t caps_size;
};

struct proxy_absinfo {
	int32_t value, minimum, maximum, fuzz, flat, resolution;
};

/* Bits by the codes' numbers, from the lowest. */
struct proxy_caps {
	uint64_t prop, ev;
	uint64_t key[PROXY_KEY_WORDS];
	uint64_t rel, abs, msc, led, snd;
	uint64_t ff[2];
	uint64_t sw;
	char name[PROXY_NAME_SIZE];
	struct proxy_absinfo axes[PROXY_AXES];
};

struct proxy_event {
	uint64_t sec, usec; /* the sender's clock: nothing here */
	uint16_t type, code;
	int32_t value;
};

_Static_assert(sizeof(struct proxy_hello) == 8, "hello");
_Static_assert(sizeof(struct proxy_caps) == 1840, "caps");
_Static_assert(sizeof(struct proxy_event) == 24, "event");

#endif
