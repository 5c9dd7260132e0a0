/* SPDX-License-Identifier: MIT */
/*
 * Which layout was chosen for which set of monitors: a text file that is read once, strictly, and written by a thread
 * of its own, as a disk may take longer than a frame. A set is known by its monitors' connectors and what they say
 * of themselves.
 */
#ifndef COMPOSITOR_LAYOUT_MEMORY_H
#define COMPOSITOR_LAYOUT_MEMORY_H

#include <stddef.h>

#include "base/util.h"
#include "compositor/output/device.h"

/* Of the text that names a set: 16 monitors with all that they may say. */
#define MONITORS_KEY_SIZE 2048

struct layout_memory;

/* state_dir "": nothing is remembered beyond this run. Never NULL: what can't be read is logged and left out. */
struct layout_memory *layout_memory_create(const char *state_dir);
/* Once all is written. May be NULL. */
void layout_memory_destroy(struct layout_memory *memory);
/* The name of the layout; NULL: none is remembered for this set. */
const char *layout_memory_find(const struct layout_memory *memory, const char *monitors);
void layout_memory_set(struct layout_memory *memory, const char *monitors, const char *layout);

/* The key of a set of monitors, in whatever order they came. No monitor: "". */
void monitors_key(const struct output_device *const *devices, unsigned n,
		  char out[MONITORS_KEY_SIZE]);

#endif
