/* SPDX-License-Identifier: MIT */
/* One interface for all renderers: draws the damaged part of a list of layers into a target. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include <stdint.h>

#include <pixman.h>

#include "base/util.h"
#include "compositor/scene/layer.h"
#include "compositor/scene/target.h"

struct renderer;

/* Bytes moved for one frame: of guests' pages read, of the target written. */
struct render_cost {
	uint64_t bytes_read;
	uint64_t bytes_written;
};

/* The CPU renderer. Loads its font (fontconfig name, NULL for the default); returns 0 or -errno. */
MUST_USE int renderer_pixman_create(struct renderer **out, const char *font);
void renderer_destroy(struct renderer *renderer);

/*
 * Draws damage (output pixels, clipped to the target) and touches nothing else of the target. Each
 * damaged pixel is written once: what lies under an opaque layer is not drawn, guest pixels are
 * read in place and only where they are visible and damaged.
 */
void renderer_draw(struct renderer *renderer, const struct target *target,
		   const struct layer *layers, unsigned n_layers, const pixman_region32_t *damage,
		   struct render_cost *cost);

#endif
