/* SPDX-License-Identifier: MIT */
/*
 * Who gets the places for what is in front: the guest in front with its heads in order, then, in
 * places that are left over, the heads of those that were in front before it.
 */
#include <string.h>

#include "compositor/scene/scene_priv.h"

#define MAX_PLACES (SCENE_MAX_OUTPUTS * LAYOUT_MAX_REGIONS)

struct places {
	/* In order; each points into an output's fronts. */
	struct scene_head **place[MAX_PLACES];
	int wanted[MAX_PLACES]; /* the head that the layout asks for; -1: the next one */
	unsigned n;
};

static void places_collect(struct scene *scene, struct places *places)
{
	struct scene_output *ordered[SCENE_MAX_OUTPUTS];
	unsigned n_outputs = outputs_ordered(scene, ordered), n_regions;

	places->n = 0;
	for (unsigned i = 0; i < n_outputs; i++) {
		struct output_state *state = ordered[i]->state;
		const struct layout_region *regions = output_regions(ordered[i], &n_regions);

		memset(state->fronts, 0, sizeof(state->fronts));
		if ((state->entry && state->entry->is_off) || output_mirrored(ordered[i])) {
			continue;
		}
		for (unsigned r = 0; r < n_regions; r++) {
			if (regions[r].shows == LAYOUT_FRONT) {
				places->place[places->n] = &state->fronts[r];
				places->wanted[places->n++] = regions[r].head;
			}
		}
	}
}

static bool has_place(const struct places *places, const struct scene_head *head)
{
	for (unsigned i = 0; i < places->n; i++) {
		if (*places->place[i] == head) {
			return true;
		}
	}
	return false;
}

/* The layout gives this head a place of its own on a monitor that is there. */
static bool is_bound(struct scene *scene, const struct scene_head *head)
{
	struct scene_output *output;
	unsigned n;

	list_for_each(output, &scene->outputs, link) {
		const struct layout_region *regions = output_regions(output, &n);

		for (unsigned i = 0; i < n; i++) {
			if (regions[i].shows == LAYOUT_GUEST &&
			    regions[i].head == (int)head->index &&
			    strcmp(regions[i].guest, head->guest->mark.name) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* The heads that are asked for by number, then head k to the k-th of the other places. */
static void assign_front(struct scene *scene, struct places *places)
{
	struct scene_guest *front = scene->front;
	unsigned next = 0;

	for (unsigned i = 0; i < places->n; i++) {
		if (places->wanted[i] >= 0) {
			*places->place[i] = front->heads[places->wanted[i]];
		}
	}
	for (unsigned i = 0; i < places->n; i++) {
		if (places->wanted[i] < 0 && next < SCENE_MAX_HEADS) {
			struct scene_head *head = front->heads[next++];

			*places->place[i] = has_place(places, head) ? NULL : head;
		}
	}
}

/* The guest's heads that have no place yet go to the places that have no head yet, in order. */
static void assign_spare(struct scene_guest *guest, struct places *places)
{
	unsigned free = 0;

	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		struct scene_head *head = guest->heads[i];

		if (!head || has_place(places, head) || is_bound(guest->scene, head)) {
			continue;
		}
		while (free < places->n && (*places->place[free] || places->wanted[free] >= 0)) {
			free++;
		}
		if (free == places->n) {
			return;
		}
		*places->place[free] = head;
	}
}

/*
 * The guest that was in front last before this one; NULL begins. Those that never were come last,
 * as they arrived.
 */
static struct scene_guest *next_recent(struct scene *scene, const struct scene_guest *after)
{
	struct scene_guest *guest, *best = NULL;
	uint64_t limit = after ? guest_priv((struct scene_guest *)after)->front_order : UINT64_MAX;
	bool passed = !after;

	list_for_each(guest, &scene->guests, link) {
		uint64_t order = guest_priv(guest)->front_order;

		if (order < limit && (!best || order > guest_priv(best)->front_order)) {
			best = guest;
		}
		/* Only those that were never in front share an order number. */
		if (order == limit && passed) {
			return guest;
		}
		passed = passed || guest == after;
	}
	return best;
}

static void mirrors_follow(struct scene *scene)
{
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		const struct scene_output *source = output_mirrored(output);

		if (source) {
			memcpy(output->state->fronts, source->state->fronts,
			       sizeof(output->state->fronts));
		}
	}
}

void assign_fronts(struct scene *scene)
{
	struct places places;

	places_collect(scene, &places);
	if (!scene->front) {
		return;
	}
	assign_front(scene, &places);
	assign_spare(scene->front, &places);
	for (struct scene_guest *guest = next_recent(scene, NULL); guest;
	     guest = next_recent(scene, guest)) {
		if (scene_guest_reachable(guest)) {
			assign_spare(guest, &places);
		}
	}
	mirrors_follow(scene);
}
