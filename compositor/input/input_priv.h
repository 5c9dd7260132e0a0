/* SPDX-License-Identifier: MIT */
/*
 * What the files share that join devices, seat, focus and scene: input.c (start, actions, devices), owner.c (who is to
 * have the input), focus_join.c (who has it, by what is on the glass), pointed.c (what follows from the pointer), space.c
 * (where things are, for the seat), sink.c (whom it tells), cards.c.
 */
#ifndef COMPOSITOR_INPUT_PRIV_H
#define COMPOSITOR_INPUT_PRIV_H

#include "compositor/server.h"

/* pointed.c */
struct pointed {
	sd_event_source *turn; /* when something has happened */
	struct clock_timer *hide, *dwell;
	double x, y;                  /* of the pointer, on the last turn */
	bool by_device;               /* something has happened to a device since */
	uint64_t hide_ns;             /* when the host's cursor is hidden */
	struct scene_guest *clicked;  /* since the last turn; NULL: none */
	bool is_button;               /* by a button; if not, touched */
	struct scene_guest *dwelling; /* whose picture the pointer is over */
};

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
	enum seat_mode mode;            /* what of the host's is up */
	bool is_detached;               /* no guest gets input */
	struct scene_guest *chosen; /* for the keyboard, in place of the one in front; NULL: that one */
	struct pointed pointed;
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
bool guest_can_be_front(struct input *input, const struct scene_guest *guest);
/* Its picture is shown, in front or not, and it may have input. */
bool guest_can_have_keyboard(struct input *input, const struct scene_guest *guest);
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

/* ---- owner.c ---- */
/* Who is to have the keyboard now. NULL: nobody. */
struct scene_guest *keyboard_due(struct input *input);
/* To the next guest, or to the one before. */
void input_switch(struct input *input, bool is_back);

/* ---- pointed.c ---- */
MUST_USE int pointed_init(struct input *input);
void pointed_finish(struct input *input);
/* Conclusions are drawn on the loop's next turn. */
void input_pointed_later(struct input *input);
/* A device is about to report something. */
void pointed_activity(struct input *input);
/* A button was pressed over the guest's picture, or it was touched first. */
void pointed_click(struct input *input, struct scene_guest *guest, bool is_button);
void pointed_forget_guest(struct input *input, const struct scene_guest *guest);
void input_toggle_capture(struct input *input);

/* ---- input.c ---- */
/* A key that is the host's by configuration is told to who listens, by its name; others are not. */
void input_tell_host_key(struct server *server, uint32_t code);

/* ---- sink.c ---- */
extern const struct seat_sink input_sink; /* data: struct server; but for action and activity */

/* ---- space.c ---- */
extern const struct seat_space input_space; /* data: struct server */
/* The layout has a monitor that the guest drives by itself. */
bool guest_is_elsewhere(const struct server *server, const struct scene_guest *guest);
/* Whose own monitor has the input: the pointer is there, or only there is the keyboard's owner. NULL: none. */
struct scene_guest *input_guest_elsewhere(struct input *input);

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
