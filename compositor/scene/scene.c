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
	list_init(&scene->visible);
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
	cursor_finish(&scene->cursor);
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

static unsigned slot_take(struct scene *scene, struct scene_guest *guest)
{
	unsigned slot = 0;

	while (scene->slots[slot]) {
		slot++;
	}
	scene->slots[slot] = guest;
	return slot;
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
	priv->slot = slot_take(scene, &priv->base);
	list_append(&scene->guests, &priv->base.link);
	scene->n_guests++;
	scene_arrange(scene);
	return &priv->base;
}

void scene_guest_set_colour(struct scene_guest *guest, int64_t colour)
{
	uint32_t value = colour < 0 ? marks_colour(guest_priv(guest)->mark_index) :
				      (uint32_t)colour;
	struct scene_output *output;

	if (guest->mark.colour == value) {
		return;
	}
	guest->mark.colour = value;
	list_for_each(output, &guest->scene->outputs, link) {
		damage_add_all(output);
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
	/* A frame that flies still shows its mark, but nobody can be pointed to. */
	shown_forget_guest(guest);
	scene->slots[guest_priv(guest)->slot] = NULL;
	marks_give_back(&scene->marks, guest_priv(guest)->mark_index);
	list_remove(&guest->link);
	scene->n_guests--;
	free(guest_priv(guest));
	scene_arrange(scene);
}

void scene_guest_watch(struct scene_guest *guest, uint64_t frozen_ns)
{
	if (guest_priv(guest)->frozen_ns == frozen_ns) {
		return;
	}
	guest_priv(guest)->frozen_ns = frozen_ns;
	for (unsigned i = 0; i < SCENE_MAX_HEADS; i++) {
		if (guest->heads[i]) {
			head_watch_anew(guest->heads[i]);
		}
	}
}

/* ---- who is shown, who is named ---- */

bool layout_is_reachable(const struct layout *layout, const char *name)
{
	for (unsigned i = 0; i < layout->n_reachable; i++) {
		if (strcmp(layout->reachable[i], name) == 0) {
			return true;
		}
	}
	return layout->n_reachable == 0;
}

int scene_set_layout(struct scene *scene, const struct layout *layout)
{
	char why[256];
	int ret = layout_check(layout, why, sizeof(why));

	if (ret < 0) {
		return ret;
	}
	scene->layout = *layout;
	if (scene->front && !scene_guest_reachable(scene->front)) {
		scene->front = NULL;
	}
	outputs_configure(scene);
	scene_arrange(scene);
	return 0;
}

const struct layout *scene_layout(const struct scene *scene)
{
	return &scene->layout;
}

bool scene_guest_reachable(const struct scene_guest *guest)
{
	return layout_is_reachable(&guest->scene->layout, guest->mark.name);
}

/* Were the guest in front, one of its heads would be in this region. */
static bool region_shows(const struct layout_region *region, const struct scene_guest *guest)
{
	switch (region->shows) {
	case LAYOUT_FRONT:
		return region->head < 0 || guest->heads[region->head];
	case LAYOUT_GUEST:
		return strcmp(region->guest, guest->mark.name) == 0 && guest->heads[region->head];
	case LAYOUT_MOSAIC:
		return true;
	case LAYOUT_NOTHING:
		break;
	}
	return false;
}

bool scene_guest_showable(const struct scene_guest *guest)
{
	const struct scene_output *output;

	list_for_each(output, &guest->scene->outputs, link) {
		const struct layout_output *entry = output->state->entry;
		const struct layout_region *regions;
		unsigned n;

		regions = output_regions(output, &n);
		for (unsigned i = 0; i < n && !(entry && entry->is_off); i++) {
			if (region_shows(&regions[i], guest)) {
				return true;
			}
		}
	}
	return list_empty(&guest->scene->outputs);
}

void scene_set_front(struct scene *scene, struct scene_guest *guest)
{
	if (scene->front == guest || (guest && !scene_guest_reachable(guest))) {
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

void scene_output_damage_strip(struct scene_output *output)
{
	struct rect strip = output_strip_rect(output);

	damage_add(output, &strip);
}

static void damage_strips(struct scene *scene)
{
	struct scene_output *output;

	list_for_each(output, &scene->outputs, link) {
		scene_output_damage_strip(output);
	}
}

void scene_set_keyboard(struct scene *scene, struct scene_guest *guest)
{
	if (scene->keyboard != guest) {
		scene->keyboard = guest;
		damage_strips(scene);
	}
}

void scene_set_strip_note(struct scene *scene, const char *text)
{
	if (strncmp(scene->strip_note, text, sizeof(scene->strip_note) - 1) != 0) {
		snprintf(scene->strip_note, sizeof(scene->strip_note), "%s", text);
		damage_strips(scene);
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
