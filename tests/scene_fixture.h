/* SPDX-License-Identifier: MIT */
/*
 * For tests of scene, renderer and frame loop: buffers that count what happens to them, and a small
 * random source.
 */
#ifndef TESTS_SCENE_FIXTURE_H
#define TESTS_SCENE_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "compositor/scene/buffer.h"
#include "compositor/scene/scene.h"

#define TEST_FOURCC(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define TEST_XR24 TEST_FOURCC('X', 'R', '2', '4')

struct test_buffer {
	struct buffer base;
	uint8_t *bytes;
	size_t size;
	unsigned releases;
};

static inline void test_buffer_released(struct buffer *buffer)
{
	((struct test_buffer *)buffer)->releases++;
}

static inline void test_buffer_destroy(struct buffer *buffer)
{
	free(((struct test_buffer *)buffer)->bytes);
	free(buffer);
}

static const struct buffer_ops test_buffer_ops = {
	.released = test_buffer_released,
	.destroy = test_buffer_destroy,
};

/*
 * Exactly as large as its geometry says, so that a sanitizer sees each read past it. stride 0:
 * packed.
 */
static inline struct test_buffer *test_buffer_create(int width, int height, uint32_t format,
						     int stride)
{
	struct test_buffer *buffer = xcalloc(1, sizeof(*buffer));
	int row = width * pixel_format_find(format)->bytes_per_pixel;

	buffer_init(&buffer->base, &test_buffer_ops);
	buffer->base.width = width;
	buffer->base.height = height;
	buffer->base.stride = stride ? stride : row;
	buffer->base.format = format;
	buffer->size = (size_t)buffer->base.stride * (size_t)(height - 1) + (size_t)row;
	buffer->bytes = xcalloc(1, buffer->size);
	buffer->base.pixels = buffer->bytes;
	return buffer;
}

static inline void test_buffer_fill(struct test_buffer *buffer, uint32_t pixel)
{
	for (size_t i = 0; i + 4 <= buffer->size; i += 4) {
		memcpy(buffer->bytes + i, &pixel, 4);
	}
}

/* XR24 only. */
static inline void test_buffer_set(struct test_buffer *buffer, int x, int y, uint32_t pixel)
{
	memcpy(buffer->bytes + (size_t)y * (size_t)buffer->base.stride + (size_t)x * 4, &pixel, 4);
}

static inline void test_commit_damage(struct scene_head *head, struct test_buffer *buffer,
				      uint64_t token, const pixman_region32_t *damage)
{
	struct head_commit commit = {.token = token, .damage = damage};

	if (buffer) {
		commit.buffer = &buffer->base;
		commit.src = (struct rect){0, 0, buffer->base.width, buffer->base.height};
	}
	scene_head_commit(head, &commit);
}

static inline void test_commit(struct scene_head *head, struct test_buffer *buffer, uint64_t token)
{
	test_commit_damage(head, buffer, token, NULL);
}

/* xorshift: the same histories on each run. */
static inline uint32_t test_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
