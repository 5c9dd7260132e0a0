/* SPDX-License-Identifier: MIT */
/*
 * What a device answered for which configuration of planes: bounded, the one that was needed least recently goes first.
 * A configuration is what the answer may depend on: geometry, format and memory layout, not which of a guest's buffers.
 */
#ifndef SCENE_PLAN_CACHE_H
#define SCENE_PLAN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "compositor/scene/plane.h"

#define PLAN_CACHE_SIZE 64

/* One plane's part. Without padding: compared and hashed as bytes. */
struct plan_part {
	uint32_t plane;
	uint32_t format; /* as the plane is told: the opaque twin, on a cursor plane the buffer's own */
	uint64_t modifier;
	int32_t width, height; /* of the buffer */
	int32_t stride;
	uint32_t has_dmabuf;
	struct rect src;
	struct rect dst; /* on a cursor plane at 0 0: it may move freely */
};

struct plan_config {
	uint32_t n_parts;
	struct plan_part parts[OUTPUT_MAX_USES];
};

enum plan_answer {
	PLAN_ANSWER_UNKNOWN,
	PLAN_ANSWER_YES,
	PLAN_ANSWER_NO,
};

struct plan_cache_entry {
	struct plan_config config;
	uint32_t hash;
	enum plan_answer answer; /* unknown: the entry is free */
	uint64_t used;
};

struct plan_cache {
	struct plan_cache_entry entries[PLAN_CACHE_SIZE];
	uint64_t uses;
};

bool plan_part_equal(const struct plan_part *a, const struct plan_part *b);
enum plan_answer plan_cache_find(struct plan_cache *cache, const struct plan_config *config);
/* Replaces what was answered before. */
void plan_cache_store(struct plan_cache *cache, const struct plan_config *config, bool yes);
void plan_cache_clear(struct plan_cache *cache);
unsigned plan_cache_count(const struct plan_cache *cache);

#endif
