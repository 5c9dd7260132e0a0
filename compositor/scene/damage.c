/* SPDX-License-Identifier: MIT */
#include "compositor/scene/scene_priv.h"

void damage_init(struct output_state *state)
{
	pixman_region32_init(&state->damage);
	pixman_region32_init(&state->latched_damage);
	pixman_region32_init(&state->planes);
	pixman_region32_init(&state->latched_planes);
	pixman_region32_init(&state->cursors);
	pixman_region32_init(&state->latched_cursors);
	for (unsigned i = 0; i < DAMAGE_RING; i++) {
		pixman_region32_init(&state->ring[i]);
	}
}

void damage_finish(struct output_state *state)
{
	pixman_region32_fini(&state->damage);
	pixman_region32_fini(&state->latched_damage);
	pixman_region32_fini(&state->planes);
	pixman_region32_fini(&state->latched_planes);
	pixman_region32_fini(&state->cursors);
	pixman_region32_fini(&state->latched_cursors);
	for (unsigned i = 0; i < DAMAGE_RING; i++) {
		pixman_region32_fini(&state->ring[i]);
	}
}

static void region_collapse(pixman_region32_t *region)
{
	if (pixman_region32_n_rects(region) > DAMAGE_MAX_RECTS) {
		pixman_box32_t bounds = *pixman_region32_extents(region);

		pixman_region32_fini(region);
		pixman_region32_init_with_extents(region, &bounds);
	}
}

static void region_clip(const struct scene_output *output, pixman_region32_t *region)
{
	pixman_region32_intersect_rect(region, region, 0, 0, (unsigned)output->width,
				       (unsigned)output->height);
}

static void want_frame(struct scene_output *output)
{
	struct scene *scene = output->scene;

	if (scene->events->frame_wanted) {
		scene->events->frame_wanted(scene->data, output);
	}
}

static void add_silently(struct scene_output *output, const struct rect *rect)
{
	pixman_region32_t *damage = &output->state->damage;

	if (rect_empty(rect)) {
		return;
	}
	pixman_region32_union_rect(damage, damage, rect->x, rect->y, (unsigned)rect->w,
				   (unsigned)rect->h);
}

void damage_add(struct scene_output *output, const struct rect *rect)
{
	add_silently(output, rect);
	region_clip(output, &output->state->damage);
	region_collapse(&output->state->damage);
	want_frame(output);
}

void damage_add_all(struct scene_output *output)
{
	struct rect all = {0, 0, output->width, output->height};

	damage_add(output, &all);
}

/* Of a / b, for b > 0 and any sign of a. */
static int64_t div_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t div_ceil(int64_t a, int64_t b)
{
	return a / b + (a % b > 0 ? 1 : 0);
}

/*
 * Buffer pixels [from, to) on one axis of the output, rounded outwards. A scaled pixel is a mixture
 * with its neighbours, and renderers round the scale, hence one more on each side.
 */
static void map_axis(int from, int to, int src, int src_size, int dst, int dst_size, int *out_from,
		     int *out_size)
{
	int64_t a = from - (int64_t)src, b = to - (int64_t)src;

	if (src_size != dst_size) {
		a = MAX(a - 1, 0);
		b = MIN(b + 1, src_size);
	}
	*out_from = dst + (int)div_floor(a * dst_size, src_size);
	*out_size = dst + (int)div_ceil(b * dst_size, src_size) - *out_from;
}

static void add_box(const struct scene_view *view, const struct rect *src, const pixman_box32_t *box)
{
	const struct rect *dst = &view->dst;
	struct rect on_output;

	map_axis(box->x1, box->x2, src->x, src->w, dst->x, dst->w, &on_output.x, &on_output.w);
	map_axis(box->y1, box->y2, src->y, src->h, dst->y, dst->h, &on_output.y, &on_output.h);
	add_silently(view->output, &on_output);
}

/* boxes NULL: all of the picture. */
static void add_to_view(const struct scene_view *view, const struct rect *src,
			const pixman_box32_t *boxes, int n_boxes)
{
	struct output_state *state = view->output->state;

	if (rect_empty(&view->dst)) {
		return;
	}
	for (int i = 0; i < n_boxes; i++) {
		add_box(view, src, &boxes[i]);
	}
	if (!boxes) {
		add_silently(view->output, &view->dst);
	}
	region_clip(view->output, &state->damage);
	region_collapse(&state->damage);
	want_frame(view->output);
}

static void add_region(struct scene_head *head, const struct rect *src,
		       const pixman_region32_t *region)
{
	const struct scene_view *view;
	pixman_region32_t visible;
	const pixman_box32_t *boxes;
	int n_boxes;

	/* The guest chooses how many rectangles there are, we how many we look at. */
	pixman_region32_init(&visible);
	pixman_region32_intersect_rect(&visible, region, src->x, src->y, (unsigned)src->w,
				       (unsigned)src->h);
	region_collapse(&visible);
	boxes = pixman_region32_rectangles(&visible, &n_boxes);
	list_for_each(view, &head->state->views, link) {
		add_to_view(view, src, boxes, n_boxes);
	}
	pixman_region32_fini(&visible);
}

void damage_add_picture(struct scene_head *head, const pixman_region32_t *region)
{
	const struct picture *picture = head_picture(head);
	const struct scene_view *view;

	head->state->serial = ++head->guest->scene->serials;
	if (region && picture) {
		add_region(head, &picture->src, region);
		return;
	}
	list_for_each(view, &head->state->views, link) {
		add_to_view(view, NULL, NULL, 0);
	}
}

void damage_for_age(const struct scene_output *output, unsigned age, pixman_region32_t *out)
{
	const struct output_state *state = output->state;

	if (age == 0 || age - 1 > state->ring_fill) {
		pixman_region32_union_rect(out, out, 0, 0, (unsigned)output->width,
					   (unsigned)output->height);
		return;
	}
	pixman_region32_copy(out, &state->latched_damage);
	for (unsigned i = 0; i < age - 1; i++) {
		pixman_region32_union(out, out, &state->ring[i]);
	}
	region_collapse(out);
}

/* from less what is in away. The library allocates for any such difference, but most of ours are all or nothing. */
static void region_take_away(pixman_region32_t *from, pixman_region32_t *away)
{
	pixman_region_overlap_t overlap =
		pixman_region32_contains_rectangle(away, pixman_region32_extents(from));

	if (overlap == PIXMAN_REGION_IN) {
		pixman_region32_clear(from);
	} else if (overlap == PIXMAN_REGION_PART) {
		pixman_region32_subtract(from, from, away);
	}
}

/* What planes cover is taken out of the damage; what they leave is added, since nothing was drawn there. */
static void latched_uncover(struct scene_output *output, pixman_region32_t *covered)
{
	struct output_state *state = output->state;
	pixman_region32_t left;

	pixman_region32_init(&left);
	pixman_region32_copy(&left, &state->planes);
	region_take_away(&left, covered);
	region_clip(output, &left);
	pixman_region32_union(&state->latched_damage, &state->latched_damage, &left);
	region_take_away(&state->latched_damage, covered);
	pixman_region32_fini(&left);
}

static void region_fill(pixman_region32_t *region, const struct rect *parts, unsigned n)
{
	pixman_region32_clear(region);
	for (unsigned i = 0; i < n; i++) {
		pixman_region32_union_rect(region, region, parts[i].x, parts[i].y,
					   (unsigned)parts[i].w, (unsigned)parts[i].h);
	}
}

/* A cursor that goes to a plane is to be drawn over, one that comes from there to be drawn. */
static void latched_redraw_cursors(struct scene_output *output)
{
	struct output_state *state = output->state;
	pixman_region32_t *damage = &state->latched_damage;

	if (!pixman_region32_equal(&state->cursors, &state->latched_cursors)) {
		pixman_region32_union(damage, damage, &state->cursors);
		pixman_region32_union(damage, damage, &state->latched_cursors);
		region_clip(output, damage);
	}
}

bool scene_output_set_planes(struct scene_output *output, unsigned target_age,
			     const struct frame_planes *planes, struct frame *frame)
{
	struct output_state *state = output->state;
	pixman_region32_t *covered = &state->latched_planes;

	region_fill(covered, planes->opaque, planes->n_opaque);
	region_fill(&state->latched_cursors, planes->cursors, planes->n_cursors);
	state->is_undrawn = false;
	if (planes->n_opaque + planes->n_cursors == 0 &&
	    !pixman_region32_not_empty(&state->planes) &&
	    !pixman_region32_not_empty(&state->cursors)) {
		return true;
	}
	latched_redraw_cursors(output);
	latched_uncover(output, covered);
	state->is_undrawn = !pixman_region32_not_empty(&state->latched_damage);
	pixman_region32_clear(&frame->damage);
	if (!state->is_undrawn) {
		damage_for_age(output, target_age, &frame->damage);
		region_take_away(&frame->damage, covered);
	}
	return !state->is_undrawn;
}

static void ring_push(struct output_state *state)
{
	pixman_region32_t last = state->ring[DAMAGE_RING - 1];

	/* Moved, not copied: the region structs own their rectangles. */
	for (unsigned i = DAMAGE_RING - 1; i > 0; i--) {
		state->ring[i] = state->ring[i - 1];
	}
	state->ring[0] = last;
	pixman_region32_copy(&state->ring[0], &state->latched_damage);
	state->ring_fill = MIN(state->ring_fill + 1, DAMAGE_RING);
}

void damage_accepted(struct output_state *state)
{
	/* Ages of targets count drawn frames. */
	if (!state->is_undrawn) {
		ring_push(state);
	}
	pixman_region32_clear(&state->latched_damage);
	pixman_region32_copy(&state->planes, &state->latched_planes);
	pixman_region32_copy(&state->cursors, &state->latched_cursors);
	state->is_undrawn = false;
}
