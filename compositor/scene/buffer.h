/* SPDX-License-Identifier: MIT */
/*
 * A picture that somebody produced: one producer, counted locks. Whoever shows a buffer holds a
 * lock; when the last lock goes, the producer is told that it may draw into it again (released).
 * The producer drops its own reference when it destroys the buffer; memory is freed (destroy) once
 * it is dropped and unlocked.
 */
#ifndef SCENE_BUFFER_H
#define SCENE_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;

struct buffer_ops {
	/* The last lock is gone and the producer still exists. May be NULL. */
	void (*released)(struct buffer *buffer);
	/* Dropped and unlocked: frees it. */
	void (*destroy)(struct buffer *buffer);
};

/* Geometry was checked against what pixels covers before the struct was made, and never changes. */
struct buffer {
	const struct buffer_ops *ops;
	int width, height; /* pixels */
	int stride;        /* bytes */
	uint32_t format;   /* fourcc, known to base/format.h */
	/*
	 * Mapped read-only. A guest may write to it at any moment: pixels, never anything that is
	 * parsed.
	 */
	const uint8_t *pixels;
	unsigned locks;
	bool dropped;
};

void buffer_init(struct buffer *buffer, const struct buffer_ops *ops);
void buffer_lock(struct buffer *buffer);
void buffer_unlock(struct buffer *buffer);
/* The producer's last word. The buffer may be gone afterwards. */
void buffer_drop(struct buffer *buffer);

#endif
