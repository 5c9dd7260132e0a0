/* SPDX-License-Identifier: MIT */
#include "compositor/render/cull.h"

#include "base/util.h"

pixman_box32_t box_of(const struct rect *rect)
{
	return (pixman_box32_t){rect->x, rect->y, rect->x + MAX(rect->w, 0),
				rect->y + MAX(rect->h, 0)};
}

bool box_intersect(pixman_box32_t *out, const pixman_box32_t *a, const pixman_box32_t *b)
{
	*out = (pixman_box32_t){MAX(a->x1, b->x1), MAX(a->y1, b->y1), MIN(a->x2, b->x2),
				MIN(a->y2, b->y2)};
	return out->x1 < out->x2 && out->y1 < out->y2;
}

/* What of box is outside of hole, which lies in it: bands over all of its width where that is possible. Returns how many. */
static unsigned box_around(const pixman_box32_t *box, const pixman_box32_t *hole,
			   pixman_box32_t pieces[4])
{
	const pixman_box32_t all[] = {
		{box->x1, box->y1, box->x2, hole->y1},
		{box->x1, hole->y1, hole->x1, hole->y2},
		{hole->x2, hole->y1, box->x2, hole->y2},
		{box->x1, hole->y2, box->x2, box->y2},
	};
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].x1 < all[i].x2 && all[i].y1 < all[i].y2) {
			pieces[n++] = all[i];
		}
	}
	return n;
}

/* A frame shows itself around its hole, and what is below it in the hole. box lies in the frame. */
static void draw_frame(const struct cull *cull, unsigned index, const pixman_box32_t *box)
{
	pixman_box32_t hole = box_of(&cull->layers[index].frame.hole), pieces[4];
	unsigned n;

	if (!box_intersect(&hole, &hole, box)) {
		cull->draw(cull->data, index, box);
		return;
	}
	n = box_around(box, &hole, pieces);
	for (unsigned i = 0; i < n; i++) {
		cull->draw(cull->data, index, &pieces[i]);
	}
	cull_box(cull, index, &hole);
}

void cull_box(const struct cull *cull, unsigned n_layers, const pixman_box32_t *box)
{
	for (unsigned i = n_layers; i-- > 0;) {
		pixman_box32_t inside = box_of(&cull->layers[i].dst), pieces[4];
		unsigned n;

		if (!box_intersect(&inside, &inside, box)) {
			continue;
		}
		if (cull->layers[i].kind == LAYER_FRAME) {
			draw_frame(cull, i, &inside);
		} else {
			cull->draw(cull->data, i, &inside);
		}
		n = box_around(box, &inside, pieces);
		for (unsigned p = 0; p < n; p++) {
			cull_box(cull, i, &pieces[p]);
		}
		return;
	}
	cull->draw(cull->data, CULL_NOTHING, box);
}

uint64_t cull_damage(const struct cull *cull, unsigned n_layers, const struct target *target,
		     const pixman_region32_t *damage)
{
	bool swaps = transform_swaps(target->transform);
	const pixman_box32_t all = {0, 0, swaps ? target->height : target->width,
				    swaps ? target->width : target->height};
	uint64_t pixels = 0;
	int n;
	const pixman_box32_t *boxes =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)damage, &n);

	for (int i = 0; i < n; i++) {
		pixman_box32_t box;

		if (box_intersect(&box, &boxes[i], &all)) {
			cull_box(cull, n_layers, &box);
			pixels += (uint64_t)(box.x2 - box.x1) * (uint64_t)(box.y2 - box.y1);
		}
	}
	return pixels;
}
