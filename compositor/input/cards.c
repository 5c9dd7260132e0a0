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

void card_show(struct input *input, struct scene_guest *late)
{
	struct card card = {0};

	if (late) {
		card_line(&card, "Vitrine: waiting for the picture of ", late->mark.name);
		card_line(&card, "Nobody has the keyboard", "");
	}
	scene_set_card(input->server->scene, card.n_lines ? &card : NULL);
}
