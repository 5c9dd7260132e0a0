/* SPDX-License-Identifier: MIT */
/* Builds the views of all outputs from the layout, and tells which heads are elsewhere now. */
#include <string.h>

#include "compositor/scene/scene_priv.h"

/* ---- the views of one output, into scene.views ---- */

static struct scene_view *view_add(struct scene_output *output, const struct layout_region *region)
{
	struct scene *scene = output->scene;
	struct scene_view *view;

	if (scene->n_views == SCENE_MAX_VIEWS) {
		return NULL;
	}
	view = &scene->views[scene->n_views++];
	*view = (struct scene_view){
		.output = output,
		.region = geometry_region(output, region),
		.shows = region->shows,
		.fit = output_mirrored(output) ? LAYOUT_FIT_SCALE : region->fit,
		.is_copy = output_mirrored(output) != NULL,
	};
	list_init(&view->link);
	return view;
}

static void add_bound(struct scene_output *output, const struct layout_region *region)
{
	struct scene_guest *guest = scene_guest_find(output->scene, region->guest);
	struct scene_view *view = view_add(output, region);

	if (view) {
		view->head = guest ? guest->heads[region->head] : NULL;
		view->guest = region->guest;
		view->index = (unsigned)region->head;
		view->is_kept = layout_is_reachable(&output->scene->layout, region->guest) == false;
	}
}

static unsigned count_heads(const struct scene *scene)
{
	struct scene_guest *guest;
	unsigned n = 0;

	list_for_each(guest, &scene->guests, link) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			n += guest->heads[i] != NULL;
		}
	}
	return n;
}

static void add_tile(struct scene_output *output, const struct layout_region *region,
		     struct scene_head *head, unsigned i, unsigned n)
{
	struct scene_view *view = view_add(output, region);

	if (view) {
		view->head = head;
		view->region = geometry_tile(&view->region, i, n);
		view->is_copy = true;
	}
}

static void add_mosaic(struct scene_output *output, const struct layout_region *region)
{
	struct scene *scene = output->scene;
	unsigned n = MIN(count_heads(scene), SCENE_MAX_VIEWS - scene->n_views), i = 0;
	struct scene_guest *guest;

	if (n == 0) {
		view_add(output, region);
		return;
	}
	list_for_each(guest, &scene->guests, link) {
		for (unsigned k = 0; k < SCENE_MAX_HEADS && i < n; k++) {
			if (guest->heads[k]) {
				add_tile(output, region, guest->heads[k], i++, n);
			}
		}
	}
}

static void add_front(struct scene_output *output, const struct layout_region *region, unsigned n)
{
	struct scene_view *view = view_add(output, region);

	if (view) {
		view->head = output->state->fronts[n];
	}
}

static bool shows_guests(const struct scene_output *output)
{
	return output_is_lit(output) && !output->scene->is_locked;
}

static bool views_build(struct scene_output *output)
{
	unsigned n_regions;
	const struct layout_region *regions = output_regions(output, &n_regions);
	bool is_shared = n_regions > 1;

	output->scene->n_views = 0;
	for (unsigned i = 0; i < n_regions && shows_guests(output); i++) {
		switch (regions[i].shows) {
		case LAYOUT_FRONT:
			add_front(output, &regions[i], i);
			break;
		case LAYOUT_GUEST:
			add_bound(output, &regions[i]);
			break;
		case LAYOUT_MOSAIC:
			add_mosaic(output, &regions[i]);
			is_shared = true;
			break;
		case LAYOUT_NOTHING:
			break;
		}
	}
	for (unsigned i = 0; i < output->scene->n_views; i++) {
		geometry_view(&output->scene->views[i], is_shared);
	}
	return is_shared;
}

/* ---- the change ---- */

static bool has_view(const struct scene_view *views, unsigned n, const struct scene_view *wanted)
{
	for (unsigned i = 0; i < n; i++) {
		if (views[i].head == wanted->head && rect_equal(&views[i].dst, &wanted->dst) &&
		    rect_equal(&views[i].area, &wanted->area)) {
			return true;
		}
	}
	return false;
}

/* Heads of views that are not among others, too, are elsewhere now. */
static void mark_moved(const struct scene_view *views, unsigned n, const struct scene_view *others,
		       unsigned n_others)
{
	for (unsigned i = 0; i < n; i++) {
		if (views[i].head && !has_view(others, n_others, &views[i])) {
			views[i].head->state->is_moved = true;
		}
	}
}

static void views_take(struct scene_output *output, bool is_shared)
{
	struct scene *scene = output->scene;
	struct output_state *state = output->state;

	mark_moved(state->views, state->n_views, scene->views, scene->n_views);
	mark_moved(scene->views, scene->n_views, state->views, state->n_views);
	memcpy(state->views, scene->views, scene->n_views * sizeof(state->views[0]));
	state->n_views = scene->n_views;
	state->is_shared = is_shared;
	for (unsigned i = 0; i < state->n_views; i++) {
		struct scene_view *view = &state->views[i];

		list_init(&view->link);
		if (view->head) {
			list_append(&view->head->state->views, &view->link);
		}
	}
}

/* Of two views, the one that the head's mode and pace follow. */
static bool is_more(const struct scene_view *view, const struct scene_view *than)
{
	int64_t size = (int64_t)view->area.w * view->area.h;

	if (!than || view->is_copy != than->is_copy) {
		return !than || !view->is_copy;
	}
	return size > (int64_t)than->area.w * than->area.h;
}

static struct scene_view *main_view(const struct scene_head *head)
{
	struct scene_view *view, *best = NULL;

	list_for_each(view, &head->state->views, link) {
		best = is_more(view, best) ? view : best;
	}
	return best;
}

static void head_hide(struct scene_head *head)
{
	head->visible = false;
	head->output = NULL;
	head->dst = (struct rect){0};
	head->state->is_moved = true;
	list_remove(&head->state->visible);
	head_discard(head);
}

static void head_place(struct scene_head *head, const struct scene_view *view)
{
	if (!head->visible) {
		list_append(&head->guest->scene->visible, &head->state->visible);
	} else if (head->output != view->output) {
		head_move(head);
	}
	head->state->is_moved |= !head->visible || head->output != view->output ||
				 !rect_equal(&head->dst, &view->dst);
	head->visible = true;
	head->output = view->output;
	head->dst = view->dst;
	if (head->state->has_pending || head->state->stage == COMMIT_MOVED) {
		head->output->state->frame_due = true;
	}
}

static void head_settle(struct scene_head *head)
{
	const struct scene_view *view = main_view(head);

	if (view) {
		head_place(head, view);
	} else if (head->visible) {
		head_hide(head);
	}
}

typedef void (*head_fn)(struct scene_head *head);

static void heads_each(struct scene *scene, head_fn what)
{
	struct scene_guest *guest;

	list_for_each(guest, &scene->guests, link) {
		for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
			if (guest->heads[i]) {
				what(guest->heads[i]);
			}
		}
	}
}

static void head_unlink(struct scene_head *head)
{
	list_init(&head->state->views);
}

static void head_tell(struct scene_head *head)
{
	struct scene *scene = head->guest->scene;

	if (head->state->is_moved) {
		head->state->is_moved = false;
		if (scene->events->head_placed) {
			scene->events->head_placed(scene->data, head);
		}
	}
}

static void head_tell_hidden(struct scene_head *head)
{
	if (!head->visible) {
		head_tell(head);
	}
}

void scene_arrange(struct scene *scene)
{
	struct scene_output *output;

	assign_fronts(scene);
	heads_each(scene, head_unlink);
	list_for_each(output, &scene->outputs, link) {
		views_take(output, views_build(output));
	}
	heads_each(scene, head_settle);
	/*
	 * Texts on cards may differ even where no head does. Arranging is rare: all is drawn anew.
	 */
	list_for_each(output, &scene->outputs, link) {
		damage_add_all(output);
	}
	heads_each(scene, head_tell_hidden);
	heads_each(scene, head_tell);
}

void arrange_resized(struct scene_head *head)
{
	struct scene_view *view;

	list_for_each(view, &head->state->views, link) {
		struct rect dst = geometry_fit(&view->area, view->fit, head->width, head->height);

		head->state->is_moved |= !rect_equal(&dst, &view->dst);
		view->dst = dst;
		damage_add_all(view->output);
	}
	head->dst = main_view(head)->dst;
	head_tell(head);
}

/* ---- what others ask ---- */

const struct scene_view *scene_output_views(const struct scene_output *output, unsigned *n)
{
	*n = output->state->n_views;
	return output->state->views;
}

bool scene_output_is_mirror(const struct scene_output *output)
{
	return output_mirrored(output) != NULL;
}

bool scene_head_room(const struct scene_head *head, int *width, int *height)
{
	const struct scene_view *view = main_view(head);

	if (!view || view->is_copy) {
		return false;
	}
	*width = MAX(view->area.w, 1);
	*height = MAX(view->area.h, 1);
	return true;
}

static double distance_on(double at, int from, int size)
{
	return at < from ? from - at : MAX(at - (from + size), 0);
}

static double to_side(double position, int dst_start, int dst_size, int size)
{
	double scaled = dst_size > 0 ? (position - dst_start) * size / dst_size : 0;

	/* The far edge belongs to the neighbour; 1/256 is Wayland's resolution. */
	return MAX(0, MIN(scaled, size - 1.0 / 256));
}

bool scene_head_point(const struct scene_head *head, const struct scene_output *output, double x,
		      double y, double *head_x, double *head_y)
{
	const struct scene_view *view, *best = NULL;
	double nearest = 0;

	list_for_each(view, &head->state->views, link) {
		double far = distance_on(x, view->dst.x, view->dst.w) +
			     distance_on(y, view->dst.y, view->dst.h);

		if (view->output == output && !rect_empty(&view->dst) && (!best || far < nearest)) {
			best = view;
			nearest = far;
		}
	}
	if (best) {
		*head_x = to_side(x, best->dst.x, best->dst.w, head->width);
		*head_y = to_side(y, best->dst.y, best->dst.h, head->height);
	}
	return best != NULL;
}
