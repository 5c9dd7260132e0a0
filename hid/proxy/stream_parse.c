/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hid/proxy/stream.h"

void proxy_stream_init(struct proxy_stream *stream, const struct proxy_stream_ops *ops, void *data)
{
	memset(stream, 0, sizeof(*stream));
	stream->ops = ops;
	stream->data = data;
}

/* How many bytes this stage reads. */
static size_t stage_size(const struct proxy_stream *stream)
{
	switch (stream->stage) {
	case PROXY_HELLO:
		return sizeof(struct proxy_hello);
	case PROXY_CAPS:
		return stream->caps_size;
	default:
		return sizeof(struct proxy_event);
	}
}

static int take_hello(struct proxy_stream *stream)
{
	struct proxy_hello hello = stream->untrusted.hello;

	if (hello.version != PROXY_VERSION) {
		snprintf(stream->why, sizeof(stream->why), "it speaks version %u, not %u",
			 hello.version, PROXY_VERSION);
		return -EPROTO;
	}
	if (hello.caps_size == 0 || hello.caps_size > PROXY_CAPS_MAX) {
		snprintf(stream->why, sizeof(stream->why), "caps of %u bytes", hello.caps_size);
		return -EPROTO;
	}
	stream->caps_size = hello.caps_size;
	memset(&stream->untrusted, 0, sizeof(stream->untrusted));
	stream->stage = PROXY_CAPS;
	return 0;
}

static int take_whole(struct proxy_stream *stream)
{
	int ret = 0;

	switch (stream->stage) {
	case PROXY_HELLO:
		return take_hello(stream);
	case PROXY_CAPS:
		ret = stream->ops->caps(stream->data, &stream->untrusted.caps);
		stream->stage = PROXY_EVENTS;
		break;
	case PROXY_EVENTS:
		stream->ops->event(stream->data, &stream->untrusted.event);
		break;
	}
	return ret;
}

int proxy_stream_feed(struct proxy_stream *stream, const void *bytes, size_t size)
{
	const unsigned char *from = bytes;
	int ret = 0;

	while (size > 0 && ret == 0) {
		size_t step = MIN(size, stage_size(stream) - stream->taken);

		/* Of caps that are longer than ours the rest means nothing to us. */
		if (stream->taken < sizeof(stream->untrusted)) {
			memcpy((unsigned char *)&stream->untrusted + stream->taken, from,
			       MIN(step, sizeof(stream->untrusted) - stream->taken));
		}
		stream->taken += step;
		from += step;
		size -= step;
		if (stream->taken == stage_size(stream)) {
			stream->taken = 0;
			ret = take_whole(stream);
		}
	}
	return ret;
}
