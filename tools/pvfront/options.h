/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_PVFRONT_OPTIONS_H
#define TOOLS_PVFRONT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

#define FRONT_MAX_CONNECTORS 4u
#define FRONT_MAX_INPUTS 4u
#define FRONT_MAX_BUFFERS 4u

struct size {
	uint32_t width, height;
};

/* What the toolstack offers a vkb device. */
struct input_offer {
	bool absolute;
	bool touch;
};

/* Strings belong to argv. */
struct options {
	const char *xen;
	const char *name;
	const char *report;  /* file, or NULL */
	const char *hostile; /* comma separated names, or NULL */
	const char *picture; /* WxH:CONNECTOR:FRAME, or NULL */
	uint64_t nonce;
	uint64_t frames; /* per connector; 0: without end */
	uint32_t fps;
	uint32_t n_buffers;
	uint32_t hostile_seconds; /* that a flood takes */
	uint32_t no_flip;         /* bit of each connector that is drawn in place */
	bool toolstack;
	bool be_alloc;    /* the toolstack has the backend allocate buffers */
	const char *type; /* of the domain, as the toolstack says: pv, pvh or hvm */
	bool stay;
	bool inputs; /* serve vkb devices */
	bool list_hostile;
	unsigned n_connectors;
	unsigned n_offers;
	struct size connectors[FRONT_MAX_CONNECTORS]; /* that the toolstack configures */
	struct input_offer offers[FRONT_MAX_INPUTS];
};

/* Returns -1 to go on, else the exit status; what is wrong has been printed. */
int options_parse(struct options *options, int argc, char **argv);
/* "WIDTHxHEIGHT" up to its end or the next end character. Returns what follows, or NULL. */
const char *size_parse(const char *text, char end, struct size *out);

#endif
