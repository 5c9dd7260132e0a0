/* SPDX-License-Identifier: MIT */
#include "compositor/scene/scene_priv.h"

/* ---- who goes where ---- */

static bool is_assigned(struct scene_head *const *out, unsigned n, const struct scene_head *head)
{
	for (unsigned i = 0; i < n; i++) {
		if (out[i] == head) {
			return true;
		}
	}
	return false;
}

/* The guest's heads that have no output yet go to the outputs that have no head yet, in order. */
static void assign_spare(struct scene_guest *guest, struct scene_head **out, unsigned n)
{
	unsigned output = 0;

	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (!guest->heads[i] || is_assigned(out, n, guest->heads[i])) {
			continue;
		}
		while (output < n && out[output]) {
			output++;
		}
		if (output == n) {
			return;
		}
		out[output] = guest->heads[i];
	}
}

/*
 * The guest that was in front last before this order number; ~0 begins. Those that never were come
 * last, as they arrived.
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

void arrange_assign(struct scene *scene, struct scene_head *out[SCENE_MAX_OUTPUTS])
{
	unsigned n = scene->n_outputs;

	for (unsigned i = 0; i < SCENE_MAX_OUTPUTS; i++) {
		out[i] = i < n && scene->front ? scene->front->heads[i] : NULL;
	}
	if (!scene->front) {
		return;
	}
	assign_spare(scene->front, out, n);
	for (struct scene_guest *guest = next_recent(scene, NULL); guest;
	     guest = next_recent(scene, guest)) {
		assign_spare(guest, out, n);
	}
}

/* ---- where on the output ---- */

struct rect output_strip_rect(const struct scene_output *output)
{
	return (struct rect){0, 0, output->width, MIN(STRIP_HEIGHT, output->height)};
}

struct rect scene_output_area(const struct scene_output *output)
{
	struct rect area = {
		.x = FRAME_WIDTH,
		.y = STRIP_HEIGHT + FRAME_WIDTH,
		.w = MAX(output->width - 2 * FRAME_WIDTH, 0),
		.h = MAX(output->height - STRIP_HEIGHT - 2 * FRAME_WIDTH, 0),
	};

	return area;
}

struct rect arrange_fit(const struct rect *area, int width, int height)
{
	int64_t w = width, h = height;
	struct rect fit;

	if (rect_empty(area) || width <= 0 || height <= 0) {
		return (struct rect){0};
	}
	if (w > area->w || h > area->h) {
		/*
		 * The tighter side decides. A picture that is thinner than a pixel still gets one.
		 */
		if (w * area->h > h * area->w) {
			h = MAX(h * area->w / w, 1);
			w = area->w;
		} else {
			w = MAX(w * area->h / h, 1);
			h = area->h;
		}
	}
	fit.w = (int)w;
	fit.h = (int)h;
	fit.x = area->x + (area->w - fit.w) / 2;
	fit.y = area->y + (area->h - fit.h) / 2;
	return fit;
}

static struct rect head_fit(const struct scene_head *head, const struct scene_output *output)
{
	struct rect area = scene_output_area(output);

	return arrange_fit(&area, head->width, head->height);
}

/* ---- the change ---- */

struct change {
	struct scene_head *head;
	struct scene_output *output; /* NULL: hidden */
};

static void tell_placed(struct scene *scene, struct scene_head *head)
{
	if (scene->events->head_placed) {
		scene->events->head_placed(scene->data, head);
	}
}

static void head_hide(struct scene_head *head)
{
	head->visible = false;
	head->output = NULL;
	head->dst = (struct rect){0};
	head_discard(head);
}

static void hide_unassigned(struct scene *scene, struct scene_head *const *assigned,
			    struct scene_head **hidden, unsigned *n_hidden)
{
	struct scene_guest *guest;

	list_for_each(guest, &scene->guests, link) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			struct scene_head *head = guest->heads[i];

			if (head && head->visible &&
			    !is_assigned(assigned, scene->n_outputs, head)) {
				head_hide(head);
				hidden[(*n_hidden)++] = head;
			}
		}
	}
}

/* Returns true when the head is new here or has moved within the output. */
static bool head_place(struct scene_head *head, struct scene_output *output)
{
	struct rect dst = head_fit(head, output);

	if (head->visible && head->output == output && rect_equal(&dst, &head->dst)) {
		return false;
	}
	if (head->visible && head->output != output) {
		head_move(head);
	}
	head->visible = true;
	head->output = output;
	head->dst = dst;
	return true;
}

static void outputs_set(struct scene *scene, struct scene_head *const *assigned,
			struct scene_head **placed, unsigned *n_placed)
{
	struct scene_output *output;
	unsigned i = 0;

	list_for_each(output, &scene->outputs, link) {
		struct scene_head *head = assigned[i++];

		output->state->head = head;
		if (head && head_place(head, output)) {
			placed[(*n_placed)++] = head;
		}
		if (head && head->state->has_pending) {
			output->state->frame_due = true;
		}
	}
}

void scene_arrange(struct scene *scene)
{
	struct scene_head *assigned[SCENE_MAX_OUTPUTS];
	struct scene_head *hidden[SCENE_MAX_OUTPUTS], *placed[SCENE_MAX_OUTPUTS];
	unsigned n_hidden = 0, n_placed = 0;
	struct scene_output *output;

	arrange_assign(scene, assigned);
	hide_unassigned(scene, assigned, hidden, &n_hidden);
	outputs_set(scene, assigned, placed, &n_placed);
	/*
	 * Texts on cards may differ even where no head does. Arranging is rare: all is drawn anew.
	 */
	list_for_each(output, &scene->outputs, link) {
		damage_add_all(output);
	}
	for (unsigned i = 0; i < n_hidden; i++) {
		tell_placed(scene, hidden[i]);
	}
	for (unsigned i = 0; i < n_placed; i++) {
		tell_placed(scene, placed[i]);
	}
}

void arrange_resized(struct scene_head *head)
{
	struct rect dst = head_fit(head, head->output);

	damage_add_all(head->output);
	if (!rect_equal(&dst, &head->dst)) {
		head->dst = dst;
		tell_placed(head->guest->scene, head);
	}
}
