/* SPDX-License-Identifier: MIT */
/*
 * What the files share that join devices, seat, focus and scene: input.c (start, actions, devices), focus_join.c (who
 * is in front and has the input), space.c (where things are, for the seat), sink.c (what it tells, to whom), cards.c.
 */
#ifndef COMPOSITOR_INPUT_PRIV_H
#define COMPOSITOR_INPUT_PRIV_H

#include "compositor/server.h"

struct input {
	struct server *server;
	struct seat *seat;
	struct seat_sink sink;
	struct focus focus;
	struct clock_timer *late;       /* focus.deadline_ns */
	struct roster *roster;          /* all devices, wherever they are */
	struct devices *devices;        /* NULL when headless */
	struct input_lights *lights;    /* lights.c */
	sd_event_source *settle;        /* one turn, when the scene has changed */
	struct scene_guest *leaving;    /* about to be removed */
	uint32_t outputs;               /* a bit for each that exists */
	struct focus_outputs requested; /* of the last focus request */
	bool attention;
	bool late_card; /* shown because frames are late */
	bool patient;   /* it has been shown for this owner already */
	bool moving;    /* the scene is being rearranged: nothing is anywhere */
};

static inline struct scene_guest *scene_guest(struct seat_guest *guest)
{
	return (struct scene_guest *)guest;
}

static inline struct seat_guest *seat_guest(struct scene_guest *guest)
{
	return (struct seat_guest *)guest;
}

/* ---- focus_join.c ---- */
extern const struct focus_events input_focus_events; /* data: struct input */
/* A picture of the guest, or the place for one, is on this output, as it is arranged now. */
bool output_has_guest(const struct scene_output *output, const struct scene_guest *guest);
/* It has a screen, and the layout a place for it in front. */
bool guest_can_be_front(const struct input *input, const struct scene_guest *guest);
/* Who is in front now, or must be because that one is gone or has no place. NULL: nobody can. */
struct scene_guest *guest_due(struct input *input);
/* The next guest after this one that can be in front, round and round; this one last. NULL: none. */
struct scene_guest *guest_after(struct input *input, struct scene_guest *after);
/* The guest is to have the input, once its mark is on the glass. NULL: nobody. */
void input_request(struct input *input, struct scene_guest *guest);
/* Draws the conclusions of what has changed in the scene. */
void input_settle(struct input *input);
/* At the loop's next turn. */
void input_settle_later(struct input *input);
/* Callbacks of the loop: that turn, and the timer of frames that are late. */
int input_handle_settle(sd_event_source *source, void *data);
void input_handle_late(void *data, uint64_t now_ns);

/* ---- sink.c; data: struct server ---- */
extern const struct seat_sink input_sink; /* but for action and activity */

/* ---- space.c ---- */
extern const struct seat_space input_space; /* data: struct server */

/* ---- lights.c ---- */
MUST_USE int lights_create(struct input *input);
void lights_destroy(struct input *input);
/* Who has the keyboard, or whether the host has it, may be different now. */
void lights_update(struct input *input);
/* The guest was told that a key went down. */
void lights_key(struct input *input, const struct scene_guest *guest, uint32_t code);
void lights_forget_guest(struct input *input, const struct scene_guest *guest);

/* ---- cards.c ---- */
/* The card that the host's state asks for, or none. late: whose picture is waited for, or NULL. */
void card_show(struct input *input, struct scene_guest *late);

#endif
