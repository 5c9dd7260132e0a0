/* SPDX-License-Identifier: MIT */
#include "compositor/scene/plan_cache.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Bytes are compared: there must be none that nobody sets. */
static_assert(sizeof(struct plan_part) == 64, "a part has padding");

bool plan_part_equal(const struct plan_part *a, const struct plan_part *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* FNV-1a over words: it only has to tell apart what differs by accident. */
static uint32_t config_hash(const struct plan_config *config)
{
	uint32_t hash = 2166136261u, words[sizeof(config->parts[0]) / sizeof(uint32_t)];

	for (unsigned i = 0; i < config->n_parts; i++) {
		memcpy(words, &config->parts[i], sizeof(words));
		for (unsigned j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
			hash = (hash ^ words[j]) * 16777619u;
		}
	}
	return hash;
}

static bool is_entry_of(const struct plan_cache_entry *entry, const struct plan_config *config,
			uint32_t hash)
{
	return entry->answer != PLAN_ANSWER_UNKNOWN && entry->hash == hash &&
	       entry->config.n_parts == config->n_parts &&
	       memcmp(entry->config.parts, config->parts,
		      config->n_parts * sizeof(config->parts[0])) == 0;
}

static struct plan_cache_entry *entry_find(struct plan_cache *cache,
					   const struct plan_config *config)
{
	uint32_t hash = config_hash(config);

	for (unsigned i = 0; i < PLAN_CACHE_SIZE; i++) {
		if (is_entry_of(&cache->entries[i], config, hash)) {
			return &cache->entries[i];
		}
	}
	return NULL;
}

/* A free one, or the one that was needed least recently. */
static struct plan_cache_entry *entry_take(struct plan_cache *cache)
{
	struct plan_cache_entry *best = &cache->entries[0];

	for (unsigned i = 0; i < PLAN_CACHE_SIZE; i++) {
		struct plan_cache_entry *entry = &cache->entries[i];

		if (entry->answer == PLAN_ANSWER_UNKNOWN) {
			return entry;
		}
		best = entry->used < best->used ? entry : best;
	}
	return best;
}

enum plan_answer plan_cache_find(struct plan_cache *cache, const struct plan_config *config)
{
	struct plan_cache_entry *entry = entry_find(cache, config);

	if (!entry) {
		return PLAN_ANSWER_UNKNOWN;
	}
	entry->used = ++cache->uses;
	return entry->answer;
}

void plan_cache_store(struct plan_cache *cache, const struct plan_config *config, bool yes)
{
	struct plan_cache_entry *entry = entry_find(cache, config);

	if (!entry) {
		entry = entry_take(cache);
		entry->config = *config;
		entry->hash = config_hash(config);
	}
	entry->answer = yes ? PLAN_ANSWER_YES : PLAN_ANSWER_NO;
	entry->used = ++cache->uses;
}

void plan_cache_clear(struct plan_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
}

unsigned plan_cache_count(const struct plan_cache *cache)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PLAN_CACHE_SIZE; i++) {
		n += cache->entries[i].answer != PLAN_ANSWER_UNKNOWN;
	}
	return n;
}
