/* SPDX-License-Identifier: MIT */
#include "compositor/scene/scene.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/scene/scene_priv.h"

struct scene *scene_create(const struct scene_events *events, void *data)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	scene->events = events;
	scene->data = data;
	list_init(&scene->guests);
	list_init(&scene->outputs);
	return scene;
}

void scene_set_key(struct scene *scene, const uint64_t key[2])
{
	scene->key[0] = key[0];
	scene->key[1] = key[1];
}

void scene_destroy(struct scene *scene)
{
	if (!scene) {
		return;
	}
	assert(list_empty(&scene->guests) && list_empty(&scene->outputs));
	free(scene);
}

/* ---- guests ---- */

struct scene_guest *scene_guest_find(struct scene *scene, const char *name)
{
	struct scene_guest *guest;

	list_for_each(guest, &scene->guests, link) {
		if (strcmp(guest->mark.name, name) == 0) {
			return guest;
		}
	}
	return NULL;
}

struct scene_guest *scene_guest_add(struct scene *scene, const char *name, void *data)
{
	struct guest_priv *priv;

	if (!guest_name_valid(name)) {
		errno = EINVAL;
		return NULL;
	}
	if (scene_guest_find(scene, name)) {
		errno = EEXIST;
		return NULL;
	}
	if (scene->n_guests == SCENE_MAX_GUESTS) {
		errno = ENOSPC;
		return NULL;
	}
	priv = xcalloc(1, sizeof(*priv));
	priv->base.scene = scene;
	priv->base.data = data;
	snprintf(priv->base.mark.name, sizeof(priv->base.mark.name), "%s", name);
	priv->mark_index = marks_take(&scene->marks, &priv->base.mark);
	list_append(&scene->guests, &priv->base.link);
	scene->n_guests++;
	scene_arrange(scene);
	return &priv->base;
}

/*
 * No output may go on naming it: a frame that flies still shows its mark, but nobody can be pointed
 * to.
 */
static void outputs_forget(struct scene *scene, const struct scene_guest *guest)
{
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		struct output_state *state = output->state;

		state->latched_shows = state->latched_shows == guest ? NULL : state->latched_shows;
		state->flying_shows = state->flying_shows == guest ? NULL : state->flying_shows;
		state->shows = state->shows == guest ? NULL : state->shows;
		state->n_layers = 0;
	}
}

void scene_guest_remove(struct scene_guest *guest)
{
	struct scene *scene = guest->scene;

	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		assert(!guest->heads[i]);
	}
	if (scene->front == guest) {
		scene->front = NULL;
	}
	if (scene->keyboard == guest) {
		scene->keyboard = NULL;
	}
	outputs_forget(scene, guest);
	marks_give_back(&scene->marks, guest_priv(guest)->mark_index);
	list_remove(&guest->link);
	scene->n_guests--;
	free(guest_priv(guest));
	scene_arrange(scene);
}

/* ---- who is shown, who is named ---- */

void scene_set_front(struct scene *scene, struct scene_guest *guest)
{
	if (scene->front == guest) {
		return;
	}
	scene->front = guest;
	if (guest) {
		guest_priv(guest)->front_order = ++scene->front_orders;
	}
	scene_arrange(scene);
}

struct scene_guest *scene_front(const struct scene *scene)
{
	return scene->front;
}

struct scene_guest *scene_guest_next(struct scene *scene, struct scene_guest *after)
{
	struct list *next = after ? after->link.next : scene->guests.next;

	if (next == &scene->guests) {
		next = next->next;
	}
	return next == &scene->guests ? NULL : container_of(next, struct scene_guest, link);
}

void scene_set_keyboard(struct scene *scene, struct scene_guest *guest)
{
	struct scene_output *output;

	if (scene->keyboard == guest) {
		return;
	}
	scene->keyboard = guest;
	list_for_each(output, &scene->outputs, link) {
		struct rect strip = output_strip_rect(output);

		damage_add(output, &strip);
	}
}

void scene_set_card(struct scene *scene, const struct card *card)
{
	struct scene_output *output;

	if (!card && !scene->has_card) {
		return;
	}
	scene->has_card = card != NULL;
	if (card) {
		scene->card = *card;
		scene->card.n_lines = MIN(scene->card.n_lines, CARD_LINES);
	}
	list_for_each(output, &scene->outputs, link) {
		damage_add_all(output);
	}
}

struct scene_head *scene_pick(struct scene_output *output, double x, double y, double *head_x,
			      double *head_y)
{
	const struct output_state *state = output->state;
	struct scene_head *head = state->head;

	/* What a person points at is on the glass, which may still be somebody else's. */
	if (!head || output->scene->has_card || state->shows != head->guest ||
	    !rect_contains(&head->dst, x, y)) {
		return NULL;
	}
	*head_x = (x - head->dst.x) * head->width / head->dst.w;
	*head_y = (y - head->dst.y) * head->height / head->dst.h;
	return head;
}
