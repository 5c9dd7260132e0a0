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

/*
 * The same memory as something that devices can read: what a plane scans out or GL samples. One plane of pixels.
 */
struct buffer_dmabuf {
	int fd; /* the buffer's */
	uint32_t offset;
	uint32_t stride;
	uint64_t modifier; /* drm_fourcc.h; linear for what the server allocated */
	/* Scanout reads what the CPU and the guest wrote without anybody's help (be-alloc's dumb buffers do). */
	bool is_coherent;
};

/* How a buffer could be shown on this machine: the rungs of the zero-copy ladder, lowest first. */
enum buffer_rung {
	RUNG_COPIED, /* uploaded before it is read */
	RUNG_MAPPED, /* granted pages, read in place by the CPU */
	RUNG_SAMPLED,
	RUNG_SCANOUT,
};

/* Geometry was checked against what pixels covers before the struct was made, and never changes. */
struct buffer {
	const struct buffer_ops *ops;
	uint64_t id;       /* of this buffer and no other that the process ever had; never 0 */
	int width, height; /* pixels */
	int stride;        /* bytes */
	uint32_t format;   /* fourcc, known to base/format.h */
	/*
	 * Mapped read-only. A guest may write to it at any moment: pixels, never anything that is
	 * parsed.
	 */
	const uint8_t *pixels;
	const struct buffer_dmabuf *dmabuf; /* NULL: it has none */
	enum buffer_rung rung;              /* the highest that it can reach on this machine */
	const char *rung_reason;            /* why no higher, for people; NULL on the highest */
	/* What an output device keeps with it (a framebuffer id); dropped by forget before the buffer goes. */
	void *device_data;
	void (*device_forget)(struct buffer *buffer);
	unsigned locks;
	bool dropped;
};

void buffer_init(struct buffer *buffer, const struct buffer_ops *ops);
void buffer_lock(struct buffer *buffer);
void buffer_unlock(struct buffer *buffer);
/* The producer's last word. The buffer may be gone afterwards. */
void buffer_drop(struct buffer *buffer);

#endif
