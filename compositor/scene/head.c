/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "compositor/scene/scene_priv.h"

/* Beyond these, old ages fade: what is shown is how it goes now. */
#define AGES_KEPT 1024

static void commit_done(struct scene_head *head, uint64_t token, const struct presented *how)
{
	struct scene *scene = head->guest->scene;

	if (token && scene->events->commit_done) {
		scene->events->commit_done(scene->data, head, token, how);
	}
}

static void unlock(struct buffer *buffer)
{
	if (buffer) {
		buffer_unlock(buffer);
	}
}

/* Ends a commit that will never be on the glass. Its struct is clean before anybody is told. */
static void picture_discard(struct scene_head *head, struct picture *picture)
{
	struct picture gone = *picture;

	*picture = (struct picture){0};
	unlock(gone.buffer);
	commit_done(head, gone.token, NULL);
}

struct scene_head *scene_head_add(struct scene_guest *guest, unsigned index, int width, int height,
				  void *data)
{
	struct scene_head *head;

	if (index >= SCENE_MAX_HEADS || width <= 0 || height <= 0) {
		errno = ENOSPC;
		return NULL;
	}
	if (guest->heads[index]) {
		errno = EEXIST;
		return NULL;
	}
	/* A guest decides how many there are: failure is an answer. */
	head = calloc(1, sizeof(*head));
	if (!head) {
		return NULL;
	}
	head->state = calloc(1, sizeof(*head->state));
	if (!head->state) {
		free(head);
		errno = ENOMEM;
		return NULL;
	}
	head->guest = guest;
	head->index = index;
	head->width = width;
	head->height = height;
	head->data = data;
	pixman_region32_init(&head->state->pending_damage);
	head->state->head = head;
	list_init(&head->state->views);
	list_init(&head->state->visible);
	guest->heads[index] = head;
	scene_arrange(guest->scene);
	return head;
}

void scene_head_remove(struct scene_head *head)
{
	struct scene_guest *guest = head->guest;

	/* While it still is where it was: whoever is told of its commits may look. */
	head_discard(head);
	guest->heads[head->index] = NULL;
	list_remove(&head->state->visible);
	scene_arrange(guest->scene);
	pixman_region32_fini(&head->state->pending_damage);
	free(head->state);
	free(head);
}

/*
 * What is not inside the buffer is not shown: the caller checked it, and a hole here would show
 * foreign memory.
 */
static bool src_valid(const struct buffer *buffer, const struct rect *src)
{
	return src->x >= 0 && src->y >= 0 && src->w > 0 && src->h > 0 && src->w <= buffer->width &&
	       src->h <= buffer->height && src->x <= buffer->width - src->w &&
	       src->y <= buffer->height - src->h;
}

static bool same_geometry(const struct picture *a, const struct picture *b)
{
	return a->buffer && b->buffer && a->buffer->width == b->buffer->width &&
	       a->buffer->height == b->buffer->height && rect_equal(&a->src, &b->src);
}

static void pending_damage_add(struct head_state *state, const struct picture *next,
			       const pixman_region32_t *damage)
{
	if (!damage || (state->has_pending && !same_geometry(&state->pending, next))) {
		state->pending_full = true;
	}
	if (!state->pending_full) {
		pixman_region32_union(&state->pending_damage, &state->pending_damage, damage);
		if (pixman_region32_n_rects(&state->pending_damage) > DAMAGE_MAX_RECTS) {
			pixman_box32_t box = *pixman_region32_extents(&state->pending_damage);

			pixman_region32_fini(&state->pending_damage);
			pixman_region32_init_with_extents(&state->pending_damage, &box);
		}
	}
}

bool scene_head_is_frozen(const struct scene_head *head)
{
	return head->state->is_frozen;
}

const struct buffer *scene_head_buffer(const struct scene_head *head)
{
	return head->state->has_pending ? head->state->pending.buffer : head->state->current.buffer;
}

void scene_head_commit(struct scene_head *head, const struct head_commit *commit)
{
	struct head_state *state = head->state;
	struct picture next = {commit->buffer, commit->src, commit->token, commit->time_ns};
	struct picture old = state->pending;
	bool superseded = state->has_pending;

	if (next.buffer && !src_valid(next.buffer, &next.src)) {
		next.buffer = NULL;
	}
	if (next.buffer) {
		buffer_lock(next.buffer);
	}
	if (!head->visible) {
		picture_discard(head, &next);
		return;
	}
	pending_damage_add(state, &next, commit->damage);
	state->pending = next;
	state->has_pending = true;
	if (superseded) {
		head->guest->frames_superseded++;
		picture_discard(head, &old);
	}
	head->output->state->frame_due = true;
	if (head->guest->scene->events->frame_wanted) {
		head->guest->scene->events->frame_wanted(head->guest->scene->data, head->output);
	}
}

static void pending_clear(struct head_state *state)
{
	state->has_pending = false;
	state->pending = (struct picture){0};
	state->pending_full = false;
	pixman_region32_clear(&state->pending_damage);
}

void head_discard(struct scene_head *head)
{
	struct head_state *state = head->state;
	struct picture pending = state->pending, current = state->current;

	pending_clear(state);
	state->stage = COMMIT_NONE;
	state->current = (struct picture){0};
	state->presented_ns = 0;
	state->flip_interval_ns = 0;
	state->has_card = false;
	state->is_frozen = false;
	sampler_reset(&state->sampler);
	shown_forget_head(head);
	picture_discard(head, &current);
	picture_discard(head, &pending);
}

void head_move(struct scene_head *head)
{
	struct head_state *state = head->state;

	/* What it shows goes on being shown; its new main output has yet to say when. */
	if (state->stage != COMMIT_NONE) {
		state->stage = COMMIT_MOVED;
	}
}

static void current_retire(struct scene_head *head)
{
	struct head_state *state = head->state;
	struct picture old = state->current;

	state->current = (struct picture){0};
	if (state->stage != COMMIT_NONE && !state->was_shown) {
		/* Drawn, but its frame was refused, its flip got lost, or it was moved away. */
		head->guest->frames_superseded++;
	}
	/* The frames that show it keep its buffer locked. */
	picture_discard(head, &old);
}

static void frozen_set(struct scene_head *head, bool is_frozen)
{
	struct scene *scene = head->guest->scene;

	if (head->state->is_frozen != is_frozen) {
		head->state->is_frozen = is_frozen;
		damage_add_picture(head, NULL);
		if (scene->events->head_frozen) {
			scene->events->head_frozen(scene->data, head, is_frozen);
		}
	}
}

void head_changed(struct scene_head *head, uint64_t now_ns)
{
	head->state->changed_ns = now_ns;
	frozen_set(head, false);
}

void head_watch_anew(struct scene_head *head)
{
	head->state->changed_ns = 0;
	frozen_set(head, false);
}

uint64_t head_watch(struct scene_head *head, uint64_t now_ns)
{
	struct head_state *state = head->state;
	uint64_t limit = guest_priv(head->guest)->frozen_ns;

	if (!limit || state->is_frozen || !head_picture(head) || state->stage != COMMIT_SHOWN) {
		return UINT64_MAX;
	}
	state->changed_ns = state->changed_ns ? state->changed_ns : now_ns;
	if (now_ns < state->changed_ns + limit) {
		return state->changed_ns + limit;
	}
	frozen_set(head, true);
	return UINT64_MAX;
}

static void current_resized(struct scene_head *head)
{
	const struct picture *current = &head->state->current;

	if (current->buffer && (current->src.w != head->width || current->src.h != head->height)) {
		head->width = current->src.w;
		head->height = current->src.h;
		arrange_resized(head);
	}
}

/* Its flip got lost, or it has moved: it is carried by this frame. True: it needs one. */
static bool latch_again(struct head_state *state)
{
	bool is_moved = state->stage == COMMIT_MOVED;

	if (is_moved || state->stage == COMMIT_FLYING) {
		state->stage = COMMIT_LATCHED;
	}
	return is_moved;
}

bool head_latch(struct scene_head *head)
{
	struct head_state *state = head->state;
	bool full;

	if (!state->has_pending) {
		return latch_again(state);
	}
	full = state->pending_full || !same_geometry(&state->current, &state->pending);
	current_retire(head);
	state->current = state->pending;
	state->stage = COMMIT_LATCHED;
	state->was_shown = false;
	state->has_card = false;
	sampler_reset(&state->sampler);
	frozen_set(head, false);
	current_resized(head);
	damage_add_picture(head, full ? NULL : &state->pending_damage);
	pending_clear(state);
	return true;
}

void head_accepted(struct scene_head *head)
{
	if (head->state->stage == COMMIT_LATCHED) {
		head->state->stage = COMMIT_FLYING;
	}
}

/* How old the picture is that became visible. */
static void age_take(struct scene_head *head, const struct presented *how)
{
	const struct scene *scene = head->guest->scene;
	uint64_t commit_ns = head->state->current.time_ns;

	if (!commit_ns) {
		return;
	}
	histogram_add(&head->ages, how->time_ns > commit_ns ? how->time_ns - commit_ns : 0);
	histogram_fade(&head->ages, AGES_KEPT);
	if (!head->output->first_picture_ns) {
		head->output->first_picture_ns = how->time_ns;
	}
	if (scene->events->picture_shown) {
		scene->events->picture_shown(scene->data, head, commit_ns, how);
	}
}

void head_presented(struct scene_head *head, const struct presented *how)
{
	struct head_state *state = head->state;
	uint64_t token = state->current.token;

	if (!state->presented_ns) {
		state->presented_ns = how->time_ns;
	}
	if (state->stage != COMMIT_FLYING) {
		return;
	}
	state->stage = COMMIT_SHOWN;
	state->current.token = 0;
	if (state->was_shown) {
		return; /* as before, only elsewhere */
	}
	state->was_shown = true;
	state->flip_interval_ns = how->time_ns - state->presented_ns;
	state->presented_ns = how->time_ns;
	state->changed_ns = how->time_ns;
	if (state->current.buffer) {
		head->guest->frames_shown++;
		head->frames++;
		age_take(head, how);
	}
	commit_done(head, token, how);
}

const struct picture *head_picture(const struct scene_head *head)
{
	return head->state->current.buffer ? &head->state->current : NULL;
}
