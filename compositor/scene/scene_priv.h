/* SPDX-License-Identifier: MIT */
/*
 * What the files of the scene share. Life of a commit: pending (newest, not yet drawn), then
 * current: latched (drawn into a frame), flying (the device took the frame), shown (its flip event
 * came). The buffer that a latched commit replaces stays locked until the flip that shows the
 * successor.
 */
#ifndef SCENE_PRIV_H
#define SCENE_PRIV_H

#include "compositor/scene/scene.h"

#define DAMAGE_RING 4       /* older targets are drawn whole */
#define DAMAGE_MAX_RECTS 32 /* more collapse to their bounds */
#define SAMPLE_BANDS 512
#define SAMPLE_BAND_ROWS 16 /* more when the picture has more rows than bands */

struct picture {
	struct buffer *buffer; /* locked, or NULL: no picture */
	struct rect src;
	uint64_t token;
	uint64_t time_ns; /* of its commit; 0: unknown, or it was shown */
};

enum commit_stage {
	COMMIT_NONE, /* nothing was committed since the head is visible */
	COMMIT_LATCHED,
	COMMIT_FLYING,
	COMMIT_SHOWN,
};

struct sampler {
	bool has_baseline;    /* hashes are of the current picture */
	unsigned band;        /* where the pass under way goes on; 0: none is */
	bool changed;         /* in the pass under way */
	uint64_t interval_ns; /* between passes */
	uint64_t next_ns;
	uint64_t hashes[SAMPLE_BANDS];
};

struct head_state {
	bool has_pending;
	struct picture pending;
	pixman_region32_t pending_damage; /* buffer pixels, since current */
	bool pending_full;                /* all of it is damaged */

	enum commit_stage stage;
	struct picture current;
	struct buffer *replaced; /* locked until the flip that shows current */

	uint64_t presented_ns; /* when current was shown, or the frame without a picture */
	bool has_card;         /* has been without a picture for too long */
	struct sampler sampler;
};

struct output_state {
	struct scene_head *head; /* what is arranged here, NULL: a card of the host's */
	struct card card;        /* the text when there is no picture */
	struct layer layers[SCENE_MAX_LAYERS];
	unsigned n_layers;

	pixman_region32_t damage; /* since the last latch */
	bool frame_due;           /* a commit waits for a frame even without damage */
	bool has_latched, has_flying;
	pixman_region32_t latched_damage;
	pixman_region32_t ring[DAMAGE_RING]; /* of accepted frames, newest first */
	unsigned ring_fill;

	/* Whose mark the strip shows in the frame drawn, accepted, presented. */
	struct scene_guest *latched_shows, *flying_shows, *shows;
};

struct guest_priv {
	struct scene_guest base;
	uint64_t front_order; /* of scene.front_orders when it was last in front; 0: never */
	unsigned mark_index;
};

#define MARK_COUNT 28 /* distinct combinations of colour and pattern */

struct marks {
	bool used[MARK_COUNT];
	char last_name[MARK_COUNT][33]; /* who had it last: gets it again when it returns */
};

struct scene {
	const struct scene_events *events;
	void *data;
	struct list guests;  /* scene_guest.link */
	struct list outputs; /* scene_output.link */
	unsigned n_guests, n_outputs;
	struct scene_guest *front, *keyboard;
	uint64_t front_orders;
	bool has_card;
	struct card card;
	uint64_t key[2];
	struct marks marks;
};

static inline struct guest_priv *guest_priv(struct scene_guest *guest)
{
	return container_of(guest, struct guest_priv, base);
}

/* ---- mark.c ---- */
/* Fills colour and pattern for mark->name; returns the index to give back. */
unsigned marks_take(struct marks *marks, struct mark *mark);
void marks_give_back(struct marks *marks, unsigned index);

/* ---- head.c ---- */
/* Discards pending and current, unlocks all: the head has no picture any more. */
void head_discard(struct scene_head *head);
/* It goes on on another output: what it shows is to be latched there anew. */
void head_move(struct scene_head *head);
/* Pending becomes current. Returns true when there was one; its damage goes to the output. */
bool head_latch(struct scene_head *head);
void head_accepted(struct scene_head *head);
void head_presented(struct scene_head *head, const struct presented *how);
/* The picture to draw, or NULL. */
const struct picture *head_picture(const struct scene_head *head);

/* ---- arrange.c ---- */
/* Which head goes to which output: out has an entry for each output in their order. */
void arrange_assign(struct scene *scene, struct scene_head *out[SCENE_MAX_OUTPUTS]);
/* Where a picture of this size goes in the area; empty when it cannot be shown. */
struct rect arrange_fit(const struct rect *area, int width, int height);
/* Assigns anew and tells of what changed: hidden heads first, with their buffers released. */
void scene_arrange(struct scene *scene);
/* The head's picture has another size. */
void arrange_resized(struct scene_head *head);

/* ---- layers.c ---- */
/* Builds the layers; returns whose mark the strip shows. */
struct scene_guest *layers_build(struct scene_output *output);
struct rect output_strip_rect(const struct scene_output *output);

/* ---- damage.c ---- */
void damage_init(struct output_state *state);
void damage_finish(struct output_state *state);
/* Output pixels; clipped to the output. Asks for a frame. */
void damage_add(struct scene_output *output, const struct rect *rect);
void damage_add_all(struct scene_output *output);
/* Buffer pixels of the head's current picture; NULL means all of it. Rounded outwards. */
void damage_add_picture(struct scene_head *head, const pixman_region32_t *region);
/* What differs from a target of this age, into the initialised region out. */
void damage_for_age(const struct scene_output *output, unsigned age, pixman_region32_t *out);
void damage_accepted(struct output_state *state);

/* ---- sampler.c ---- */
void sampler_reset(struct sampler *sampler);

#endif
