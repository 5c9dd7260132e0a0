/* SPDX-License-Identifier: MIT */
/* What the host's cards say. */
#include <stdio.h>

#include "compositor/input/input_priv.h"

static void card_line(struct card *card, const char *before, const char *name)
{
	if (card->n_lines < CARD_LINES) {
		snprintf(card->lines[card->n_lines++], CARD_LINE_SIZE, "%s%s", before, name);
	}
}

static void card_guests(struct input *input, struct card *card)
{
	struct scene *scene = input->server->scene;
	struct scene_guest *first = scene_guest_next(scene, NULL), *guest = first;

	/* Two lines are left for what follows. */
	while (guest && card->n_lines < CARD_LINES - 3) {
		if (scene_guest_reachable(guest)) {
			card_line(card, guest == scene_front(scene) ? "in front: " : "",
				  guest->mark.name);
		}
		guest = scene_guest_next(scene, guest);
		if (guest == first) {
			return;
		}
	}
	if (guest) {
		card_line(card, "...", "");
	}
}

void card_show(struct input *input, struct scene_guest *late)
{
	struct card card = {0};

	if (input->attention) {
		card_line(&card, "Vitrine: the host has the keyboard", "");
		card_line(&card, "", "");
		card_guests(input, &card);
		card_line(&card, "", "");
		card_line(&card, "Escape goes back", "");
	} else if (late) {
		card_line(&card, "Vitrine: waiting for the picture of ", late->mark.name);
		card_line(&card, "Nobody has the keyboard", "");
	}
	scene_set_card(input->server->scene, card.n_lines ? &card : NULL);
}
