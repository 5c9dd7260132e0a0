/* SPDX-License-Identifier: MIT */
/* The other domain's bytes, cut into hello, caps and events. Pure: whole or in pieces, they mean the same. */
#ifndef PROXY_STREAM_H
#define PROXY_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "hid/proxy/device.h"

/* Caps of a newer sender may be longer; more than this is none of its kind. */
#define PROXY_CAPS_MAX 65536u

struct proxy_stream_ops {
	/* Comes once, before the first event. Returns 0, or a negative value that ends the stream. */
	int (*caps)(void *data, const struct proxy_caps *untrusted);
	void (*event)(void *data, const struct proxy_event *untrusted);
};

struct proxy_stream {
	const struct proxy_stream_ops *ops;
	void *data;
	enum proxy_stage {
		PROXY_HELLO,
		PROXY_CAPS,
		PROXY_EVENTS,
	} stage;
	uint32_t caps_size; /* as the hello says */
	size_t taken;       /* bytes of what is read now */
	union {
		struct proxy_hello hello;
		struct proxy_caps caps; /* what did not come is 0 */
		struct proxy_event event;
	} untrusted;
	char why[PROXY_WHY_SIZE]; /* it was ended so */
};

void proxy_stream_init(struct proxy_stream *stream, const struct proxy_stream_ops *ops, void *data);
/* 0, or -EPROTO with the reason in why, or what ops->caps returned. Not to be called again then. */
MUST_USE int proxy_stream_feed(struct proxy_stream *stream, const void *bytes, size_t size);

#endif
