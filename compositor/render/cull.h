/* SPDX-License-Identifier: MIT */
/*
 * What of a list of layers is seen: the topmost layer of each point. No memory is allocated, so that a steady frame does
 * not; the pieces of a rectangle are walked on the stack, which gets at most as deep as there are layers.
 */
#ifndef RENDER_CULL_H
#define RENDER_CULL_H

#include <pixman.h>

#include "compositor/scene/layer.h"
#include "compositor/scene/target.h"

/* No layer is there: dark, never what was there before. */
#define CULL_NOTHING (~0u)

struct cull {
	const struct layer *layers;
	/*
	 * box shows layers[index]. A cursor is seen through: whoever draws it draws what is under it too, which is
	 * cull_box with the layers up to it.
	 */
	void (*draw)(void *data, unsigned index, const pixman_box32_t *box);
	void *data;
};

/* Of the lowest n_layers; each point of box is told once. */
void cull_box(const struct cull *cull, unsigned n_layers, const pixman_box32_t *box);

/* All of the damage that is inside the target's upright picture; returns how many pixels that is. */
uint64_t cull_damage(const struct cull *cull, unsigned n_layers, const struct target *target,
		     const pixman_region32_t *damage);

/* False: they have no point in common. out may be one of them. */
bool box_intersect(pixman_box32_t *out, const pixman_box32_t *a, const pixman_box32_t *b);
pixman_box32_t box_of(const struct rect *rect);

#endif
